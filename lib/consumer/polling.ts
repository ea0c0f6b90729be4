import { PollMode } from '../binding'
import type { ConsumerTier } from '../config/tier'

/**
 * Most messages that one poll of the Standard tier takes. What is there is taken together: asked for one by one, each
 * costs a crossing, a lock and a reading of the clock. A message that comes alone waits for no other.
 */
const STANDARD_POLL_MAX = 16

export function pollMode(tier: ConsumerTier): PollMode {
  return tier.kind === 'dedicated' ? PollMode.Dedicated : PollMode.Direct
}

/** Most messages of one poll. Dedicated takes what fills a batch, on whichever thread. */
export function pollMax(tier: ConsumerTier): number {
  return tier.batchSize ?? STANDARD_POLL_MAX
}
