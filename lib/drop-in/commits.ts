import type { AddonConsumer, FlatOffsetResults } from '../binding'
import type { Partitions } from '../consumer/partitions'
import { nativeCode } from './errors'
import { eachResult, toFlat, type Position, type Toppar } from './toppar'

/** What a connection commits, how far it has, and who is told of it. */
export class Commits {
  #unanswered = 0
  #onAnswered: (() => void) | undefined
  #isClosed = false

  constructor(
    private readonly native: Pick<AddonConsumer, 'commit' | 'commitSync'>,
    private readonly partitions: Partitions,
    /** `code` 0: done. */
    private readonly onCommitted: (code: number, offsets: Toppar[]) => void,
  ) {}

  get isUnderWay(): boolean {
    return this.#unanswered > 0
  }

  /** What is stored and goes further than what was committed: never back, as with librdkafka. */
  stored(): Position[] {
    return this.partitions.moved().filter(({ topic, partition, offset }) => {
      const committed = this.partitions.get(topic, partition)?.committed
      return committed === undefined || offset > committed
    })
  }

  /** The whole assignment, as a commit of what is stored is reported: without an offset where there was none to commit. */
  withAssignment(offsets: readonly Toppar[]): Toppar[] {
    return [...this.partitions.assigned].map(({ topic, partition }) => {
      const found = offsets.find((each) => each.topic === topic && each.partition === partition)
      return found ?? { topic, partition }
    })
  }

  commitStored(): void {
    const offsets = this.stored()
    if (offsets.length > 0) this.commit(offsets, this.withAssignment(offsets))
  }

  /** The result is reported, for all that are `reported`. */
  commit(list: readonly Position[], reported: readonly Toppar[] = list): void {
    const answer = this.native.commit(toFlat(list))
    // Only now: it may have been refused.
    this.#unanswered++
    answer.then(
      (flat) => {
        this.#answered()
        this.#committed(flat, reported)
      },
      (error: unknown) => {
        this.#answered()
        this.#report(nativeCode(error) ?? -1, reported)
      },
    )
  }

  /** Blocks the thread until the coordinator has answered. librdkafka's code, 0 none. */
  commitSync(list: readonly Position[], reported: readonly Toppar[] = list): number {
    const code = this.native.commitSync(toFlat(list))
    if (code === 0) for (const { topic, partition, offset } of list) this.#remember(topic, partition, offset)
    this.reportLater(code, reported)
    return code
  }

  reportLater(code: number, offsets: readonly Toppar[]): void {
    setImmediate(() => {
      this.#report(code, offsets)
    })
  }

  /** Resolves when every commit that is under way was answered. */
  async idle(): Promise<void> {
    while (this.#unanswered > 0) await new Promise<void>((resolve) => (this.#onAnswered = resolve))
  }

  /** Nothing is reported any more. */
  close(): void {
    this.#isClosed = true
  }

  #answered(): void {
    this.#unanswered--
    this.#onAnswered?.()
  }

  #committed(flat: FlatOffsetResults, reported: readonly Toppar[]): void {
    let failed = 0
    for (const { topic, partition, offset, error } of eachResult(flat)) {
      if (error === 0) this.#remember(topic, partition, offset)
      else failed ||= error
    }
    this.#report(failed, reported)
  }

  #report(code: number, offsets: readonly Toppar[]): void {
    if (this.#isClosed) return
    this.onCommitted(
      code,
      offsets.map(({ topic, partition, offset }) =>
        offset === undefined || offset < 0 ? { topic, partition } : { topic, partition, offset },
      ),
    )
  }

  #remember(topic: string, partition: number, offset: number | undefined): void {
    const state = this.partitions.get(topic, partition)
    if (state !== undefined) state.committed = offset
  }
}
