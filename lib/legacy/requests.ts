import type { FlatOffsetResults, FlatOffsets, FlatPartitions, NativeMetadata } from '../binding'
import type { Connection } from './connection'
import { type ErrorCodes, nativeError, oneOf } from './errors'
import type { RdkafkaCallback, RdkafkaConsumer, RdkafkaTopicPartition } from './node-rdkafka'
import { fromFlat, fromFlatPartitions } from './toppars'

const ERR_UNKNOWN_TOPIC_OR_PART = 3
/** A partition or topic is not there: for librdkafka, and for the broker. */
const UNKNOWN = [-190, -188, ERR_UNKNOWN_TOPIC_OR_PART]
const OFFSET_INVALID = -1001
const OFFSET_END = -1
const ROUSE_TIMEOUT_MS = 1000

type RequestsClient = Pick<RdkafkaConsumer, 'committed' | 'offsetsForTimes' | 'queryWatermarkOffsets'>
type Found = (RdkafkaTopicPartition | Error)[]

/** What is asked of a broker. Each runs on libuv's pool and holds one of its threads until it is answered. */
export class Requests {
  readonly #toRouse: RdkafkaTopicPartition[] = []

  constructor(
    private readonly client: RequestsClient,
    private readonly connection: Connection,
    private readonly errors: ErrorCodes,
  ) {}

  committed(partitions: FlatPartitions, timeoutMs: number): Promise<FlatOffsetResults> {
    const list = fromFlatPartitions(partitions)
    return this.#ask(list, (callback) => this.client.committed(list, atLeastOne(timeoutMs), callback))
  }

  offsetsForTimes(times: FlatOffsets, timeoutMs: number): Promise<FlatOffsetResults> {
    const list = fromFlat(times)
    return this.#ask(list, (callback) => this.client.offsetsForTimes(list, atLeastOne(timeoutMs), callback))
  }

  async watermarks(topic: string, partition: number, timeoutMs: number): Promise<[number, number]> {
    const { lowOffset, highOffset } = await this.connection.call<{ lowOffset: number; highOffset: number }>(
      (callback) => this.client.queryWatermarkOffsets(topic, partition, atLeastOne(timeoutMs), callback),
    )
    return [lowOffset, highOffset]
  }

  async metadata(topic: string | null, timeoutMs: number): Promise<NativeMetadata> {
    const found = await this.connection.metadata(topic, atLeastOne(timeoutMs))
    return {
      origBrokerId: found.orig_broker_id,
      origBrokerName: found.orig_broker_name,
      brokers: found.brokers,
      topics: found.topics.map(({ name, partitions }) => ({
        name,
        // node-rdkafka leaves out the errors; a topic without partitions is one that is not there.
        error: partitions.length === 0 ? ERR_UNKNOWN_TOPIC_OR_PART : 0,
        partitions: partitions.map((partition) => ({ ...partition, error: 0 })),
      })),
    }
  }

  /**
   * Makes librdkafka fetch resumed partitions now.
   *
   * To resume does not wake the threads that talk to the brokers, and one that had nothing to fetch sleeps for up to a
   * second. A request to each partition's leader wakes it; the cheapest that goes to all of them at once asks for their
   * ends. Nobody needs the answer.
   */
  rouse(partitions: readonly RdkafkaTopicPartition[]): void {
    const isSent = this.#toRouse.length === 0
    this.#toRouse.push(...partitions)
    if (isSent) void this.#rouse()
  }

  async #rouse(): Promise<void> {
    while (this.#toRouse.length > 0) {
      const asked = this.#toRouse.map(({ topic, partition }) => ({ topic, partition, offset: OFFSET_END }))
      await this.connection
        .call<Found>((callback) => this.client.offsetsForTimes(asked, ROUSE_TIMEOUT_MS, callback))
        .catch(() => undefined)
      // Those resumed while the request was under way came after it.
      this.#toRouse.splice(0, asked.length)
    }
  }

  /** The answers come in the order of the question; one that is an error has lost its name. */
  async #ask(
    list: readonly RdkafkaTopicPartition[],
    start: (callback: RdkafkaCallback<Found>) => unknown,
  ): Promise<FlatOffsetResults> {
    const found = await this.connection.call(start).catch((error: unknown) => {
      throw this.#named(error, list)
    })
    return list.flatMap(({ topic, partition }, index) => {
      const answer = found[index]
      return answer !== undefined && 'topic' in answer
        ? [topic, partition, answer.offset ?? OFFSET_INVALID, -1, '', 0]
        : [topic, partition, OFFSET_INVALID, -1, '', this.errors.toNative(answer).code]
    })
  }

  /** Refused as a whole for a partition that is not there: node-rdkafka does not tell which. */
  #named(error: unknown, list: readonly RdkafkaTopicPartition[]): unknown {
    const native = this.errors.toNative(error)
    if (!UNKNOWN.includes(native.code)) return error
    const names = list.map(({ topic, partition }) => `${topic} [${partition}]`)
    return nativeError(native.code, `${native.message}: ${oneOf(names)}`, error)
  }
}

function atLeastOne(timeoutMs: number): number {
  // To node-rdkafka 0 means its own default.
  return Math.max(1, timeoutMs)
}
