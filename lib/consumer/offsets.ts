import { binding, type NativeConsumer } from '../binding'
import { GroupError, KafkaError } from '../errors'
import { Message } from '../message/message'
import { MessageBatch } from '../message/message-batch'
import { checkOffsets, flatOffsets, fromFlatResults, namesOf } from './flat'
import { awaiting, kafkaError } from './native-error'
import type { Partitions, PartitionState } from './partitions'
import type { TopicPartitionOffset } from './types'

/** ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS, STALE_MEMBER_EPOCH: of a member that is in the group all the same. */
const BETWEEN_GENERATIONS: ReadonlySet<number> = new Set([22, 27, 113])
const RETRY_INTERVAL_MS = 100

/**
 * Commits what was processed, or what it is told.
 *
 * librdkafka's own offset store is not used: it would count a message as soon as it is polled, long before user code
 * has seen it.
 */
export class Offsets {
  readonly #native: Pick<NativeConsumer, 'commit'>
  readonly #partitions: Partitions
  /** Of commits, in the order in which they were made. */
  #sequence = 0
  readonly #inFlight = new Set<Promise<void>>()
  /** However long a commit may be tried again, no longer than this. */
  maxRetryMs = Infinity

  constructor(native: Pick<NativeConsumer, 'commit'>, partitions: Partitions) {
    this.#native = native
    this.#partitions = partitions
  }

  /**
   * Commits the next offset of every assigned partition (or of those given) that has moved since its last commit.
   *
   * @param retryMs As of `commit`.
   */
  async commitProcessed(only?: readonly PartitionState[], retryMs = 0): Promise<TopicPartitionOffset[]> {
    const offsets = this.moved(only)
    if (offsets.length > 0) await this.commit(offsets, retryMs)
    return offsets
  }

  /** The next offsets that were not committed yet. */
  moved(only?: readonly PartitionState[]): TopicPartitionOffset[] {
    const offsets: TopicPartitionOffset[] = []
    for (const state of only ?? this.#partitions.assigned) {
      const offset = this.#partitions.next(state)
      if (offset === undefined || offset === state.committed) continue
      const leaderEpoch = this.#partitions.leaderEpoch(state)
      const { topic, partition } = state
      offsets.push({ topic, partition, offset, ...(leaderEpoch >= 0 && { leaderEpoch }) })
    }
    return offsets
  }

  /**
   * @param retryMs How long it may be tried again while the group rebalances around partitions that stay assigned: brokers
   *   refuse what comes between two generations of the group.
   * @throws KafkaError when the group coordinator refused any of them
   */
  async commit(offsets: readonly TopicPartitionOffset[], retryMs = 0): Promise<void> {
    const began = performance.now()
    const sequence = ++this.#sequence
    let rest = offsets.map((offset) => ({ offset, state: this.#partitions.get(offset.topic, offset.partition) }))
    for (;;) {
      try {
        await this.#attempt(
          rest.map(({ offset }) => offset),
          sequence,
        )
        return
      } catch (error) {
        const isBetween = error instanceof GroupError && BETWEEN_GENERATIONS.has(error.errno ?? 0)
        const deadline = began + Math.min(retryMs, this.maxRetryMs)
        if (!isBetween || performance.now() + RETRY_INTERVAL_MS > deadline) throw error
        await new Promise((resolve) => setTimeout(resolve, RETRY_INTERVAL_MS))
        // One that was made later may be on its way. This one must not overtake it, nor take back what it commits.
        while (this.#inFlight.size > 0) await Promise.allSettled(this.#inFlight)
        rest = rest.filter(({ state }) => (state?.committedBy ?? 0) < sequence)
        if (rest.length === 0) return
        const isStill = ({ offset: { topic, partition }, state }: (typeof rest)[0]): boolean =>
          state !== undefined && this.#partitions.get(topic, partition) === state
        if (!rest.every(isStill)) throw error
      }
    }
  }

  #attempt(offsets: readonly TopicPartitionOffset[], sequence: number): Promise<void> {
    const attempt = this.#commit(offsets, sequence).finally(() => this.#inFlight.delete(attempt))
    this.#inFlight.add(attempt)
    return attempt
  }

  async #commit(offsets: readonly TopicPartitionOffset[], sequence: number): Promise<void> {
    const flat = await awaiting(`commit of ${namesOf(offsets)}`, () => this.#native.commit(flatOffsets(offsets)))
    const refused = fromFlatResults(flat).filter(({ error }) => error !== 0)
    const [first] = refused
    if (first !== undefined) {
      const { topic, partition, offset, error } = first
      const message = `commit of ${namesOf(refused)}: ${binding().errorMessage(error)}`
      throw kafkaError(error, message, { topic, partition, offset })
    }
    for (const { topic, partition, offset } of offsets) {
      const state = this.#partitions.get(topic, partition)
      if (state === undefined) continue
      state.committed = offset
      state.committedBy = sequence
    }
  }
}

/** What a commit of these commits: they are done, the next ones follow. */
export function offsetsAfter<K, V>(
  what: Message<K, V> | MessageBatch<K, V> | readonly TopicPartitionOffset[],
): TopicPartitionOffset[] {
  if (what instanceof Message) {
    const { topic, partition, offset, leaderEpoch } = what
    return [{ topic, partition, offset: offset + 1, ...(leaderEpoch !== undefined && { leaderEpoch }) }]
  }
  if (!(what instanceof MessageBatch)) return checkOffsets(what, 'offsets', 0)
  // By slot: a batch has many messages and few partitions.
  const last = new Map<number, number>()
  for (let row = what.from; row < what.from + what.length; row++) last.set(what.block.slot(row), row)
  return [...last.values()].flatMap((row) => offsetsAfter(what.at(row - what.from) as Message<K, V>))
}

/** What a commit that nobody awaits reports. */
export function commitWarning(error: unknown, what: string): KafkaError {
  if (error instanceof KafkaError) return error
  return new KafkaError(`${what}: ${String(error)}`, 'ERR_KAFKA_COMMIT', { cause: error })
}
