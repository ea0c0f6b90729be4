export { ConsumerConfig, type ToYamlOptions } from './consumer-config'
export type { PackageOptions } from './options'
export type { ConsumerProperties, LibrdkafkaConsumerProperties } from './properties'
export { ConsumerTier, type BufferedTier, type ConsumerTierInput, type DedicatedTier, type StandardTier } from './tier'
