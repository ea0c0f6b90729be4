/** What librdkafka tells of an error beside its code and message. */
export interface KafkaErrorDetails {
  /** librdkafka's numeric code: negative for local errors, positive for the broker's. */
  errno?: number
  /** The same call may succeed later. */
  retriable?: boolean
  /** The client cannot go on; close it. */
  fatal?: boolean
  cause?: unknown
}

/**
 * Base of every error this package makes.
 *
 * `code` is a stable string (`ERR_KAFKA_…`, or librdkafka's own name such as `ERR__TIMED_OUT`);
 * `errno` is librdkafka's number where there is one.
 */
export class KafkaError extends Error {
  readonly code: string
  readonly errno: number | undefined
  readonly retriable: boolean
  readonly fatal: boolean

  constructor(message: string, code: string, details: KafkaErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.code = code
    this.errno = details.errno
    this.retriable = details.retriable ?? false
    this.fatal = details.fatal ?? false
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

/** The call does not fit the state: after `close()`, before `subscribe()`, a second iteration. */
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

/** Nothing answered within the given time. */
export class TimeoutError extends KafkaError {
  constructor(message: string, details: KafkaErrorDetails = {}) {
    super(message, 'ERR_KAFKA_TIMEOUT', { retriable: true, ...details })
  }
}

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
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly part: 'key' | 'value'
  readonly key: Buffer | null
  readonly value: Buffer | null

  constructor(failure: DeserializationFailure, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(
      `cannot deserialize the ${failure.part} of ${failure.topic} [${failure.partition}] @ ${failure.offset}: ${reason}`,
      'ERR_KAFKA_DESERIALIZATION',
      { cause },
    )
    this.topic = failure.topic
    this.partition = failure.partition
    this.offset = failure.offset
    this.part = failure.part
    this.key = failure.key
    this.value = failure.value
  }
}
