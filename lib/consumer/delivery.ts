import { ClosedError, DeserializationError, StateError, type KafkaError } from '../errors'
import type { Block } from '../message/block'
import { Message, type MessageContext } from '../message/message'
import { MessageBatch } from '../message/message-batch'
import { LoopBudget } from './loop-budget'
import type { Partitions } from './partitions'
import type { ConsumerSettings } from './settings'
import type { Source } from './source'

/** An iteration: next offset of a slot it has messages of in hand. */
interface InHand {
  next(): unknown
  inHand(slot: number): number | undefined
}

/** A consumer that somebody waits on is reachable through its wait alone: this keeps it from the collector. */
const awaited = new Set<object>()

/**
 * Hands rows to user code: one iteration at a time, waiting when there are none.
 *
 * At least once: what is handed out counts as processed when the next is asked for, never before, so a loop that is
 * left by `break` or by a throw leaves its last message (or batch) unprocessed. Those not handed out yet stay, and the
 * next iteration goes on with them.
 */
export class Delivery<K, V> {
  /** While above 0 (a rebalance handler runs, a seek is under way) nothing is delivered. */
  #blocks = 0
  #wake: (() => void) | undefined
  #owner: InHand | undefined
  #failure: KafkaError | undefined
  #isClosed = false
  readonly budget = new LoopBudget()
  /** Set by each request of user code; cleared by who watches over max.poll.interval.ms. */
  isAlive = true

  constructor(
    readonly source: Source,
    readonly partitions: Partitions,
    readonly context: MessageContext<K, V>,
    readonly settings: Pick<ConsumerSettings, 'onDeserializationError'>,
    readonly onSkipped: (error: DeserializationError) => void,
    private readonly consumer: object,
  ) {}

  /** Nobody iterates: events must be looked for without a request for messages. */
  get isIdle(): boolean {
    return this.#owner === undefined
  }

  /** Next offset after what user code has in hand of a slot. */
  inHand(slot: number): number | undefined {
    return this.#owner?.inHand(slot)
  }

  get isWaiting(): boolean {
    return this.#wake !== undefined
  }

  get isBlocked(): boolean {
    return this.#blocks > 0
  }

  block(): void {
    this.#blocks++
  }

