import { reasonOf } from './reason'

/** What librdkafka tells of an error beside its code and message. */
export interface KafkaErrorDetails {
  /** librdkafka's numeric code: negative for local errors, positive for the broker's. */
  errno?: number
  /** The same call may succeed later. */
  retriable?: boolean
  /** The client cannot go on; close it. */
  fatal?: boolean
  cause?: unknown
  /** What it is about, where it is about one partition. */
  topic?: string
  partition?: number
  offset?: number
}

/**
 * Base of every error this package makes.
 *
 * `code` is a stable string (`ERR_KAFKA_…`, or librdkafka's own name such as `ERR__ALL_BROKERS_DOWN`);
 * `errno` is librdkafka's number where there is one.
 */
export class KafkaError extends Error {
  readonly code: string
  readonly errno: number | undefined
  readonly retriable: boolean
  readonly fatal: boolean
  /** Only where it is about one topic, or one partition of it. */
  declare readonly topic?: string
  declare readonly partition?: number
  declare readonly offset?: number

  constructor(message: string, code: string, details: KafkaErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.code = code
    this.errno = details.errno
    this.retriable = details.retriable ?? false
    this.fatal = details.fatal ?? false
    const { topic, partition, offset } = details
    if (topic !== undefined) this.topic = topic
    if (partition !== undefined) this.partition = partition
    if (offset !== undefined) this.offset = offset
  }
}

/** A configuration that cannot work: the message names the key, the expectation and the value. */
export class ConfigError extends KafkaError {
  constructor(message: string, details: KafkaErrorDetails = {}) {
    super(message, 'ERR_KAFKA_CONFIG', details)
  }
}

/** An argument of a call is of the wrong type or shape; nothing was done. */
export class ArgumentError extends KafkaError {
  constructor(message: string) {
    super(message, 'ERR_KAFKA_ARGUMENT')
  }
}

/**
 * The call does not fit the state: a second iteration, after `close()` (`ClosedError`), or after a buffer of a batch
 * was transferred away.
 */
export class StateError extends KafkaError {
  constructor(message: string, code = 'ERR_KAFKA_STATE') {
    super(message, code)
  }
}

/** The call was made after `close()`. */
export class ClosedError extends StateError {
  constructor(message = 'the consumer is closed') {
    super(message, 'ERR_KAFKA_CLOSED')
  }
}

/** Nothing answered, or a rebalance handler or `close()` did not end, within the given time. */
export class TimeoutError extends KafkaError {
  constructor(message: string, details: KafkaErrorDetails = {}) {
    super(message, 'ERR_KAFKA_TIMEOUT', { retriable: true, ...details })
  }
}

/** No connection to a broker, or to any: the network, a name that does not resolve, a broker that is down. */
export class ConnectionError extends KafkaError {}

/** The broker does not take us for who we are, or we do not take it: SASL, a token, a TLS handshake. (Java: `AuthenticationException`.) */
export class AuthenticationError extends KafkaError {}

/** We may not do this: read this topic, be in this group. (Java: `AuthorizationException`.) */
export class AuthorizationError extends KafkaError {}

/** The topic or partition is not there. (Java: `UnknownTopicOrPartitionException`.) */
export class UnknownTopicError extends KafkaError {}

/**
 * This member is not, or no longer, in the group as it believed: evicted, fenced by another with its `group.instance.id`,
 * or a rebalance is under way. What it wanted to commit is not committed. (Java: `CommitFailedException`,
 * `FencedInstanceIdException`, `RebalanceInProgressException`.)
 */
export class GroupError extends KafkaError {}

/** The offset to go on from is not in the log, or there is none. (Java: `OffsetOutOfRangeException`, `NoOffsetForPartitionException`.) */
export class OffsetError extends KafkaError {}

/** What the broker sent cannot be right: a checksum, a compression, a size. (Java: `CorruptRecordException`.) */
export class CorruptRecordError extends KafkaError {}

/** The native addon or node-rdkafka could not be loaded; the message says what to do. */
export class LoadError extends KafkaError {
  constructor(message: string, cause?: unknown) {
    super(message, 'ERR_KAFKA_LOAD', { cause })
  }
}

/** Where a record that could not be deserialized lies, and its bytes. */
export interface DeserializationFailure {
  topic: string
  partition: number
  offset: number
  /** Which part failed. */
  part: 'key' | 'value'
  /** The key's bytes as they came; null where there was no key. */
  key: Buffer | null
  /** The value's bytes as they came; null for a tombstone. */
  value: Buffer | null
}

/** One record that its deserializer refused. Its neighbours are not affected. */
export class DeserializationError extends KafkaError implements DeserializationFailure {
  declare readonly topic: string
  declare readonly partition: number
  declare readonly offset: number
  readonly part: 'key' | 'value'
  readonly key: Buffer | null
  readonly value: Buffer | null

  constructor(failure: DeserializationFailure, cause: unknown) {
    super(
      `cannot deserialize the ${failure.part} of ${failure.topic} [${failure.partition}] @ ${failure.offset}: ${reasonOf(cause)}`,
      'ERR_KAFKA_DESERIALIZATION',
      { cause, topic: failure.topic, partition: failure.partition, offset: failure.offset },
    )
    this.part = failure.part
    this.key = failure.key
    this.value = failure.value
  }
}
