import {
  POLL_EVENT,
  POLL_NEEDS_TURN,
  POLL_NEW_BUFFER,
  POLL_NOTHING,
  type NativeConsumer,
  type NativeEvent,
} from '../binding'
import { Block } from '../message/block'
import { LoopBudget } from './loop-budget'
import type { Partitions } from './partitions'

/** A run of rows not yet delivered. */
interface Segment {
  readonly block: Block
  row: number
  end: number
}

/**
 * The rows that lie between the addon and user code, in order, one cursor over them.
 *
 * Rows behind a fence are dropped, rows of a paused partition are held until it is resumed. Its bound is the addon's:
 * it pulls only when it has nothing left.
 */
export class Source {
  /** The cursor: `block` and `row` after `nextRow()` returned true. */
  block: Block
  row = 0
  #end = 0
  /** The addon's buffer that rows are being added to, and how many it holds. */
  #filling: Block
  #filled = 0
  /** Go before what the cursor is in: held rows that were released, then the interrupted run. */
  readonly #segments: Segment[] = []
  /** For how long rows may be handed out before the event loop is to turn. */
  readonly budget = new LoopBudget()
  /** Grows with every poll that brought rows. */
  progress = 0
  #held: Segment[] = []
  readonly #native: Pick<NativeConsumer, 'poll' | 'takeBuffer' | 'takeEvent'>
  readonly #partitions: Partitions
  readonly #onEvent: (event: NativeEvent) => void
  readonly #max: number

  constructor(
    native: Pick<NativeConsumer, 'poll' | 'takeBuffer' | 'takeEvent'>,
    partitions: Partitions,
    max: number,
    onEvent: (event: NativeEvent) => void,
  ) {
    this.#native = native
    this.#partitions = partitions
    this.#onEvent = onEvent
    this.#max = max
    this.block = this.#filling = new Block(new ArrayBuffer(16))
  }

  /** Rows wait in JavaScript already: the addon need not be asked. */
  get hasRows(): boolean {
    return this.row < this.#end || this.#segments.length > 0
  }

  /** Moves to the next row that may be delivered. The caller takes it by moving `row` on. */
  nextRow(): boolean {
    for (;;) {
      const { block } = this
      while (this.row < this.#end) {
        const slot = block.slot(this.row)
        if (!this.#partitions.isCurrent(slot, block.epoch)) {
          this.row++
        } else if (this.#partitions.isPaused(slot)) {
          this.#hold(block, this.row++)
        } else {
          return true
        }
      }
      if (!this.#nextSegment()) return false
    }
  }

  /** Rows from the cursor on that may be delivered, at most `max`. Only after `nextRow()` returned true. */
  run(max: number): number {
    const end = Math.min(this.#end, this.row + max)
    const { block } = this
    let row = this.row + 1
    for (; row < end; row++) {
      const slot = block.slot(row)
      if (!this.#partitions.isCurrent(slot, block.epoch) || this.#partitions.isPaused(slot)) break
    }
    return row - this.row
  }

  /** Rows that were taken and not used come first again. */
  putBack(block: Block, row: number, end: number): void {
    if (row === end) return
    if (this.block === block && this.row === end) {
      this.row = row
      return
    }
    this.#goFirst([{ block, row, end }])
  }

  /**
   * Asks the addon once. True when there are rows or an event was dispatched; false when it had nothing, and a wake-up
   * will come.
   */
  pull(): boolean {
    const polled = this.#native.poll(this.#max)
    if (polled === POLL_NOTHING) return false
    if (polled === POLL_EVENT) {
      this.#onEvent(this.#native.takeEvent())
      return true
    }
    if (polled & POLL_NEW_BUFFER) {
      this.#filling = new Block(this.#native.takeBuffer())
      this.#filled = 0
    }
    if (polled & POLL_NEEDS_TURN) this.budget.spend()
    this.progress++
    const count = polled & ~(POLL_NEW_BUFFER | POLL_NEEDS_TURN)
    this.#push(this.#filling, this.#filled, this.#filled + count)
    this.#filled += count
    return true
  }

  /** Looks for a rebalance alone, which overtakes rows. True when there was one. */
  pullUrgent(): boolean {
    if (this.#native.poll(0) !== POLL_EVENT) return false
    this.#onEvent(this.#native.takeEvent())
    return true
  }

  /** Held rows of partitions that were given back are let go: they would keep their blocks. */
  dropHeld(): void {
    this.#held = this.#held.filter(({ block, row, end }) => {
      for (let at = row; at < end; at++) if (this.#partitions.isCurrent(block.slot(at), block.epoch)) return true
      return false
    })
  }

  /** Held rows of partitions that are no longer paused come next. */
  release(): void {
    const held = this.#held
    if (held.length === 0) return
    this.#held = []
    this.#goFirst(held)
  }

  /** Forgets everything: the client is closed. */
  clear(): void {
    this.#partitions.letGo()
    this.#segments.length = 0
    this.#held = []
    this.row = this.#end = 0
    this.block = this.#filling = new Block(new ArrayBuffer(16))
  }

  /** They come next, then the run that the cursor is in. */
  #goFirst(segments: readonly Segment[]): void {
    if (this.row < this.#end) this.#segments.unshift({ block: this.block, row: this.row, end: this.#end })
    this.#segments.unshift(...segments)
    this.row = this.#end = 0
  }

  #push(block: Block, from: number, to: number): void {
    if (this.row < this.#end || this.#segments.length > 0) {
      this.#segments.push({ block, row: from, end: to })
    } else {
      this.block = block
      this.row = from
      this.#end = to
    }
  }

  #nextSegment(): boolean {
    const segment = this.#segments.shift()
    if (segment === undefined) return false
    this.block = segment.block
    this.row = segment.row
    this.#end = segment.end
    return true
  }

  #hold(block: Block, row: number): void {
    const last = this.#held.at(-1)
    if (last?.block === block && last.end === row) last.end++
    else this.#held.push({ block, row, end: row + 1 })
  }
}
