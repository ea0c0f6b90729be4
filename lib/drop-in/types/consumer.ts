// The types of rdkafka-tiers/node-rdkafka for consumers. Nothing here exists at run time.
/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/unified-signatures
 -- as node-rdkafka has it: what callers and subclasses do with it must still compile */
import type { Readable, ReadableOptions } from 'node:stream'
import type {
  Assignment,
  Client,
  EventListener,
  KafkaConsumerEvents,
  LibrdKafkaError,
  Message,
  Metadata,
  SubscribeTopic,
  SubscribeTopicList,
  TopicPartition,
  TopicPartitionOffset,
  TopicPartitionTime,
  WatermarkOffsets,
} from './client'
import type { ConsumerGlobalConfig, ConsumerTopicConfig } from './config'

export interface ReadStreamOptions extends ReadableOptions {
  topics: SubscribeTopicList | SubscribeTopic | ((metadata: Metadata) => SubscribeTopicList)
  /** Longest pause after nothing came, in milliseconds; default 1000. */
  waitInterval?: number
  /** Messages asked for at a time; default 1. */
  fetchSize?: number
  /** Default true: messages. False: their values. */
  objectMode?: boolean
  /** Default `fetchSize` + 2. */
  highWaterMark?: number
  /** Disconnect at the end; default true. */
  autoClose?: boolean
  /** Arrays of messages, as they were fetched. */
  streamAsBatch?: boolean
  connectOptions?: any
  initOauthBearerToken?: string
}

export interface ConsumerStream extends Readable {
  consumer: KafkaConsumer
  connect(options: ConsumerGlobalConfig): void
  refreshOauthBearerToken(token: string): void
  close(callback?: () => void): void
}

export declare class KafkaConsumer extends Client<KafkaConsumerEvents> {
  constructor(conf: ConsumerGlobalConfig, topicConf?: ConsumerTopicConfig)

  static createReadStream(
    conf: ConsumerGlobalConfig,
    topicConf: ConsumerTopicConfig,
    options: ReadStreamOptions | number,
  ): ConsumerStream

  /** A code that the loop goes on after: the topic is unknown, or reading it not allowed. Not in node-rdkafka's types. */
  override on(event: 'warning', listener: (error: LibrdKafkaError) => void): this
  override on<Name extends KafkaConsumerEvents>(event: Name, listener: EventListener<Name>): this
  override once(event: 'warning', listener: (error: LibrdKafkaError) => void): this
  override once<Name extends KafkaConsumerEvents>(event: Name, listener: EventListener<Name>): this

  // ---- the group ----

  /** A regular expression must begin with ^. */
  subscribe(topics: SubscribeTopicList): this
  unsubscribe(): this
  subscription(): string[]

  assign(partitions: Assignment[]): this
  unassign(): this
  incrementalAssign(partitions: Assignment[]): this
  incrementalUnassign(partitions: Assignment[]): this
  assignments(): Assignment[]
  /** 'NONE', 'EAGER' or 'COOPERATIVE'. */
  rebalanceProtocol(): string

  // ---- messages ----

  /** Up to `count` messages: to 'data' listeners one by one, then all of them to the callback. */
  consume(count: number, callback?: (error: LibrdKafkaError, messages: Message[]) => void): void
  /**
   * Every message from now on, one by one: to 'data' listeners and to the callback.
   *
   * node-rdkafka's types call that message an array, which it never is. Callbacks written for either compile.
   */
  consume(callback: (error: LibrdKafkaError, message: Message & Message[]) => void): void
  consume(): void

  /** How long consume() waits, in milliseconds; default 1000. */
  setDefaultConsumeTimeout(timeout: number): void
  setDefaultConsumeLoopTimeoutDelay(delay: number): void

  pause(partitions: TopicPartition[]): any
  resume(partitions: TopicPartition[]): any
  /** `timeout` in milliseconds. */
  seek(to: TopicPartitionOffset, timeout: number | null, callback: (error: LibrdKafkaError) => void): this

  // ---- offsets ----

  /** What is stored, or these offsets. The outcome is an 'offset.commit'. */
  commit(offsets?: TopicPartitionOffset | TopicPartitionOffset[] | null): this
  /** The offset after the message. */
  commitMessage(message: TopicPartitionOffset): this
  /** Blocks the event loop until the coordinator has answered, and throws what it refused. */
  commitSync(offsets?: TopicPartitionOffset | TopicPartitionOffset[] | null): this
  commitMessageSync(message: TopicPartitionOffset): this

  /** To be committed next; with `enable.auto.offset.store` false. */
  offsetsStore(offsets: TopicPartitionOffset[]): any

  /** Without partitions: of those assigned. `offset` is missing where nothing was committed. */
  committed(
    partitions: TopicPartition[] | null,
    timeout: number,
    callback: (error: LibrdKafkaError, offsets: TopicPartitionOffset[]) => void,
  ): this
  committed(timeout: number, callback: (error: LibrdKafkaError, offsets: TopicPartitionOffset[]) => void): this

  /** The next offset to be consumed, of those assigned or of these. `offset` is missing where nothing was consumed. */
  position(partitions?: TopicPartition[]): TopicPartitionOffset[]

  /** As of the last fetch; asks nobody. */
  getWatermarkOffsets(topic: string, partition: number): WatermarkOffsets

  /** The first offset at or after each timestamp. `timeout` in milliseconds, default 1000. */
  offsetsForTimes(
    times: TopicPartitionTime[],
    timeout: number,
    callback?: (error: LibrdKafkaError, offsets: TopicPartitionOffset[]) => any,
  ): void
  offsetsForTimes(
    times: TopicPartitionTime[],
    callback?: (error: LibrdKafkaError, offsets: TopicPartitionOffset[]) => any,
  ): void
}
