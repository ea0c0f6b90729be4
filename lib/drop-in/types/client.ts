// The types of rdkafka-tiers/node-rdkafka that consumers and producers share. Their names and shapes are node-rdkafka's,
// so that what compiles with its types compiles with these. Nothing here exists at run time.
/* eslint-disable @typescript-eslint/no-explicit-any -- as node-rdkafka has it: what callers do with it must still compile */
import type { EventEmitter } from 'node:events'
import type { ErrorCodeName } from '../codes'
import type { GlobalConfig, TopicConfig } from './config'

/** What callbacks and events report failures with. At run time an Error; `code` is one of CODES.ERRORS. */
export interface LibrdKafkaError {
  message: string
  code: number
  errno: number
  /** 'local' or 'kafka'; node-rdkafka has them the wrong way round, and so has this package. */
  origin: string
  stack?: string
  isFatal?: boolean
  isRetriable?: boolean
  isTxnRequiresAbort?: boolean
}

/** librdkafka's error codes by name. */
export interface ErrorCodes {
  ERRORS: Record<ErrorCodeName, number>
}

// ---- partitions and offsets ----

export interface TopicPartition {
  topic: string
  partition: number
}

export interface TopicPartitionOffset extends TopicPartition {
  offset: number
}

/** `offset` is a timestamp in milliseconds here. */
export type TopicPartitionTime = TopicPartitionOffset

/** The end of a partition: `offset` is that of the next message to come. */
export type EofEvent = TopicPartitionOffset

export type Assignment = TopicPartition | TopicPartitionOffset

export interface WatermarkOffsets {
  lowOffset: number
  /** That of the next message to come. */
  highOffset: number
}

/** Offsets that mean a place, and a function that returns the name it is given. */
export interface TopicOffsets {
  (name: string): string
  readonly PARTITION_UA: number
  readonly OFFSET_BEGINNING: number
  readonly OFFSET_END: number
  readonly OFFSET_STORED: number
  readonly OFFSET_INVALID: number
}

// ---- messages ----

export type NumberNullUndefined = number | null | undefined
export type MessageValue = Buffer | null
export type MessageKey = Buffer | string | null | undefined
/** One header: an object with one key. What is consumed has Buffers. */
export type MessageHeader = Record<string, string | Buffer>
export type SubscribeTopic = string | RegExp
export type SubscribeTopicList = SubscribeTopic[]

export interface Message extends TopicPartitionOffset {
  /** Null is a tombstone. */
  value: MessageValue
  /** Bytes of the value. */
  size: number
  key?: MessageKey
  /** Milliseconds since 1970; -1 none. */
  timestamp?: number
  /** Missing where there are none. */
  headers?: MessageHeader[]
  opaque?: any
}

export interface DeliveryReport extends TopicPartitionOffset {
  value?: MessageValue
  size: number
  key?: MessageKey
  timestamp?: number
  opaque?: any
}

// ---- the cluster ----

export interface MetadataOptions {
  topic?: string
  allTopics?: boolean
  /** Milliseconds; default 30,000. */
  timeout?: number
}

export interface BrokerMetadata {
  id: number
  host: string
  port: number
}

export interface PartitionMetadata {
  id: number
  /** Broker id; -1 none. */
  leader: number
  replicas: number[]
  /** In-sync replicas. */
  isrs: number[]
}

export interface TopicMetadata {
  name: string
  partitions: PartitionMetadata[]
}

export interface Metadata {
  /** The broker that answered. */
  orig_broker_id: number
  orig_broker_name: string
  topics: TopicMetadata[]
  brokers: BrokerMetadata[]
}

// ---- events ----

export interface ReadyInfo {
  /** The client's, as librdkafka made it. */
  name: string
}

export interface ClientMetrics {
  /** Milliseconds since 1970. */
  connectionOpened: number
}

export type KafkaClientEvents =
  | 'disconnected'
  | 'ready'
  | 'connection.failure'
  | 'event.error'
  | 'event.stats'
  | 'event.log'
  | 'event.event'
  | 'event.throttle'

export type KafkaConsumerEvents =
  | KafkaClientEvents
  | 'data'
  | 'partition.eof'
  | 'rebalance'
  | 'rebalance.error'
  | 'subscribed'
  | 'unsubscribed'
  | 'unsubscribe'
  | 'offset.commit'

export type KafkaProducerEvents = KafkaClientEvents | 'delivery-report'

// Its keys are those of node-rdkafka's: with others, TypeScript could not compare the two.
interface EventListeners {
  ready: (info: ReadyInfo, metadata: Metadata) => void
  disconnected: (metrics: ClientMetrics) => void
  'connection.failure': (error: LibrdKafkaError, metrics: ClientMetrics) => void
  'event.error': (error: LibrdKafkaError) => void
  'event.stats': (data: any) => void
  'event.log': (data: any) => void
  'event.event': (data: any) => void
  'event.throttle': (data: any) => void
  data: (message: Message) => void
  'partition.eof': (end: EofEvent) => void
  /** The code tells which: ERR__ASSIGN_PARTITIONS or ERR__REVOKE_PARTITIONS. */
  rebalance: (error: LibrdKafkaError, partitions: TopicPartition[]) => void
  'rebalance.error': (error: Error) => void
  subscribed: (topics: SubscribeTopicList) => void
  unsubscribed: () => void
  unsubscribe: () => void
  'offset.commit': (error: LibrdKafkaError, offsets: TopicPartitionOffset[]) => void
  'delivery-report': (error: LibrdKafkaError, report: DeliveryReport) => void
}

export type EventListener<Name extends string> = Name extends keyof EventListeners ? EventListeners[Name] : never

/** What consumers and producers have in common. A type alone: neither package exports the class. */
export declare abstract class Client<Events extends string> extends EventEmitter {
  constructor(conf: GlobalConfig, nativeClient: any, topicConf: TopicConfig)

  on<Name extends Events>(event: Name, listener: EventListener<Name>): this
  once<Name extends Events>(event: Name, listener: EventListener<Name>): this

  /** Connects and asks for metadata; then 'ready', or 'connection.failure', and the callback. */
  connect(options?: MetadataOptions, callback?: (error: LibrdKafkaError, metadata: Metadata) => any): this

  /** Ends the connection; then 'disconnected' and the callback. It may be connected again. */
  disconnect(callback?: (error: any, metrics: ClientMetrics) => any): this
  /** For producers: milliseconds to flush. A consumer has no such call. */
  disconnect(timeout: number, callback?: (error: any, metrics: ClientMetrics) => any): this

  isConnected(): boolean

  /** Milliseconds. */
  connectedTime(): number

  getLastError(): LibrdKafkaError

  /** The native client, node-rdkafka's own business. */
  getClient(): any

  /** Before connect(), or to renew the token. */
  setOauthBearerToken(token: string): this

  getMetadata(options?: MetadataOptions, callback?: (error: LibrdKafkaError, metadata: Metadata) => any): any

  /** Asks the broker. `timeout` in milliseconds, default 1000. */
  queryWatermarkOffsets(
    topic: string,
    partition: number,
    timeout: number,
    callback?: (error: LibrdKafkaError, offsets: WatermarkOffsets) => any,
  ): any
  queryWatermarkOffsets(
    topic: string,
    partition: number,
    callback?: (error: LibrdKafkaError, offsets: WatermarkOffsets) => any,
  ): any
}
