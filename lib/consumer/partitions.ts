import type { NativeConsumer } from '../binding'
import { StateError } from '../errors'
import type { Block } from '../message/block'
import type { SlotNames } from '../message/message'
import type { TopicPartitionOffset } from './types'

/** No row of such a partition may be delivered: it is not assigned. */
const NEVER = 0x7fffffff

/** One assigned partition. */
export interface PartitionState {
  readonly topic: string
  readonly partition: number
  /** Epoch at which it was assigned: rows of an earlier one may be another member's by now. */
  readonly since: number
  /** Rows polled at an earlier epoch must not be delivered, nor count as processed. */
  fence: number
  /** Nothing of it is delivered any more, but what was delivered before may still be finished and committed. */
  isStopping: boolean
  isPaused: boolean
  /** -1 before its first message. */
  slot: number
  /** The latest seek: one before it that is still tried gives up. */
  seek: object | undefined
  /** Where it was told to start; undefined: at the committed offset. */
  startOffset: number | undefined
  /** Next offset to process, told before the first message came; later the table by slot has it. */
  early: number | undefined
  /** Next offset to commit as it was last committed by us; undefined: never. */
  committed: number | undefined
}

export function partitionKey(topic: string, partition: number): string {
  return `${partition}/${topic}`
}

/**
 * The assigned partitions, and tables by slot for the path of each message: whether it may be delivered, and what was
 * processed.
 */
export class Partitions implements SlotNames {
  readonly #native: Pick<NativeConsumer, 'slots'>
  readonly #assigned = new Map<string, PartitionState>()
  readonly #topics: string[] = []
  readonly #partitions: number[] = []
  /** Epoch from which rows may be delivered, and from which they count. */
  #fences = new Int32Array(64).fill(NEVER)
  #floors = new Int32Array(64).fill(NEVER)
  #paused = new Uint8Array(64)
  // Next offset to process, NaN while nothing was.
  #next = new Float64Array(64).fill(NaN)
  #epochs = new Int32Array(64).fill(-1)
  // Next offset after what an iteration was left with in hand: delivered, not processed. NaN: nothing.
  #left = new Float64Array(64).fill(NaN)
  // Rows done and not yet counted.
  #doneBlock: Block | undefined
  #doneFrom = 0
  #doneTo = 0

  constructor(native: Pick<NativeConsumer, 'slots'>) {
    this.#native = native
  }

  topic(slot: number): string {
    return this.#topics[slot] as string
  }

  partition(slot: number): number {
    return this.#partitions[slot] as number
  }

