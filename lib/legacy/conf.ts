import { ConfigError } from '../errors'
import type { Rdkafka, RdkafkaConf, RdkafkaConsumer } from './node-rdkafka'
import { reasonOf } from '../reason'

/**
 * librdkafka's properties of a topic, that are not also properties of a client. librdkafka would take them from a
 * client's configuration as defaults, but node-rdkafka puts its topic configuration in place of those.
 */
const TOPIC_PROPERTIES = new Set([
  'acks',
  'auto.commit.enable',
  'auto.offset.reset',
  'compression.level',
  'consume.callback.max.messages',
  'delivery.timeout.ms',
  'message.timeout.ms',
  'offset.store.method',
  'offset.store.path',
  'offset.store.sync.interval.ms',
  'partitioner',
  'produce.offset.report',
  'queuing.strategy',
  'request.required.acks',
  'request.timeout.ms',
])

/** What this layer needs in a certain way, whatever is configured. */
const OWN_PROPERTIES = {
  // Offsets are committed from what user code has processed, and a partition given back is not committed unasked.
  'enable.auto.commit': 'false',
  'enable.auto.offset.store': 'false',
  // Backpressure has to know where a partition ends; events of it go to the user only if wanted.
  'enable.partition.eof': 'true',
}

/**
 * Most that is asked of a partition at a time (librdkafka's own default is 1 MiB), unless configured by either of its
 * names; a larger message comes all the same. A pause for backpressure throws away what was fetched and has not been
 * polled, and lets through what has been: with less in one answer both are less. With 100-byte messages of 4 partitions it
 * halved the memory and the time the event loop is blocked at a stretch, at the same throughput.
 */
const FETCH_BYTES = '131072'
const FETCH_BYTES_NAMES = ['fetch.message.max.bytes', 'max.partition.fetch.bytes']

/** Needs librdkafka calls that node-rdkafka has not. */
const UNUSABLE = ['log.queue']

/**
 * node-rdkafka's consumer of a configuration; it is not connected yet.
 *
 * @throws ConfigError what its librdkafka does not know or refuses
 */
export function createClient(
  rdkafka: Rdkafka,
  conf: Readonly<Record<string, string>>,
  callbacks: Pick<RdkafkaConf, 'rebalance_cb' | 'offset_commit_cb'>,
): RdkafkaConsumer {
  // Would be found missing when it connects.
  if (conf['group.id'] === undefined || conf['group.id'] === '') {
    throw new ConfigError(
      "'group.id': expected the name of a group, got nothing; node-rdkafka needs one even for assign()",
    )
  }
  const clientConf: RdkafkaConf = {}
  if (!FETCH_BYTES_NAMES.some((name) => name in conf)) clientConf['fetch.message.max.bytes'] = FETCH_BYTES
  const topicConf: Record<string, string> = {}
  for (const [name, value] of Object.entries({ ...conf, ...OWN_PROPERTIES })) {
    if (UNUSABLE.includes(name)) continue
    if (TOPIC_PROPERTIES.has(name)) topicConf[name] = value
    else clientConf[name] = value
  }
  try {
    return new rdkafka.KafkaConsumer({ ...clientConf, ...callbacks }, topicConf)
  } catch (error) {
    throw explain(error, rdkafka.librdkafkaVersion)
  }
}

function explain(error: unknown, version: string): ConfigError {
  const message = reasonOf(error)
  const unknown = /^No such configuration property: "(.*)"$/.exec(message)?.[1]
  return new ConfigError(
    unknown === undefined
      ? `legacy: librdkafka ${version} of node-rdkafka refuses the configuration: ${message}`
      : `'${unknown}': the librdkafka ${version} of node-rdkafka, which legacy runs on, has no such property; ` +
          "leave it out, or set 'performance.tier', which runs on a newer librdkafka",
    { cause: error },
  )
}
