import { ClosedError, DeserializationError, StateError, type KafkaError } from '../errors'
import type { Block } from '../message/block'
import { Message, type MessageContext } from '../message/message'
import type { Partitions, PartitionState } from './partitions'
import type { ConsumerSettings } from './settings'
import type { Source } from './source'

/** An iteration: next offset of a slot it has messages of in hand. */
interface InHand {
  next(): unknown
  inHand(slot: number): number | undefined
}

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
  /** Partitions that stand still until the user has moved on in them, or they are given back. */
  readonly #halted = new Map<PartitionState, { error: KafkaError; epoch: number }>()
  #isClosed = false
  readonly #settling: (() => void)[] = []
  /** Set by each request of user code; cleared by who watches over max.poll.interval.ms. */
  isAlive = true

  constructor(
    readonly source: Source,
    readonly partitions: Partitions,
    readonly context: MessageContext<K, V>,
    readonly settings: Pick<ConsumerSettings, 'onDeserializationError'>,
    readonly onSkipped: (error: DeserializationError) => void,
    /** Nobody asks for messages, and something may be there that did not ring again: called from any place. */
    private readonly onIdle: () => void,
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
    if (--this.#blocks === 0) this.changed()
  }

  /** Rows that wait may be delivered no more, or now: what lies behind them need not wait. */
  changed(): void {
    this.wake()
    if (this.isIdle) this.onIdle()
  }

  /** Something may have changed: rows, a fence, the end. */
  wake(): void {
    const wake = this.#wake
    if (wake === undefined) return
    this.#wake = undefined
    this.source.budget.turned()
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

  /**
   * Each iteration rejects with it until the user has moved on in its partition, or that is given back.
   *
   * @param epoch Of the poll that brought it.
   */
  halt(error: KafkaError, epoch: number): void {
    const state = this.partitions.get(error.topic ?? '', error.partition ?? -1)
    if (state === undefined) {
      this.fail(error)
      return
    }
    this.#halted.set(state, { error, epoch })
    this.wake()
  }

  /** The user has moved on in this partition: what an iteration would reject with, of before `epoch`, lies behind. */
  forgive(topic: string, partition: number, epoch: number): void {
    const failure = this.#failure
    if (this.#isInterruption && failure?.topic === topic && failure.partition === partition) this.#takeFailure()
    const state = this.partitions.get(topic, partition)
    // A seek to where nothing is halts it anew, and may be told of before the seek itself is done.
    if (state !== undefined && (this.#halted.get(state)?.epoch ?? Infinity) < epoch) this.#halted.delete(state)
  }

  #takeFailure(): KafkaError | undefined {
    const failure = this.#failure
    if (this.#isInterruption) this.#failure = undefined
    this.#isInterruption = false
    if (failure !== undefined) return failure
    for (const [state, { error }] of this.#halted) {
      if (this.partitions.isStill(state)) return error
      this.#halted.delete(state)
    }
    return undefined
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
    this.changed()
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
      const failure = this.#takeFailure()
      if (failure !== undefined) throw failure
      if (this.#isClosed || isOver()) return undefined
      this.isAlive = true
      if (this.source.budget.isSpent()) {
        await this.source.budget.turn()
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
      !this.source.budget.isSpent() &&
      signal?.aborted !== true &&
      !this.#isClosed &&
      this.#failure === undefined &&
      this.#halted.size === 0 &&
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
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#wake = (): void => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
    })
  }
}
