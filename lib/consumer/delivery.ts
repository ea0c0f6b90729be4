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
  /** The failure is told once, and the next iteration goes on. */
  #isInterruption = false
  #isClosed = false
  readonly #settling: (() => void)[] = []
  readonly budget = new LoopBudget()
  /** Set by each request of user code; cleared by who watches over max.poll.interval.ms. */
  isAlive = true

  constructor(
    readonly source: Source,
    readonly partitions: Partitions,
    readonly context: MessageContext<K, V>,
    readonly settings: Pick<ConsumerSettings, 'onDeserializationError'>,
    readonly onSkipped: (error: DeserializationError) => void,
    /** An iteration has ended: nobody asks for messages any more. */
    private readonly onRelease: () => void,
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

  /** From now on every iteration rejects with it. */
  fail(error: KafkaError): void {
    if (this.#failure === undefined || this.#isInterruption) this.#failure = error
    this.#isInterruption = false
    this.wake()
  }

  /** The iteration rejects with it; the next one goes on. */
  interrupt(error: KafkaError): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#isInterruption = true
    this.wake()
  }

  /** The user has moved on in this partition: what it was interrupted for lies behind. */
  forgive(topic: string, partition: number): void {
    const failure = this.#failure
    if (this.#isInterruption && failure?.topic === topic && failure.partition === partition) this.#takeFailure()
  }

  #takeFailure(): KafkaError | undefined {
    const failure = this.#failure
    if (this.#isInterruption) this.#failure = undefined
    this.#isInterruption = false
    return failure
  }

  close(): void {
    this.#isClosed = true
    this.settled()
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
    if (this.#owner !== owner) return
    this.#owner = undefined
    this.settled()
    // Its pending request, if there is one, ends.
    this.wake()
    this.onRelease()
  }

  /** Resolves when user code has none of these slots in hand. */
  async whenSettled(slots: readonly number[]): Promise<void> {
    while (!this.#isClosed && slots.some((slot) => this.inHand(slot) !== undefined)) {
      await new Promise<void>((resolve) => this.#settling.push(resolve))
    }
  }

  /** User code is done with what it had in hand. */
  settled(): void {
    if (this.#settling.length === 0) return
    for (const resolve of this.#settling.splice(0)) resolve()
  }

  /**
   * What `take` makes of the next row, as soon as there is one that may be delivered; undefined when the consumer is
   * closed or the iteration over.
   *
   * The row is taken in the same turn in which it was looked at: in between, user code may pause, seek or assign.
   *
   * @param take Moves the cursor; undefined when it skipped the row.
   * @throws the fatal error, what `take` throws, or the reason of `signal`
   */
  async next<T>(
    signal: AbortSignal | undefined,
    isOver: () => boolean,
    take: () => T | undefined,
  ): Promise<T | undefined> {
    for (;;) {
      if (signal?.aborted === true) throw signal.reason
      if (this.#failure !== undefined) throw this.#takeFailure() as KafkaError
      if (this.#isClosed || isOver()) return undefined
      this.isAlive = true
      if (this.budget.isSpent()) {
        await this.budget.turn()
      } else if (this.#blocks > 0) {
        await this.#wait(signal)
      } else if (this.source.nextRow()) {
        const taken = take()
        if (taken !== undefined) return taken
      } else if (!this.source.pull()) {
        await this.#wait(signal)
      }
    }
  }

  /** Whether there is a row that may be taken at once: the path of nearly every message. */
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

  /** The row as a message; undefined when its deserializer refused it and that is to be skipped. */
  decode(block: Block, row: number): Message<K, V> | undefined {
    const message = new Message(block, row, this.context)
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

/** Messages as they arrived together. */
export class BatchStream<K, V> implements AsyncIterableIterator<MessageBatch<K, V>, undefined> {
  readonly #delivery: Delivery<K, V>
  readonly #signal: AbortSignal | undefined
  readonly #maxMessages: number
  readonly #isInfallible: boolean
  readonly #requests = new Requests()
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
    const { source, budget } = this.#delivery
    const { block, row: from } = source
    const refusal = this.#refusal
    this.#refusal = undefined
    if (refusal?.block === block && refusal.row === from) {
      source.row++
      throw refusal.error
    }
    const end = from + source.run(this.#maxMessages)
    const batch = this.#isInfallible ? this.#whole(block, from, end) : this.#decoded(block, from, end)
    budget.isSpent(source.row - from)
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
      source.row = messages.length > 0 ? row : row + 1
      if (messages.length === 0) throw error
      this.#refusal = { block, row, error }
    }
    if (source.row < row || isSkipped) source.row = row + (isSkipped ? 1 : 0)
    if (messages.length > 0) {
      this.#handEnd = source.row
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
