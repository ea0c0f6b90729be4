import { LoopBudget } from '../consumer/loop-budget'
import type { Partitions } from '../consumer/partitions'
import type { Source } from '../consumer/source'
import type { Block } from '../message/block'
import type { PlainMessage, PlainMessages } from './plain-message'

/** The end of a partition, as node-rdkafka reports it. */
export interface Eof {
  topic: string
  partition: number
  offset: number
}

export interface ReaderSink {
  /** One message, and what counts as an error of the loop. */
  onMessage(message: PlainMessage): void
  onEof(eof: Eof): void
}

/** A `consume(n, cb)` that is under way. */
interface Read {
  readonly count: number
  readonly messages: PlainMessage[]
  /** Rows behind `messages`, for what counts as processed. */
  readonly rows: { block: Block; row: number }[]
  /** Each before the message of that index. */
  readonly ends: { before: number; eof: Eof }[]
  readonly done: (error: unknown, messages: PlainMessage[], ends: { before: number; eof: Eof }[]) => void
  timer: NodeJS.Timeout | undefined
}

/**
 * Moves rows to user code: to a flow (every message to the listeners, until the end) and to reads (`consume(n, cb)`),
 * which come first.
 */
export class Reader {
  #isFlowing = false
  readonly #reads: Read[] = []
  #isRunning = false
  #isStopped = false
  #isTurnAwaited = false
  readonly #budget = new LoopBudget()
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

  /** Somebody waits for messages: being asked for them is not what a poll waits for. */
  get isWaiting(): boolean {
    return this.#isFlowing || this.#reads.length > 0
  }

  flow(): void {
    this.#isFlowing = true
    this.isAlive = true
    this.#later()
  }

  read(count: number, timeoutMs: number, done: Read['done']): void {
    const read: Read = { count, messages: [], rows: [], ends: [], done, timer: undefined }
    this.isAlive = true
    this.#reads.push(read)
    if (timeoutMs >= 0) {
      read.timer = setTimeout(() => {
        this.run()
        if (this.#reads.includes(read)) this.#finish(read)
      }, timeoutMs)
    }
    this.#later()
  }

  /** Fails the reads that wait; the flow goes on. False when there are none. */
  fail(error: unknown): boolean {
    const read = this.#reads.find(({ messages }) => messages.length === 0)
    if (read === undefined) return false
    this.#remove(read)
    read.done(error, [], [])
    return true
  }

  /** Nothing is delivered any more. Reads end with what they have. */
  stop(): void {
    this.#isStopped = true
    this.#isFlowing = false
    for (const read of [...this.#reads]) this.#finish(read)
  }

  onEof(eof: Eof): void {
    const read = this.#reads[0]
    if (read === undefined) this.sink.onEof(eof)
    else read.ends.push({ before: read.messages.length, eof })
  }

  /** A fence has moved: what was collected for a read and lies behind it now is not delivered any more. */
  dropStale(): void {
    for (const read of this.#reads) {
      for (let at = read.rows.length - 1; at >= 0; at--) {
        const { block, row } = read.rows[at] as { block: Block; row: number }
        if (this.partitions.isCurrent(block.slot(row), block.epoch)) continue
        read.rows.splice(at, 1)
        read.messages.splice(at, 1)
        for (const end of read.ends) if (end.before > at) end.before--
      }
    }
  }

  /** Next offset to hand out of a slot; undefined while nothing was. */
  position(slot: number): number | undefined {
    const next = this.#handed[slot]
    return next === undefined || Number.isNaN(next) ? undefined : next
  }

  forgetPosition(slot: number): void {
    if (slot >= 0 && slot < this.#handed.length) this.#handed[slot] = NaN
  }

  /** There may be rows again, without a wake-up: a partition was resumed. */
  goOn(): void {
    this.#later()
  }

  /** A wake-up: there may be rows. Also serves the group when nobody wants any. */
  wake(): void {
    this.#budget.turned()
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
    const isWanted = this.#isFlowing || this.#reads.length > 0
    // Rows that nobody wants yet stay; until there are some, rebalances are looked for.
    if (!isWanted) return !this.source.hasRows && this.source.pull()
    if (this.#budget.isSpent()) {
      this.#later()
      return false
    }
    if (!this.source.nextRow()) return this.source.pull()
    const { block } = this.source
    const row = this.source.row++
    const read = this.#reads[0]
    if (read === undefined) this.#deliver(block, row)
    else this.#collect(read, block, row)
    return true
  }

  #deliver(block: Block, row: number): void {
    this.#hand(block, row)
    const message = this.messages.make(block, row)
    try {
      this.sink.onMessage(message)
      if (this.storesOffsets) this.partitions.done(block, row)
    } catch (error) {
      // To the process, as with node-rdkafka; the next message comes all the same.
      process.nextTick(() => {
        throw error
      })
    }
  }

  #collect(read: Read, block: Block, row: number): void {
    this.#hand(block, row)
    read.messages.push(this.messages.make(block, row))
    read.rows.push({ block, row })
    if (read.messages.length >= read.count) this.#finish(read)
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

  #finish(read: Read): void {
    this.#remove(read)
    try {
      read.done(null, read.messages, read.ends)
      if (this.storesOffsets) for (const { block, row } of read.rows) this.partitions.done(block, row)
    } catch (error) {
      process.nextTick(() => {
        throw error
      })
    }
  }

  #remove(read: Read): void {
    clearTimeout(read.timer)
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