  /** Row of a slot, polled at `epoch`: false when it lies behind a fence. */
  isCurrent(slot: number, epoch: number): boolean {
    // Also for what is no number: the block was taken away.
    if (!(slot < this.#topics.length)) this.#learn(slot)
    return epoch >= (this.#fences[slot] as number)
  }

  /** Row in hand of a slot: false when its partition was since given back or sought. */
  counts(slot: number, epoch: number): boolean {
    return epoch >= (this.#floors[slot] as number)
  }

  isPaused(slot: number): boolean {
    return this.#paused[slot] === 1
  }

  /**
   * User code is done with a row. Rows are done one after the other, so only the range is kept, and counted when
   * somebody asks: this is on the path of each message.
   */
  done(block: Block, row: number): void {
    if (block !== this.#doneBlock || row !== this.#doneTo) {
      this.#count()
      this.#doneBlock = block
      this.#doneFrom = row
    }
    this.#doneTo = row + 1
  }

  doneUpTo(block: Block, from: number, to: number): void {
    this.done(block, from)
    this.#doneTo = to
  }

  /** Nothing more will be done: lets go of the batch it was in. */
  letGo(): void {
    this.#count()
  }

  /** Puts what is done into the table of next offsets. Before anything reads it, and before a fence moves. */
  #count(): void {
    const block = this.#doneBlock
    if (block === undefined) return
    this.#doneBlock = undefined
    for (let row = this.#doneFrom; row < this.#doneTo; row++) {
      const slot = block.slot(row)
      // In hand while its partition was revoked or sought: no longer what the next commit should say.
      if (block.epoch < (this.#floors[slot] as number)) continue
      this.#next[slot] = block.offset(row) + 1
      this.#epochs[slot] = block.leaderEpoch(row)
    }
  }

  /** The user says that everything before `offset` is done. Never takes back what was processed. */
  raise(state: PartitionState, offset: number, leaderEpoch: number): void {
    this.#count()
    if ((this.next(state) ?? -1) < offset) this.#setNext(state, offset, leaderEpoch)
  }

  /** The user says what the next commit commits, further on or back. */
  setNext(state: PartitionState, offset: number): void {
    this.#count()
    this.#setNext(state, offset, -1)
  }

  get assigned(): IterableIterator<PartitionState> {
    return this.#assigned.values()
  }

  get size(): number {
    return this.#assigned.size
  }

  get(topic: string, partition: number): PartitionState | undefined {
    return this.#assigned.get(partitionKey(topic, partition))
  }

  assign(topic: string, partition: number, fence: number, startOffset: number | undefined): void {
    this.#count()
    const key = partitionKey(topic, partition)
    const slot = this.#assigned.get(key)?.slot ?? this.#slotOf(topic, partition)
    const state: PartitionState = {
      topic,
      partition,
      since: fence,
      fence,
      isStopping: false,
      isPaused: false,
      slot,
      seek: undefined,
      startOffset,
      early: undefined,
      committed: undefined,
    }
    this.#assigned.set(key, state)
    this.#write(state)
    if (slot >= 0) this.#next[slot] = this.#left[slot] = NaN
  }

  revoke(topic: string, partition: number): void {
    const key = partitionKey(topic, partition)
    const state = this.#assigned.get(key)
    if (state === undefined) return
    this.#count()
    this.#assigned.delete(key)
    if (state.slot < 0) return
    this.#fences[state.slot] = this.#floors[state.slot] = NEVER
    this.#paused[state.slot] = 0
    this.#next[state.slot] = this.#left[state.slot] = NaN
  }

  /** From now on nothing of it is delivered, while what was processed may still be committed. */
  stopDelivery(state: PartitionState): void {
    state.isStopping = true
    this.#write(state)
  }

  fence(state: PartitionState, epoch: number): void {
    this.#count()
    state.fence = epoch
    this.#write(state)
  }

  /** Moves on to `offset`. What was processed before is no longer what the next commit says. */
  seek(state: PartitionState, epoch: number, offset: number): void {
    this.move(state, epoch, offset)
    state.early = undefined
    if (state.slot >= 0) this.#next[state.slot] = NaN
  }

  /** The same, but what was processed stays to be committed until something else is. */
  move(state: PartitionState, epoch: number, offset: number): void {
    state.startOffset = offset
    // Fenced later for another reason: that stays.
    this.fence(state, Math.max(state.fence, epoch))
    if (state.slot >= 0) this.#left[state.slot] = NaN
  }

  /** It was not given back or assigned anew. */
  isStill(state: PartitionState): boolean {
    return this.get(state.topic, state.partition) === state
  }

  /** What was told of it at `epoch` is still so: it was not sought, given back or assigned anew since. */
  isReading(topic: string, partition: number, epoch: number): boolean {
    const state = this.get(topic, partition)
    return state !== undefined && !state.isStopping && epoch >= state.fence
  }

  setPaused(state: PartitionState, isPaused: boolean): void {
    state.isPaused = isPaused
    this.#write(state)
  }

  /** Next offset to process; undefined while nothing was processed. */
  next(state: PartitionState): number | undefined {
    this.#count()
    if (state.slot < 0) return state.early
    const next = this.#next[state.slot] as number
    return Number.isNaN(next) ? undefined : next
  }

  /** The next offsets that were not committed yet, of all or of some. */
  moved(only?: readonly PartitionState[]): TopicPartitionOffset[] {
    const offsets: TopicPartitionOffset[] = []
    for (const state of only ?? this.assigned) {
      const offset = this.next(state)
      if (offset === undefined || offset === state.committed) continue
      const leaderEpoch = this.leaderEpoch(state)
      const { topic, partition } = state
      offsets.push({ topic, partition, offset, ...(leaderEpoch >= 0 && { leaderEpoch }) })
    }
    return offsets
  }

  /** An iteration ends with these rows in hand. */
  leave(block: Block, from: number, to: number): void {
    for (let row = from; row < to; row++) {
      const slot = block.slot(row)
      if (this.counts(slot, block.epoch)) this.#left[slot] = block.offset(row) + 1
    }
  }

  /** Next offset after what was delivered and is no longer in hand; undefined while nothing was. */
  delivered(state: PartitionState): number | undefined {
    const next = this.next(state)
    const left = state.slot < 0 ? NaN : (this.#left[state.slot] as number)
    return Number.isNaN(left) ? next : Math.max(left, next ?? 0)
  }

  leaderEpoch(state: PartitionState): number {
    this.#count()
    return state.slot < 0 ? -1 : (this.#epochs[state.slot] as number)
  }

  #setNext(state: PartitionState, offset: number, leaderEpoch: number): void {
    if (state.slot < 0) {
      state.early = offset
      return
    }
    this.#next[state.slot] = offset
    this.#epochs[state.slot] = leaderEpoch
  }

  #slotOf(topic: string, partition: number): number {
    for (let slot = 0; slot < this.#topics.length; slot++) {
      if (this.#partitions[slot] === partition && this.#topics[slot] === topic) return slot
    }
    return -1
  }

  #write(state: PartitionState): void {
    if (state.slot < 0) return
    this.#fences[state.slot] = state.isStopping ? NEVER : state.fence
    this.#floors[state.slot] = state.fence
    this.#paused[state.slot] = state.isPaused ? 1 : 0
  }

  /** The addon met partitions it had not delivered from before. */
  #learn(slot: number): void {
    const names = this.#native.slots(this.#topics.length)
    for (let i = 0; i < names.length; i += 2) {
      const topic = names[i] as string
      const partition = names[i + 1] as number
      const known = this.#topics.length
      if (known >= this.#fences.length) this.#grow()
      this.#topics.push(topic)
      this.#partitions.push(partition)
      const state = this.get(topic, partition)
      if (state === undefined) continue
      state.slot = known
      this.#write(state)
      if (state.early !== undefined) this.#next[known] = state.early
    }
    if (slot < this.#topics.length) return
    throw new StateError("the memory of a batch is gone: one of its values' buffers was transferred away")
  }

  #grow(): void {
    const size = this.#fences.length * 2
    const fences = new Int32Array(size).fill(NEVER)
    fences.set(this.#fences)
    this.#fences = fences
    const floors = new Int32Array(size).fill(NEVER)
    floors.set(this.#floors)
    this.#floors = floors
    const paused = new Uint8Array(size)
    paused.set(this.#paused)
    this.#paused = paused
    const next = new Float64Array(size).fill(NaN)
    next.set(this.#next)
    this.#next = next
    const epochs = new Int32Array(size).fill(-1)
    epochs.set(this.#epochs)
    this.#epochs = epochs
    const left = new Float64Array(size).fill(NaN)
    left.set(this.#left)
    this.#left = left
  }
}
