import type { Block } from '../message/block'
import type { Message } from '../message/message'
import { MessageBatch } from '../message/message-batch'
import type { Delivery } from './delivery'
import { DONE, IterationRequests } from './iteration'

/** Messages as they arrived together. */
export class BatchStream<K, V> implements AsyncIterableIterator<MessageBatch<K, V>, undefined> {
  readonly #delivery: Delivery<K, V>
  readonly #signal: AbortSignal | undefined
  readonly #maxMessages: number
  readonly #isInfallible: boolean
  readonly #requests = new IterationRequests()
  #isEnded = false
  #hand: MessageBatch<K, V> | undefined
  /** Row after the batch in hand and what was skipped behind it. */
  #handEnd = 0
  /** What the record behind the batch in hand was refused with: its messages go first. */
  #refusal: { readonly block: Block; readonly row: number; readonly error: unknown } | undefined

  constructor(delivery: Delivery<K, V>, maxMessages: number, signal: AbortSignal | undefined) {
    this.#delivery = delivery
    this.#signal = signal
    this.#maxMessages = maxMessages
    this.#isInfallible = delivery.isInfallible
    delivery.acquire(this)
  }

  next(): Promise<IteratorResult<MessageBatch<K, V>, undefined>> {
    if (this.#isEnded) return Promise.resolve(DONE)
    return this.#requests.add(() => this.#next())
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#end()
    return Promise.resolve(DONE)
  }

  /** @internal */
  inHand(slot: number): number | undefined {
    const batch = this.#hand
    if (batch === undefined || !this.#delivery.partitions.counts(slot, batch.block.epoch)) return undefined
    for (let row = batch.from + batch.length - 1; row >= batch.from; row--) {
      if (batch.block.slot(row) === slot) return batch.block.offset(row) + 1
    }
    return undefined
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #next(): Promise<IteratorResult<MessageBatch<K, V>, undefined>> {
    this.#finish()
    try {
      const batch = await this.#delivery.next(
        this.#signal,
        () => this.#isEnded,
        () => this.#take(),
      )
      if (batch !== undefined) return { done: false, value: batch }
      this.#end()
      return DONE
    } catch (error) {
      this.#end()
      throw error
    }
  }

  #take(): MessageBatch<K, V> | undefined {
    const { source } = this.#delivery
    const { block, row: from } = source
    const refusal = this.#refusal
    this.#refusal = undefined
    if (refusal?.block === block && refusal.row === from) {
      source.row++
      throw refusal.error
    }
    const end = from + source.run(this.#maxMessages)
    const batch = this.#isInfallible ? this.#whole(block, from, end) : this.#decoded(block, from, end)
    source.budget.isSpent(end - from)
    return batch
  }

  #whole(block: Block, from: number, end: number): MessageBatch<K, V> {
    this.#delivery.source.row = end
    return (this.#hand = new MessageBatch(block, from, end, this.#delivery.context, undefined))
  }

  /** Up to the next record its deserializer refuses; undefined when that is the first, and it is skipped. */
  #decoded(block: Block, from: number, end: number): MessageBatch<K, V> | undefined {
    const { source, context, partitions } = this.#delivery
    const messages: Message<K, V>[] = []
    let row = from
    let isSkipped = false
    // All are taken at once: user code runs meanwhile, and may pause, resume or seek.
    source.row = end
    try {
      while (row < end && !isSkipped) {
        const message = this.#delivery.decode(block, row)
        isSkipped = message === undefined
        if (message !== undefined) {
          messages.push(message)
          row++
        }
      }
    } catch (error) {
      if (messages.length === 0) {
        source.putBack(block, row + 1, end)
        throw error
      }
      this.#refusal = { block, row, error }
    }
    const next = isSkipped ? row + 1 : row
    source.putBack(block, next, end)
    if (messages.length > 0) {
      this.#handEnd = next
      return (this.#hand = new MessageBatch(block, from, row, context, messages))
    }
    partitions.done(block, row)
    return undefined
  }

  #finish(): void {
    const batch = this.#hand
    if (batch === undefined) return
    this.#hand = undefined
    // What was skipped behind it is done, too.
    const end = Math.max(this.#handEnd, batch.from + batch.length)
    this.#handEnd = 0
    this.#delivery.partitions.doneUpTo(batch.block, batch.from, end)
    this.#delivery.settled()
  }

  #end(): void {
    this.#isEnded = true
    const batch = this.#hand
    if (batch !== undefined) this.#delivery.partitions.leave(batch.block, batch.from, batch.from + batch.length)
    this.#hand = undefined
    this.#delivery.release(this)
  }
}
