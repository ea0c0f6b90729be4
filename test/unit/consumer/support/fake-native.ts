// The addon's consumer without an addon: what `poll()` gives is queued by the test, every call is written down.
import {
  EventKind,
  POLL_EVENT,
  POLL_NEW_BUFFER,
  POLL_NOTHING,
  WAKE_ROWS,
  WAKE_SERVE,
  type FlatOffsetResults,
  type FlatOffsets,
  type FlatPartitions,
  type NativeConsumer,
  type NativeEvent,
  type NativeMetadata,
} from '../../../../lib/binding'
import { packRows, type Row } from '../../../../lib/message/block'

type Item = { buffer: ArrayBuffer | undefined; count: number; flags: number } | { event: NativeEvent }

export interface TopicPartitionLike {
  topic: string
  partition: number
}

export class FakeNative implements NativeConsumer {
  /** Every call but those of the data path: name, then arguments. */
  readonly calls: [name: string, ...values: unknown[]][] = []
  wake: (bits: number) => void = () => undefined
  /** Of the rows that are queued from now on. */
  epoch = 0
  closed = false
  readonly #names: FlatPartitions = []
  readonly #queue: Item[] = []
  readonly #events: NativeEvent[] = []
  #buffer: ArrayBuffer | undefined
  #event: NativeEvent | undefined

  // ---- for the test ----

  callsOf(name: string): unknown[][] {
    return this.calls.filter(([each]) => each === name).map(([, ...values]) => values)
  }

  /** The slot of a partition, learned by the addon now if it is new. */
  slot(topic: string, partition: number): number {
    for (let i = 0; i < this.#names.length; i += 2) {
      if (this.#names[i] === topic && this.#names[i + 1] === partition) return i / 2
    }
    return this.#names.push(topic, partition) / 2 - 1
  }

  /** The next polls give these rows: of one buffer, in as many polls as there are `parts`; the first with `flags`, too. */
  give(rows: readonly Row[], parts: readonly number[] = [rows.length], flags = 0): void {
    const buffer = packRows(rows, this.epoch)
    parts.forEach((count, index) =>
      this.#queue.push(
        index === 0 ? { buffer, count, flags: POLL_NEW_BUFFER | flags } : { buffer: undefined, count, flags: 0 },
      ),
    )
  }

  /** The poll after what is queued gives this event. */
  giveEvent(event: NativeEvent): void {
    this.#queue.push({ event })
  }

  giveRebalance(
    kind: 'assign' | 'revoke' | 'error',
    partitions: readonly TopicPartitionLike[],
    options: { lost?: boolean; protocol?: string; message?: string } = {},
  ): void {
    this.giveEvent(rebalance(kind, partitions, options))
  }

  ringRows(): void {
    this.wake(WAKE_ROWS)
  }

  ringServe(...events: NativeEvent[]): void {
    this.#events.push(...events)
    this.wake(WAKE_SERVE)
  }

  get queued(): number {
    return this.#queue.length
  }

  // ---- the data path ----

  poll(max = 1): number {
    const urgent = this.#queue.findIndex((item) => 'event' in item && item.event[0] === EventKind.Rebalance)
    // Asked for no rows, the addon gives what overtakes them.
    const [item] = max > 0 ? this.#queue.splice(0, 1) : urgent < 0 ? [] : this.#queue.splice(urgent, 1)
    if (item === undefined) return POLL_NOTHING
    if ('event' in item) {
      this.#event = item.event
      return POLL_EVENT
    }
    if (item.buffer !== undefined) this.#buffer = item.buffer
    return item.count | item.flags
  }

