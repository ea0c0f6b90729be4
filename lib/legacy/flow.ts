import type { ErrorCodes, NativeError } from './errors'
import type { RdkafkaConsumer, RdkafkaTopicPartition } from './node-rdkafka'
import type { RowQueue } from './rows'
import type { Toppar, Toppars } from './toppars'

export interface Limits {
  maxBufferedMessages: number
  maxBufferedBytes: number
}

/** Rows are collected at most so long before they are handed out, while more lie at the broker. */
const COLLECT_MS = 25
/** How long the answer to "does all that lies at the broker fit?" holds. */
const FITS_MS = 5
/** So long after a partition started (or was sought), no news of its end means that there may be any number. */
const STARTING_MS = 2000
/** The high mark as a part of the limits: what is in flight when it is reached comes on top, and is many times that. */
const HIGH_PART = 256
/** What lies at the broker counts as fitting up to this part of the limits. */
const SMALL_PART = 4
const OFFSET_INVALID = -1001

/**
 * Backpressure by pause and resume: keeps bounded what lies between librdkafka and user code.
 *
 * node-rdkafka's flowing mode polls on a thread of its own and puts what it polled into a list without a bound, which
 * JavaScript takes when it gets to run. Nothing stops that thread but pausing the partitions, and a handler that blocks
 * the event loop cannot pause anything. So the partitions are paused *before* rows go to user code, and resumed when
 * user code waits for more, unless all that is known to lie at the broker fits into the bound anyway: then the flow
 * goes on, and a quiet topic costs no pauses. As each pause throws away what librdkafka had fetched ahead, rows are
 * first collected while more can be had: up to the high mark, or for 25 ms.
 *
 * What may exceed the bound:
 *  - what was in flight when the flow was paused: while JavaScript takes n messages out of that list, the thread puts
 *    in about 6 n more, up to what one answer of each broker holds. So the high mark is low (a 256th of the limits), and
 *    what is asked of a broker at a time is small (conf.ts).
 *  - what is produced while user code blocks the event loop with the flow going on.
 */
export class Flow {
  readonly #client: Pick<RdkafkaConsumer, 'pause' | 'resume' | 'getWatermarkOffsets'>
  readonly #toppars: Toppars
  readonly #rows: RowQueue
  readonly #errors: ErrorCodes
  readonly #high: { messages: number; bytes: number }
  readonly #small: { messages: number; bytes: number }
  readonly #onCollected: () => void
  readonly #onResumed: (partitions: RdkafkaTopicPartition[]) => void
  readonly #onError: (error: NativeError) => void
  /** Partitions are paused because rows wait. */
  #isHeld = false
  #collecting: NodeJS.Timeout | undefined
  #isCollected = false
  #fitsUntil = 0
  // Of the rows that came, lately.
  #seenMessages = 0
  #seenBytes = 0

  constructor(
    client: Pick<RdkafkaConsumer, 'pause' | 'resume' | 'getWatermarkOffsets'>,
    toppars: Toppars,
    rows: RowQueue,
    errors: ErrorCodes,
    limits: Limits,
    on: {
      collected: () => void
      resumed: (partitions: RdkafkaTopicPartition[]) => void
      error: (error: NativeError) => void
    },
  ) {
    this.#client = client
    this.#toppars = toppars
    this.#rows = rows
    this.#errors = errors
    this.#high = { messages: limits.maxBufferedMessages / HIGH_PART, bytes: limits.maxBufferedBytes / HIGH_PART }
    this.#small = { messages: limits.maxBufferedMessages / SMALL_PART, bytes: limits.maxBufferedBytes / SMALL_PART }
    this.#onCollected = on.collected
    this.#onResumed = on.resumed
    this.#onError = on.error
  }

