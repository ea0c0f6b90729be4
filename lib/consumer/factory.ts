import { binding } from '../binding'
import { ConsumerConfig, type ConsumerProperties } from '../config'
import { ArgumentError } from '../errors'
import { createLegacyConsumer } from '../legacy'
import type { Deserializer } from '../serde'
import { KafkaStreamConsumer } from './consumer'
import type { CreateNative } from './engine'
import { pollMode } from './polling'
import type { ConsumerSettings } from './settings'

/** Makes consumers. */
export const ConsumerFactory = {
  /**
   * A consumer of the tier that the configuration names; without one, legacy: node-rdkafka's flowing mode under the
   * same interface.
   *
   * ```ts
   * const consumer = ConsumerFactory.create(
   *   { 'bootstrap.servers': 'localhost:9092', 'group.id': 'orders', 'performance.tier': ConsumerTier.Dedicated },
   *   string(),
   *   json<Order>(),
   * )
   * ```
   *
   * librdkafka connects at once and looks for the coordinator of its group, but joins it and fetches only after
   * `subscribe()` or `assign()`. A broker that is not there is no error here.
   *
   * @throws ConfigError a key is unknown or its value cannot be
   * @throws LoadError the addon (or, for legacy, node-rdkafka) cannot be loaded
   */
  create<K, V>(
    config: ConsumerConfig | ConsumerProperties,
    keyDeserializer: Deserializer<K>,
    valueDeserializer: Deserializer<V>,
  ): KafkaStreamConsumer<K, V> {
    const checked = config instanceof ConsumerConfig ? config : new ConsumerConfig(config)
    checkDeserializer(keyDeserializer, 'keyDeserializer')
    checkDeserializer(valueDeserializer, 'valueDeserializer')
    return new KafkaStreamConsumer(nativeOf(checked), settingsOf(checked), keyDeserializer, valueDeserializer)
  },
}

function settingsOf(config: ConsumerConfig): ConsumerSettings {
  const settings = config.toSettings()
  // node-rdkafka's flowing mode polls by itself, whatever the program does: the group never gives such a member up.
  return config.tier === undefined ? { ...settings, maxPollIntervalMs: Infinity } : settings
}

function nativeOf(config: ConsumerConfig): CreateNative {
  const conf = config.toRdKafka()
  const { tier, maxBufferedMessages, maxBufferedBytes } = config
  if (tier === undefined) {
    return (wake) => createLegacyConsumer(conf, wake, { maxBufferedMessages, maxBufferedBytes })
  }
  const flat = Object.entries(conf).flat()
  return (wake) => binding().createConsumer(flat, pollMode(tier), wake, maxBufferedMessages, maxBufferedBytes)
}

function checkDeserializer(value: unknown, name: string): void {
  if (typeof (value as Partial<Deserializer<unknown>> | undefined)?.deserialize !== 'function') {
    throw new ArgumentError(
      `${name}: expected a deserializer such as string() or json(), got ${value === null ? 'null' : typeof value}`,
    )
  }
}
