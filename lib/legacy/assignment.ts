import type { FlatOffsetResults, FlatOffsets } from '../binding'
import type { Commits } from './commits'
import type { Connection } from './connection'
import type { ErrorCodes, NativeError } from './errors'
import type { Flow } from './flow'
import type { RdkafkaConsumer, RdkafkaTopicPartition } from './node-rdkafka'
import { fromFlat, type Toppar, type Toppars } from './toppars'

type AssignmentClient = Pick<
  RdkafkaConsumer,
  'assign' | 'unassign' | 'incrementalAssign' | 'incrementalUnassign' | 'seek'
>

/**
 * What is assigned, and the fences that assigning and seeking put up.
 *
 * What node-rdkafka has polled reaches JavaScript some turns of the loop later, and does not say when it was polled. So
 * whatever moves a partition first makes sure that nothing of before can still come:
 *
 *  - Unassigning closes a partition: its rows are dropped as they arrive. An echo (Commits) tells when the last of them
 *    has arrived; only then is anything assigned again, and opened. So assign() gives the new epoch at once but, right
 *    after an unassign, takes effect a millisecond later.
 *  - Seeking pauses the partition, waits for an echo, seeks, takes a new epoch and resumes. What came before is older
 *    and has the older epoch; while the partition is paused nothing comes. If the seek fails, nothing was lost.
 *
 * (Old rows cannot be told by their offset: sought backwards and then forwards, old and new ones overlap.)
 */
export class Assignment {
  /** Rows that arrive now carry it. */
  epoch = 0
  /** Assigned by the user, not by the group: nobody will revoke it. */
  isManual = false
  /** Rebalances that are not answered yet. */
  #unanswered = 0
  /** What librdkafka has as assigned. */
  readonly #assigned = new Set<Toppar>()
  /** What was unassigned may still come. */
  #isSettling = false
  readonly #waiting: (() => void)[] = []

  constructor(
    private readonly client: AssignmentClient,
    private readonly connection: Connection,
    private readonly commits: Commits,
    private readonly toppars: Toppars,
    private readonly flow: Flow,
    private readonly errors: ErrorCodes,
    private readonly onError: (error: NativeError) => void,
    private readonly onChange: () => void,
  ) {}

  /** Nothing is assigned, and no rebalance waits for its answer. */
  get isEmpty(): boolean {
    return this.#assigned.size === 0 && this.#unanswered === 0 && this.#waiting.length === 0
  }

  /** The group's coordinator wants an answer: one of the four below. */
  asked(): void {
    this.#unanswered++
  }

  assign(offsets: FlatOffsets): number {
    this.isManual = this.#unanswered === 0
    const list = fromFlat(offsets)
    this.#close([...this.toppars.opened])
    return this.#change(() => {
      if (this.#assigned.size > 0) {
        // A partition may be in both: its old rows have to be out of the way first.
        this.#giveBack([...this.#assigned], () => this.client.unassign())
        this.#waiting.unshift(() => {
          this.#take(list, () => this.client.assign(list))
        })
      } else {
        this.#take(list, () => this.client.assign(list))
      }
    })
  }

  incrementalAssign(offsets: FlatOffsets): number {
    const list = fromFlat(offsets)
    return this.#change(() => {
      this.#take(list, () => this.client.incrementalAssign(list))
    })
  }

  unassign(): number {
    this.#close([...this.toppars.opened])
    return this.#change(() => {
      this.#giveBack([...this.#assigned], () => this.client.unassign())
    })
  }

  incrementalUnassign(offsets: FlatOffsets): number {
    const list = fromFlat(offsets)
    const toppars = list.map(({ topic, partition }) => this.toppars.of(topic, partition))
    this.#close(toppars)
    return this.#change(() => {
      this.#giveBack(toppars, () => this.client.incrementalUnassign(list))
    })
  }

  /**
   * Gives everything back without being asked, and answers for user code, which no longer does: a rebalance without an
   * answer would keep node-rdkafka from disconnecting, and the process from ending.
   */
  abandon(): void {
    this.#waiting.length = 0
    this.#unanswered = 0
    this.#assigned.clear()
    this.#close([...this.toppars.opened])
    try {
      this.client.unassign()
    } catch {
      // There is nothing, or nobody, to give it back to.
    }
  }

  async seek(offsets: FlatOffsets, timeoutMs: number): Promise<{ epoch: number; results: FlatOffsetResults }> {
    await this.connection.connected()
    const list = fromFlat(offsets)
    const toppars = list.map(({ topic, partition }) => this.toppars.of(topic, partition))
    for (const toppar of toppars) toppar.fences++
    this.flow.apply(toppars)
    try {
      await this.commits.echo()
      const codes = await Promise.all(list.map((target) => this.#seek(target, timeoutMs)))
      this.epoch++
      toppars.forEach((toppar, index) => {
        if (codes[index] === 0) this.toppars.moved(toppar)
      })
      const results = codes.flatMap((code, index) => [...offsets.slice(index * 5, index * 5 + 5), code])
      return { epoch: this.epoch, results }
    } finally {
      for (const toppar of toppars) toppar.fences--
      this.flow.apply(toppars)
    }
  }

  async #seek(target: RdkafkaTopicPartition, timeoutMs: number): Promise<number> {
    try {
      await this.connection.call<unknown>((callback) =>
        this.client.seek(target, timeoutMs, (error) => {
          callback(error, undefined)
        }),
      )
      return 0
    } catch (error) {
      return this.errors.toNative(error).code
    }
  }

  #close(toppars: readonly Toppar[]): void {
    for (const toppar of toppars) this.toppars.close(toppar)
  }

  /** A new epoch, and the change now or as soon as it can be. */
  #change(change: () => void): number {
    this.#unanswered = Math.max(0, this.#unanswered - 1)
    const epoch = ++this.epoch
    // Answered by abandon() already.
    if (this.connection.isClosing) return epoch
    if (this.#isSettling) {
      this.#waiting.push(change)
    } else {
      this.connection.run(change, this.onError)
    }
    return epoch
  }

  #take(list: RdkafkaTopicPartition[], assign: () => unknown): void {
    try {
      assign()
    } catch (error) {
      // librdkafka waits for an answer to its rebalance.
      this.abandon()
      throw error
    }
    for (const { topic, partition } of list) {
      const toppar = this.toppars.of(topic, partition)
      this.#assigned.add(toppar)
      this.toppars.open(toppar)
    }
    this.flow.apply(this.toppars.opened)
    this.onChange()
  }

  #giveBack(toppars: readonly Toppar[], unassign: () => unknown): void {
    unassign()
    // Closed when it was called for, but for those assigned in between.
    this.#close(toppars)
    for (const toppar of toppars) this.#assigned.delete(toppar)
    this.flow.release(toppars)
    if (toppars.length > 0) this.#settle()
    this.onChange()
  }

  #settle(): void {
    this.#isSettling = true
    void this.commits
      .echo()
      // Closed meanwhile: nothing comes any more.
      .catch(() => undefined)
      .then(() => {
        this.#isSettling = false
        this.#catchUp()
      })
  }

  #catchUp(): void {
    for (;;) {
      const change = this.#isSettling ? undefined : this.#waiting.shift()
      if (change === undefined) return
      try {
        change()
      } catch (error) {
        this.onError(this.errors.toNative(error))
      }
    }
  }
}
