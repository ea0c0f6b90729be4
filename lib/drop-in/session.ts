import {
  binding,
  EventKind,
  PollMode,
  WAKE_ROWS,
  WAKE_SERVE,
  type FlatOffsetResults,
  type AddonConsumer,
  type NativeEvent,
} from '../binding'
import type { ConsumerTier } from '../config/tier'
import { Offsets } from '../consumer/offsets'
import { Partitions } from '../consumer/partitions'
import { Source } from '../consumer/source'
import { within } from '../consumer/waits'
import type { TierConf } from './conf'
import { PlainMessages } from './plain-message'
import { Reader, type ReaderSink } from './reader'
import { OFFSET_STORED, toFlat, toFlatPartitions, type Toppar } from './toppar'

const MAX_BUFFERED_MESSAGES = 100_000
const MAX_BUFFERED_BYTES = 8 << 20
/** Longest wait for brokers when leaving the group; the client then ends without a goodbye. */
const CLOSE_TIMEOUT_MS = 10_000
const MIN_DESTROY_MS = 1000

/** What the consumer is told of; `rebalance` is answered with assign and unassign of the session. */
export interface SessionSink extends ReaderSink {
  /** Lost: another member may own them already. */
  onRebalance(isAssign: boolean, partitions: Toppar[], isLost: boolean): void
  onRebalanceError(message: string): void
  /** A librdkafka code of the consumer's queue. */
  onConsumerError(code: number, message: string): void
  onClientEvent(event: NativeEvent): void
  /** `code` 0: done. */
  onCommitted(code: number, offsets: Toppar[]): void
}

function pollMode(tier: ConsumerTier): PollMode {
  if (tier.kind === 'standard') return PollMode.Standard
  return tier.kind === 'buffered' ? PollMode.Buffered : PollMode.Dedicated
}

/** One connection of a consumer, from connect() to disconnect(): its client and everything that goes with it. */
export class Session {
  readonly native: AddonConsumer
  readonly partitions: Partitions
  readonly reader: Reader
  readonly #source: Source
  readonly #offsets: Offsets
  readonly #timers: NodeJS.Timeout[] = []
  #isClosing = false
  #onProgress: (() => void) | undefined
  #isSubscribed = false

