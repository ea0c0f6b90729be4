import type { Block } from '../message/block'
import { Message } from '../message/message'
import type { Delivery } from './delivery'
import { DONE, IterationRequests } from './iteration'

/** One message after the other. */
export class MessageStream<K, V> implements AsyncIterableIterator<Message<K, V>, undefined> {
  readonly #delivery: Delivery<K, V>
  readonly #signal: AbortSignal | undefined
  readonly #isInfallible: boolean
  readonly #requests = new IterationRequests()
  #isEnded = false
  // What user code is at, not yet processed.
  #block: Block | undefined
  #row = 0

  constructor(delivery: Delivery<K, V>, signal: AbortSignal | undefined) {
    this.#delivery = delivery
    this.#signal = signal
    this.#isInfallible = delivery.isInfallible
    delivery.acquire(this)
  }

  next(): Promise<IteratorResult<Message<K, V>, undefined>> {
    const delivery = this.#delivery
    if (this.#isEnded) return Promise.resolve(DONE)
    this.#finish()
    if (this.#isInfallible && this.#requests.isEmpty && delivery.nextRowNow(this.#signal)) {
      const { source } = delivery
      const block = (this.#block = source.block)
      const row = (this.#row = source.row++)
      return Promise.resolve({ done: false, value: new Message(block, row, delivery.context) })
    }
    return this.#requests.add(() => this.#next())
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#end()
    return Promise.resolve(DONE)
  }

  /** @internal */
  inHand(slot: number): number | undefined {
    const block = this.#block
    if (block?.slot(this.#row) !== slot || !this.#delivery.partitions.counts(slot, block.epoch)) return undefined
    return block.offset(this.#row) + 1
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #next(): Promise<IteratorResult<Message<K, V>, undefined>> {
    this.#finish()
    try {
      const message = await this.#delivery.next(
        this.#signal,
        () => this.#isEnded,
        () => this.#take(),
      )
      if (message !== undefined) return { done: false, value: message }
      this.#end()
      return DONE
    } catch (error) {
      this.#end()
      throw error
    }
  }

  /** Undefined when the row was skipped: it counts as processed. */
  #take(): Message<K, V> | undefined {
    const { source } = this.#delivery
    const { block } = source
    const row = source.row++
    const message = this.#delivery.decode(block, row)
    this.#block = block
    this.#row = row
    if (message === undefined) this.#finish()
    return message
  }

  #finish(): void {
    if (this.#block === undefined) return
    this.#delivery.partitions.done(this.#block, this.#row)
    this.#block = undefined
    this.#delivery.settled()
  }

  #end(): void {
    this.#isEnded = true
    if (this.#block !== undefined) this.#delivery.partitions.leave(this.#block, this.#row, this.#row + 1)
    this.#block = undefined
    this.#delivery.release(this)
  }
}
