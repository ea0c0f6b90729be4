// A ledger of constant size, for runs without end: how far each partition was processed, how far it was committed, and
// what was wrong. One file for all members of a group, which own a partition one after the other.
//
// It is written before the next message is asked for, by one write that the kernel has when the call returns: whatever
// ends the process, the one that comes after it knows where it has to go on.
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'

export interface Tally {
  /** Never delivered: a member began, or went on, behind the next offset. */
  lost: number
  /** Delivered again by a member that began at the last commit: at least once allows it. */
  again: number
  /** Of these, what an answered commit had covered. */
  rewound: number
  /** Not the one that follows, within one ownership. */
  disordered: number
  /** Of a partition that was not assigned at the time. */
  stale: number
  /** Ownerships of partitions that had begun, that is, got a message. */
  begun: number
}

const TALLY = ['lost', 'again', 'rewound', 'disordered', 'stale', 'begun'] as const satisfies (keyof Tally)[]
const BYTES = 8

/** Where a reader writes down what it was given and what it did. */
export interface Ledger {
  /** Partitions come. */
  begin(partition: number): void
  /** They go. */
  end(partition: number): void
  delivered(partition: number, offset: number): void
  /** All before `next` is processed. */
  handled(partition: number, next: number): void
  /** A commit of all before `next` was answered. */
  committed(partition: number, next: number): void
}

export class Marks implements Ledger {
  readonly #descriptor: number
  readonly #partitions: number
  readonly #values: Float64Array
  /** Of the owned partitions; undefined before the first message. */
  readonly #next = new Map<number, number | undefined>()

  /** Every partition of the topic begins at offset 0 and has no gaps. */
  constructor(file: string, partitions: number) {
    this.#descriptor = openSync(file, constants.O_RDWR | constants.O_CREAT)
    this.#partitions = partitions
    this.#values = new Float64Array(2 * partitions + TALLY.length)
    this.#read(0, this.#values.length)
  }

  begin(partition: number): void {
    // Another process may have gone on with it.
    this.#read(0, this.#values.length)
    this.#next.set(partition, undefined)
  }

  end(partition: number): void {
    this.#next.delete(partition)
  }

  delivered(partition: number, offset: number): void {
    if (!this.#next.has(partition)) this.#count('stale', 1)
    const next = this.#next.get(partition)
    if (next === undefined) this.#first(partition, offset)
    else if (offset > next) this.#count('lost', offset - next)
    else if (offset < next) this.#count('disordered', 1)
    this.#next.set(partition, offset + 1)
  }

  handled(partition: number, next: number): void {
    this.#raise(partition, next)
  }

  committed(partition: number, next: number): void {
    this.#raise(this.#partitions + partition, next)
  }

  /** The next offset of each partition to process, as it was written. */
  get nextToHandle(): number[] {
    return [...this.#values.subarray(0, this.#partitions)]
  }

  /** Up to where each partition is committed at least. */
  get answeredCommits(): number[] {
    return [...this.#values.subarray(this.#partitions, 2 * this.#partitions)]
  }

  get tally(): Tally {
    const entries = TALLY.map((name, index) => [name, this.#values[2 * this.#partitions + index] ?? 0] as const)
    return Object.fromEntries(entries) as unknown as Tally
  }

  /** What others have written by now. */
  refresh(): this {
    this.#read(0, this.#values.length)
    return this
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  #first(partition: number, offset: number): void {
    const handled = this.#values[partition] ?? 0
    const committed = this.#values[this.#partitions + partition] ?? 0
    this.#count('begun', 1)
    if (offset > handled) this.#count('lost', offset - handled)
    if (offset < handled) this.#count('again', handled - offset)
    if (offset < committed) this.#count('rewound', committed - offset)
  }

  #raise(index: number, value: number): void {
    if (value <= (this.#values[index] ?? 0)) return
    this.#values[index] = value
    this.#write(index)
  }

  #count(what: keyof Tally, by: number): void {
    const index = 2 * this.#partitions + TALLY.indexOf(what)
    // Another member may have counted meanwhile.
    this.#read(index, 1)
    this.#values[index] = (this.#values[index] ?? 0) + by
    this.#write(index)
  }

  #read(from: number, count: number): void {
    const bytes = Buffer.alloc(count * BYTES)
    const length = readSync(this.#descriptor, bytes, 0, bytes.length, from * BYTES)
    for (let index = 0; (index + 1) * BYTES <= length; index++) {
      this.#values[from + index] = bytes.readDoubleLE(index * BYTES)
    }
  }

  #write(index: number): void {
    const bytes = Buffer.alloc(BYTES)
    bytes.writeDoubleLE(this.#values[index] ?? 0)
    writeSync(this.#descriptor, bytes, 0, BYTES, index * BYTES)
  }
}

/** What must not have happened to a group, in words. */
export function violationsOf({ lost, rewound, disordered, stale }: Tally): string[] {
  return Object.entries({ lost, rewound, disordered, stale })
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${what}: ${count} messages`)
}

/** Sums over members, in the order of the columns lost, again, rewound, disordered. */
export function totals(tallies: readonly Tally[]): string[] {
  return (['lost', 'again', 'rewound', 'disordered'] as const).map((what) =>
    String(tallies.reduce((sum, tally) => sum + tally[what], 0)),
  )
}

/** A tally in one file, read once. */
export function readMarks(file: string, partitions: number): Marks {
  const marks = new Marks(file, partitions)
  marks.close()
  return marks
}
