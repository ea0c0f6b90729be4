import type { Partitions } from '../consumer/partitions'
import type { Source } from '../consumer/source'
import type { Block } from '../message/block'
import { throwOutside, type LibrdKafkaError } from './errors'
import type { PlainMessage, PlainMessages } from './plain-message'
import { Read, type Eof, type ReadCallback } from './read'

export interface ReaderSink {
  /** One message of the flow. */
  onMessage(message: PlainMessage): void
  /** One message of a read that is being called back. */
  onReadMessage(message: PlainMessage): void
  onEof(eof: Eof): void
  onFlowError(error: LibrdKafkaError): void
}

/** What came while nobody asked for messages. */
type Waiting = { eof: Eof } | { error: LibrdKafkaError }

/**
 * Moves rows to user code: to a flow (every message to the listeners, until the end) and to reads (`consume(n, cb)`),
 * which come first.
 *
 * A row counts as processed when the listener or the callback that got it has returned.
 */
export class Reader {
  #isFlowing = false
  readonly #reads: Read[] = []
  /** The read that is being called back. */
  #given: Read | undefined
  /** The row that a listener has in hand. */
  #handBlock: Block | undefined
  #handRow = 0
  #isRunning = false
  #isStopped = false
  #isTurnAwaited = false
  readonly #waiting: Waiting[] = []
  /** By slot: next offset after what was handed out, NaN while nothing was. */
  #handed = new Float64Array(64).fill(NaN)
  /** Set when user code asks for messages; cleared by who watches over max.poll.interval.ms. */
  isAlive = true

  constructor(
    private readonly source: Source,
    private readonly partitions: Partitions,
    private readonly messages: PlainMessages,
    private readonly sink: ReaderSink,
    private readonly storesOffsets: boolean,
  ) {}

  get isFlowing(): boolean {
    return this.#isFlowing
  }

  get isStopped(): boolean {
    return this.#isStopped
  }

  /** Somebody waits for messages: being asked for them is not what a poll waits for. */
  get isWaiting(): boolean {
    return this.#isFlowing || this.#reads.length > 0
  }

  flow(): void {
    this.#isFlowing = true
    this.isAlive = true
    this.#later()
  }

  /** Ends with `count` messages, after `timeoutMs`, or soon after the end of a partition; negative: no timeout. */
  read(count: number, timeoutMs: number, done: ReadCallback): void {
    const read = new Read(count, done)
    this.isAlive = true
    this.#reads.push(read)
    if (timeoutMs >= 0) this.#endAfter(read, timeoutMs)
    this.#later()
  }

  #endAfter(read: Read, timeoutMs: number): void {
    read.endAfter(timeoutMs, () => {
      // What has come and could not be looked at yet, for the loop was busy, still counts.
      this.source.budget.turned()
      this.#isTurnAwaited = false
      this.run()
      if (this.#reads.includes(read)) this.#finish(read)
    })
  }

  /** Nothing more is delivered; reads stay until `stop()`. */
  halt(): void {
    this.#isStopped = true
    this.#isFlowing = false
  }