  unblock(): void {
    if (--this.#blocks === 0) this.wake()
  }

  /** Something may have changed: rows, a fence, the end. */
  wake(): void {
    const wake = this.#wake
    if (wake === undefined) return
    this.#wake = undefined
    awaited.delete(this.consumer)
    this.budget.turned()
    wake()
  }

  fail(error: KafkaError): void {
    this.#failure ??= error
    this.wake()
  }

  close(): void {
    this.#isClosed = true
    this.wake()
  }

  acquire(owner: InHand): void {
    if (this.#isClosed) throw new ClosedError()
    if (this.#owner !== undefined) {
      throw new StateError('the consumer is already being iterated; one stream() or batches() at a time')
    }
    this.#owner = owner
  }

  release(owner: InHand): void {
    if (this.#owner === owner) this.#owner = undefined
  }

  /**
   * True when the cursor stands on a row that may be delivered; false when the consumer is closed.
   *
   * @throws the fatal error, or the reason of `signal`
   */
  async nextRow(signal: AbortSignal | undefined): Promise<boolean> {
    for (;;) {
      if (signal?.aborted === true) throw signal.reason
      if (this.#failure !== undefined) throw this.#failure
      if (this.#isClosed) return false
      this.isAlive = true
      if (this.budget.isSpent()) {
        await this.budget.turn()
      } else if (this.#blocks > 0) {
        await this.#wait(signal)
      } else if (this.source.nextRow()) {
        return true
      } else if (!this.source.pull()) {
        await this.#wait(signal)
      }
    }
  }

  /** As `nextRow`, if it can be told at once: the path of nearly every message. */
  nextRowNow(signal: AbortSignal | undefined): boolean {
    this.isAlive = true
    return (
      this.#blocks === 0 &&
      !this.budget.isSpent() &&
      signal?.aborted !== true &&
      !this.#isClosed &&
      this.#failure === undefined &&
      (this.source.nextRow() ||
        // A pull may bring a rebalance instead of rows, which blocks.
        (this.source.pull() && !this.isBlocked && this.source.nextRow()))
    )
  }

  /** The row under the cursor as a message; undefined when it was skipped. */
  decode(row: number): Message<K, V> | undefined {
    const message = new Message(this.source.block, row, this.context)
    const { keyDeserializer, valueDeserializer } = this.context
    let part: 'key' | 'value' = 'key'
    try {
      if (keyDeserializer.infallible !== true) message.decodeKey()
      part = 'value'
      if (valueDeserializer.infallible !== true) message.decodeValue()
      return message
    } catch (cause) {
      const copy = message.copy()
      const { topic, partition, offset, keyBytes: key, valueBytes: value } = copy
      const error = new DeserializationError({ topic, partition, offset, part, key, value }, cause)
      const policy = this.settings.onDeserializationError
      if (policy === 'fail') throw error
      this.onSkipped(error)
      return undefined
    }
  }

  get isInfallible(): boolean {
    return this.context.keyDeserializer.infallible === true && this.context.valueDeserializer.infallible === true
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const onAbort = (): void => {
        this.wake()
      }
      awaited.add(this.consumer)
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#wake = (): void => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
    })
  }
}

const DONE = { done: true, value: undefined } as const

/** Requests made before the previous one was answered are answered in their order. */
class Requests {
  #last: Promise<unknown> | undefined

  get isEmpty(): boolean {
    return this.#last === undefined
  }

  add<T>(answer: () => Promise<T>): Promise<T> {
    const promise = this.#last === undefined ? answer() : this.#last.then(answer, answer)
    this.#last = promise
    const clear = (): void => {
      if (this.#last === promise) this.#last = undefined
    }
    promise.then(clear, clear)
    return promise
  }
}

/** One message after the other. */
export class MessageStream<K, V> implements AsyncIterableIterator<Message<K, V>, undefined> {
  readonly #delivery: Delivery<K, V>
  readonly #signal: AbortSignal | undefined
  readonly #isInfallible: boolean
  readonly #requests = new Requests()
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
    return block?.slot(this.#row) === slot ? block.offset(this.#row) + 1 : undefined
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #next(): Promise<IteratorResult<Message<K, V>, undefined>> {
    const delivery = this.#delivery
    this.#finish()
    try {
      while (await delivery.nextRow(this.#signal)) {
        if (this.#isEnded) break
        const { source } = delivery
        const row = source.row++
        const message = delivery.decode(row)
        this.#block = source.block
        this.#row = row
        if (message !== undefined) return { done: false, value: message }
        this.#finish()
      }
      this.#end()
      return DONE
    } catch (error) {
      this.#end()
      throw error
    }
  }

  #finish(): void {
    if (this.#block === undefined) return
    this.#delivery.partitions.done(this.#block, this.#row)
    this.#block = undefined
  }

  #end(): void {
    this.#isEnded = true
    this.#block = undefined
    this.#delivery.release(this)
  }
}

/** Messages as they arrived together. */
export class BatchStream<K, V> implements AsyncIterableIterator<MessageBatch<K, V>, undefined> {
  readonly #delivery: Delivery<K, V>
  readonly #signal: AbortSignal | undefined
  readonly #maxMessages: number
  readonly #isInfallible: boolean
  readonly #requests = new Requests()
  #isEnded = false
  #hand: MessageBatch<K, V> | undefined
  /** Thrown at the next request: the messages before the refused one go first. */
  #refused: unknown

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
    if (batch === undefined) return undefined
    for (let row = batch.from + batch.length - 1; row >= batch.from; row--) {
      if (batch.block.slot(row) === slot) return batch.block.offset(row) + 1
    }
    return undefined
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #next(): Promise<IteratorResult<MessageBatch<K, V>, undefined>> {
    const delivery = this.#delivery
    this.#finish()
    try {
      if (this.#refused !== undefined) throw this.#refused as Error
      while (await delivery.nextRow(this.#signal)) {
        if (this.#isEnded) break
        const batch = this.#isInfallible ? this.#wholeRun() : this.#decodedRun()
        if (batch === undefined) continue
        this.#hand = batch
        return { done: false, value: batch }
      }
      this.#end()
      return DONE
    } catch (error) {
      this.#end()
      throw error
    }
  }

  #wholeRun(): MessageBatch<K, V> {
    const { source, context } = this.#delivery
    const from = source.row
    const to = from + source.run(this.#maxMessages)
    source.row = to
    return new MessageBatch(source.block, from, to, context, undefined)
  }

  /** Up to the next record its deserializer refuses. */
  #decodedRun(): MessageBatch<K, V> | undefined {
    const { source, context } = this.#delivery
    const from = source.row
    const end = from + source.run(this.#maxMessages)
    const messages: Message<K, V>[] = []
    let row = from
    let isRefused = false
    try {
      for (; row < end; row++) {
        const message = this.#delivery.decode(row)
        if (message === undefined) {
          isRefused = true
          break
        }
        messages.push(message)
      }
    } catch (error) {
      isRefused = true
      this.#refused = error
    }
    source.row = row + (isRefused ? 1 : 0)
    if (messages.length > 0) return new MessageBatch(source.block, from, row, context, messages)
    if (this.#refused !== undefined) throw this.#refused as Error
    this.#delivery.partitions.done(source.block, row)
    return undefined
  }

  #finish(): void {
    const batch = this.#hand
    if (batch === undefined) return
    this.#hand = undefined
    this.#delivery.partitions.doneUpTo(batch.block, batch.from, batch.from + batch.length)
  }

  #end(): void {
    this.#isEnded = true
    this.#hand = undefined
    this.#delivery.release(this)
  }
}
