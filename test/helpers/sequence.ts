// Offsets as they are delivered: each must follow the one before it in its partition.

export interface Delivered {
  readonly partition: number
  readonly offset: number
}

/**
 * Checks the messages of one topic without gaps of its own (no transactions, no compaction), and throws at the first
 * that is missing, repeated or out of order. Not by `expect()`, which takes longer than reading a message.
 */
export class OffsetCheck {
  readonly #next = new Map<number, number>()
  readonly #mayGoTo = new Map<number, number>()
  #count = 0

  /** Messages so far. */
  get count(): number {
    return this.#count
  }

  add({ partition, offset }: Delivered): void {
    const expected = this.next(partition)
    if (offset !== expected && offset !== this.#mayGoTo.get(partition)) {
      const what = offset < expected ? 'repeated or out of order' : `${offset - expected} missing before it`
      throw new Error(`[${partition}] @ ${offset}: expected ${expected} (${what}), after ${this.#count} messages`)
    }
    if (offset !== expected) this.#mayGoTo.delete(partition)
    this.#next.set(partition, offset + 1)
    this.#count++
  }

  /** The offset expected next; 0 unless told otherwise. */
  next(partition: number): number {
    return this.#next.get(partition) ?? 0
  }

  /** From now on `offset` is expected: after a seek, or where the first message is not the partition's first. */
  expect(partition: number, offset: number): void {
    this.#next.set(partition, offset)
    this.#mayGoTo.delete(partition)
  }

  /** A seek begins: the next one, or any after it, may be `offset`. */
  seeking(partition: number, offset: number): void {
    this.#mayGoTo.set(partition, offset)
  }

  /** The seek is over: what was not delivered from its target on must be from now on. */
  sought(partition: number): void {
    const offset = this.#mayGoTo.get(partition)
    if (offset !== undefined) this.expect(partition, offset)
  }
}
