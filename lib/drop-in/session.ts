import { binding, EventKind, WAKE_ROWS, WAKE_SERVE, type AddonConsumer, type NativeEvent } from '../binding'
import type { ConsumerTier } from '../config/tier'
import { livenessTickMs } from '../consumer/liveness'
import { Partitions, partitionKey } from '../consumer/partitions'
import { pollMax, pollMode } from '../consumer/polling'
import { Source } from '../consumer/source'
import { within } from '../consumer/waits'
import { ERROR_CODES } from './codes'
import { Commits } from './commits'
import type { TierConf } from './conf'
import { codeError, fatalError } from './errors'
import { PlainMessages } from './plain-message'
import { Reader, type ReaderSink } from './reader'
import { OFFSET_INVALID, OFFSET_STORED, toFlat, toFlatPartitions, type Toppar } from './toppar'

const MAX_BUFFERED_MESSAGES = 100_000
/** Half of ConsumerConfig's: messages here own their memory, so batches are held only until their callbacks return. */
const MAX_BUFFERED_BYTES = 4 << 20
/** Longest wait for brokers when leaving the group; the client then ends without a goodbye. */
const CLOSE_TIMEOUT_MS = 10_000
const MIN_DESTROY_MS = 1000
/** How long a `rebalance_cb` is waited for when the consumer leaves; node-rdkafka waits for ever. */
const ANSWER_TIMEOUT_MS = 5000

/** What the consumer is told of; rebalances are answered with assign and unassign of the session. */
export interface SessionSink extends ReaderSink {
  onRebalance(isAssign: boolean, partitions: Toppar[]): void
  onRebalanceError(message: string): void
  onClientEvent(event: NativeEvent): void
  /** `code` 0: done. */
  onCommitted(code: number, offsets: Toppar[]): void
}

