import type { DeserializationError, KafkaError } from '../errors'
import type { Slow } from './liveness'

export interface TopicPartition {
  topic: string
  partition: number
}

/** `offset`: the next one to process. */
export interface TopicPartitionOffset extends TopicPartition {
  offset: number
  /** Epoch of the leader that gave the offset, where known. */
  leaderEpoch?: number
  /** Kept by the group with the committed offset. */
  metadata?: string
}

/** `offset` undefined: nothing committed, no such time. */
export interface TopicPartitionResult extends TopicPartition {
  offset: number | undefined
  leaderEpoch?: number
  metadata?: string
}

/** How far a partition is behind. */
export interface TopicPartitionLag extends TopicPartition {
  /**
   * Messages that are not processed yet: from `offset` to `high`. With `read_committed`, the default, those of aborted
   * transactions count, and those of open ones do not.
   */
  lag: number
  /** Next offset to process. */
  offset: number
  /** Offset the next message will get; with `read_committed`, the default, the last stable offset. */
  high: number
}

export interface Watermarks {
  /** First offset there is. */
  low: number
  /** Offset the next message will get; with `read_committed`, the default, the last stable offset. */
  high: number
}

/** What every call that waits for a broker takes. */
export interface CallOptions {
  /** Milliseconds; default `requestTimeoutMs` of the configuration. */
  timeoutMs?: number
  /** Rejects with `signal.reason` when it aborts; what was asked of the broker may still take effect. */
  signal?: AbortSignal
}

export interface StreamOptions {
  /** Ends the iteration, which then rejects with `signal.reason`. */
  signal?: AbortSignal
}

export interface BatchesOptions extends StreamOptions {
  /** At most this many messages a batch: 1 to 100,000. Default `batchMaxMessages` of the configuration. */
  maxMessages?: number
}

/** Events of a consumer and what their listeners get. */
export interface ConsumerEvents {
  /** The group gave these partitions; `onAssigned` has run. */
  assigned: [partitions: TopicPartition[]]
  /** They were given back; `onRevoked` has run and, with auto-commit, what was processed is committed. */
  revoked: [partitions: TopicPartition[]]
  /** They were taken away: another member may own them already, nothing could be committed. */
  lost: [partitions: TopicPartition[]]
  /** The end of a partition was reached (with `enable.partition.eof`). */
  partitionEof: [end: TopicPartitionOffset]
  /** The client cannot go on; a running stream rejects with the same error. */
  error: [error: KafkaError]
  /**
   * Something went wrong and librdkafka is dealing with it: a broker down, an unknown topic, a failed auto-commit. What
   * librdkafka repeats (a broker down) is told again after a minute if it still lasts; a topic that is unknown or, in a
   * classic group, forbidden, once.
   */
  warning: [error: KafkaError]
  /**
   * The program has not asked for messages for 80 % of `max.poll.interval.ms` (or could not, its event loop being held
   * up): soon the group gives its partitions to others, and `onLost` runs. With the next request it joins again.
   */
  slow: [slow: Slow]
  /** A record its deserializer refused, with `onDeserializationError: 'skip'`. */
  deserializationError: [error: DeserializationError]
  /** librdkafka's statistics, every `statistics.interval.ms`. */
  statistics: [statistics: Record<string, unknown>]
  throttle: [throttle: { brokerName: string; brokerId: number; throttleTimeMs: number }]
  /** librdkafka's own log; also given to `logger`. */
  log: [log: { level: number; facility: string; message: string }]
  close: []
}
