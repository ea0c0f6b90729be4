import { binding, type NativeConsumer } from '../binding'
import { GroupError, KafkaError } from '../errors'
import { Message } from '../message/message'
import { MessageBatch } from '../message/message-batch'
import { reasonOf } from '../reason'
import { checkOffsets, flatOffsets, fromFlatResults, namesOf } from './flat'
import { fromNative, kafkaError } from './native-error'
import { partitionKey, type Partitions, type PartitionState } from './partitions'
import type { TopicPartition, TopicPartitionOffset } from './types'

/** ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS, STALE_MEMBER_EPOCH: of a member that is in the group all the same. */
const BETWEEN_GENERATIONS: ReadonlySet<number> = new Set([22, 27, 113])
const ERR_ILLEGAL_GENERATION = 22
const RETRY_INTERVAL_MS = 100

/** One call of `commit`, until it is answered. */
interface Request {
  readonly parts: readonly { readonly offset: TopicPartitionOffset; readonly state: PartitionState | undefined }[]
  readonly began: number
  readonly retryMs: number
  /** What it was refused with, when it is tried again. */
  error: unknown
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

interface After {
  readonly offsets: readonly TopicPartitionOffset[]
  readonly refusal: KafkaError | undefined
}

/**
 * Commits what was processed, or what it is told: one request at a time, as librdkafka may send one again after the
 * next, and an older offset would take back a newer one. What is committed meanwhile goes together in the next request.
 *
 * librdkafka's own offset store is not used: it would count a message as soon as it is polled, long before user code
 * has seen it.
 */
export class Offsets {
  readonly #native: Pick<NativeConsumer, 'commit'>
  readonly #partitions: Partitions
  /** In the order in which they were made. */
  #waiting: Request[] = []
  #isSending = false
  /** However long a commit may be tried again, no longer than this. */
  maxRetryMs = Infinity

  constructor(
    native: Pick<NativeConsumer, 'commit'>,
    partitions: Partitions,
    /** The group gives and takes partitions: what was given back others commit. */
    private readonly isMember: () => boolean,
  ) {
    this.#native = native
    this.#partitions = partitions
  }

  /**
   * Commits the next offset of every assigned partition (or of those given) that has moved since its last commit.
   *
   * @param retryMs As of `commit`.
   */
  async commitProcessed(only?: readonly PartitionState[], retryMs = 0): Promise<TopicPartitionOffset[]> {
    const offsets = this.#partitions.moved(only)
    if (offsets.length > 0) await this.commit(offsets, retryMs)
    return offsets
  }

