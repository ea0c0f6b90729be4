import { EventEmitter } from 'node:events'
import { WAKE_ROWS, WAKE_SERVE, type NativeConsumer } from '../binding'
import { ArgumentError, ClosedError, type KafkaError } from '../errors'
import type { Message } from '../message/message'
import type { MessageBatch } from '../message/message-batch'
import type { Deserializer } from '../serde'
import { Anchor } from './anchor'
import { BatchStream } from './batch-stream'
import { Closing } from './closing'
import { Delivery } from './delivery'
import { MessageStream } from './message-stream'
import { Events } from './events'
import { checkOffsets, checkPartitions, flatOffsets } from './flat'
import { Group } from './group'
import { Liveness } from './liveness'
import { calling } from './native-error'
import { commitWarning, Offsets, offsetsAfter } from './offsets'
import { Partitions } from './partitions'
import { Positions } from './positions'
import { checkSignal, Requests } from './requests'
import type { ConsumerSettings } from './settings'
import { Source } from './source'
import { topicPattern } from './topic-pattern'
import type {
  BatchesOptions,
  CallOptions,
  ConsumerEvents,
  StreamOptions,
  TopicPartition,
  TopicPartitionLag,
  TopicPartitionOffset,
  TopicPartitionResult,
  Watermarks,
} from './types'

const MAX_BATCH = 100_000

/** Of whatever keys and values. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a function of it takes each consumer
type AnyConsumer = KafkaStreamConsumer<any, any>

/** Makes the consumer under a consumer: the addon's, or legacy's over node-rdkafka. */
export type CreateNative = (wake: (bits: number) => void) => NativeConsumer

/**
 * A Kafka consumer: the same in every tier.
 *
 * ```ts
 * const consumer = ConsumerFactory.create(config, string(), json<Order>())
 * await consumer.subscribe(['orders'])
 * for await (const message of consumer.stream()) handle(message.value)
 * ```
 *
 * Delivery is at least once: a message counts as processed when the next one is asked for, and only what is processed
 * is committed. Events are listed in `ConsumerEvents`.
 *
 * @see librdkafka's `rd_kafka_t` of type consumer; Java `KafkaConsumer`
 */
export class KafkaStreamConsumer<K = Buffer, V = Buffer> extends EventEmitter<ConsumerEvents> {
  readonly #anchor: Anchor<KafkaStreamConsumer<K, V>>
  readonly #native: NativeConsumer
  readonly #settings: ConsumerSettings
  readonly #partitions: Partitions
  readonly #source: Source
  readonly #delivery: Delivery<K, V>
  readonly #offsets: Offsets
  readonly #group: Group
  readonly #requests: Requests
  readonly #positions: Positions
  readonly #events: Events
  readonly #liveness: Liveness
  readonly #closing: Closing
  readonly #timers: NodeJS.Timeout[] = []
  #subscription: string[] = []
  #isDraining = false

