import type { FlatOffsets, FlatPartitions } from '../binding'
import type { RdkafkaTopicPartition } from './node-rdkafka'

/** A partition that is or was assigned. */
export interface Toppar {
  readonly topic: string
  readonly partition: number
  /** How rows name it. */
  readonly slot: number
  /** It is assigned, and nothing from before that can come any more: its rows count. */
  isOpen: boolean
  /** When it was last opened or sought, in milliseconds: performance.now(). */
  openedAt: number
  /** Next offset to come, where a row or its end has told. */
  next: number | undefined
  /** The user paused it. */
  isUserPaused: boolean
  /** Seeks under way, which want it silent. */
  fences: number
  /** What node-rdkafka was told last. librdkafka keeps a pause over unassign and assign. */
  isPaused: boolean
  /** It was, since it started or was sought. */
  wasPaused: boolean
  /** Of the last row. */
  timestamp: number
}

/** Partitions by name, and the table of slots by which rows name them. */
export class Toppars {
  readonly #byTopic = new Map<string, Map<number, Toppar>>()
  readonly #names: FlatPartitions = []
  readonly #open = new Set<Toppar>()

  get(topic: string, partition: number): Toppar | undefined {
    return this.#byTopic.get(topic)?.get(partition)
  }

  /** As `get`; makes it where it is new. */
  of(topic: string, partition: number): Toppar {
    let partitions = this.#byTopic.get(topic)
    if (partitions === undefined) this.#byTopic.set(topic, (partitions = new Map<number, Toppar>()))
    let toppar = partitions.get(partition)
    if (toppar === undefined) {
      toppar = {
        topic,
        partition,
        slot: this.#names.length / 2,
        isOpen: false,
        openedAt: 0,
        next: undefined,
        isUserPaused: false,
        fences: 0,
        isPaused: false,
        wasPaused: false,
        timestamp: -1,
      }
      partitions.set(partition, toppar)
      this.#names.push(topic, partition)
    }
    return toppar
  }

  /** Topic and partition of the slots from `first` on. */
  slots(first: number): FlatPartitions {
    return this.#names.slice(first * 2)
  }

  get opened(): ReadonlySet<Toppar> {
    return this.#open
  }

  open(toppar: Toppar): void {
    toppar.isOpen = true
    this.moved(toppar)
    this.#open.add(toppar)
  }

  close(toppar: Toppar): void {
    toppar.isOpen = false
    toppar.isUserPaused = false
    this.#open.delete(toppar)
  }

  /** It goes on somewhere else. */
  moved(toppar: Toppar): void {
    toppar.openedAt = performance.now()
    toppar.next = undefined
    toppar.wasPaused = toppar.isPaused
  }
}

/** Topic, partition and offset, five or six values each, as node-rdkafka takes them; it knows no leader epochs. */
export function fromFlat(flat: FlatOffsets): { topic: string; partition: number; offset: number }[] {
  const list: { topic: string; partition: number; offset: number }[] = []
  for (let i = 0; i < flat.length; i += 5) {
    list.push({ topic: flat[i] as string, partition: flat[i + 1] as number, offset: flat[i + 2] as number })
  }
  return list
}

/** Topic and partition, two values each. */
export function fromFlatPartitions(flat: FlatPartitions): RdkafkaTopicPartition[] {
  const list: RdkafkaTopicPartition[] = []
  for (let i = 0; i < flat.length; i += 2) {
    list.push({ topic: flat[i] as string, partition: flat[i + 1] as number })
  }
  return list
}
