import type { NativeConsumer } from '../binding'
import { LegacyConsumer } from './consumer'
import type { Limits } from './flow'
import { loadNodeRdkafka } from './load'
import type { Rdkafka } from './node-rdkafka'

/**
 * A consumer over node-rdkafka's flowing mode, for KafkaStreamConsumer: what runs when no `performance.tier` is given.
 *
 * @param conf librdkafka's properties
 * @param rdkafka for tests
 * @throws LoadError node-rdkafka is not installed or cannot be loaded
 * @throws ConfigError its librdkafka refuses a property
 */
export function createLegacyConsumer(
  conf: Record<string, string>,
  wake: (bits: number) => void,
  limits: Limits,
  rdkafka: Rdkafka = loadNodeRdkafka(),
): NativeConsumer {
  return new LegacyConsumer(rdkafka, conf, wake, limits)
}
