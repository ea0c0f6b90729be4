// What a group processed and committed, indexed by offset and by time, for the checker.
import type { GroupHistory, LogIndex, MemberHistory } from './checker'

/** When each offset was processed first, and how often. */
export class GroupLog {
  readonly counts = { delivered: 0, processed: 0, duplicates: 0 }
  readonly #log: LogIndex
  readonly #partitions = new Map<number, Map<number, { firstAt: number; times: number }>>()
  /** Of the n-th offset of the log: when it and all before it were processed. */
  readonly #completeAt = new Map<number, Float64Array>()
  readonly #highest = new Map<number, number>()

  constructor(members: readonly MemberHistory[], log: LogIndex) {
    this.#log = log
    for (const member of members) this.#read(member)
    for (const partition of log.partitions) {
      const offsets = log.offsets(partition)
      const complete = new Float64Array(offsets.length)
      let at = 0
      offsets.forEach((offset, index) => {
        at = Math.max(at, this.#partitions.get(partition)?.get(offset)?.firstAt ?? Infinity)
        complete[index] = at
      })
      this.#completeAt.set(partition, complete)
    }
  }

  has(partition: number, offset: number): boolean {
    return this.#partitions.get(partition)?.has(offset) ?? false
  }

  /** Highest offset processed; -1: none. */
  highest(partition: number): number {
    return this.#highest.get(partition) ?? -1
  }

  /** An offset of the log below this one that was not processed at that time; undefined: there is none. */
  missingBelow(partition: number, offset: number, at: number): number | undefined {
    const offsets = this.#log.offsets(partition)
    const end = (offsets.at(-1) ?? -1) + 1
    const count = this.#log.below(partition, offset)
    const complete = this.#completeAt.get(partition)
    if (complete !== undefined && count > 0 && (complete[count - 1] as number) > at) {
      return offsets[complete.findIndex((each) => each > at)]
    }
    return offset > end ? end : undefined
  }

  /** What was processed more than once. */
  *repeated(): Generator<[partition: number, offset: number, times: number]> {
    for (const [partition, offsets] of this.#partitions) {
      for (const [offset, { times }] of offsets) if (times > 1) yield [partition, offset, times]
    }
  }

  #read({ entries }: MemberHistory): void {
    let inHand: readonly (readonly [partition: number, offset: number, sequence: number])[] = []
    for (const entry of entries) {
      if (entry.kind === 'delivered') {
        inHand = entry.rows
        this.counts.delivered += inHand.length
      } else if (entry.kind === 'processed') {
        for (const [partition, offset] of inHand) this.#processed(partition, offset, entry.at)
        inHand = []
      } else if (entry.kind === 'joined') {
        inHand = []
      }
    }
  }

  #processed(partition: number, offset: number, at: number): void {
    const offsets = this.#partitions.get(partition) ?? new Map<number, { firstAt: number; times: number }>()
    this.#partitions.set(partition, offsets)
    const known = offsets.get(offset)
    if (known === undefined) {
      offsets.set(offset, { firstAt: at, times: 1 })
      this.#highest.set(partition, Math.max(offset, this.highest(partition)))
    } else {
      known.firstAt = Math.min(known.firstAt, at)
      known.times++
      this.counts.duplicates++
    }
    this.counts.processed++
  }
}

interface Commit {
  at: number
  partition: number
  offset: number
  by: string
}

/** Commits that were answered, and what brokers said was committed. */
export class CommitCheck {
  readonly all: readonly Commit[]
  /** How many commits members were answered. */
  readonly answered: number
  /** By partition, in the order of time: the highest committed until then. */
  readonly #highest = new Map<number, { at: number; offset: number }[]>()

  constructor({ members, observed }: GroupHistory) {
    const all: Commit[] = []
    let answered = 0
    for (const { name, entries } of members) {
      for (const entry of entries) {
        if (entry.kind !== 'committed') continue
        answered++
        for (const [partition, offset] of entry.offsets) all.push({ at: entry.at, partition, offset, by: name })
      }
    }
    const told = new Map<number, number>()
    for (const { at, offsets } of observed) {
      for (const [partition, offset] of offsets) {
        if (told.get(partition) === offset) continue
        told.set(partition, offset)
        all.push({ at, partition, offset, by: 'as a broker told' })
      }
    }
    this.all = all.sort((a, b) => a.at - b.at)
    this.answered = answered
    for (const { at, partition, offset } of this.all) {
      const list = this.#highest.get(partition) ?? []
      this.#highest.set(partition, list)
      if (offset > (list.at(-1)?.offset ?? -1)) list.push({ at, offset })
    }
  }

  /** The highest offset whose commit was answered before that time; 0: none was. */
  before(partition: number, at: number): number {
    const list = this.#highest.get(partition) ?? []
    let [low, high] = [0, list.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((list[middle] as { at: number }).at < at) low = middle + 1
      else high = middle
    }
    return list[low - 1]?.offset ?? 0
  }
}
