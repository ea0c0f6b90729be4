// What users may import from 'rdkafka-tiers'; nothing else.
export { KafkaStreamConsumer } from './consumer/consumer'
export { ConsumerFactory } from './consumer/factory'
export type { BatchStream } from './consumer/batch-stream'
export type { MessageStream } from './consumer/message-stream'
export type { Slow } from './consumer/liveness'
export type { Logger, OauthbearerToken, RebalanceHandler } from './consumer/settings'
export type {
  BatchesOptions,
  CallOptions,
  ConsumerEvents,
  StreamOptions,
  TopicPartition,
  TopicPartitionLag,
  TopicPartitionOffset,
  TopicPartitionResult,
  Watermarks,
} from './consumer/types'
export type { MessageHeader } from './message/block'
export { Message, type TimestampType } from './message/message'
export { MessageBatch } from './message/message-batch'
export * from './config'
export * from './errors'
export * from './serde'
export { features, librdkafkaVersion, versions } from './versions'
