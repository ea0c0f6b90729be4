// A node-rdkafka without a broker: records what it is told, and does what a test tells it to.
import { EventEmitter } from 'node:events'
import { type EventKind, type NativeEvent, POLL_EVENT, POLL_NEW_BUFFER, POLL_NOTHING } from '../../../lib/binding'
import { LegacyConsumer } from '../../../lib/legacy/consumer'
import { ErrorCodes } from '../../../lib/legacy/errors'
import type {
  Rdkafka,
  RdkafkaCallback,
  RdkafkaConsumer,
  RdkafkaMessage,
  RdkafkaMetadata,
  RdkafkaTopicPartition,
} from '../../../lib/legacy/node-rdkafka'
import { Block } from '../../../lib/message/block'

export const NO_OFFSET = -168
export const ASSIGN = -175
export const REVOKE = -174

const DESCRIPTIONS: Record<number, string> = {
  [-195]: 'Local: Broker transport failure',
  [-190]: 'Local: Unknown partition',
  [-175]: 'Local: Assign partitions',
  [-174]: 'Local: Revoke partitions',
  [-172]: 'Local: Erroneous state',
  [-150]: 'Local: Fatal error',
  [-140]: 'Local: No offset to automatically reset to',
  3: 'Broker: Unknown topic or partition',
  22: 'Broker: Specified group generation id is not valid',
}

export const errorCodes = (): ErrorCodes => new ErrorCodes((code) => DESCRIPTIONS[code] ?? `Err${code}?`)

/** As node-rdkafka makes errors of a code. */
export function rdkafkaError(code: number, message = (DESCRIPTIONS[code] ?? `Err${code}?`).toLowerCase()): Error {
  return Object.assign(new Error(message), { code, errno: code })
}

type Callback = (error: unknown, partitions: RdkafkaTopicPartition[]) => void
type Names = 'subscribe' | 'unsubscribe' | 'assign' | 'unassign' | 'incrementalAssign' | 'incrementalUnassign'

export class FakeClient extends EventEmitter implements RdkafkaConsumer {
  readonly calls: [name: string, ...values: unknown[]][] = []
  readonly conf: Record<string, unknown>
  readonly topicConf: Record<string, string>
  /** What a call throws, by its name. */
  readonly throws = new Map<string, unknown>()
  /** Its polling thread: it answers commits. */
  isAlive = true
  /** What it ends with; told when it disconnects. */
  endsWith: unknown
  connectError: unknown
  protocol = 'EAGER'
  watermarks: { lowOffset: number; highOffset: number } | Error = { lowOffset: 0, highOffset: 0 }
  /** Answers of requests; undefined: they wait for `answer()`. */
  seekError: unknown
  found: (RdkafkaTopicPartition | Error)[] | undefined
  metadata: RdkafkaMetadata | undefined
  readonly waiting: (() => void)[] = []
  consumeCallback: RdkafkaCallback<unknown> | undefined
  delays: [timeoutMs: number, delayMs: number] = [-1, -1]

  constructor(conf: object, topicConf: Record<string, string>) {
    super()
    this.conf = { ...conf }
    this.topicConf = topicConf
  }

  // ---- what the test does ----

  names(): string[] {
    return this.calls.map(([name]) => name)
  }

  of(name: string): unknown[][] {
    return this.calls.filter(([called]) => called === name).map(([, ...values]) => values)
  }

  message(partition: number, offset: number, more: Partial<RdkafkaMessage> = {}): void {
    const message = {
      topic: 't',
      partition,
      offset,
      timestamp: 7,
      key: null,
      value: Buffer.from(`v${offset}`),
      ...more,
    }
    this.emit('data', message)
  }

  rebalance(code: number, ...partitions: number[]): void {
    const callback = this.conf['rebalance_cb'] as Callback
    callback(
      rdkafkaError(code),
      partitions.map((partition) => ({ topic: 't', partition })),
    )
  }

  committed_(error: unknown, partitions: RdkafkaTopicPartition[]): void {
    const callback = this.conf['offset_commit_cb'] as Callback
    callback(error, partitions)
  }

  /** Answers the requests that wait. */
  answer(): void {
    for (const answer of this.waiting.splice(0)) answer()
  }

  // ---- node-rdkafka's side ----

  connect(_options: object, callback: RdkafkaCallback<unknown>): void {
    setImmediate(() => {
      if (this.connectError !== undefined) callback(this.connectError, undefined)
      else this.getMetadata({}, callback)
    })
  }

  disconnect(callback: () => void): void {
    this.#call('disconnect')
    if (this.endsWith !== undefined) this.consumeCallback?.(this.endsWith, undefined)
    setImmediate(callback)
  }

  getMetadata(options: object, callback: RdkafkaCallback<RdkafkaMetadata>): void {
    this.#call('getMetadata', options)
    if (this.metadata === undefined) callback(rdkafkaError(-195), undefined as unknown as RdkafkaMetadata)
    else callback(null, this.metadata)
  }

  setDefaultConsumeTimeout(timeoutMs: number): void {
    this.delays[0] = timeoutMs
  }

  setDefaultConsumeLoopTimeoutDelay(delayMs: number): void {
    this.delays[1] = delayMs
  }

  consume(callback: RdkafkaCallback<unknown>): void {
    this.#call('consume')
    this.consumeCallback = callback
  }

  subscribe = this.#recorded('subscribe')
  unsubscribe = this.#recorded('unsubscribe')
  assign = this.#recorded('assign')
  unassign = this.#recorded('unassign')
  incrementalAssign = this.#recorded('incrementalAssign')
  incrementalUnassign = this.#recorded('incrementalUnassign')

