import { binding } from '../binding'
import { parseTier, tierOverride, type ConsumerTier } from '../config/tier'

const TIER_KEY = 'performance.tier'
/** Functions under these names are called by this package; librdkafka takes no others by name. */
const CALLBACKS = ['rebalance_cb', 'offset_commit_cb']
// librdkafka's default, 1000, stalls a partition for a second whenever its queue is full.
const FETCH_QUEUE_BACKOFF_MS = 10

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
 * @throws Error librdkafka refuses a name or a value
 */
export function tierConf(conf: Conf, topicConf: Conf): TierConf {
  const flat = [...strings(conf), ...strings(topicConf)]
  try {
    const dumped = pairs(binding().dumpConfiguration(flat))
    // The pumps and listeners of this package see messages before user code does: librdkafka must not count them.
    const forced = ['enable.auto.commit', 'false', 'enable.auto.offset.store', 'false']
    const isBackoffGiven = 'fetch.queue.backoff.ms' in conf
    return {
      flat: [...flat, ...(isBackoffGiven ? [] : ['fetch.queue.backoff.ms', String(FETCH_QUEUE_BACKOFF_MS)]), ...forced],
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

function strings(conf: Conf): string[] {
  return Object.entries(conf).flatMap(([name, value]) => {
    if (name === 'event_cb' || typeof value === 'function') return []
    if (CALLBACKS.includes(name) && value === true) return []
    return [name, String(value)]
  })
}

function pairs(flat: readonly string[]): Map<string, string> {
  const map = new Map<string, string>()
  for (let i = 0; i < flat.length; i += 2) map.set(flat[i] as string, flat[i + 1] as string)
  return map
}