  /** @throws what the addon throws */
  constructor(
    private readonly conf: TierConf,
    tier: ConsumerTier,
    private readonly sink: SessionSink,
  ) {
    // The addon holds this function, and so the whole consumer, until it is disconnected: as with node-rdkafka, one that
    // only has listeners goes on.
    this.native = binding().createConsumer(
      conf.flat,
      pollMode(tier),
      (bits) => {
        this.#onWake(bits)
      },
      MAX_BUFFERED_MESSAGES,
      MAX_BUFFERED_BYTES,
    )
    this.partitions = new Partitions(this.native)
    this.#source = new Source(this.native, this.partitions, tier.batchSize ?? 1, (event) => {
      this.#onEvent(event)
    })
    this.#offsets = new Offsets(this.native, this.partitions)
    this.reader = new Reader(
      this.#source,
      this.partitions,
      new PlainMessages(this.partitions),
      sink,
      conf.storesOffsets,
    )
    this.#every(conf.maxPollIntervalMs / 3, () => {
      if (this.reader.isAlive || this.reader.isWaiting) this.native.keepAlive()
      this.reader.isAlive = false
    })
    if (conf.autoCommit.enabled) {
      this.#every(conf.autoCommit.intervalMs, () => {
        this.commitStored()
      })
    }
  }

  get isSubscribed(): boolean {
    return this.#isSubscribed
  }

  subscribe(topics: string[]): void {
    this.native.subscribe(topics)
    this.#isSubscribed = true
  }

  unsubscribe(): void {
    this.native.unsubscribe()
    this.#isSubscribed = false
  }

  assign(list: readonly Required<Toppar>[]): void {
    const given = [...this.partitions.assigned]
    this.#beforeUnassign(given)
    const epoch = this.native.assign(toFlat(list))
    this.#revoked(given)
    this.#assigned(list, epoch)
  }

  incrementalAssign(list: readonly Required<Toppar>[]): void {
    this.#assigned(list, this.native.incrementalAssign(toFlat(list)))
  }

  unassign(): void {
    const given = [...this.partitions.assigned]
    this.#beforeUnassign(given)
    this.native.unassign()
    this.#revoked(given)
  }

  incrementalUnassign(list: readonly Required<Toppar>[]): void {
    this.#beforeUnassign(list)
    this.native.incrementalUnassign(toFlat(list))
    this.#revoked(list)
  }

  /** Next offset after what was handed out; where nothing was, undefined. */
  position({ topic, partition }: Toppar): number | undefined {
    const state = this.partitions.get(topic, partition)
    return state === undefined ? undefined : this.reader.position(state.slot)
  }

  setPaused(list: readonly Toppar[], isPaused: boolean): void {
    if (isPaused) this.native.pause(toFlatPartitions(list))
    else this.native.resume(toFlatPartitions(list))
    for (const { topic, partition } of list) {
      const state = this.partitions.get(topic, partition)
      if (state !== undefined) this.partitions.setPaused(state, isPaused)
    }
    if (isPaused) return
    this.#source.release()
    this.reader.goOn()
  }

  /** A seek is done: what was polled before it is not delivered any more. */
  sought({ topic, partition, offset }: Required<Toppar>, epoch: number): void {
    const state = this.partitions.get(topic, partition)
    if (state === undefined) return
    this.partitions.seek(state, epoch, offset)
    this.reader.forgetPosition(state.slot)
    this.reader.dropStale()
    this.reader.goOn()
  }

  /** False when it is not assigned. */
  storeOffset({ topic, partition, offset }: Toppar): boolean {
    const state = this.partitions.get(topic, partition)
    if (state === undefined) return false
    if (offset !== undefined && offset >= 0) this.partitions.setNext(state, offset)
    return true
  }

  /** What the next commit of what is stored would commit. */
  stored(): Toppar[] {
    return this.#offsets.moved()
  }

  /** Commits what is stored and was not yet; false when there is nothing. */
  commitStored(): boolean {
    const offsets = this.stored()
    if (offsets.length > 0) this.commit(offsets)
    return offsets.length > 0
  }

  /** The result goes to the sink. */
  commit(list: readonly Toppar[]): void {
    this.native.commit(toFlat(list)).then(
      (flat) => {
        this.#committed(flat)
      },
      (error: unknown) => {
        const { code } = error as { code?: number }
        this.sink.onCommitted(code ?? -1, [...list])
      },
    )
  }

  /** Blocks the thread until the coordinator has answered. librdkafka's code, 0 none. */
  commitSync(list: readonly Toppar[]): number {
    const code = this.native.commitSync(toFlat(list))
    if (code === 0) this.#remember(list)
    return code
  }

  /** Leaves the group and ends the client. Always resolves, within a bounded time. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    this.reader.stop()
    this.#isClosing = true
    const started = performance.now()
    const left = (): number => Math.max(1, started + CLOSE_TIMEOUT_MS - performance.now())
    await within(this.#leave(), left(), 'leaving the group').catch(() => undefined)
    this.#source.clear()
    await within(this.native.destroy(), Math.max(MIN_DESTROY_MS, left()), 'close').catch(() => undefined)
  }

  async #leave(): Promise<void> {
    if (this.conf.autoCommit.enabled) this.commitStored()
    await this.native.beginClose()
    for (;;) {
      const progress = new Promise<void>((resolve) => (this.#onProgress = resolve))
      this.#pullAll()
      if (this.native.isClosed()) return
      await progress
    }
  }

  #pullAll(): void {
    while (this.#source.pull());
  }

  #onWake(bits: number): void {
    if (bits & WAKE_SERVE) for (const event of this.native.serve()) this.sink.onClientEvent(event)
    if ((bits & WAKE_ROWS) === 0) return
    if (this.#isClosing) {
      this.#onProgress?.()
      return
    }
    // A rebalance overtakes messages that wait.
    while (this.#source.pullUrgent());
    this.reader.wake()
  }

  #onEvent(event: NativeEvent): void {
    if (event[0] === EventKind.Rebalance) this.#onRebalance(event)
    else if (event[0] === EventKind.PartitionEof) {
      const [, topic, partition, offset] = event as [EventKind, string, number, number]
      this.reader.onEof({ topic, offset, partition })
    } else if (event[0] === EventKind.ConsumerError) {
      const [, code, message] = event as [EventKind, number, string]
      this.sink.onConsumerError(code, message)
    } else this.sink.onClientEvent(event)
  }

  #onRebalance(event: NativeEvent): void {
    const [, kind, isLost, protocol, message, ...flat] = event
    const partitions: Toppar[] = []
    for (let i = 0; i < flat.length; i += 2) {
      partitions.push({ topic: flat[i] as string, partition: flat[i + 1] as number })
    }
    if (kind === 'error') {
      this.native.unassign()
      this.sink.onRebalanceError(String(message))
      return
    }
    this.sink.onRebalance(kind === 'assign', partitions, isLost === true)
    // On the way out nobody answers later: without this the client would wait for ever.
    if (!this.#isClosing || kind !== 'revoke') return
    const left = partitions.filter(({ topic, partition }) => this.partitions.get(topic, partition) !== undefined)
    if (left.length === 0) return
    if (protocol === 'COOPERATIVE') {
      this.incrementalUnassign(left.map(({ topic, partition }) => ({ topic, partition, offset: OFFSET_STORED })))
    } else this.unassign()
  }

  #assigned(list: readonly Required<Toppar>[], epoch: number): void {
    for (const { topic, partition, offset } of list) {
      this.partitions.assign(topic, partition, epoch, offset === OFFSET_STORED ? undefined : offset)
      this.reader.forgetPosition(this.partitions.get(topic, partition)?.slot ?? -1)
    }
  }

  #revoked(list: readonly Toppar[]): void {
    for (const { topic, partition } of list) {
      this.reader.forgetPosition(this.partitions.get(topic, partition)?.slot ?? -1)
      this.partitions.revoke(topic, partition)
    }
    this.#source.dropHeld()
    this.reader.dropStale()
  }

  #beforeUnassign(list: readonly Toppar[]): void {
    // As librdkafka does. It is on its way before the partitions are given back: both go through one queue, in order.
    if (this.conf.autoCommit.enabled && !this.native.assignmentLost()) this.commitStored()
    // librdkafka keeps a pause beyond the assignment; whoever gets the partition back would wait for ever.
    const paused = list.filter(({ topic, partition }) => this.partitions.get(topic, partition)?.isPaused === true)
    if (paused.length > 0) this.native.resume(toFlatPartitions(paused))
  }

  #committed(flat: FlatOffsetResults): void {
    const offsets: Toppar[] = []
    let failed = 0
    for (let i = 0; i < flat.length; i += 6) {
      const [topic, partition, offset, , , error] = flat.slice(i, i + 6) as [
        string,
        number,
        number,
        number,
        string,
        number,
      ]
      offsets.push(offset >= 0 ? { topic, partition, offset } : { topic, partition })
      if (failed === 0) failed = error
    }
    if (failed === 0) this.#remember(offsets)
    this.sink.onCommitted(failed, offsets)
  }

  #remember(list: readonly Toppar[]): void {
    for (const { topic, partition, offset } of list) {
      const state = this.partitions.get(topic, partition)
      if (state !== undefined) state.committed = offset
    }
  }

  #every(intervalMs: number, action: () => void): void {
    this.#timers.push(setInterval(action, Math.max(1, Math.min(intervalMs, 0x7fffffff))).unref())
  }
}
