import { EventEmitter } from 'node:events'
import type { ConsumerTier } from '../config/tier'
import { callbacksOf, wrapCallbacks } from './callbacks'
import { splitTier, tierConf, type Conf } from './conf'
import type { TierInstance } from './instance'
import { methods } from './methods'
import { assertLoaded, nodeRdkafka } from './node-rdkafka'
import { KafkaConsumerStream, type StreamOptions } from './stream'
import { TierConsumer } from './tier-consumer'

const DEFAULT_CONSUME_TIMEOUT_MS = 1000
const DEFAULT_CONSUME_LOOP_DELAY_MS = 500

/** node-rdkafka's class where it can be loaded: it makes the consumers without a tier, and all are instances of it. */
const Base = nodeRdkafka()?.KafkaConsumer

/** A constructor as there were before classes: called on an object that has the prototype already. */
interface Constructor {
  new (conf: unknown, topicConf?: unknown): object
  call(self: unknown, conf?: unknown, topicConf?: unknown): unknown
}

/**
 * node-rdkafka's `KafkaConsumer`; with `performance.tier` in the configuration, the same on this package's own addon.
 *
 * A function and no class, so that it can be called without `new`, and by the constructors of subclasses that are
 * functions too, as node-rdkafka's can.
 *
 * @throws Error librdkafka refuses the configuration
 * @throws ConfigError there is no such tier
 * @throws LoadError no tier was given, and node-rdkafka cannot be loaded
 */
export function KafkaConsumer(this: unknown, conf: unknown, topicConf?: unknown): object {
  if (!(this instanceof KafkaConsumer)) return new (KafkaConsumer as unknown as Constructor)(conf, topicConf)
  const { tier, conf: rest } = splitTier(conf)
  if (tier === undefined) {
    const Theirs = assertLoaded().KafkaConsumer as unknown as Constructor
    Theirs.call(this, rest, topicConf)
  } else {
    construct(this as unknown as TierInstance, tier, conf as Conf, rest as Conf, topicConf)
  }
  return this
}

KafkaConsumer.createReadStream = function createReadStream(
  conf: unknown,
  topicConf: unknown,
  options: unknown,
): unknown {
  const consumer = new (KafkaConsumer as unknown as Constructor)(conf, topicConf) as Partial<TierInstance>
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

function construct(consumer: TierInstance, tier: ConsumerTier, given: Conf, conf: Conf, topicConf: unknown): void {
  const globalConfig: Record<string, unknown> = { ...given }
  const topicConfig: unknown = typeof topicConf === 'object' && topicConf !== null ? { ...topicConf } : topicConf
  // First, for it throws.
  const checked = tierConf(conf, (topicConfig ?? {}) as Conf)
  const hasEvents = globalConfig['event_cb'] !== false
  delete globalConfig['event_cb']
  wrapCallbacks(consumer, globalConfig)

  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- a function that is called without new makes it
  EventEmitter.call(consumer)
  const handle = new TierConsumer(checked, tier, {
    emit: (name, ...values) => consumer.emit(name, ...values),
    callbacks: () => consumer._cb_configs,
  })
  // Does not show: the own properties that do are node-rdkafka's.
  Object.defineProperty(consumer, '_tier', { value: handle })
  Object.assign(consumer, {
    _client: handle,
    _cb_configs: callbacksOf(consumer, globalConfig, topicConfig as Conf | undefined, hasEvents),
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
}