  /** A row was added. */
  added(bytes: number): void {
    this.#seenBytes += bytes
    if (++this.#seenMessages >= 20_000) {
      this.#seenMessages /= 2
      this.#seenBytes /= 2
    }
    if (!this.#isHeld && this.#isHigh) this.#hold()
  }

  /** Rows wait and are asked for: whether they may be handed out now. If not, `onCollected` comes. */
  mayHandOut(): boolean {
    if (this.#isHeld) return true
    if (this.#fits()) {
      this.#stopCollecting()
      return true
    }
    if (this.#isCollected || this.#isHigh) {
      this.#hold()
      return true
    }
    // There is no other sign that no more is coming: an event says that a message came, none that none did.
    this.#collecting ??= setTimeout(() => {
      this.#collecting = undefined
      this.#isCollected = true
      this.#onCollected()
    }, COLLECT_MS)
    return false
  }

  /** Rows are asked for, and there are none. */
  drained(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    this.apply(this.#toppars.opened)
  }

  stop(): void {
    this.#stopCollecting()
  }

  /** Brings node-rdkafka's pauses in line: the user's, those of seeks under way, and ours, of these partitions. */
  apply(toppars: Iterable<Toppar>): void {
    const paused: RdkafkaTopicPartition[] = []
    const resumed: RdkafkaTopicPartition[] = []
    for (const toppar of toppars) {
      const isPaused = this.#isHeld || toppar.isUserPaused || toppar.fences > 0
      if (!toppar.isOpen || toppar.isPaused === isPaused) continue
      const { topic, partition } = toppar
      if (isPaused) paused.push({ topic, partition })
      else resumed.push({ topic, partition })
      toppar.isPaused = isPaused
      if (isPaused) toppar.wasPaused = true
    }
    if (paused.length > 0) this.#call(() => this.#client.pause(paused))
    if (resumed.length > 0) {
      this.#call(() => this.#client.resume(resumed))
      this.#onResumed(resumed)
    }
  }

  /** These are no longer assigned: whoever gets them next finds them unpaused. */
  release(toppars: readonly Toppar[]): void {
    const paused = toppars.filter(({ isPaused }) => isPaused)
    for (const toppar of paused) toppar.isPaused = false
    if (paused.length > 0)
      this.#call(() => this.#client.resume(paused.map(({ topic, partition }) => ({ topic, partition }))))
  }

  get #isHigh(): boolean {
    return this.#rows.messages >= this.#high.messages || this.#rows.bytes >= this.#high.bytes
  }

  #hold(): void {
    this.#stopCollecting()
    this.#isHeld = true
    this.apply(this.#toppars.opened)
  }

  #stopCollecting(): void {
    clearTimeout(this.#collecting)
    this.#collecting = undefined
    this.#isCollected = false
  }

  /** All that is known to lie at the broker would fit into what may wait. */
  #fits(): boolean {
    const now = performance.now()
    if (now < this.#fitsUntil) return true
    let messages = this.#rows.messages
    const averageBytes = this.#seenBytes / Math.max(1, this.#seenMessages)
    for (const toppar of this.#toppars.opened) {
      if (toppar.isUserPaused) continue
      messages += this.#lag(toppar, now)
      if (messages > this.#small.messages || messages * averageBytes > this.#small.bytes) return false
    }
    this.#fitsUntil = now + FITS_MS
    return true
  }

  /** Messages of a partition that the last answer of the broker told of, and that have not come. */
  #lag({ topic, partition, next, openedAt }: Toppar, now: number): number {
    const [low, high] = cachedWatermarks(this.#client, topic, partition)
    if (high >= 0) {
      if (next !== undefined) return Math.max(0, high - next)
      if (low === high) return 0
    }
    return now - openedAt < STARTING_MS ? Infinity : 0
  }

  #call(call: () => unknown): void {
    try {
      call()
    } catch (error) {
      this.#onError(this.#errors.toNative(error))
    }
  }
}

/** What the last answer of the broker told, [low, high]; -1001 unknown. */
export function cachedWatermarks(
  client: Pick<RdkafkaConsumer, 'getWatermarkOffsets'>,
  topic: string,
  partition: number,
): [number, number] {
  try {
    const { lowOffset, highOffset } = client.getWatermarkOffsets(topic, partition)
    return [lowOffset, highOffset]
  } catch {
    // Not connected yet, or a partition librdkafka has not heard of.
    return [OFFSET_INVALID, OFFSET_INVALID]
  }
}
