import type { Block } from '../message/block'
import type { PlainMessage } from './plain-message'

/** The end of a partition, as node-rdkafka reports it. */
export interface Eof {
  topic: string
  offset: number
  partition: number
}

export type ReadCallback = (error: unknown, messages?: PlainMessage[]) => void

interface ReadSink {
  onReadMessage(message: PlainMessage): void
  onEof(eof: Eof): void
}

// Node's timers fire at once when told to wait longer.
const MAX_TIMER_MS = 0x7fffffff

/** A `consume(n, cb)` that is under way: what was collected for it, and how it is called back. */
export class Read {
  readonly messages: PlainMessage[] = []
  /** Rows behind `messages`, for what counts as processed. */
  readonly #blocks: Block[] = []
  readonly #rows: number[] = []
  /** Each before the message of that index. */
  readonly ends: { before: number; eof: Eof }[] = []
  /** How many of the messages listeners have been given. */
  #given = 0
  #timer: NodeJS.Timeout | undefined

  constructor(
    private readonly count: number,
    readonly done: ReadCallback,
  ) {}

  endAfter(timeoutMs: number, end: () => void): void {
    this.clearTimer()
    if (timeoutMs <= MAX_TIMER_MS) this.#timer = setTimeout(end, timeoutMs)
  }

  clearTimer(): void {
    clearTimeout(this.#timer)
  }

  /** True when it is full. */
  add(message: PlainMessage, block: Block, row: number): boolean {
    this.messages.push(message)
    this.#blocks.push(block)
    this.#rows.push(row)
    return this.messages.length >= this.count
  }

  /** Messages to the listeners, ends of partitions where they belong between them, then the callback. */
  give(sink: ReadSink): void {
    let next = 0
    for (;;) {
      for (; (this.ends[next]?.before ?? Infinity) <= this.#given; next++) sink.onEof(this.ends[next]?.eof as Eof)
      // Also when a listener takes partitions away, and with them the rest of their messages.
      const message = this.messages[this.#given]
      if (message === undefined) break
      this.#given++
      sink.onReadMessage(message)
    }
    this.done(null, this.messages)
  }

  /** Rows that listeners have been given, the one in hand included. */
  eachGiven(visit: (block: Block, row: number) => void): void {
    for (let at = 0; at < this.#given; at++) visit(this.#blocks[at] as Block, this.#rows[at] as number)
  }

  /** Drops what was not given yet and is not to be. */
  keep(isCurrent: (block: Block, row: number) => boolean): void {
    for (let at = this.messages.length - 1; at >= this.#given; at--) {
      if (isCurrent(this.#blocks[at] as Block, this.#rows[at] as number)) continue
      this.messages.splice(at, 1)
      this.#blocks.splice(at, 1)
      this.#rows.splice(at, 1)
      for (const end of this.ends) if (end.before > at) end.before--
    }
  }
}