/** One connection of a consumer, from connect() to disconnect(): its client and everything that goes with it. */
export class Session {
  readonly native: AddonConsumer
  readonly partitions: Partitions
  readonly reader: Reader
  readonly commits: Commits
  readonly #source: Source
  readonly #timers: NodeJS.Timeout[] = []
  /** Where partitions were told to begin, as they were assigned. */
  readonly #starts = new Map<string, number>()
  /** Of calls that wait for the client: told when it goes. */
  readonly #asking = new Set<(error: Error) => void>()
  #isClosing = false
  #onProgress: (() => void) | undefined
  #isSubscribed = false
  /** It was subscribed or assigned something: there is a group to leave, or something to commit. */
  #hasBegun = false
  /** A rebalance that `rebalance_cb` has not answered yet. */
  #isUnanswered = false

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
    this.#source = new Source(this.native, this.partitions, pollMax(tier), (event) => {
      this.#onEvent(event)
    })
    this.commits = new Commits(this.native, this.partitions, (code, offsets) => {
      sink.onCommitted(code, offsets)
    })
    const messages = new PlainMessages(this.partitions)
    this.reader = new Reader(this.#source, this.partitions, messages, sink, conf.storesOffsets)
    this.#every(livenessTickMs(conf.maxPollIntervalMs), () => {
      if (this.reader.isAlive || this.reader.isWaiting) this.native.keepAlive()
      this.reader.isAlive = false
    })
    // 0 turns it off, as in librdkafka; what was read is still committed when partitions are given back.
    if (conf.autoCommit.enabled && conf.autoCommit.intervalMs > 0) {
      this.#every(conf.autoCommit.intervalMs, () => {
        // librdkafka may send one that is unanswered again, after a later one: the offset would go back.
        if (!this.commits.isUnderWay) this.commits.commitStored()
      })
    }
  }

  get isSubscribed(): boolean {
    return this.#isSubscribed
  }

  /** A call of the client that may take long. Rejects at the latest when the client goes. */
  async ask<T>(call: (native: AddonConsumer) => Promise<T>): Promise<T> {
    let gone: ((error: Error) => void) | undefined
    const late = new Promise<never>((_, reject) => {
      gone = reject
      this.#asking.add(reject)
    })
    try {
      return await Promise.race([call(this.native), late])
    } finally {
      if (gone !== undefined) this.#asking.delete(gone)
    }
  }

  // ---- the group ----

  subscribe(topics: string[]): void {
    this.native.subscribe(topics)
    this.#isSubscribed = this.#hasBegun = true
  }

  unsubscribe(): void {
    this.native.unsubscribe()
    this.#isSubscribed = false
  }

  assign(list: readonly Required<Toppar>[]): void {
    this.#awaitStops()
    const given = [...this.partitions.assigned]
    this.#beforeUnassign(given)
    const epoch = this.native.assign(toFlat(list))
    this.#revoked(given)
    this.#assigned(list, epoch)
  }

  incrementalAssign(list: readonly Required<Toppar>[]): void {
    this.#awaitStops()
    this.#assigned(list, this.native.incrementalAssign(toFlat(list)))
  }

  unassign(): void {
    this.#awaitStops()
    const given = [...this.partitions.assigned]
    this.#beforeUnassign(given)
    this.native.unassign()
    this.#revoked(given)
  }

  incrementalUnassign(list: readonly Required<Toppar>[]): void {
    this.#awaitStops()
    this.#beforeUnassign(list)
    this.native.incrementalUnassign(toFlat(list))
    this.#revoked(list)
  }

  /**
   * Lets the fetchers that the last change of the assignment stops come to their stop.
   *
   * A partition that is taken away once more while it stops is stopped twice by librdkafka, which then ends the process
   * (its issue 5573). Its thread takes what it is asked in order: the first answer comes after it was told to stop, the
   * second after it has noted that it did.
   */
  #awaitStops(): void {
    if (!this.#hasBegun) return
    this.native.assignment()
    this.native.assignment()
  }

  /** Where a partition was told to begin; OFFSET_STORED where the group's committed offset was. */
  startOf(topic: string, partition: number): number {
    return this.#starts.get(partitionKey(topic, partition)) ?? OFFSET_STORED
  }

  // ---- positions ----

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
    // What was stored before stays stored, as in librdkafka.
    this.partitions.move(state, epoch, offset)
    this.reader.forgetPosition(state.slot)
    this.reader.dropStale()
    this.reader.dropEnds((eof) => eof.topic === topic && eof.partition === partition)
    this.reader.goOn()
  }

  // ---- offsets ----

  /** False when it is not assigned. */
  storeOffset({ topic, partition, offset }: Required<Toppar>): boolean {
    const state = this.partitions.get(topic, partition)
    if (state === undefined) return false
    if (offset >= 0) this.partitions.setNext(state, offset)
    return true
  }

  // ---- the end ----

  /** Leaves the group and ends the client. Always resolves, within a bounded time. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    this.reader.stop()
    this.#isClosing = true
    const started = performance.now()
    const left = (): number => Math.max(1, started + CLOSE_TIMEOUT_MS - performance.now())
    if (this.#hasBegun) await within(this.#leave(), left(), 'leaving the group').catch(() => undefined)
    this.#source.clear()
    // Before it has begun only a question to brokers that do not answer can hold it up, and nothing is lost with that.
    const destroyTimeoutMs = this.#hasBegun ? Math.max(MIN_DESTROY_MS, left()) : MIN_DESTROY_MS
    await within(this.native.destroy(), destroyTimeoutMs, 'close').catch(() => {
      // It ends when a question under way is answered; the process need not wait for that.
      this.native.unref()
    })
    // Nothing comes after 'disconnected'.
    this.commits.close()
    const gone = Object.assign(new Error('closed'), { code: ERROR_CODES.ERR__DESTROY })
    for (const reject of this.#asking) reject(gone)
  }

  async #leave(): Promise<void> {
    if (this.conf.autoCommit.enabled) this.commits.commitStored()
    // librdkafka does not let a member go while a rebalance is unanswered.
    const timer = setTimeout(() => {
      if (this.#isUnanswered) this.#answerForUser()
    }, ANSWER_TIMEOUT_MS)
    try {
      // Closed while a revocation still waits for its commit, a cooperative member would not tell the group that it
      // leaves, and its partitions would be nobody's for the session's timeout.
      await this.commits.idle()
      await this.native.beginClose()
      for (;;) {
        const progress = new Promise<void>((resolve) => (this.#onProgress = resolve))
        while (this.#source.pull());
        if (this.native.isClosed()) return
        await progress
      }
    } finally {
      clearTimeout(timer)
    }
  }

  #answerForUser(): void {
    try {
      this.unassign()
    } catch {
      // Gone by itself.
    }
    this.#onProgress?.()
  }

  // ---- what the addon tells ----

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
      const [, topic, partition, offset, epoch] = event as [EventKind, string, number, number, number]
      if (!this.#isClosing && this.partitions.isReading(topic, partition, epoch)) {
        this.reader.onEof({ topic, offset, partition })
      }
    } else if (event[0] === EventKind.ConsumerError) {
      const [, code, message, isFatal] = event as [EventKind, number, string, boolean]
      if (!this.#isClosing) this.reader.onError(isFatal ? fatalError(message) : codeError(code))
    } else this.sink.onClientEvent(event)
  }

  #onRebalance(event: NativeEvent): void {
    const [, kind, , , message, ...flat] = event
    if (kind === 'error') {
      this.unassign()
      this.sink.onRebalanceError(String(message))
      return
    }
    const partitions: Toppar[] = []
    for (let i = 0; i < flat.length; i += 2) {
      partitions.push({ topic: flat[i] as string, partition: flat[i + 1] as number })
    }
    this.#isUnanswered = true
    this.sink.onRebalance(kind === 'assign', partitions)
  }

  #assigned(list: readonly Required<Toppar>[], epoch: number): void {
    this.#isUnanswered = false
    this.#hasBegun = true
    for (const { topic, partition, offset } of list) {
      const isStored = offset === OFFSET_STORED || offset === OFFSET_INVALID
      this.#starts.set(partitionKey(topic, partition), isStored ? OFFSET_STORED : offset)
      this.partitions.assign(topic, partition, epoch, isStored ? undefined : offset)
      this.reader.forgetPosition(this.partitions.get(topic, partition)?.slot ?? -1)
    }
  }

  #revoked(list: readonly Toppar[]): void {
    this.#isUnanswered = false
    for (const { topic, partition } of list) {
      this.#starts.delete(partitionKey(topic, partition))
      this.reader.forgetPosition(this.partitions.get(topic, partition)?.slot ?? -1)
      this.partitions.revoke(topic, partition)
    }
    this.#source.dropHeld()
    this.reader.dropStale()
    this.reader.dropEnds(({ topic, partition }) => this.partitions.get(topic, partition) === undefined)
  }

  #beforeUnassign(list: readonly Toppar[]): void {
    // As librdkafka does. It is on its way before the partitions are given back: both go through one queue, in order.
    if (this.conf.autoCommit.enabled && !this.native.assignmentLost()) this.commits.commitStored()
    // librdkafka keeps a pause beyond the assignment; whoever gets the partition back would wait for ever.
    const paused = list.filter(({ topic, partition }) => this.partitions.get(topic, partition)?.isPaused === true)
    if (paused.length > 0) this.native.resume(toFlatPartitions(paused))
  }

  #every(intervalMs: number, action: () => void): void {
    this.#timers.push(setInterval(action, Math.max(1, Math.min(intervalMs, 0x7fffffff))).unref())
  }
}
