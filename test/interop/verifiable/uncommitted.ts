import type { Committed, Partition } from './protocol'

/** Offsets whose commit failed, the last of each partition. */
export class Uncommitted {
  readonly #offsets = new Map<string, Committed>()

  add(offsets: readonly Committed[]): void {
    for (const each of offsets) this.#offsets.set(key(each), each)
  }

  of(partitions: readonly Partition[]): Committed[] {
    return partitions.flatMap((each) => this.#offsets.get(key(each)) ?? [])
  }

  /** They were committed, or are another member's. */
  forget(partitions: readonly Partition[]): void {
    for (const each of partitions) this.#offsets.delete(key(each))
  }
}

function key({ topic, partition }: Partition): string {
  return `${topic}[${partition}]`
}
