import { EventEmitter } from 'node:events'

import { EventKind, WAKE_ROWS, WAKE_SERVE, type NativeConsumer, type NativeEvent } from '../binding'
import { ArgumentError, ClosedError, KafkaError, TimeoutError } from '../errors'
import { Message } from '../message/message'
import { MessageBatch } from '../message/message-batch'
import type { Deserializer } from '../serde'
import { BatchStream, Delivery, MessageStream } from './delivery'
import { checkOffsets, checkPartitions, checkTimeout, flatOffsets, flatPartitions, fromFlatResults } from './flat'
import { Group, within } from './group'
import { awaiting, calling, kafkaError } from './native-error'
import { commitWarning, Offsets } from './offsets'
import { Partitions } from './partitions'
import type { ConsumerSettings } from './settings'
import { Source } from './source'
import { logMethod, topicPattern } from './topic-pattern'
import type {
  BatchesOptions,
  CallOptions,
  ConsumerEvents,
  StreamOptions,
  TopicPartition,
  TopicPartitionOffset,
  TopicPartitionResult,
  Watermarks,
} from './types'

const ERR_STATE = -172
const ERR_ALL_BROKERS_DOWN = -187
const SEEK_RETRY_MS = 10

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
  readonly #native: NativeConsumer
  readonly #settings: ConsumerSettings
  readonly #partitions: Partitions
  readonly #source: Source
  readonly #delivery: Delivery<K, V>
  readonly #offsets: Offsets
  readonly #group: Group
  readonly #timers: NodeJS.Timeout[] = []
  #subscription: string[] = []
  /** Runs while librdkafka's queue may hold events and nobody asks for messages. */
  #closing: Promise<void> | undefined
  #onProgress: (() => void) | undefined

  /** @internal Use `ConsumerFactory.create`. */
  constructor(
    create: CreateNative,
    settings: ConsumerSettings,
    keyDeserializer: Deserializer<K>,
    valueDeserializer: Deserializer<V>,
  ) {
    super()
    this.#settings = settings
    // Weak: the addon holds the function strongly, and a consumer that nobody holds must be collectable.
    const self = new WeakRef(this)
    this.#native = calling('create consumer', () =>
      create((bits) => {
        const consumer = self.deref()
        if (consumer !== undefined) consumer.#onWake(bits)
      }),
    )
    this.#partitions = new Partitions(this.#native)
    this.#source = new Source(this.#native, this.#partitions, settings.pollMax, (event) => {
      this.#onEvent(event)
    })
    this.#delivery = new Delivery(
      this.#source,
      this.#partitions,
      { slots: this.#partitions, keyDeserializer, valueDeserializer },
      settings,
      (error) => {
        if (typeof settings.onDeserializationError === 'function') settings.onDeserializationError(error)
        else this.emit('deserializationError', error)
      },
      this,
    )
    this.#offsets = new Offsets(this.#native, this.#partitions)
    this.#group = new Group(this.#native, this.#partitions, this.#offsets, this.#delivery, settings, {
      onAssigned: (partitions) => this.emit('assigned', partitions),
      onRevoked: (partitions) => this.emit('revoked', partitions),
      onLost: (partitions) => this.emit('lost', partitions),
      onWarning: (error) => {
        this.#warn(error)
      },
    })
    this.#every(settings.maxPollIntervalMs / 3, (consumer) => {
      consumer.#keepAlive()
    })
    if (settings.autoCommit.enabled) {
      this.#every(settings.autoCommit.intervalMs, (consumer) => consumer.#autoCommit('auto-commit'))
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
    this.#assertOpen()
    if (!Array.isArray(topics) || topics.length === 0) {
      throw new ArgumentError(
        'topics: expected an array of at least one topic name or RegExp; unsubscribe() leaves all topics',
      )
    }
    const patterns = topics.map((topic, index) => topicPattern(topic, `topics[${index}]`))
    calling('subscribe', () => {
      this.#native.subscribe(patterns)
    })
    this.#subscription = patterns
    await this.#answering(patterns, options)
  }

  /** Leaves all topics; what was processed is committed first with auto-commit. Resolves at once. */
  unsubscribe(): void {
    this.#assertOpen()
    calling('unsubscribe', () => {
      this.#native.unsubscribe()
    })
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
    const epoch = calling('assign', () => this.#native.assign(flatOffsets(list)))
    for (const { topic, partition } of [...this.#partitions.assigned]) this.#partitions.revoke(topic, partition)
    for (const { topic, partition, offset } of list) {
      this.#partitions.assign(topic, partition, epoch, offset)
    }
    this.#delivery.wake()
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
   * @see `rd_kafka_consumer_poll`; Java `poll`
   */
  stream(options: StreamOptions = {}): MessageStream<K, V> {
    return new MessageStream(this.#delivery, options.signal)
  }

  /**
   * The messages as they arrive together, at most `maxMessages` and about 256 KiB at a time.
   *
   * Asking for the next batch marks the previous one processed. Otherwise as `stream()`.
   *
   * @see `rd_kafka_consume_batch_queue`; Java `poll` with `max.poll.records`
   */
  batches(options: BatchesOptions = {}): BatchStream<K, V> {
    const maxMessages = options.maxMessages ?? this.#settings.batchMaxMessages
    if (!Number.isInteger(maxMessages) || maxMessages < 1 || maxMessages > 100_000) {
      throw new ArgumentError(`maxMessages: expected an integer from 1 to 100000, got ${String(maxMessages)}`)
    }
    return new BatchStream(this.#delivery, maxMessages, options.signal)
  }

  // ---- offsets ----

  /**
   * Commits what was processed; with an argument, that: a message or batch in hand (it included), or offsets.
   *
   * Inside the loop the message in hand is not processed yet: `commit(message)` says that it is. Resolves when the
   * group's coordinator has it.
   *
   * @throws KafkaError the coordinator refused it
   * @see `rd_kafka_commit`; Java `commitSync`
   */
  async commit(
    what?: Message<K, V> | MessageBatch<K, V> | readonly TopicPartitionOffset[],
    options: CallOptions = {},
  ): Promise<void> {
    this.#assertOpen()
    if (what === undefined) {
      await this.#bounded(this.#offsets.commitProcessed(), options, 'commit')
      return
    }
    const offsets = this.#offsetsOf(what)
    for (const { topic, partition, offset, leaderEpoch } of offsets) {
      const state = this.#partitions.get(topic, partition)
      if (state !== undefined) this.#partitions.raise(state, offset, leaderEpoch ?? -1)
    }
    await this.#bounded(this.#offsets.commit(offsets), options, 'commit')
  }

  /**
   * The next offset to process of each assigned partition: where a commit would put the group, and where the next
   * owner would begin. A partition that gave nothing yet begins at its committed offset, or where
   * `auto.offset.reset` says; for those a broker is asked.
   */
  async currentOffsets(options: CallOptions = {}): Promise<TopicPartitionOffset[]> {
    this.#assertOpen()
    const states = [...this.#partitions.assigned]
    const unknown = states.filter((state) => this.#partitions.next(state) === undefined)
    const committed = unknown.some(({ startOffset }) => startOffset === undefined || startOffset < 0)
      ? await this.committed(unknown, options)
      : []
    return Promise.all(
      states.map(async (state) => {
        const { topic, partition, startOffset } = state
        const next =
          this.#partitions.next(state) ?? (startOffset !== undefined && startOffset >= 0 ? startOffset : undefined)
        if (next !== undefined) return { topic, partition, offset: next }
        const stored =
          startOffset === undefined
            ? committed.find((result) => result.topic === topic && result.partition === partition)?.offset
            : undefined
        if (stored !== undefined) return { topic, partition, offset: stored }
        const { low, high } = await this.watermarkOffsets(topic, partition, options)
        const isFromEnd = startOffset === undefined ? isLatest(this.#settings.autoOffsetReset) : startOffset === -1
        return { topic, partition, offset: isFromEnd ? high : low }
      }),
    )
  }

  /** Next offset to be delivered of each assigned partition; undefined before its first message. Asks nobody. */
  position(): TopicPartitionResult[] {
    this.#assertOpen()
    return [...this.#partitions.assigned].map((state) => ({
      topic: state.topic,
      partition: state.partition,
      offset: this.#delivery.inHand(state.slot) ?? this.#partitions.next(state) ?? state.startOffset,
    }))
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
    const list = checkPartitions(partitions, 'partitions')
    if (list.length === 0) return []
    const timeoutMs = this.#timeout(options)
    return this.#results('committed', options, () => this.#native.committed(flatPartitions(list), timeoutMs))
  }

  /**
   * Goes on at `offset` (-2 the beginning, -1 the end). After it resolves nothing of before the seek is delivered.
   *
   * @throws KafkaError the partition is not assigned, or the broker did not answer
   * @see `rd_kafka_seek_partitions`; Java `seek`
   */
  async seek(target: TopicPartitionOffset | readonly TopicPartitionOffset[], options: CallOptions = {}): Promise<void> {
    this.#assertOpen()
    const list = checkOffsets(Array.isArray(target) ? target : [target], 'target', -2)
    const timeoutMs = this.#timeout(options)
    const rest = list.filter(({ topic, partition, offset }) => !this.#group.startAt(topic, partition, offset))
    for (const { topic, partition } of rest) {
      if (this.#partitions.get(topic, partition) === undefined) {
        throw new KafkaError(`seek: ${topic} [${partition}] is not assigned`, 'ERR__UNKNOWN_PARTITION', { errno: -190 })
      }
    }
    if (rest.length === 0) return
    this.#delivery.block()
    try {
      await this.#bounded(this.#seek(rest, timeoutMs), options, 'seek')
    } finally {
      this.#delivery.unblock()
    }
  }

  /**
   * Stops delivery of these partitions, or of all. Their prefetched messages are kept for `resume()`.
   *
   * @see `rd_kafka_pause_partitions`; Java `pause`
   */
  pause(partitions: readonly TopicPartition[] = this.assignment()): void {
    this.#setPaused(partitions, true)
  }

  /** @see `rd_kafka_resume_partitions`; Java `resume` */
  resume(partitions: readonly TopicPartition[] = this.assignment()): void {
    this.#setPaused(partitions, false)
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
    checkPartitions([{ topic, partition }], 'partition')
    const timeoutMs = this.#timeout(options)
    const [low, high] = await this.#bounded(
      awaiting('watermarks', () => this.#native.watermarks(topic, partition, timeoutMs)),
      options,
      'watermarks',
    )
    return { low, high }
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
    const list = checkOffsets(
      times.map(({ topic, partition, timestamp }) => ({ topic, partition, offset: timestamp })),
      'times',
      0,
    )
    const timeoutMs = this.#timeout(options)
    return this.#results('offsetsForTimes', options, () => this.#native.offsetsForTimes(flatOffsets(list), timeoutMs))
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
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  // ---- inside ----

  async #close(): Promise<void> {
    const deadline = performance.now() + this.#settings.closeTimeoutMs
    const left = (): number => Math.max(1, deadline - performance.now())
    for (const timer of this.#timers) clearInterval(timer)
    this.#delivery.close()
    try {
      await within(this.#leave(), left(), 'leaving the group')
    } catch (error) {
      this.#warn(commitWarning(error, 'close'))
    }
    this.#onProgress = undefined
    this.#source.clear()
    // A call still under way on the control thread may hold this up; it then ends by itself.
    await within(this.#native.destroy(), Math.max(50, left()), 'close').catch((error: unknown) => {
      this.#warn(commitWarning(error, 'close'))
    })
    this.emit('close')
  }

  async #leave(): Promise<void> {
    await this.#group.idle
    if (this.#settings.autoCommit.enabled) await this.#autoCommit('commit on close')
    await awaiting('close', () => this.#native.beginClose())
    for (;;) {
      while (this.#source.pull());
      await this.#group.idle
      if (this.#native.isClosed()) return
      await new Promise<void>((resolve) => (this.#onProgress = resolve))
    }
  }

  #onWake(bits: number): void {
    if (bits & WAKE_SERVE) for (const event of this.#native.serve()) this.#onEvent(event)
    if ((bits & WAKE_ROWS) === 0) return
    if (this.#closing !== undefined) {
      this.#onProgress?.()
    } else if (this.#delivery.isWaiting) {
      this.#delivery.wake()
    } else if (this.#delivery.isIdle && !this.#source.hasRows) {
      // Nobody iterates: look for rebalances. Rows that come along wait for an iteration.
      while (this.#source.pull() && !this.#source.hasRows);
    }
  }

  #onEvent(event: NativeEvent): void {
    switch (event[0]) {
      case EventKind.Rebalance:
        this.#group.onRebalance(event)
        return
      case EventKind.PartitionEof: {
        const [, topic, partition, offset] = event as [EventKind, string, number, number]
        this.emit('partitionEof', { topic, partition, offset })
        return
      }
      case EventKind.ConsumerError:
      case EventKind.ClientError: {
        const [, code, message, isFatal, isRetriable] = event as [EventKind, number, string, boolean, boolean]
        this.#onError(kafkaError(code, message, isFatal, isRetriable))
        return
      }
      case EventKind.Stats:
        this.emit('statistics', JSON.parse(event[1] as string) as Record<string, unknown>)
        return
      case EventKind.Log: {
        const [, level, facility, message] = event as [EventKind, number, string, string]
        this.emit('log', { level, facility, message })
        this.#settings.logger?.[logMethod(level)](`${facility}: ${message}`)
        return
      }
      case EventKind.LogsDropped:
        this.#settings.logger?.warn(`${String(event[1])} lines of librdkafka's log were dropped`)
        return
      case EventKind.Throttle: {
        const [, brokerName, brokerId, throttleTimeMs] = event as [EventKind, string, number, number]
        this.emit('throttle', { brokerName, brokerId, throttleTimeMs })
        return
      }
      case EventKind.TokenRefresh:
        void this.#refreshToken(event[1] as string)
    }
  }

  #onError(error: KafkaError): void {
    if (!error.fatal) {
      this.#warn(error)
      return
    }
    this.#delivery.fail(error)
    // Without a listener the iteration, or the next call, carries it; an unheard 'error' would end the process.
    if (this.listenerCount('error') > 0) this.emit('error', error)
  }

  #warn(error: KafkaError): void {
    this.emit('warning', error)
  }

  async #refreshToken(config: string): Promise<void> {
    const refresh = this.#settings.oauthbearerTokenRefresh
    try {
      if (refresh === undefined) throw new Error('oauthbearerTokenRefresh is not configured')
      const token = await refresh(config)
      this.#native.setOauthbearerToken(
        token.tokenValue,
        token.lifetimeMs,
        token.principal,
        Object.entries(token.extensions ?? {}).flat(),
      )
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (this.#closing !== undefined) return
      calling('token refresh', () => {
        this.#native.setOauthbearerTokenFailure(reason)
      })
    }
  }

  /** A timer that keeps neither the process nor the consumer alive. */
  #every(intervalMs: number, action: (consumer: this) => unknown): void {
    const self = new WeakRef(this)
    const timer = setInterval(
      () => {
        const consumer = self.deref()
        if (consumer === undefined) clearInterval(timer)
        else action(consumer)
      },
      Math.max(1, Math.min(intervalMs, 0x7fffffff)),
    )
    this.#timers.push(timer.unref())
  }

  /**
   * Counts as a poll for max.poll.interval.ms when user code is alive: it waits for messages, or has asked for some
   * since the last time. Otherwise librdkafka lets the group evict this member, as Kafka means it.
   */
  #keepAlive(): void {
    if (!this.#delivery.isAlive && !this.#delivery.isWaiting) return
    this.#delivery.isAlive = false
    this.#native.keepAlive()
  }

  async #autoCommit(what: string): Promise<void> {
    try {
      await this.#offsets.commitProcessed()
    } catch (error) {
      this.#warn(commitWarning(error, what))
    }
  }

  async #seek(list: readonly TopicPartitionOffset[], timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs
    let rest = list
    for (;;) {
      const { epoch, results } = await awaiting('seek', () => this.#native.seek(flatOffsets(rest), timeoutMs))
      const parsed = fromFlatResults(results)
      const again: TopicPartitionOffset[] = []
      rest.forEach((target, index) => {
        const error = parsed[index]?.error ?? 0
        const state = this.#partitions.get(target.topic, target.partition)
        if (error === 0 && state !== undefined) this.#partitions.seek(state, epoch, target.offset)
        else if (error === ERR_STATE && performance.now() < deadline) again.push(target)
        else if (error !== 0) throw kafkaError(error, `seek: ${target.topic} [${target.partition}]: error ${error}`)
      })
      if (again.length === 0) return
      // Just assigned: librdkafka still asks where to begin, and refuses to seek until it knows.
      await new Promise((resolve) => setTimeout(resolve, SEEK_RETRY_MS))
      rest = again
    }
  }

  #setPaused(partitions: readonly TopicPartition[], isPaused: boolean): void {
    this.#assertOpen()
    const list = checkPartitions(partitions, 'partitions').filter(
      ({ topic, partition }) => !this.#group.startPaused(topic, partition, isPaused),
    )
    for (const { topic, partition } of list) {
      if (this.#partitions.get(topic, partition) === undefined) {
        throw new KafkaError(
          `${isPaused ? 'pause' : 'resume'}: ${topic} [${partition}] is not assigned`,
          'ERR__UNKNOWN_PARTITION',
          {
            errno: -190,
          },
        )
      }
    }
    calling(isPaused ? 'pause' : 'resume', () => {
      if (isPaused) this.#native.pause(flatPartitions(list))
      else this.#native.resume(flatPartitions(list))
    })
    for (const { topic, partition } of list) {
      const state = this.#partitions.get(topic, partition)
      if (state !== undefined) this.#partitions.setPaused(state, isPaused)
    }
  }

  #offsetsOf(what: Message<K, V> | MessageBatch<K, V> | readonly TopicPartitionOffset[]): TopicPartitionOffset[] {
    if (what instanceof Message) {
      const { topic, partition, offset, leaderEpoch } = what
      return [{ topic, partition, offset: offset + 1, ...(leaderEpoch !== undefined && { leaderEpoch }) }]
    }
    if (!(what instanceof MessageBatch)) return checkOffsets(what, 'offsets', 0)
    const last = new Map<string, TopicPartitionOffset>()
    for (let index = 0; index < what.length; index++) {
      const topic = what.topic(index)
      const partition = what.partition(index)
      last.set(`${partition}/${topic}`, { topic, partition, offset: what.offset(index) + 1 })
    }
    return [...last.values()]
  }

  /** Resolves when a broker answers; rejects when none does. */
  async #answering(patterns: readonly string[], options: CallOptions): Promise<void> {
    const timeoutMs = this.#timeout(options)
    const name = patterns.find((pattern) => !pattern.startsWith('^')) ?? null
    try {
      await this.#bounded(
        awaiting('subscribe', () => this.#native.metadata(name, timeoutMs)),
        options,
        'subscribe',
      )
    } catch (error) {
      const isSilence =
        error instanceof TimeoutError ||
        (error instanceof KafkaError && [-195, ERR_ALL_BROKERS_DOWN].includes(error.errno ?? 0))
      if (!isSilence) throw error
      throw new TimeoutError(
        `subscribe: no broker answered within ${timeoutMs} ms; the subscription stands and takes effect when one does`,
        { cause: error },
      )
    }
  }

  async #results(
    doing: string,
    options: CallOptions,
    call: () => Promise<(string | number)[]>,
  ): Promise<TopicPartitionResult[]> {
    const flat = await this.#bounded(awaiting(doing, call), options, doing)
    return fromFlatResults(flat).map(({ topic, partition, offset, leaderEpoch, metadata, error }) => {
      if (error !== 0) throw kafkaError(error, `${doing}: ${topic} [${partition}]`)
      return {
        topic,
        partition,
        offset: offset < 0 ? undefined : offset,
        ...(leaderEpoch >= 0 && { leaderEpoch }),
        ...(metadata !== '' && { metadata }),
      }
    })
  }

  /** The timeout is librdkafka's to keep; ours comes a little later, for calls that wait in a queue. */
  async #bounded<T>(call: Promise<T>, options: CallOptions, what: string): Promise<T> {
    const { signal } = options
    const late = within(call, this.#timeout(options) + 500, what)
    if (signal === undefined) return late
    if (signal.aborted) {
      late.catch(() => undefined)
      throw signal.reason
    }
    let onAbort: (() => void) | undefined
    const aborted = new Promise<never>((_, reject) => {
      onAbort = (): void => {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the caller's own reason
        reject(signal.reason)
      }
      signal.addEventListener('abort', onAbort, { once: true })
    })
    try {
      return await Promise.race([late, aborted])
    } finally {
      if (onAbort !== undefined) signal.removeEventListener('abort', onAbort)
      late.catch(() => undefined)
    }
  }

  #timeout(options: CallOptions): number {
    return checkTimeout(options.timeoutMs, this.#settings.requestTimeoutMs)
  }

  #assertOpen(): void {
    if (this.#closing !== undefined && !this.#isLeaving) throw new ClosedError()
  }

  /** onRevoked still runs while the consumer closes, and may commit. */
  get #isLeaving(): boolean {
    return this.#onProgress !== undefined
  }
}

function isLatest(reset: string): boolean {
  return reset === 'latest' || reset === 'largest' || reset === 'end'
}
