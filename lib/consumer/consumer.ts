import { EventEmitter } from 'node:events'
import { ArgumentError, ClosedError } from '../errors'
import type { Message } from '../message/message'
import type { MessageBatch } from '../message/message-batch'
import type { Deserializer } from '../serde'
import { BatchStream } from './batch-stream'
import { type CreateNative, Engine } from './engine'
import { checkEachOnce, checkOffsets, checkPartitions, flatOffsets } from './flat'
import { MessageStream } from './message-stream'
import { calling } from './native-error'
import { checkSignal } from './requests'
import type { ConsumerSettings } from './settings'
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
  readonly #engine: Engine<K, V>
  /** Of a batch, unless it is asked for otherwise. */
  readonly #maxMessages: number
  readonly #commitsByItself: boolean

  /** @internal Use `ConsumerFactory.create`. */
  constructor(
    create: CreateNative,
    settings: ConsumerSettings,
    keyDeserializer: Deserializer<K>,
    valueDeserializer: Deserializer<V>,
  ) {
    super()
    this.#engine = new Engine(create, this, settings, keyDeserializer, valueDeserializer)
    this.#maxMessages = settings.batchMaxMessages
    this.#commitsByItself = settings.autoCommit.enabled
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
    if (this.#engine.closing.hasBegun) throw new ClosedError()
    this.#engine.requests.timeout(options)
    if (!Array.isArray(topics) || topics.length === 0) {
      throw new ArgumentError(
        'topics: expected an array of at least one topic name or RegExp; unsubscribe() leaves all topics',
      )
    }
    // Holes in the array are looked at, too.
    const patterns = Array.from(topics, (topic, index) => topicPattern(topic, `topics[${index}]`))
    calling('subscribe', () => {
      this.#engine.native.subscribe(patterns)
    })
    this.#engine.keep()
    this.#engine.subscription = patterns
    await this.#engine.requests.answer(patterns, options)
  }

  /** Leaves all topics; what was processed is committed first with auto-commit. Resolves at once. */
  unsubscribe(): void {
    this.#engine.assertOpen()
    calling('unsubscribe', () => {
      this.#engine.native.unsubscribe()
    })
    if (this.#engine.subscription.length > 0) {
      // What was prefetched is not delivered any more; the revocation lies behind it.
      const { partitions } = this.#engine
      for (const state of partitions.assigned) partitions.stopDelivery(state)
      void this.#engine.drain()
    }
    this.#engine.subscription = []
  }

  /** What was subscribed to, as librdkafka has it: a regular expression begins with `^`. */
  subscription(): string[] {
    return [...this.#engine.subscription]
  }

  /**
   * Consumes exactly these partitions, without the group's assignment, from `offset` or, where that is missing, from
   * the committed offset. An empty list consumes nothing. With auto-commit what was processed is committed first.
   *
   * @see `rd_kafka_assign`; Java `assign`
   */
  assign(partitions: readonly (TopicPartition & { offset?: number })[]): void {
    this.#engine.assertOpen()
    const list = checkPartitions(partitions, 'partitions').map((checked, index) => {
      const given = partitions[index]?.offset
      return given === undefined
        ? { ...checked, offset: undefined }
        : { ...checked, offset: checkOffsets([{ ...checked, offset: given }], 'partitions', -2)[0]?.offset }
    })
    checkEachOnce(list, 'partitions')
    const { native, group, partitions: state, source, delivery } = this.#engine
    // On its way before they are given back, unless one is still unanswered: it goes next then.
    if (this.#commitsByItself) void this.#engine.autoCommit('commit on assign')
    const epoch = group.withoutPauses(state.assigned, () => calling('assign', () => native.assign(flatOffsets(list))))
    this.#engine.keep()
    for (const { topic, partition } of [...state.assigned]) state.revoke(topic, partition)
    source.dropHeld()
    for (const { topic, partition, offset } of list) {
      state.assign(topic, partition, epoch, offset)
    }
    delivery.changed()
  }

  /** Partitions this consumer has now. */
  assignment(): TopicPartition[] {
    const assigned = [...this.#engine.partitions.assigned].map(({ topic, partition }) => ({ topic, partition }))
    const known = new Set(assigned.map(({ topic, partition }) => `${partition}/${topic}`))
    return [
      ...assigned,
      ...this.#engine.group.assigning.filter(({ topic, partition }) => !known.has(`${partition}/${topic}`)),
    ]
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
    return new MessageStream(this.#engine.delivery, checkSignal(options.signal))
  }

  /**
   * The messages as they arrive together, at most `maxMessages` and about 256 KiB at a time.
   *
   * Asking for the next batch marks the previous one processed. Otherwise as `stream()`.
   *
   * @see `rd_kafka_consume_batch_queue`; Java `poll` with `max.poll.records`
   */
  batches(options: BatchesOptions = {}): BatchStream<K, V> {
    const { maxMessages = this.#maxMessages } = options
    if (!Number.isInteger(maxMessages) || maxMessages < 1 || maxMessages > MAX_BATCH) {
      throw new ArgumentError(`maxMessages: expected an integer from 1 to ${MAX_BATCH}, got ${String(maxMessages)}`)
    }
    return new BatchStream(this.#engine.delivery, maxMessages, checkSignal(options.signal))
  }

  // ---- offsets ----

  /**
   * Commits what was processed; with an argument, that: a message or batch in hand (it included), or offsets.
   *
   * Inside the loop the message in hand is not processed yet: `commit(message)` says that it is. Resolves when the
   * group's coordinator has it. What it refuses because the group is rebalancing is tried again, within `timeoutMs`, for
   * as long as the partitions stay assigned.
   *
   * @throws GroupError partitions are no longer this member's: others process their messages again. What a message or a
   *   batch has of others is committed all the same.
   * @throws KafkaError the coordinator refused it for another reason
   * @see `rd_kafka_commit`; Java `commitSync`
   */
  async commit(
    what?: Message<K, V> | MessageBatch<K, V> | readonly TopicPartitionOffset[],
    options: CallOptions = {},
  ): Promise<void> {
    this.#engine.assertOpen()
    const { requests, offsets, partitions } = this.#engine
    const timeoutMs = requests.timeout(options)
    if (what === undefined) {
      await requests.bounded(offsets.commitProcessed(undefined, timeoutMs), options, 'commit')
      return
    }
    const after = offsets.after(what)
    for (const { topic, partition, offset, leaderEpoch } of after.offsets) {
      const state = partitions.get(topic, partition)
      if (state !== undefined) partitions.raise(state, offset, leaderEpoch ?? -1)
    }
    if (after.offsets.length > 0 || after.refusal === undefined) {
      await requests.bounded(offsets.commit(after.offsets, timeoutMs), options, 'commit')
    }
    if (after.refusal !== undefined) throw after.refusal
  }

  /**
   * The next offset to process of each assigned partition: where a commit would put the group, and where the next
   * owner would begin. A partition that gave nothing yet begins at its committed offset, or where
   * `auto.offset.reset` says; for those a broker is asked.
   */
  async currentOffsets(options: CallOptions = {}): Promise<TopicPartitionOffset[]> {
    this.#engine.assertOpen()
    return this.#engine.positions.current(options)
  }

  /**
   * How many messages of each assigned partition are not processed yet: its end (with `read_committed`, the default, the
   * last stable offset), as the broker has it now, less the next offset to process.
   *
   * @throws TimeoutError
   * @see Java `currentLag`, which does not ask the broker
   */
  async lag(options: CallOptions = {}): Promise<TopicPartitionLag[]> {
    this.#engine.assertOpen()
    return this.#engine.positions.lag(options)
  }

  /**
   * Next offset to be delivered of each assigned partition; before its first message the one that `assign()` or `seek()`
   * told, else undefined. Asks nobody.
   */
  position(): TopicPartitionResult[] {
    this.#engine.assertOpen()
    return this.#engine.positions.position()
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
    this.#engine.assertOpen()
    return this.#engine.requests.committed(partitions, options)
  }

  /**
   * Goes on at `offset` (-2 the beginning, -1 the end). After it resolves nothing of before the seek is delivered.
   *
   * @throws KafkaError the partition is not assigned, or the broker did not answer
   * @see `rd_kafka_seek_partitions`; Java `seek`
   */
  async seek(target: TopicPartitionOffset | readonly TopicPartitionOffset[], options: CallOptions = {}): Promise<void> {
    this.#engine.assertOpen()
    await this.#engine.positions.seek(target, options)
  }

  /**
   * Stops delivery of these partitions, or of all. Their prefetched messages are kept for `resume()`.
   *
   * @see `rd_kafka_pause_partitions`; Java `pause`
   */
  pause(partitions: readonly TopicPartition[] = this.assignment()): void {
    this.#engine.assertOpen()
    this.#engine.positions.setPaused(partitions, true)
    this.#engine.delivery.changed()
  }

  /** @see `rd_kafka_resume_partitions`; Java `resume` */
  resume(partitions: readonly TopicPartition[] = this.assignment()): void {
    this.#engine.assertOpen()
    this.#engine.positions.setPaused(partitions, false)
    this.#engine.source.release()
    this.#engine.delivery.wake()
  }

  /** Partitions that are paused. */
  paused(): TopicPartition[] {
    return [...this.#engine.partitions.assigned]
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
    this.#engine.assertOpen()
    return this.#engine.requests.watermarks(topic, partition, options)
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
    this.#engine.assertOpen()
    return this.#engine.requests.offsetsForTimes(times, options)
  }

  // ---- life ----

  /** Lets the process end while the consumer is open. Nothing in legacy: node-rdkafka's handles always keep it. */
  unref(): void {
    this.#engine.native.unref()
  }

  /** Keeps the process alive while the consumer is open: the default. */
  ref(): void {
    this.#engine.native.ref()
  }

  /**
   * Ends the consumer: running iterations end, with auto-commit what was processed is committed, the group is left,
   * `onRevoked` runs. The same promise at every call; it settles within `closeTimeoutMs`, if need be without a goodbye.
   */
  close(): Promise<void> {
    return this.#engine.closing.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
