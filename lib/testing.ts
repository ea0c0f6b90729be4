import { binding, type NativeMockCluster, type NativeProducer } from './binding'
import { ArgumentError, ClosedError, KafkaError, TimeoutError } from './errors'
import { calling, awaiting } from './consumer/native-error'

export interface MockClusterOptions {
  /** Number of brokers, 1 to 100; default 3. Their ids are 1, 2, … */
  brokers?: number
}

/** A message to put into a mock cluster. */
export interface MockMessage {
  topic: string
  /** Default: librdkafka's partitioner chooses. */
  partition?: number
  key?: Uint8Array | string | null
  value?: Uint8Array | string | null
  /** In order; names may repeat. */
  headers?: readonly { name: string; value: Uint8Array | string | null }[]
  /** Milliseconds since 1970; default now. */
  timestampMs?: number
}

/**
 * Requests by their Kafka API key, for `pushRequestErrors`.
 *
 * @see Kafka's protocol guide
 */
export const ApiKey = {
  Produce: 0,
  Fetch: 1,
  ListOffsets: 2,
  Metadata: 3,
  OffsetCommit: 8,
  OffsetFetch: 9,
  FindCoordinator: 10,
  JoinGroup: 11,
  Heartbeat: 12,
  LeaveGroup: 13,
  SyncGroup: 14,
} as const

const PARTITION_UNASSIGNED = -1
const POLL_MS = 5

/**
 * Kafka brokers inside the process, for tests without Docker or a JVM: librdkafka's mock cluster.
 *
 * ```ts
 * await using cluster = await MockCluster.start()
 * cluster.createTopic('orders', { partitions: 4 })
 * await cluster.produce([{ topic: 'orders', value: 'one' }])
 * const consumer = ConsumerFactory.create({ 'bootstrap.servers': cluster.bootstrapServers, 'group.id': 'test' }, …)
 * ```
 *
 * It speaks enough of the protocol to produce, consume and form groups, and fails on demand. It keeps at most about
 * 5 MiB and 100,000 messages a partition, has no security, and is no proof that a real broker works.
 *
 * @see librdkafka's `rdkafka_mock.h`
 */
export class MockCluster {
  readonly bootstrapServers: string
  readonly #native: NativeMockCluster
  readonly #producer: NativeProducer
  #produced: Promise<unknown> = Promise.resolve()
  #closed: Promise<void> | undefined
  /** By all calls of `produce`. */
  #enqueued = 0

  private constructor(native: NativeMockCluster) {
    this.#native = native
    this.bootstrapServers = native.bootstrapServers()
    const producer = binding().createProducer(
      ['bootstrap.servers', this.bootstrapServers, 'linger.ms', '1', 'queue.buffering.max.kbytes', '65536'],
      () => producer.serve(),
    )
    this.#producer = producer
    // Groups form at once; a real broker waits 3 s for more members by default.
    native.setInitialRebalanceDelay(0)
  }

  /** Starts the brokers; resolves when they accept connections. */
  static start(options: MockClusterOptions = {}): Promise<MockCluster> {
    const brokers = options.brokers ?? 3
    if (!Number.isInteger(brokers) || brokers < 1 || brokers > 100) {
      return Promise.reject(new ArgumentError(`brokers: expected an integer from 1 to 100, got ${String(brokers)}`))
    }
    const native = calling('mock cluster', () => {
      const created = binding().createMockCluster(brokers, () => {
        created.serve()
      })
      return created
    })
    return Promise.resolve(new MockCluster(native))
  }

  /** Creates a topic with `partitions` (default 1) and `replicationFactor` (default 1). */
  createTopic(topic: string, options: { partitions?: number; replicationFactor?: number } = {}): void {
    calling('createTopic', () => {
      this.#native.createTopic(topic, options.partitions ?? 1, options.replicationFactor ?? 1)
    })
  }

  /**
   * Writes messages; resolves when the brokers have them.
   *
   * @throws KafkaError one was not delivered
   * @throws TimeoutError not all were delivered within `timeoutMs` (default 30,000)
   */
  produce(messages: Iterable<MockMessage>, options: { timeoutMs?: number } = {}): Promise<void> {
    // One call after the other: deliveries are only counted.
    const produced = this.#produced.then(() => this.#produce(messages, options))
    this.#produced = produced.catch(() => undefined)
    return produced
  }

