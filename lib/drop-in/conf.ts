import { binding } from '../binding'
import { type Given, PREFETCH, prefetchDefaults } from '../config/prefetch'
import { parseTier, tierOverride, type ConsumerTier } from '../config/tier'

const TIER_KEY = 'performance.tier'
/** Functions under these names are called by this package; librdkafka takes no others by name. */
const CALLBACKS = ['rebalance_cb', 'offset_commit_cb']

/** librdkafka's properties of topics that are none of the client. */
const OF_TOPICS = new Set([
  'auto.offset.reset',
  'auto.commit.enable',
  'consume.callback.max.messages',
  'offset.store.method',
  'offset.store.path',
  'offset.store.sync.interval.ms',
  'acks',
  'request.required.acks',
  'request.timeout.ms',
  'message.timeout.ms',
  'delivery.timeout.ms',
  'queuing.strategy',
  'produce.offset.report',
  'partitioner',
  'partitioner_cb',
  'msg_order_cmp',
  'compression.level',
])
/** Names of both. As properties of topics they mean nothing to a consumer of a group. */
const OF_BOTH = new Set([
  'enable.auto.commit',
  'auto.commit.interval.ms',
  'compression.codec',
  'compression.type',
  'opaque',
])

export type Conf = Readonly<Record<string, unknown>>

/** The tier that a configuration names, and the rest of it: what node-rdkafka knows. */
export function splitTier(conf: unknown): { tier: ConsumerTier | undefined; conf: unknown } {
  const override = tierOverride(process.env)
  if (typeof conf !== 'object' || conf === null || !(TIER_KEY in conf)) return { tier: override?.tier, conf }
  const { [TIER_KEY]: given, ...rest } = conf as Conf
  const tier = parseTier(given, TIER_KEY)
  return { tier: override === undefined ? tier : override.tier, conf: rest }
}

/** What this package does itself, of what the user configured. */
export interface TierConf {
  /** For librdkafka: name, value, … */
  flat: string[]
  autoCommit: { enabled: boolean; intervalMs: number }
  /** What was delivered is stored for the next commit; else the user stores it with offsetsStore(). */
  storesOffsets: boolean
  maxPollIntervalMs: number
  hasGroup: boolean
}

/**
 * Checks a configuration as node-rdkafka does: synchronously, with librdkafka's own messages.
 *
 * Properties of topics count in `topicConf` alone: node-rdkafka hands that to librdkafka as a whole, in place of what
 * stood in `conf`. Code that has `auto.offset.reset` in `conf` runs without it there, and must not begin elsewhere here.
 *
 * @throws Error librdkafka refuses a name or a value
 */
export function tierConf(conf: Conf, topicConf: Conf): TierConf {
  const pairs = pairsOf(conf)
  const topicPairs = pairsOf(topicConf)
  try {
    const dumped = dump(pairs)
    const unknown = topicPairs.find(([name]) => !OF_TOPICS.has(name) && !OF_BOTH.has(name))
    if (unknown !== undefined) throw new Error(`No such configuration property: "${unknown[0]}"`)
    dump(topicPairs)
    // Defaults of librdkafka pass for given where this package has none of its own.
    const given: Given = (name) => (name in PREFETCH && !(name in conf) ? undefined : Number(dumped.get(name)))
    const flat = [
      ...pairs.filter(([name]) => !OF_TOPICS.has(name)),
      ...topicPairs.filter(([name]) => OF_TOPICS.has(name)),
      ...prefetchDefaults(given),
      // The pumps and listeners of this package see messages before user code does: librdkafka must not count them.
      ['enable.auto.commit', 'false'] as const,
      ['enable.auto.offset.store', 'false'] as const,
    ].flat()
    return {
      flat,
      autoCommit: {
        enabled: dumped.get('enable.auto.commit') === 'true',
        intervalMs: Number(dumped.get('auto.commit.interval.ms')),
      },
      storesOffsets: dumped.get('enable.auto.offset.store') === 'true',
      maxPollIntervalMs: Number(dumped.get('max.poll.interval.ms')),
      hasGroup: (dumped.get('group.id') ?? '') !== '',
    }
  } catch (error) {
    // Plain, as there.
    throw new Error((error as Error).message, { cause: error })
  }
}

type Pair = readonly [name: string, value: string]

function pairsOf(conf: Conf): Pair[] {
  return Object.entries(conf).flatMap(([name, value]) => {
    // Functions are not librdkafka's: those that are called are kept elsewhere, the others ignored, as there.
    if (name === 'event_cb' || typeof value === 'function') return []
    if (CALLBACKS.includes(name) && value === true) return []
    return [[name, String(value)] as const]
  })
}

/** What librdkafka makes of it, with its defaults. */
function dump(pairs: readonly Pair[]): Map<string, string> {
  const flat = binding().dumpConfiguration(pairs.flat())
  const map = new Map<string, string>()
  for (let i = 0; i < flat.length; i += 2) map.set(flat[i] as string, flat[i + 1] as string)
  return map
}
