// What is assignable to what, between node-rdkafka's types and this package's. Compiling it is the test.
import type * as theirs from 'node-rdkafka'
import type * as ours from 'rdkafka-tiers/node-rdkafka'

type IsAny<T> = 0 extends 1 & T ? true : false
/** The first argument, provided that it may stand for the second. */
type Fits<From extends To, To> = IsAny<From> extends true ? never : From
type Same<A extends B, B extends C, C = A> = [A, B, C]

// ---- instances: what this package gives is used by code written for theirs, and the other way round ----

export type Classes = [
  // One event and some arguments more: theirs cannot stand for it.
  Fits<ours.KafkaConsumer, theirs.KafkaConsumer>,
  Fits<ours.ConsumerStream, theirs.ConsumerStream>,
  Same<ours.Producer, theirs.Producer>,
  Same<ours.HighLevelProducer, theirs.HighLevelProducer>,
  Same<ours.Client<'ready'>, theirs.Client<'ready'>>,
  Same<ours.AdminClient, theirs.AdminClient>,
]

export type Shapes = [
  Same<ours.IAdminClient, theirs.IAdminClient>,
  Same<ours.NewTopic, theirs.NewTopic>,
  Same<ours.ProducerStream, theirs.ProducerStream>,
  Same<ours.ReadStreamOptions, theirs.ReadStreamOptions>,
  Same<ours.WriteStreamOptions, theirs.WriteStreamOptions>,
  Same<ours.LibrdKafkaError, theirs.LibrdKafkaError>,
  Same<ours.Message, theirs.Message>,
  Same<ours.MessageHeader, theirs.MessageHeader>,
  Same<ours.MessageKey, theirs.MessageKey>,
  Same<ours.MessageValue, theirs.MessageValue>,
  Same<ours.DeliveryReport, theirs.DeliveryReport>,
  Same<ours.Metadata, theirs.Metadata>,
  Same<ours.MetadataOptions, theirs.MetadataOptions>,
  Same<ours.TopicPartition, theirs.TopicPartition>,
  Same<ours.TopicPartitionOffset, theirs.TopicPartitionOffset>,
  Same<ours.TopicPartitionTime, theirs.TopicPartitionTime>,
  Same<ours.Assignment, theirs.Assignment>,
  Same<ours.EofEvent, theirs.EofEvent>,
  Same<ours.WatermarkOffsets, theirs.WatermarkOffsets>,
  Same<ours.SubscribeTopicList, theirs.SubscribeTopicList>,
  Same<ours.ReadyInfo, theirs.ReadyInfo>,
  Same<ours.ClientMetrics, theirs.ClientMetrics>,
  Same<ours.KafkaClientEvents, theirs.KafkaClientEvents>,
  Same<ours.KafkaConsumerEvents, theirs.KafkaConsumerEvents>,
  Same<ours.KafkaProducerEvents, theirs.KafkaProducerEvents>,
]

// ---- configurations: property by property, for all properties are optional ----

/** A later librdkafka knows one more value. */
type Later = 'sasl.oauthbearer.metadata.authentication.type'
type Config<T> = Required<Omit<T, Later>>
type Added = 'performance.tier' | 'sasl.oauthbearer.sub.claim.name'

export type Configs = [
  Same<Omit<Config<ours.GlobalConfig>, Added>, Omit<Config<theirs.GlobalConfig>, Added>>,
  Same<Omit<Config<ours.ConsumerGlobalConfig>, Added>, Omit<Config<theirs.ConsumerGlobalConfig>, Added>>,
  Same<Omit<Config<ours.ProducerGlobalConfig>, Added>, Omit<Config<theirs.ProducerGlobalConfig>, Added>>,
  Same<Config<ours.TopicConfig>, Config<theirs.TopicConfig>>,
  Same<Config<ours.ConsumerTopicConfig>, Config<theirs.ConsumerTopicConfig>>,
  Same<Config<ours.ProducerTopicConfig>, Config<theirs.ProducerTopicConfig>>,
  Fits<theirs.GlobalConfig[Later], ours.GlobalConfig[Later]>,
]

// ---- values: the modules themselves ----

type Theirs = typeof theirs
type Ours = typeof ours

/** All that they export, and of ours what they do not declare. */
export type Modules = [
  Fits<Ours, Theirs>,
  Fits<Exclude<keyof Ours, keyof Theirs>, 'Consumer' | 'Topic'>,
  Same<Ours['CODES'], Theirs['CODES']>,
  Same<Ours['features'], Theirs['features']>,
  Same<Ours['librdkafkaVersion'], Theirs['librdkafkaVersion']>,
  Same<Ours['createWriteStream'], Theirs['createWriteStream']>,
  Same<Ours['AdminClient'], Theirs['AdminClient']>,
  Same<Ours['Producer'], Theirs['Producer']>,
  Same<Ours['HighLevelProducer'], Theirs['HighLevelProducer']>,
]
