// Random choices that a seed repeats: what happened in one run can be made to happen again.

/** Mulberry32: small, and good enough to choose faults. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 (included) to 1 (not). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let x = this.#state
    x = Math.imul(x ^ (x >>> 15), x | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }

  /** An integer, both ends included. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1))
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Error('pick: there is nothing to choose from')
    return list[this.integer(0, list.length - 1)] as T
  }
}

export function newSeed(): number {
  return Date.now() % 1_000_000
}
