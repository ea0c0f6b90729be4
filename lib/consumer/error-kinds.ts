// What librdkafka's error codes mean to a program: a class of ours, and whether the same may succeed later.
import {
  AuthenticationError,
  AuthorizationError,
  ConnectionError,
  CorruptRecordError,
  GroupError,
  KafkaError,
  OffsetError,
  UnknownTopicError,
} from '../errors'

type ErrorClass = typeof KafkaError

/** Names as `rd_kafka_err2name` has them. */
const CODES: readonly (readonly [ErrorClass, Readonly<Record<string, number>>])[] = [
  [ConnectionError, { _TRANSPORT: -195, _RESOLVE: -193, _ALL_BROKERS_DOWN: -187, NETWORK_EXCEPTION: 13 }],
  [
    AuthenticationError,
    {
      _SSL: -181,
      _AUTHENTICATION: -169,
      UNSUPPORTED_SASL_MECHANISM: 33,
      ILLEGAL_SASL_STATE: 34,
      SASL_AUTHENTICATION_FAILED: 58,
    },
  ],
  [
    AuthorizationError,
    {
      TOPIC_AUTHORIZATION_FAILED: 29,
      GROUP_AUTHORIZATION_FAILED: 30,
      CLUSTER_AUTHORIZATION_FAILED: 31,
      TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 53,
    },
  ],
  [
    UnknownTopicError,
    {
      _UNKNOWN_PARTITION: -190,
      _UNKNOWN_TOPIC: -188,
      UNKNOWN_TOPIC_OR_PART: 3,
      TOPIC_EXCEPTION: 17,
      UNKNOWN_TOPIC_ID: 100,
    },
  ],
  [
    GroupError,
    {
      _MAX_POLL_EXCEEDED: -147,
      _FENCED: -144,
      _ASSIGNMENT_LOST: -142,
      ILLEGAL_GENERATION: 22,
      UNKNOWN_MEMBER_ID: 25,
      REBALANCE_IN_PROGRESS: 27,
      FENCED_INSTANCE_ID: 82,
      FENCED_MEMBER_EPOCH: 110,
      UNRELEASED_INSTANCE_ID: 111,
      STALE_MEMBER_EPOCH: 113,
    },
  ],
  [OffsetError, { _NO_OFFSET: -168, _AUTO_OFFSET_RESET: -140, OFFSET_OUT_OF_RANGE: 1 }],
  [CorruptRecordError, { _BAD_MSG: -199, _BAD_COMPRESSION: -198, INVALID_MSG: 2 }],
]

const CLASSES = new Map(CODES.flatMap(([kind, codes]) => Object.values(codes).map((code) => [code, kind] as const)))

/** As Java's `RetriableException`: whoever does the same again may succeed, and librdkafka itself does. */
const RETRIABLE: Readonly<Record<string, number>> = {
  _TRANSPORT: -195,
  _RESOLVE: -193,
  _ALL_BROKERS_DOWN: -187,
  _TIMED_OUT: -185,
  _WAIT_COORD: -180,
  _TIMED_OUT_QUEUE: -166,
  INVALID_MSG: 2,
  UNKNOWN_TOPIC_OR_PART: 3,
  LEADER_NOT_AVAILABLE: 5,
  NOT_LEADER_FOR_PARTITION: 6,
  REQUEST_TIMED_OUT: 7,
  NETWORK_EXCEPTION: 13,
  COORDINATOR_LOAD_IN_PROGRESS: 14,
  COORDINATOR_NOT_AVAILABLE: 15,
  NOT_COORDINATOR: 16,
  REBALANCE_IN_PROGRESS: 27,
  KAFKA_STORAGE_ERROR: 56,
  FENCED_LEADER_EPOCH: 74,
  UNKNOWN_LEADER_EPOCH: 75,
  OFFSET_NOT_AVAILABLE: 78,
  UNSTABLE_OFFSET_COMMIT: 88,
  UNKNOWN_TOPIC_ID: 100,
}
const RETRIABLE_CODES = new Set(Object.values(RETRIABLE))

export function errorClass(code: number): ErrorClass {
  return CLASSES.get(code) ?? KafkaError
}

export function isRetriable(code: number): boolean {
  return RETRIABLE_CODES.has(code)
}

/** Each code with the name that librdkafka must have for it, for a test. */
export function namedCodes(): (readonly [name: string, code: number])[] {
  return [...CODES.flatMap(([, codes]) => Object.entries(codes)), ...Object.entries(RETRIABLE)]
}