  /** Reads end with what they have. */
  stop(): void {
    this.halt()
    this.#waiting.length = 0
    for (const read of [...this.#reads]) this.#finish(read)
  }

  // ---- what comes in order with rows ----

  onEof(eof: Eof): void {
    const read = this.#reads[0]
    if (read !== undefined) {
      read.ends.push({ before: read.messages.length, eof })
      // Whoever has messages in hand does not wait for more than what is there.
      if (read.messages.length > 0) this.#endAfter(read, 1)
    } else if (this.#isFlowing) {
      this.sink.onEof(eof)
    } else {
      this.dropEnds((each) => each.topic === eof.topic && each.partition === eof.partition)
      this.#waiting.push({ eof })
    }
  }

  onError(error: LibrdKafkaError): void {
    const read = this.#reads[0]
    if (read === undefined) {
      const isSame = (each: Waiting): boolean => 'error' in each && each.error.code === error.code
      if (this.#isFlowing) this.sink.onFlowError(error)
      else if (!this.#waiting.some(isSame)) this.#waiting.push({ error })
    } else if (read.messages.length > 0) {
      this.#finish(read)
    } else {
      this.#remove(read)
      this.#call(() => {
        read.done(error)
      })
    }
  }

  /** Ends of partitions that nobody has been told of are not told any more. */
  dropEnds(isStale: (eof: Eof) => boolean): void {
    const kept = this.#waiting.filter((each) => !('eof' in each && isStale(each.eof)))
    this.#waiting.splice(0, this.#waiting.length, ...kept)
  }

  // ---- what was handed out ----

  /** A fence has moved: what was collected and lies behind it now is not delivered any more. */
  dropStale(): void {
    const isCurrent = (block: Block, row: number): boolean => this.partitions.isCurrent(block.slot(row), block.epoch)
    for (const read of this.#reads) read.keep(isCurrent)
    this.#given?.keep(isCurrent)
  }

  /** Next offset to hand out of a slot; undefined while nothing was. */
  position(slot: number): number | undefined {
    const next = this.#handed[slot]
    return next === undefined || Number.isNaN(next) ? undefined : next
  }

  forgetPosition(slot: number): void {
    if (slot >= 0 && slot < this.#handed.length) this.#handed[slot] = NaN
  }

  /** User code says by its own commit that it is done with what it has in hand. */
  settleHand(): void {
    if (!this.storesOffsets) return
    if (this.#handBlock !== undefined) this.partitions.done(this.#handBlock, this.#handRow)
    this.#given?.eachGiven((block, row) => {
      this.partitions.done(block, row)
    })
  }

  // ---- moving ----

  /** There may be rows again, without a wake-up: a partition was resumed. */
  goOn(): void {
    this.#later()
  }

  /** A wake-up: there may be rows. Also serves the group when nobody wants any. */
  wake(): void {
    this.source.budget.turned()
    this.run()
  }

  run(): void {
    // A listener that causes this is called from within it.
    if (this.#isRunning || this.#isTurnAwaited) return
    this.#isRunning = true
    try {
      while (!this.#isStopped && this.#step());
    } finally {
      this.#isRunning = false
    }
  }

  /** False when there is nothing more to do now. */
  #step(): boolean {
    // Rows that nobody wants yet stay; until there are some, rebalances are looked for.
    if (!this.isWaiting) return !this.source.hasRows && this.source.pull()
    if (this.#isTurnAwaited) return false
    if (this.#waiting.length > 0) {
      this.#tellWaiting(this.#waiting.shift() as Waiting)
      return true
    }
    if (!this.source.nextRow()) return this.source.pull()
    const { block, row } = this.source
    let message: PlainMessage
    try {
      message = this.messages.make(block, row)
    } catch (error) {
      // The row is not taken, or it would count when the next one does. It is tried again: there may be memory then.
      this.#onThrown(error)
      return false
    }
    this.source.row++
    this.#hand(block, row)
    const read = this.#reads[0]
    if (read === undefined) this.#deliver(message, block, row)
    else if (read.add(message, block, row)) this.#finish(read)
    if (this.source.budget.isSpent()) this.#later()
    return true
  }

  #tellWaiting(waiting: Waiting): void {
    if ('eof' in waiting) this.onEof(waiting.eof)
    else this.onError(waiting.error)
  }

  #deliver(message: PlainMessage, block: Block, row: number): void {
    this.#handBlock = block
    this.#handRow = row
    // As #call does, without a function made for each message.
    try {
      this.sink.onMessage(message)
      if (this.storesOffsets) this.partitions.done(block, row)
    } catch (error) {
      this.#onThrown(error)
    }
    this.#handBlock = undefined
  }

  #finish(read: Read): void {
    this.#remove(read)
    // A callback may end another read.
    const outer = this.#given
    this.#given = read
    this.#call(() => {
      read.give(this.sink)
      if (!this.storesOffsets) return
      read.eachGiven((block, row) => {
        this.partitions.done(block, row)
      })
    })
    this.#given = outer
  }

  /** User code. What it throws is the process's, as with node-rdkafka, before the next message comes. */
  #call(call: () => void): void {
    try {
      call()
    } catch (error) {
      this.#onThrown(error)
    }
  }

  #onThrown(error: unknown): void {
    throwOutside(error)
    this.#later()
  }

  #hand(block: Block, row: number): void {
    const slot = block.slot(row)
    if (slot >= this.#handed.length) this.#grow(slot)
    this.#handed[slot] = block.offset(row) + 1
  }

  #grow(slot: number): void {
    const larger = new Float64Array(2 * slot).fill(NaN)
    larger.set(this.#handed)
    this.#handed = larger
  }

  #remove(read: Read): void {
    read.clearTimer()
    this.#reads.splice(this.#reads.indexOf(read), 1)
  }

  /** On the next turn of the loop: not inside the call of user code that asked. */
  #later(): void {
    if (this.#isTurnAwaited) return
    this.#isTurnAwaited = true
    setImmediate(() => {
      this.#isTurnAwaited = false
      this.wake()
    })
  }
}