  async #produce(messages: Iterable<MockMessage>, options: { timeoutMs?: number }): Promise<void> {
    const deadline = performance.now() + (options.timeoutMs ?? 30_000)
    // Of a call before that was given up, some may be on their way.
    while (this.#underWay > 0) await this.#pause(deadline)
    const [, failed] = this.#producer.state()
    for (const message of messages) {
      while (!this.#enqueue(message)) await this.#pause(deadline)
      this.#enqueued++
    }
    for (;;) {
      const [, failedNow, , firstError] = this.#producer.state()
      if (failedNow > failed) throw new KafkaError(`not delivered: ${firstError ?? 'unknown'}`, 'ERR_KAFKA_DELIVERY')
      if (this.#underWay === 0) return
      await this.#pause(deadline)
    }
  }

  get #underWay(): number {
    const [delivered, failed] = this.#producer.state()
    return this.#enqueued - delivered - failed
  }

  /** The next requests of that kind, to any broker, are answered with these librdkafka codes, one each. */
  pushRequestErrors(apiKey: number, codes: readonly number[]): void {
    calling('pushRequestErrors', () => {
      this.#native.pushRequestErrors(apiKey, [...codes])
    })
  }

  /** As `pushRequestErrors`, to one broker, each answered after `rttMs`. Code 0 only delays. */
  pushBrokerRequestErrors(brokerId: number, apiKey: number, errors: readonly { code: number; rttMs?: number }[]): void {
    calling('pushBrokerRequestErrors', () => {
      this.#native.pushBrokerRequestErrors(
        brokerId,
        apiKey,
        errors.flatMap(({ code, rttMs }) => [code, rttMs ?? 0]),
      )
    })
  }

  /** Requests for the topic fail with this librdkafka code; 0 ends it. */
  setTopicError(topic: string, code: number): void {
    calling('setTopicError', () => {
      this.#native.setTopicError(topic, code)
    })
  }

  /** The broker drops its connections and refuses new ones. */
  setBrokerDown(brokerId: number): void {
    calling('setBrokerDown', () => {
      this.#native.setBrokerUp(brokerId, false)
    })
  }

  setBrokerUp(brokerId: number): void {
    calling('setBrokerUp', () => {
      this.#native.setBrokerUp(brokerId, true)
    })
  }

  /** Each answer of the broker comes this much later. */
  setRoundTripTime(brokerId: number, rttMs: number): void {
    calling('setRoundTripTime', () => {
      this.#native.setRtt(brokerId, rttMs)
    })
  }

  /** `null`: the partition has no leader. */
  setLeader(topic: string, partition: number, brokerId: number | null): void {
    calling('setLeader', () => {
      this.#native.setLeader(topic, partition, brokerId ?? -1)
    })
  }

  /** Preferred replica to fetch from. */
  setFollower(topic: string, partition: number, brokerId: number): void {
    calling('setFollower', () => {
      this.#native.setFollower(topic, partition, brokerId)
    })
  }

  /** What the follower says it has; -1 for its leader's. */
  setFollowerWatermarks(topic: string, partition: number, low: number, high: number): void {
    calling('setFollowerWatermarks', () => {
      this.#native.setFollowerWatermarks(topic, partition, low, high)
    })
  }

  /** Moves the coordinator of a group (or of a transactional id). */
  setCoordinator(type: 'group' | 'transaction', key: string, brokerId: number): void {
    calling('setCoordinator', () => {
      this.#native.setCoordinator(type, key, brokerId)
    })
  }

  setRack(brokerId: number, rack: string): void {
    calling('setRack', () => {
      this.#native.setRack(brokerId, rack)
    })
  }

  /** How long a group that begins waits for more members; default here 0. */
  setInitialRebalanceDelay(delayMs: number): void {
    calling('setInitialRebalanceDelay', () => {
      this.#native.setInitialRebalanceDelay(delayMs)
    })
  }

  /** Stops the brokers. The same promise at every call. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await awaiting('close', () => this.#producer.destroy())
    await awaiting('close', () => this.#native.destroy())
  }

  #enqueue({ topic, partition, key, value, headers, timestampMs }: MockMessage): boolean {
    return calling('produce', () =>
      this.#producer.produce(
        topic,
        partition ?? PARTITION_UNASSIGNED,
        toBytes(key),
        toBytes(value),
        headers?.flatMap((header) => [header.name, toBytes(header.value)]) ?? null,
        timestampMs ?? 0,
      ),
    )
  }

  async #pause(deadline: number): Promise<void> {
    if (this.#closed !== undefined) throw new ClosedError('the mock cluster was closed before all was delivered')
    if (performance.now() > deadline) throw new TimeoutError('produce: not all messages were delivered in time')
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

function toBytes(data: Uint8Array | string | null | undefined): Uint8Array | null {
  if (data === null || data === undefined) return null
  return typeof data === 'string' ? Buffer.from(data) : data
}