  /** @internal Use `ConsumerFactory.create`. */
  constructor(
    create: CreateNative,
    settings: ConsumerSettings,
    keyDeserializer: Deserializer<K>,
    valueDeserializer: Deserializer<V>,
  ) {
    super()
    this.#settings = settings
    const anchor = (this.#anchor = new Anchor<KafkaStreamConsumer<K, V>>(this))
    this.#native = calling('create consumer', () => create(anchor.calling(KafkaStreamConsumer.#wake)))
    this.#partitions = new Partitions(this.#native)
    this.#source = new Source(this.#native, this.#partitions, settings.pollMax, (event) => {
      this.#events.dispatch(event)
    })
    this.#delivery = new Delivery(
      this.#source,
      this.#partitions,
      { slots: this.#partitions, keyDeserializer, valueDeserializer },
      settings,
      (error) => {
        if (typeof settings.onDeserializationError === 'function') settings.onDeserializationError(error)
        else this.#events.emit('deserializationError', error)
      },
      () => {
        setImmediate(() => {
          this.#look()
        })
      },
    )
    this.#offsets = new Offsets(this.#native, this.#partitions, () => this.#subscription.length > 0)
    this.#group = new Group(this.#native, this.#partitions, this.#offsets, this.#delivery, settings, {
      onAssigned: (partitions) => {
        this.#events.emit('assigned', partitions)
      },
      onRevoked: (partitions) => {
        this.#events.emit('revoked', partitions)
      },
      onLost: (partitions) => {
        this.#events.emit('lost', partitions)
      },
      onWarning: (error) => {
        this.#warn(error)
      },
    })
    this.#requests = new Requests(this.#native, settings.requestTimeoutMs)
    this.#positions = new Positions(
      this.#native,
      this.#partitions,
      this.#delivery,
      this.#group,
      this.#requests,
      settings.autoOffsetReset,
    )
    this.#events = new Events(
      this.#native,
      this,
      settings,
      (event) => {
        this.#group.onRebalance(event)
      },
      (error) => {
        this.#delivery.fail(error)
      },
      (error) => {
        this.#delivery.interrupt(error)
      },
      () => this.#source.progress,
    )
    this.#closing = new Closing(
      this.#native,
      settings,
      {
        group: this.#group,
        offsets: this.#offsets,
        delivery: this.#delivery,
        source: this.#source,
        requests: this.#requests,
      },
      {
        onBegin: () => {
          for (const timer of this.#timers) clearInterval(timer)
        },
        autoCommit: (what, retryMs) => this.#autoCommit(what, retryMs),
        onWarning: (error) => {
          this.#warn(error)
        },
        onEnd: () => {
          this.#events.emit('close')
        },
      },
    )
    this.#liveness = new Liveness(settings.maxPollIntervalMs)
    this.#timers.push(anchor.every(this.#liveness.intervalMs, KafkaStreamConsumer.#tick))
    if (settings.autoCommit.enabled) {
      this.#timers.push(anchor.every(settings.autoCommit.intervalMs, KafkaStreamConsumer.#commitInTime))
    }
  }

  // ---- what to consume ----

  /**
   * Subscribes to topics, by name or by regular expression, in place of an earlier subscription, and joins the group.
   *
   * Resolves when a broker has answered. When none does within `timeoutMs` it rejects; the subscription stands, and
   * takes effect as soon as a broker is there. A regular expression is matched by librdkafka, which knows no flags.
   *
   * @throws ArgumentError no topics, or something that is no topic name
   * @throws TimeoutError no broker answered
   * @see `rd_kafka_subscribe`; Java `subscribe(Collection)` and `subscribe(Pattern)`
   */
  async subscribe(topics: readonly (string | RegExp)[], options: CallOptions = {}): Promise<void> {
    // Also while the group is being left.
    if (this.#closing.hasBegun) throw new ClosedError()
    this.#requests.timeout(options)
    if (!Array.isArray(topics) || topics.length === 0) {
      throw new ArgumentError(
        'topics: expected an array of at least one topic name or RegExp; unsubscribe() leaves all topics',
      )
    }
    // Holes in the array are looked at, too.
    const patterns = Array.from(topics, (topic, index) => topicPattern(topic, `topics[${index}]`))
    calling('subscribe', () => {
      this.#native.subscribe(patterns)
    })
    this.#anchor.keep(this)
    this.#subscription = patterns
    await this.#requests.answer(patterns, options)
  }

  /** Leaves all topics; what was processed is committed first with auto-commit. Resolves at once. */
  unsubscribe(): void {
    this.#assertOpen()
    calling('unsubscribe', () => {
      this.#native.unsubscribe()
    })
    if (this.#subscription.length > 0) {
      // What was prefetched is not delivered any more; the revocation lies behind it.
      for (const state of this.#partitions.assigned) this.#partitions.stopDelivery(state)
      void this.#drain()
    }
    this.#subscription = []
  }

  /** What was subscribed to, as librdkafka has it: a regular expression begins with `^`. */
  subscription(): string[] {
    return [...this.#subscription]
  }

  /**
   * Consumes exactly these partitions, without the group's assignment, from `offset` or, where that is missing, from
   * the committed offset. An empty list consumes nothing.
   *
   * @see `rd_kafka_assign`; Java `assign`
   */
  assign(partitions: readonly (TopicPartition & { offset?: number })[]): void {
    this.#assertOpen()
    const list = checkPartitions(partitions, 'partitions').map((checked, index) => {
      const given = partitions[index]?.offset
      return given === undefined
        ? { ...checked, offset: undefined }
        : { ...checked, offset: checkOffsets([{ ...checked, offset: given }], 'partitions', -2)[0]?.offset }
    })
    this.#group.resumePaused(this.#partitions.assigned)
    const epoch = calling('assign', () => this.#native.assign(flatOffsets(list)))
    this.#anchor.keep(this)
    for (const { topic, partition } of [...this.#partitions.assigned]) this.#partitions.revoke(topic, partition)
    this.#source.dropHeld()
    for (const { topic, partition, offset } of list) {
      this.#partitions.assign(topic, partition, epoch, offset)
    }
    this.#delivery.changed()
  }

  /** Partitions this consumer has now. */
  assignment(): TopicPartition[] {
    const assigned = [...this.#partitions.assigned].map(({ topic, partition }) => ({ topic, partition }))
    const known = new Set(assigned.map(({ topic, partition }) => `${partition}/${topic}`))
    return [...assigned, ...this.#group.assigning.filter(({ topic, partition }) => !known.has(`${partition}/${topic}`))]
  }

  // ---- messages ----

  /**
   * The messages, one after the other, for as long as the consumer is open.
   *
   * Asking for the next message marks the previous one processed. Leaving the loop keeps what was prefetched: a later
   * `stream()` or `batches()` goes on with the next message. One iteration at a time.
   *
   * @throws StateError it is being iterated already
   * @throws CorruptRecordError a record is damaged (see `check.crcs`); it names the partition, which stands still until
   *   it is sought past it. A later iteration goes on with the others.
   * @see `rd_kafka_consumer_poll`; Java `poll`
   */
  stream(options: StreamOptions = {}): MessageStream<K, V> {
    return new MessageStream(this.#delivery, checkSignal(options.signal))
  }

  /**
   * The messages as they arrive together, at most `maxMessages` and about 256 KiB at a time.
   *
   * Asking for the next batch marks the previous one processed. Otherwise as `stream()`.
   *
   * @see `rd_kafka_consume_batch_queue`; Java `poll` with `max.poll.records`
   */
  batches(options: BatchesOptions = {}): BatchStream<K, V> {
    const { maxMessages = this.#settings.batchMaxMessages } = options
    if (!Number.isInteger(maxMessages) || maxMessages < 1 || maxMessages > MAX_BATCH) {
      throw new ArgumentError(`maxMessages: expected an integer from 1 to ${MAX_BATCH}, got ${String(maxMessages)}`)
    }
    return new BatchStream(this.#delivery, maxMessages, checkSignal(options.signal))
  }

  // ---- offsets ----

  /**
   * Commits what was processed; with an argument, that: a message or batch in hand (it included), or offsets.
   *
   * Inside the loop the message in hand is not processed yet: `commit(message)` says that it is. Resolves when the
   * group's coordinator has it. What it refuses because the group is rebalancing is tried again, within `timeoutMs`, for
   * as long as the partitions stay assigned.
   *
   * @throws GroupError the partitions are no longer this member's: others process their messages again
   * @throws KafkaError the coordinator refused it for another reason
   * @see `rd_kafka_commit`; Java `commitSync`
   */
  async commit(
    what?: Message<K, V> | MessageBatch<K, V> | readonly TopicPartitionOffset[],
    options: CallOptions = {},
  ): Promise<void> {
    this.#assertOpen()
    const timeoutMs = this.#requests.timeout(options)
    if (what === undefined) {
      await this.#requests.bounded(this.#offsets.commitProcessed(undefined, timeoutMs), options, 'commit')
      return
    }
    const offsets = offsetsAfter(what)
    for (const { topic, partition, offset, leaderEpoch } of offsets) {
      const state = this.#partitions.get(topic, partition)
      if (state !== undefined) this.#partitions.raise(state, offset, leaderEpoch ?? -1)
    }
    await this.#requests.bounded(this.#offsets.commit(offsets, timeoutMs), options, 'commit')
  }

  /**
   * The next offset to process of each assigned partition: where a commit would put the group, and where the next
   * owner would begin. A partition that gave nothing yet begins at its committed offset, or where
   * `auto.offset.reset` says; for those a broker is asked.
   */
  async currentOffsets(options: CallOptions = {}): Promise<TopicPartitionOffset[]> {
    this.#assertOpen()
    return this.#positions.current(options)
  }

  /**
   * How many messages of each assigned partition are not processed yet: the end of the partition, as the broker has it
   * now, less the next offset to process.
   *
   * @throws TimeoutError
   * @see Java `currentLag`, which does not ask the broker
   */
  async lag(options: CallOptions = {}): Promise<TopicPartitionLag[]> {
    this.#assertOpen()
    return this.#positions.lag(options)
  }

  /** Next offset to be delivered of each assigned partition; undefined before its first message. Asks nobody. */
  position(): TopicPartitionResult[] {
    this.#assertOpen()
    return this.#positions.position()
  }

  /**
   * What the group has committed, for these partitions or for all assigned.
   *
   * @throws TimeoutError
   * @see `rd_kafka_committed`; Java `committed`
   */
  async committed(
    partitions: readonly TopicPartition[] = this.assignment(),
    options: CallOptions = {},
  ): Promise<TopicPartitionResult[]> {
    this.#assertOpen()
    return this.#requests.committed(partitions, options)
  }

  /**
   * Goes on at `offset` (-2 the beginning, -1 the end). After it resolves nothing of before the seek is delivered.
   *
   * @throws KafkaError the partition is not assigned, or the broker did not answer
   * @see `rd_kafka_seek_partitions`; Java `seek`
   */
  async seek(target: TopicPartitionOffset | readonly TopicPartitionOffset[], options: CallOptions = {}): Promise<void> {
    this.#assertOpen()
    await this.#positions.seek(target, options)
  }

  /**
   * Stops delivery of these partitions, or of all. Their prefetched messages are kept for `resume()`.
   *
   * @see `rd_kafka_pause_partitions`; Java `pause`
   */
  pause(partitions: readonly TopicPartition[] = this.assignment()): void {
    this.#assertOpen()
    this.#positions.setPaused(partitions, true)
    this.#delivery.changed()
  }

  /** @see `rd_kafka_resume_partitions`; Java `resume` */
  resume(partitions: readonly TopicPartition[] = this.assignment()): void {
    this.#assertOpen()
    this.#positions.setPaused(partitions, false)
    this.#source.release()
    this.#delivery.wake()
  }

  /** Partitions that are paused. */
  paused(): TopicPartition[] {
    return [...this.#partitions.assigned]
      .filter(({ isPaused }) => isPaused)
      .map(({ topic, partition }) => ({ topic, partition }))
  }

  /**
   * First and next offset of a partition, as the broker has them now.
   *
   * @throws TimeoutError
   * @see `rd_kafka_query_watermark_offsets`; Java `beginningOffsets`, `endOffsets`
   */
  async watermarkOffsets(topic: string, partition: number, options: CallOptions = {}): Promise<Watermarks> {
    this.#assertOpen()
    return this.#requests.watermarks(topic, partition, options)
  }

  /**
   * First offset at or after a time, for each partition; undefined where there is none.
   *
   * @param times `timestamp` in milliseconds since 1970
   * @throws TimeoutError
   * @see `rd_kafka_offsets_for_times`; Java `offsetsForTimes`
   */
  async offsetsForTimes(
    times: readonly (TopicPartition & { timestamp: number })[],
    options: CallOptions = {},
  ): Promise<TopicPartitionResult[]> {
    this.#assertOpen()
    return this.#requests.offsetsForTimes(times, options)
  }

  // ---- life ----

  /** Lets the process end while the consumer is open. */
  unref(): void {
    this.#native.unref()
  }

  /** Keeps the process alive while the consumer is open: the default. */
  ref(): void {
    this.#native.ref()
  }

  /**
   * Ends the consumer: running iterations end, with auto-commit what was processed is committed, the group is left,
   * `onRevoked` runs. The same promise at every call; it settles within `closeTimeoutMs`, if need be without a goodbye.
   */
  close(): Promise<void> {
    return this.#closing.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  // ---- inside ----

  /**
   * Where nobody iterates: dispatches events and drops rows that may not be delivered, until there is one that may, which
   * waits for an iteration, or nothing more. A wake-up comes only after that.
   */
  async #drain(): Promise<void> {
    if (this.#isDraining) return
    this.#isDraining = true
    const { budget } = this.#source
    try {
      while (!this.#closing.hasBegun && this.#delivery.isIdle && !this.#source.nextRow()) {
        if (!this.#source.pull()) return
        if (budget.isSpent()) await budget.turn()
      }
    } finally {
      this.#isDraining = false
    }
  }

  // What the anchor calls: made here, where no consumer is in scope.
  static readonly #wake = (consumer: AnyConsumer, bits: number): void => {
    if (bits & WAKE_SERVE) for (const event of consumer.#native.serve()) consumer.#events.dispatch(event)
    if (bits & WAKE_ROWS) consumer.#look()
  }
  static readonly #tick = (consumer: AnyConsumer): void => {
    consumer.#keepAlive()
  }
  static readonly #commitInTime = (consumer: AnyConsumer): void => {
    void consumer.#autoCommit('auto-commit')
  }

  /** Something may have come: to whoever waits for messages, and where nobody does, rebalances are looked for. */
  #look(): void {
    if (this.#closing.hasBegun) {
      this.#closing.wake()
    } else if (this.#delivery.isWaiting) {
      this.#delivery.wake()
    } else {
      while (this.#source.pullUrgent());
      void this.#drain()
    }
  }

  #warn(error: KafkaError): void {
    this.#events.warn(error)
  }

  /**
   * Counts as a poll for max.poll.interval.ms when user code is alive: it waits for messages, or has asked for some
   * since the last time. Otherwise librdkafka lets the group evict this member, as Kafka means it.
   */
  #keepAlive(): void {
    const isAlive = this.#delivery.isAlive || this.#delivery.isWaiting
    this.#delivery.isAlive = false
    const slow = this.#liveness.tick(isAlive)
    if (slow !== undefined && this.#subscription.length > 0) this.#events.emit('slow', slow)
    if (isAlive) this.#native.keepAlive()
  }

  async #autoCommit(what: string, retryMs = 0): Promise<void> {
    try {
      await this.#offsets.commitProcessed(undefined, retryMs)
    } catch (error) {
      this.#warn(commitWarning(error, what))
    }
  }

  #assertOpen(): void {
    if (this.#closing.hasBegun && !this.#closing.isLeaving) throw new ClosedError()
  }
}
