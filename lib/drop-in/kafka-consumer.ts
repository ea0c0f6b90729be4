import { EventEmitter } from 'node:events'
import type { ConsumerTier } from '../config/tier'
import { splitTier, tierConf, type Conf } from './conf'
import type { ConfCallbacks, TierInstance } from './instance'
import { methods } from './methods'
import { assertLoaded, nodeRdkafka } from './node-rdkafka'
import { KafkaConsumerStream, type StreamOptions } from './stream'
import { TierConsumer } from './tier-consumer'

const DEFAULT_CONSUME_TIMEOUT_MS = 1000
const DEFAULT_CONSUME_LOOP_DELAY_MS = 500

/** node-rdkafka's class where it can be loaded: it makes the consumers without a tier, and all are instances of it. */
const Base = nodeRdkafka()?.KafkaConsumer

type Class = new (conf: unknown, topicConf?: unknown) => object

/**
 * node-rdkafka's `KafkaConsumer`; with `performance.tier` in the configuration, the same on this package's own addon.
 *
 * A function and no class, so that it can be called without `new` as node-rdkafka's can. What it returns has the
 * prototype of the class that was constructed, so subclasses work.
 *
 * @throws Error librdkafka refuses the configuration
 * @throws ConfigError there is no such tier
 * @throws LoadError no tier was given, and node-rdkafka cannot be loaded
 */
export function KafkaConsumer(this: unknown, conf: unknown, topicConf?: unknown): object {
  // Undefined when called without `new`, whatever TypeScript thinks.
  const target = ((new.target as unknown) ?? KafkaConsumer) as Class
  const { tier, conf: rest } = splitTier(conf)
  if (tier !== undefined) return construct(target, tier, rest, topicConf)
  return Reflect.construct(assertLoaded().KafkaConsumer, [rest, topicConf], target)
}

KafkaConsumer.createReadStream = function createReadStream(
  conf: unknown,
  topicConf: unknown,
  options: unknown,
): unknown {
  const consumer = new (KafkaConsumer as unknown as Class)(conf, topicConf) as Partial<TierInstance>
  if (consumer._tier !== undefined) return new KafkaConsumerStream(consumer, options as StreamOptions)
  // node-rdkafka's own stream, over a consumer that is its own too.
  return new (assertLoaded().KafkaConsumerStream)(consumer, options)
}

KafkaConsumer.super_ = Base?.super_ ?? EventEmitter
KafkaConsumer.prototype = methods(Base?.prototype ?? EventEmitter.prototype)
Object.defineProperty(KafkaConsumer.prototype, 'constructor', {
  value: KafkaConsumer,
  writable: true,
  configurable: true,
})

function construct(target: Class, tier: ConsumerTier, conf: unknown, topicConf: unknown): object {
  const globalConfig = { ...(conf as Conf) }
  const topicConfig = typeof topicConf === 'object' && topicConf !== null ? { ...(topicConf as Conf) } : undefined
  const callbacks: ConfCallbacks = globalConfig
  const checked = tierConf(globalConfig, topicConfig ?? {})
  const hasEvents = globalConfig['event_cb'] !== false
  delete globalConfig['event_cb']

  const consumer = Reflect.construct(EventEmitter, [], target) as TierInstance
  const handle = new TierConsumer(checked, tier, {
    emit: (name, ...values) => consumer.emit(name, ...values),
    rebalance: callbacks.rebalance_cb,
    offsetCommit: callbacks.offset_commit_cb,
    hasEvents,
    self: consumer,
  })
  // Does not show: the own properties that do are node-rdkafka's.
  Object.defineProperty(consumer, '_tier', { value: handle })
  Object.defineProperty(consumer, '_client', { value: handle, writable: true, configurable: true })
  Object.assign(consumer, {
    _cb_configs: { global: functionsOf(globalConfig), topic: functionsOf(topicConfig ?? {}), event: {} },
    metrics: {},
    _isConnected: false,
    errorCounter: 0,
    _metadata: {},
    globalConfig,
    topicConfig,
    _consumeTimeout: DEFAULT_CONSUME_TIMEOUT_MS,
    _consumeLoopTimeoutDelay: DEFAULT_CONSUME_LOOP_DELAY_MS,
  })
  consumer.on('ready', (info: { name: string }) => {
    consumer.metrics.connectionOpened = Date.now()
    consumer.name = info.name
  })
  consumer.on('disconnected', () => {
    consumer.metrics = {}
    consumer._isConnected = false
  })
  consumer.on('event.error', (error: unknown) => {
    consumer.lastError = error
    consumer.errorCounter++
  })
  return consumer
}

function functionsOf(conf: Conf): object {
  return Object.fromEntries(Object.entries(conf).filter(([, value]) => typeof value === 'function'))
}
