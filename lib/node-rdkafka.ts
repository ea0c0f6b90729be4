// What users may import from 'rdkafka-tiers/node-rdkafka': what node-rdkafka exports, under its names. KafkaConsumer
// takes a tier; the rest is node-rdkafka's own, and where that cannot be loaded, an error that says so when it is used.
//
// The types are in drop-in/types: node-rdkafka's need not be there. A class is a value and a type of one name.
import { deprecate } from 'node:util'
import { binding } from './binding'
import { errorCodes } from './drop-in/errors'
import { KafkaConsumer as TieredConsumer } from './drop-in/kafka-consumer'
import { assertLoaded, nodeRdkafka } from './drop-in/node-rdkafka'
import { OFFSET_BEGINNING, OFFSET_END, OFFSET_INVALID, OFFSET_STORED } from './drop-in/toppar'
import type * as client from './drop-in/types/client'
import type * as consumer from './drop-in/types/consumer'
import type * as producer from './drop-in/types/producer'

export type {
  Assignment,
  BrokerMetadata,
  ClientMetrics,
  DeliveryReport,
  EofEvent,
  KafkaClientEvents,
  KafkaConsumerEvents,
  KafkaProducerEvents,
  LibrdKafkaError,
  Message,
  MessageHeader,
  MessageKey,
  MessageValue,
  Metadata,
  MetadataOptions,
  NumberNullUndefined,
  PartitionMetadata,
  ReadyInfo,
  SubscribeTopic,
  SubscribeTopicList,
  TopicMetadata,
  TopicPartition,
  TopicPartitionOffset,
  TopicPartitionTime,
  WatermarkOffsets,
} from './drop-in/types/client'
export type {
  ConsumerGlobalConfig,
  ConsumerTopicConfig,
  GlobalConfig,
  ProducerGlobalConfig,
  ProducerTopicConfig,
  TopicConfig,
} from './drop-in/types/config'
export type { ConsumerStream, ReadStreamOptions } from './drop-in/types/consumer'
export type { IAdminClient, NewTopic, ProducerStream, WriteStreamOptions } from './drop-in/types/producer'

const theirs = nodeRdkafka()?.exports

/** A function of node-rdkafka; where that is not there, one that throws its LoadError when called or constructed. */
function passed(name: string): unknown {
  if (theirs !== undefined) return theirs[name]
  const need = { why: `${name} is node-rdkafka's own`, or: '', inWorker: 'use it on the main thread' }
  const missing = function (): never {
    assertLoaded(need)
    throw new Error(`${name} is not there`)
  }
  return Object.defineProperty(missing, 'name', { value: name })
}

function ownTopic(name: string): string {
  return name
}

/** Declared by node-rdkafka as a class it exports, which it does not: for the type alone, and so it is here. */
export declare const Client: typeof client.Client
export type Client<Events extends string> = client.Client<Events>

export const KafkaConsumer = TieredConsumer as unknown as typeof consumer.KafkaConsumer
export type KafkaConsumer = consumer.KafkaConsumer
/** @deprecated Use KafkaConsumer. */
export const Consumer = deprecate(
  TieredConsumer,
  'Use KafkaConsumer instead. This may be changed in a later version',
) as unknown as typeof consumer.KafkaConsumer
export const createReadStream =
  TieredConsumer.createReadStream as unknown as typeof consumer.KafkaConsumer.createReadStream

export const Producer = passed('Producer') as typeof producer.Producer
export type Producer = producer.Producer
export const HighLevelProducer = passed('HighLevelProducer') as typeof producer.HighLevelProducer
export type HighLevelProducer = producer.HighLevelProducer
export const createWriteStream = passed('createWriteStream') as typeof producer.Producer.createWriteStream

export const AdminClient = (theirs?.['AdminClient'] ?? {
  create: passed('AdminClient.create'),
}) as typeof producer.AdminClient
export type AdminClient = producer.AdminClient

export const CODES = (theirs?.['CODES'] ?? { ERRORS: errorCodes() }) as client.ErrorCodes
export const Topic = (theirs?.['Topic'] ??
  Object.assign(ownTopic, {
    PARTITION_UA: -1,
    OFFSET_BEGINNING,
    OFFSET_END,
    OFFSET_STORED,
    OFFSET_INVALID,
  })) as client.TopicOffsets
export const features = (theirs?.['features'] ?? [...binding().features]) as string[]
export const librdkafkaVersion = (theirs?.['librdkafkaVersion'] ?? binding().librdkafkaVersion) as string

// `import Kafka from …` compiled to CommonJS asks a compiled module for `default`; node-rdkafka, which is none, has no need.
// Not enumerable: the exports are node-rdkafka's.
Object.defineProperty(exports, 'default', { value: exports as object })