  rebalanceProtocol(): string {
    return this.protocol
  }

  pause(partitions: RdkafkaTopicPartition[]): void {
    this.#call('pause', partitions.map(({ partition }) => partition).join())
  }

  resume(partitions: RdkafkaTopicPartition[]): void {
    this.#call('resume', partitions.map(({ partition }) => partition).join())
  }

  commit(partitions: RdkafkaTopicPartition[]): void {
    this.#call('commit', partitions)
    if (partitions.length === 0 && this.isAlive) {
      setImmediate(() => {
        this.committed_(rdkafkaError(NO_OFFSET), [])
      })
    }
  }

  seek(target: RdkafkaTopicPartition, timeoutMs: number, callback: (error?: unknown) => void): void {
    this.#call('seek', target, timeoutMs)
    setImmediate(() => {
      callback(this.seekError)
    })
  }

  committed(
    partitions: RdkafkaTopicPartition[],
    timeoutMs: number,
    callback: RdkafkaCallback<(RdkafkaTopicPartition | Error)[]>,
  ): void {
    this.#call('committed', partitions, timeoutMs)
    this.#answering(callback)
  }

  offsetsForTimes(
    times: RdkafkaTopicPartition[],
    timeoutMs: number,
    callback: RdkafkaCallback<(RdkafkaTopicPartition | Error)[]>,
  ): void {
    this.#call('offsetsForTimes', times, timeoutMs)
    this.#answering(callback)
  }

  queryWatermarkOffsets(
    topic: string,
    partition: number,
    timeoutMs: number,
    callback: RdkafkaCallback<{ lowOffset: number; highOffset: number }>,
  ): void {
    this.#call('queryWatermarkOffsets', topic, partition, timeoutMs)
    callback(null, { lowOffset: 3, highOffset: 9 })
  }

  getWatermarkOffsets(): { lowOffset: number; highOffset: number } {
    if (this.watermarks instanceof Error) throw this.watermarks
    return this.watermarks
  }

  setOauthBearerToken(token: string): void {
    this.#call('setOauthBearerToken', token)
  }

  #answering(callback: RdkafkaCallback<(RdkafkaTopicPartition | Error)[]>): void {
    const { found } = this
    const answer = (): void => {
      callback(null, found ?? [])
    }
    if (found === undefined) this.waiting.push(answer)
    else answer()
  }

  #recorded(name: Names): (...values: unknown[]) => void {
    return (...values) => {
      this.#call(name, ...values)
    }
  }

  #call(name: string, ...values: unknown[]): void {
    this.calls.push([name, ...values])
    if (this.throws.has(name)) throw this.throws.get(name)
  }
}

export function thrown(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('it threw nothing')
}

/** Turns of the event loop in which everything that is under way, and waits for no test, ends. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 12; i++) await new Promise((resolve) => setImmediate(resolve))
}

export interface Setup {
  consumer: LegacyConsumer
  client: FakeClient
  wakes: number[]
}

/** The high mark is at 100 messages or 1 MiB; a quarter of the limits at the broker counts as fitting. */
const LIMITS = { maxBufferedMessages: 25_600, maxBufferedBytes: 256 << 20 }

export function setUp(
  conf: Record<string, string> = {},
  before: (client: FakeClient) => void = () => undefined,
): Setup {
  let client: FakeClient | undefined
  const rdkafka: Rdkafka = {
    librdkafkaVersion: '2.12.0',
    KafkaConsumer: class extends FakeClient {
      constructor(clientConf: object, topicConf: Record<string, string>) {
        super(clientConf, topicConf)
        client = this // eslint-disable-line @typescript-eslint/no-this-alias -- the test wants the one that is made
        before(this)
      }
    },
  }
  const wakes: number[] = []
  const consumer = new LegacyConsumer(
    rdkafka,
    { 'group.id': 'g', ...conf },
    (bits) => wakes.push(bits),
    LIMITS,
    errorCodes(),
  )
  return { consumer, client: client as unknown as FakeClient, wakes }
}

/** Ready, with these partitions assigned by the group. */
export async function assigned(...partitions: number[]): Promise<Setup & { epoch: number }> {
  const setup = setUp()
  await settled()
  setup.consumer.subscribe(['t'])
  setup.client.rebalance(ASSIGN, ...partitions)
  drain(setup.consumer)
  const epoch = setup.consumer.assign(flat(...partitions.map((partition) => [partition, -1000] as const)))
  await settled()
  return { ...setup, epoch }
}

export function flat(...offsets: (readonly [partition: number, offset: number])[]): (string | number)[] {
  return offsets.flatMap(([partition, offset]) => ['t', partition, offset, -1, ''])
}

/** Everything that poll() gives: rows as `partition@offset/epoch`, events as they are. */
export function drain(consumer: LegacyConsumer): (string | NativeEvent)[] {
  const all: (string | NativeEvent)[] = []
  for (;;) {
    const polled = consumer.poll(1)
    if (polled === POLL_NOTHING) return all
    if (polled === POLL_EVENT) {
      all.push(consumer.takeEvent())
      continue
    }
    const block = new Block(consumer.takeBuffer())
    const names = consumer.slots(0)
    for (let row = 0; row < (polled & ~POLL_NEW_BUFFER); row++) {
      all.push(`${String(names[block.slot(row) * 2 + 1])}@${block.offset(row)}/${block.epoch}`)
    }
  }
}

export const eventsOf = (consumer: LegacyConsumer, kind: EventKind): NativeEvent[] =>
  consumer.serve().filter(([each]) => each === kind)