  takeBuffer(): ArrayBuffer {
    if (this.#buffer === undefined) throw new Error('no new buffer')
    return this.#buffer
  }

  takeEvent(): NativeEvent {
    if (this.#event === undefined) throw new Error('no event')
    return this.#event
  }

  serve(): NativeEvent[] {
    return this.#events.splice(0)
  }

  slots(first: number): FlatPartitions {
    return this.#names.slice(2 * first)
  }

  // ---- calls ----

  keepAlive(): void {
    this.calls.push(['keepAlive'])
  }

  subscribe(topics: string[]): void {
    this.calls.push(['subscribe', topics])
  }

  unsubscribe(): void {
    this.calls.push(['unsubscribe'])
  }

  subscription(): string[] {
    return []
  }

  assignment(): FlatPartitions {
    return []
  }

  assign(offsets: FlatOffsets): number {
    return this.#fence('assign', offsets)
  }

  incrementalAssign(offsets: FlatOffsets): number {
    return this.#fence('incrementalAssign', offsets)
  }

  unassign(): number {
    return this.#fence('unassign')
  }

  incrementalUnassign(offsets: FlatOffsets): number {
    return this.#fence('incrementalUnassign', offsets)
  }

  rebalanceProtocol(): string {
    return 'NONE'
  }

  assignmentLost(): boolean {
    return false
  }

  pause(partitions: FlatPartitions): void {
    this.calls.push(['pause', partitions])
  }

  resume(partitions: FlatPartitions): void {
    this.calls.push(['resume', partitions])
  }

  cachedWatermarks(): [number, number] {
    return [-1001, -1001]
  }

  setOauthbearerToken(...values: unknown[]): void {
    this.calls.push(['setOauthbearerToken', ...values])
  }

  setOauthbearerTokenFailure(reason: string): void {
    this.calls.push(['setOauthbearerTokenFailure', reason])
  }

  memberId(): string {
    return ''
  }

  seek(offsets: FlatOffsets, timeoutMs: number): Promise<{ epoch: number; results: FlatOffsetResults }> {
    const epoch = this.#fence('seek', offsets, timeoutMs)
    return Promise.resolve({ epoch, results: results(offsets) })
  }

  commit(offsets: FlatOffsets): Promise<FlatOffsetResults> {
    this.calls.push(['commit', offsets])
    return Promise.resolve(results(offsets))
  }

  /** Nothing was ever committed. */
  committed(partitions: FlatPartitions, timeoutMs: number): Promise<FlatOffsetResults> {
    this.calls.push(['committed', partitions, timeoutMs])
    const flat: FlatOffsetResults = []
    for (let i = 0; i < partitions.length; i += 2) {
      flat.push(partitions[i] as string, partitions[i + 1] as number, -1001, -1, '', 0)
    }
    return Promise.resolve(flat)
  }

  offsetsForTimes(times: FlatOffsets, timeoutMs: number): Promise<FlatOffsetResults> {
    this.calls.push(['offsetsForTimes', times, timeoutMs])
    return Promise.resolve(results(times))
  }

  watermarks(topic: string, partition: number, timeoutMs: number): Promise<[number, number]> {
    this.calls.push(['watermarks', topic, partition, timeoutMs])
    return Promise.resolve([0, 0])
  }

  metadata(topic: string | null, timeoutMs: number): Promise<NativeMetadata> {
    this.calls.push(['metadata', topic, timeoutMs])
    return Promise.resolve({ origBrokerId: 1, origBrokerName: 'fake', brokers: [], topics: [] })
  }

  beginClose(): Promise<void> {
    this.calls.push(['beginClose'])
    this.closed = true
    return Promise.resolve()
  }

  isClosed(): boolean {
    return this.closed
  }

  destroy(): Promise<void> {
    this.calls.push(['destroy'])
    return Promise.resolve()
  }

  ref(): void {
    this.calls.push(['ref'])
  }

  unref(): void {
    this.calls.push(['unref'])
  }

  #fence(name: string, ...values: unknown[]): number {
    this.calls.push([name, ...values])
    return ++this.epoch
  }
}

export function rebalance(
  kind: 'assign' | 'revoke' | 'error',
  partitions: readonly TopicPartitionLike[],
  options: { lost?: boolean; protocol?: string; message?: string } = {},
): NativeEvent {
  const flat = partitions.flatMap(({ topic, partition }) => [topic, partition])
  const { lost = false, protocol = 'EAGER', message = '' } = options
  return [EventKind.Rebalance, kind, lost, protocol, message, ...flat]
}

/** The answer of a call that did as it was told; `errors` by position. */
export function results(offsets: FlatOffsets, errors: readonly number[] = []): FlatOffsetResults {
  const flat: FlatOffsetResults = []
  for (let i = 0; i < offsets.length; i += 5) {
    flat.push(...offsets.slice(i, i + 5), errors[i / 5] ?? 0)
  }
  return flat
}

/** As the addon throws and rejects. */
export function nativeError(code: number, message: string, flags: { isFatal?: boolean; isRetriable?: boolean } = {}) {
  return Object.assign(new Error(message), { code, isFatal: false, isRetriable: false, ...flags })
}
