import type { FlatOffsetResults, NativeConsumer } from '../binding'
import { ArgumentError, ClosedError, KafkaError, TimeoutError } from '../errors'
import {
  checkOffsets,
  checkPartitions,
  checkTimeout,
  flatOffsets,
  flatPartitions,
  fromFlatResults,
  namesOf,
} from './flat'
import { awaiting, kafkaError } from './native-error'
import type { CallOptions, TopicPartition, TopicPartitionResult, Watermarks } from './types'
import { unlessAborted, within } from './waits'

const ERR_ALL_BROKERS_DOWN = -187
const ERR_TRANSPORT = -195
// librdkafka keeps the timeout of a call; ours comes a little later, for calls that wait in a queue behind others.
const GRACE_MS = 500

type RequestsNative = Pick<NativeConsumer, 'committed' | 'offsetsForTimes' | 'watermarks' | 'metadata'>

/** Questions to the brokers, each bounded in time and by the caller's AbortSignal. */
export class Requests {
  readonly #pending = new Set<() => void>()

  constructor(
    private readonly native: RequestsNative,
    private readonly requestTimeoutMs: number,
    /** Who is woken with the answers: a call that waits may be all that holds it. */
    readonly owner: object,
  ) {}

  /**
   * Milliseconds the call may take. Checks all options: call it before anything is done.
   *
   * @throws ArgumentError
   */
  timeout(options: CallOptions): number {
    checkSignal(options.signal)
    return checkTimeout(options.timeoutMs, this.requestTimeoutMs)
  }

  /**
   * For calls that ask several times: the options of the next question, with what is left of the time.
   *
   * @throws ArgumentError
   */
  sharing(options: CallOptions): () => CallOptions {
    const deadline = performance.now() + this.timeout(options)
    return () => ({ ...options, timeoutMs: Math.max(1, Math.ceil(deadline - performance.now())) })
  }

  /** A call that librdkafka was given `timeout(options)` for. */
  bounded<T>(call: Promise<T>, options: CallOptions, what: string): Promise<T> {
    let onClose: (() => void) | undefined
    const closed = new Promise<never>((_, reject) => {
      onClose = (): void => {
        reject(new ClosedError('the consumer was closed before the call finished'))
      }
      this.#pending.add(onClose)
    })
    const first = Promise.race([unlessAborted(call, options.signal), closed])
    return within(first, this.timeout(options) + GRACE_MS, what).finally(() => {
      if (onClose !== undefined) this.#pending.delete(onClose)
    })
  }

  /** Ends what waits: librdkafka would go on until its own timeout. */
  close(): void {
    for (const onClose of [...this.#pending]) onClose()
  }

  committed(partitions: readonly TopicPartition[], options: CallOptions): Promise<TopicPartitionResult[]> {
    const list = checkPartitions(partitions, 'partitions')
    if (list.length === 0) return Promise.resolve([])
    const timeoutMs = this.timeout(options)
    return this.#results('committed', options, () => this.native.committed(flatPartitions(list), timeoutMs))
  }

  offsetsForTimes(
    times: readonly (TopicPartition & { timestamp: number })[],
    options: CallOptions,
  ): Promise<TopicPartitionResult[]> {
    const list = checkTimes(times)
    if (list.length === 0) return Promise.resolve([])
    const timeoutMs = this.timeout(options)
    return this.#results(`offsetsForTimes of ${namesOf(list)}`, options, () =>
      this.native.offsetsForTimes(flatOffsets(list), timeoutMs),
    )
  }

  async watermarks(topic: string, partition: number, options: CallOptions): Promise<Watermarks> {
    checkPartitions([{ topic, partition }], 'partition')
    const timeoutMs = this.timeout(options)
    const [low, high] = await this.bounded(
      awaiting(`watermarks of ${topic} [${partition}]`, () => this.native.watermarks(topic, partition, timeoutMs)),
      options,
      'watermarks',
    )
    return { low, high }
  }

  /** Resolves when a broker answers; rejects when none does. */
  async answer(patterns: readonly string[], options: CallOptions): Promise<void> {
    const timeoutMs = this.timeout(options)
    const name = patterns.find((pattern) => !pattern.startsWith('^')) ?? null
    try {
      await this.bounded(
        awaiting('subscribe', () => this.native.metadata(name, timeoutMs)),
        options,
        'subscribe',
      )
    } catch (error) {
      const isSilence =
        error instanceof TimeoutError ||
        (error instanceof KafkaError && [ERR_TRANSPORT, ERR_ALL_BROKERS_DOWN].includes(error.errno ?? 0))
      if (!isSilence) throw error
      throw new TimeoutError(
        `subscribe: no broker answered within ${timeoutMs} ms; the subscription stands and takes effect when one does`,
        { cause: error },
      )
    }
  }

  async #results(
    doing: string,
    options: CallOptions,
    call: () => Promise<FlatOffsetResults>,
  ): Promise<TopicPartitionResult[]> {
    const flat = await this.bounded(awaiting(doing, call), options, doing)
    return fromFlatResults(flat).map(({ topic, partition, offset, leaderEpoch, metadata, error }) => {
      if (error !== 0) throw kafkaError(error, `${doing}: ${topic} [${partition}]`, { topic, partition })
      return {
        topic,
        partition,
        offset: offset < 0 ? undefined : offset,
        ...(leaderEpoch >= 0 && { leaderEpoch }),
        ...(metadata !== '' && { metadata }),
      }
    })
  }
}

/** Before anything is done: what is no AbortSignal would otherwise fail in the middle of it. */
export function checkSignal(signal: unknown): AbortSignal | undefined {
  const { addEventListener, aborted } = (signal ?? {}) as { addEventListener?: unknown; aborted?: unknown }
  if (signal !== undefined && (typeof addEventListener !== 'function' || typeof aborted !== 'boolean')) {
    throw new ArgumentError(`signal: expected an AbortSignal, got ${signal === null ? 'null' : typeof signal}`)
  }
  return signal as AbortSignal | undefined
}

/** librdkafka takes the times where it gives the offsets. */
function checkTimes(times: unknown): ReturnType<typeof checkOffsets> {
  if (!Array.isArray(times)) return checkOffsets(times, 'times', 0)
  const list = (times as unknown[]).map((element) =>
    typeof element === 'object' && element !== null
      ? { ...element, offset: (element as { timestamp?: unknown }).timestamp }
      : element,
  )
  return checkOffsets(list, 'times', 0, 'timestamp')
}
