import type { Block } from './block'
import { Message, type MessageContext } from './message'

/**
 * Messages that arrived together, in order within each partition.
 *
 * Iterate it, or read columns by index where every nanosecond counts: `valueBytes(i)` makes no message object. But
 * unless both deserializers are `infallible` (of ours `bytes()`), the messages are made and deserialized before the
 * batch is handed out. It shares one buffer, so keeping one of its messages keeps them all; `message.copy()` for those
 * you store.
 *
 * @see Java `ConsumerRecords`
 */
export class MessageBatch<K = Buffer, V = Buffer> implements Iterable<Message<K, V>> {
  readonly length: number
  /** @internal */
  readonly block: Block
  /** @internal */
  readonly from: number
  readonly #context: MessageContext<K, V>
  readonly #messages: Message<K, V>[] | undefined

  /** @internal */
  constructor(
    block: Block,
    from: number,
    to: number,
    context: MessageContext<K, V>,
    messages: Message<K, V>[] | undefined,
  ) {
    this.block = block
    this.from = from
    this.length = to - from
    this.#context = context
    this.#messages = messages
  }

  /** The message at `index`; undefined outside the batch. */
  at(index: number): Message<K, V> | undefined {
    if (!(index >= 0 && index < this.length) || index % 1 !== 0) return undefined
    return this.#messages?.[index] ?? new Message(this.block, this.from + index, this.#context)
  }

  *[Symbol.iterator](): Generator<Message<K, V>, void, undefined> {
    for (let index = 0; index < this.length; index++) yield this.at(index) as Message<K, V>
  }

  topic(index: number): string {
    return this.#context.slots.topic(this.block.slot(this.#row(index)))
  }

  partition(index: number): number {
    return this.#context.slots.partition(this.block.slot(this.#row(index)))
  }

  offset(index: number): number {
    return this.block.offset(this.#row(index))
  }

  keyBytes(index: number): Buffer | null {
    return this.block.key(this.#row(index))
  }

  valueBytes(index: number): Buffer | null {
    return this.block.value(this.#row(index))
  }

  #row(index: number): number {
    // One check for all columns: a wrong index would read another column.
    if (!(index >= 0 && index < this.length) || index % 1 !== 0) {
      throw new RangeError(`index: expected an integer from 0 to ${this.length - 1}, got ${index}`)
    }
    return this.from + index
  }
}
