// The types of rdkafka-tiers/node-rdkafka for producers and the admin client. Nothing here exists at run time.
/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/unified-signatures, @typescript-eslint/no-extraneous-class
 -- as node-rdkafka has it: what callers and subclasses do with it must still compile */
import type { Writable, WritableOptions } from 'node:stream'
import type {
  Client,
  KafkaProducerEvents,
  LibrdKafkaError,
  MessageHeader,
  MessageKey,
  MessageValue,
  MetadataOptions,
  NumberNullUndefined,
  TopicPartitionOffset,
} from './client'
import type { GlobalConfig, ProducerGlobalConfig, ProducerTopicConfig } from './config'
import type { KafkaConsumer } from './consumer'

type Done = (error: LibrdKafkaError) => void

export interface WriteStreamOptions extends WritableOptions {
  encoding?: string
  /** True: objects with topic, partition, value, key …; default false: values, for `topic`. */
  objectMode?: boolean
  topic?: string
  /** Disconnect at the end; default true. */
  autoClose?: boolean
  /** Milliseconds between polls for delivery reports. */
  pollInterval?: number
  connectOptions?: any
}

export interface ProducerStream extends Writable {
  producer: Producer
  connect(options?: MetadataOptions): void
  close(callback?: () => void): void
}

export declare class Producer extends Client<KafkaProducerEvents> {
  constructor(conf: ProducerGlobalConfig, topicConf?: ProducerTopicConfig)

  static createWriteStream(
    conf: ProducerGlobalConfig,
    topicConf: ProducerTopicConfig,
    options: WriteStreamOptions,
  ): ProducerStream

  /** Queues a message. The outcome is a 'delivery-report', with `opaque`, once polled for. */
  produce(
    topic: string,
    partition: NumberNullUndefined,
    value: MessageValue,
    key?: MessageKey,
    timestamp?: NumberNullUndefined,
    opaque?: any,
    headers?: MessageHeader[],
  ): any

  /** Waits until all that is queued was delivered. `timeout` in milliseconds, default 500. */
  flush(timeout?: NumberNullUndefined, callback?: Done): this
  poll(): this
  /** Milliseconds; 0 stops polling. */
  setPollInterval(interval: number): this

  // Timeouts in milliseconds, default 5000.
  initTransactions(callback: Done): void
  initTransactions(timeout: number, callback: Done): void
  beginTransaction(callback: Done): void
  commitTransaction(callback: Done): void
  commitTransaction(timeout: number, callback: Done): void
  abortTransaction(callback: Done): void
  abortTransaction(timeout: number, callback: Done): void
  /** The consumer has no tier. */
  sendOffsetsToTransaction(offsets: TopicPartitionOffset[], consumer: KafkaConsumer, callback: Done): void
  sendOffsetsToTransaction(
    offsets: TopicPartitionOffset[],
    consumer: KafkaConsumer,
    timeout: number,
    callback: Done,
  ): void
}

type Delivered = (error: any, offset?: NumberNullUndefined) => void

/** A producer with a callback for each message, and serializers. */
export declare class HighLevelProducer extends Producer {
  produce(
    topic: string,
    partition: NumberNullUndefined,
    value: any,
    key: any,
    timestamp: NumberNullUndefined,
    callback: Delivered,
  ): any
  produce(
    topic: string,
    partition: NumberNullUndefined,
    value: any,
    key: any,
    timestamp: NumberNullUndefined,
    headers: MessageHeader[],
    callback: Delivered,
  ): any

  setKeySerializer(serializer: (key: any, callback: (error: any, key: MessageKey) => void) => void): void
  setKeySerializer(serializer: (key: any) => MessageKey | Promise<MessageKey>): void
  setValueSerializer(serializer: (value: any, callback: (error: any, value: MessageValue) => void) => void): void
  setValueSerializer(serializer: (value: any) => MessageValue | Promise<MessageValue>): void
}

// ---- topics ----

type CleanupPolicy = 'delete' | 'compact'

/** Kafka's topic properties whose values are numbers, flags or lists, written as strings. */
type TopicPropertyName =
  | 'delete.retention.ms'
  | 'file.delete.delay.ms'
  | 'flush.messages'
  | 'flush.ms'
  | 'follower.replication.throttled.replicas'
  | 'index.interval.bytes'
  | 'leader.replication.throttled.replicas'
  | 'max.compaction.lag.ms'
  | 'max.message.bytes'
  | 'message.downconversion.enable'
  | 'message.format.version'
  | 'message.timestamp.difference.max.ms'
  | 'message.timestamp.type'
  | 'min.cleanable.dirty.ratio'
  | 'min.compaction.lag.ms'
  | 'min.insync.replicas'
  | 'preallocate'
  | 'retention.bytes'
  | 'retention.ms'
  | 'segment.bytes'
  | 'segment.index.bytes'
  | 'segment.jitter.ms'
  | 'segment.ms'
  | 'unclean.leader.election.enable'

export interface NewTopic {
  topic: string
  num_partitions: number
  replication_factor: number
  /** Those listed are for completion; any other may be given. */
  config?:
    | ({
        'cleanup.policy'?: CleanupPolicy | 'delete,compact' | 'compact,delete'
        'compression.type'?: 'gzip' | 'snappy' | 'lz4' | 'zstd' | 'uncompressed' | 'producer'
      } & Partial<Record<TopicPropertyName, string>>)
    | Record<string, string>
}

export interface IAdminClient {
  createTopic(topic: NewTopic, callback?: Done): void
  createTopic(topic: NewTopic, timeout?: number, callback?: Done): void

  deleteTopic(topic: string, callback?: Done): void
  deleteTopic(topic: string, timeout?: number, callback?: Done): void

  /** Makes it `total` partitions. */
  createPartitions(topic: string, total: number, callback?: Done): void
  createPartitions(topic: string, total: number, timeout?: number, callback?: Done): void

  refreshOauthBearerToken(token: string): void
  disconnect(): void
}

export declare abstract class AdminClient {
  static create(conf: GlobalConfig, initOauthBearerToken?: string): IAdminClient
}