  /**
   * What a commit of these commits: they are done, the next ones follow.
   *
   * `refusal`: a GroupError that names those that were given back since they were delivered. Another member may be
   * further on.
   */
  after<K, V>(what: Message<K, V> | MessageBatch<K, V> | readonly TopicPartitionOffset[]): After {
    if (!(what instanceof Message || what instanceof MessageBatch)) {
      return { offsets: checkOffsets(what, 'offsets', 0), refusal: undefined }
    }
    const isMember = this.isMember()
    const gone: TopicPartition[] = []
    const offsets: TopicPartitionOffset[] = []
    for (const { topic, partition, offset, leaderEpoch, epoch } of lastOf(what)) {
      if (isMember && epoch < (this.#partitions.get(topic, partition)?.since ?? Infinity)) {
        gone.push({ topic, partition })
      } else offsets.push({ topic, partition, offset: offset + 1, ...(leaderEpoch !== undefined && { leaderEpoch }) })
    }
    return { offsets, refusal: gone.length > 0 ? givenBack(gone) : undefined }
  }

  /**
   * @param retryMs How long it may be tried again while the group rebalances around partitions that stay assigned: brokers
   *   refuse what comes between two generations of the group.
   * @throws KafkaError when the group coordinator refused any of them
   */
  commit(offsets: readonly TopicPartitionOffset[], retryMs = 0): Promise<void> {
    return new Promise((resolve, reject) => {
      const parts = offsets.map((offset) => ({ offset, state: this.#partitions.get(offset.topic, offset.partition) }))
      this.#waiting.push({ parts, began: performance.now(), retryMs, error: undefined, resolve, reject })
      if (!this.#isSending) void this.#send()
    })
  }

  async #send(): Promise<void> {
    this.#isSending = true
    while (this.#waiting.length > 0) {
      const requests = this.#waiting.filter((request) => this.#isStill(request))
      this.#waiting = []
      const again = requests.length > 0 ? await this.#attempt(requests) : []
      if (again.length === 0) continue
      this.#waiting.unshift(...again)
      await new Promise((resolve) => setTimeout(resolve, RETRY_INTERVAL_MS))
    }
    this.#isSending = false
  }

  /** What was assigned when it was to be committed still is: another member's commits are not to be taken back. */
  #isStill({ parts, error, reject }: Request): boolean {
    if (!this.isMember()) return true
    const gone = parts.filter(({ state }) => state !== undefined && !this.#partitions.isStill(state))
    if (gone.length === 0) return true
    reject(error ?? givenBack(gone.map(({ offset }) => offset)))
    return false
  }

  /** Resolves with those that are to be tried again. */
  async #attempt(requests: readonly Request[]): Promise<Request[]> {
    const merged = new Map<string, TopicPartitionOffset>()
    for (const { parts } of requests) {
      for (const { offset } of parts) merged.set(partitionKey(offset.topic, offset.partition), offset)
    }
    const refusals = new Map<string, number>()
    let failure: unknown
    try {
      for (const { topic, partition, error } of fromFlatResults(
        await this.#native.commit(flatOffsets([...merged.values()])),
      )) {
        if (error !== 0) refusals.set(partitionKey(topic, partition), error)
      }
    } catch (error) {
      failure = error
    }
    return requests.filter((request) => {
      const error = failure === undefined ? refusalOf(request, refusals) : failureOf(request, failure)
      if (error === undefined) {
        for (const { offset, state } of request.parts) if (state !== undefined) state.committed = offset.offset
        request.resolve()
        return false
      }
      if (this.#mayRetry(request, error)) {
        request.error = error
        return true
      }
      request.reject(error)
      return false
    })
  }

  #mayRetry({ began, retryMs }: Request, error: unknown): boolean {
    const deadline = began + Math.min(retryMs, this.maxRetryMs)
    return (
      error instanceof GroupError &&
      BETWEEN_GENERATIONS.has(error.errno ?? 0) &&
      performance.now() + RETRY_INTERVAL_MS <= deadline
    )
  }
}

function givenBack(places: readonly TopicPartition[]): KafkaError {
  return kafkaError(ERR_ILLEGAL_GENERATION, `commit of ${namesOf(places)}: it was given back before it was sent`)
}

function refusalOf({ parts }: Request, refusals: ReadonlyMap<string, number>): KafkaError | undefined {
  const refused = parts.flatMap(({ offset: { topic, partition, offset } }) => {
    const error = refusals.get(partitionKey(topic, partition))
    return error === undefined ? [] : [{ topic, partition, offset, error }]
  })
  const [first] = refused
  if (first === undefined) return undefined
  const { error, ...place } = first
  return kafkaError(error, `commit of ${namesOf(refused)}: ${binding().errorMessage(error)}`, place)
}

function failureOf({ parts }: Request, failure: unknown): unknown {
  return fromNative(failure, `commit of ${namesOf(parts.map(({ offset }) => offset))}`)
}

/** The last message of each partition. */
function lastOf<K, V>(what: Message<K, V> | MessageBatch<K, V>): Message<K, V>[] {
  if (what instanceof Message) return [what]
  // By slot: a batch has many messages and few partitions.
  const last = new Map<number, number>()
  for (let row = what.from; row < what.from + what.length; row++) last.set(what.block.slot(row), row)
  return [...last.values()].map((row) => what.at(row - what.from) as Message<K, V>)
}

/** What a commit that nobody awaits reports. */
export function commitWarning(error: unknown, what: string): KafkaError {
  if (error instanceof KafkaError) return error
  return new KafkaError(`${what}: ${reasonOf(error)}`, 'ERR_KAFKA_COMMIT', { cause: error })
}
