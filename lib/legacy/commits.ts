import type { FlatOffsets, FlatOffsetResults } from '../binding'
import { ERR_NOT_IMPLEMENTED, type ErrorCodes, nativeError } from './errors'
import type { RdkafkaConsumer, RdkafkaTopicPartition } from './node-rdkafka'
import { fromFlat } from './toppars'

interface Pending<T> {
  resolve: (value: T) => void
  reject: (error: Error) => void
}

/**
 * Commits and their results, and echoes.
 *
 * node-rdkafka sends a commit and forgets it; the result comes through `offset_commit_cb`, which names the offsets but
 * not the call. librdkafka answers out of order (one commit may wait for the coordinator while the next fails at
 * once), so a result goes to the first waiting commit of exactly those offsets.
 */
export class Commits {
  readonly #client: Pick<RdkafkaConsumer, 'commit'>
  readonly #errors: ErrorCodes
  readonly #pending: (Pending<FlatOffsetResults> & { key: string; offsets: FlatOffsets })[] = []
  readonly #echoes: Pending<undefined>[] = []

  constructor(client: Pick<RdkafkaConsumer, 'commit'>, errors: ErrorCodes) {
    this.#client = client
    this.#errors = errors
  }

  async commit(offsets: FlatOffsets): Promise<FlatOffsetResults> {
    const list = fromFlat(offsets)
    if (list.length === 0) return []
    for (let i = 4; i < offsets.length; i += 5) {
      // Better refused than lost without a word.
      if (offsets[i] !== '') {
        throw nativeError(
          ERR_NOT_IMPLEMENTED,
          "node-rdkafka cannot commit metadata with an offset; set 'performance.tier'",
        )
      }
    }
    return new Promise((resolve, reject) => {
      this.#send(list, reject)
      this.#pending.push({ key: keyOf(list), offsets, resolve, reject })
    })
  }

  /**
   * Resolves once node-rdkafka's polling thread has handed over what it had polled when this was called.
   *
   * A commit of nothing asks no broker: librdkafka answers that there was no offset, and puts the answer before the
   * messages of the queue which that thread serves. So when the answer comes, the thread has finished with the message
   * it had in hand. What it hands over reaches JavaScript in the loop's poll phase, perhaps after the answer; the
   * loop's next check phase comes after both.
   */
  async echo(): Promise<void> {
    await new Promise<undefined>((resolve, reject) => {
      this.#send([], reject)
      this.#echoes.push({ resolve, reject })
    })
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** `offset_commit_cb` */
  onResult(error: unknown, list: readonly RdkafkaTopicPartition[]): void {
    if (list.length === 0) {
      this.#echoes.shift()?.resolve(undefined)
      return
    }
    const key = keyOf(list)
    const index = this.#pending.findIndex((pending) => pending.key === key)
    if (index < 0) return
    const [found] = this.#pending.splice(index, 1)
    // One code for all: which partitions of several failed is something node-rdkafka does not pass on.
    const code = error === undefined || error === null ? 0 : this.#errors.toNative(error).code
    found?.resolve(results(found.offsets, code))
  }

  /** Nothing more will come. */
  fail(error: Error): void {
    for (const { reject } of [...this.#pending.splice(0), ...this.#echoes.splice(0)]) reject(error)
  }

  #send(list: RdkafkaTopicPartition[], reject: (error: Error) => void): void {
    try {
      this.#client.commit(list)
    } catch (error) {
      reject(this.#errors.toNative(error))
      // Out of the executor, before it is noted as sent.
      throw error
    }
  }
}

function results(offsets: FlatOffsets, code: number): FlatOffsetResults {
  const flat: FlatOffsetResults = []
  for (let i = 0; i < offsets.length; i += 5) flat.push(...offsets.slice(i, i + 5), code)
  return flat
}

/** The same whatever the order: librdkafka sorts them. */
function keyOf(list: readonly RdkafkaTopicPartition[]): string {
  return list
    .map(({ topic, partition, offset }) => `${topic}/${partition}/${offset ?? -1}`)
    .sort()
    .join()
}
