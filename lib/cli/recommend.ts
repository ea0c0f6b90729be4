import { wrapped } from './text'
import { medians } from './display'
import type { Row } from './bench'

/** Tiers within this share of the fastest are as fast: rounds differ by more than that. */
const AS_FAST = 0.9

/** Where tiers are as fast as each other, the one that takes less: no thread of its own, and less in between. */
const SIMPLICITY = ['standard', 'buffered', 'dedicated']

/** What to put into the configuration, and why, from what was measured. */
export function recommendation(rows: readonly Row[]): string {
  const all = rows.map(({ tier, rounds }) => ({ tier, ...medians(rounds) }))
  const legacy = all.find(({ tier }) => tier === 'legacy')
  const tiers = all.filter(({ tier }) => tier !== 'legacy').sort((a, b) => rankOf(a.tier) - rankOf(b.tier))
  const fastest = Math.max(...tiers.map(({ messagesPerSecond }) => messagesPerSecond))
  const chosen = tiers.find(({ messagesPerSecond }) => messagesPerSecond >= AS_FAST * fastest)
  if (chosen === undefined) return 'Nothing to recommend: no tier was measured.'
  const rate = Math.round(chosen.messagesPerSecond).toLocaleString('en-US')
  const sentences = [`Recommended here: 'performance.tier': '${chosen.tier}': ${rate} messages a second.`]
  const others = tiers.length - 1
  const asFast = tiers.filter(({ messagesPerSecond }) => messagesPerSecond >= AS_FAST * fastest).length
  if (others > 0 && asFast === tiers.length) {
    sentences.push(
      'All tiers are within a tenth of the fastest: brokers or the network are what limits them, and the simplest will do.',
    )
  } else if (chosen.messagesPerSecond < fastest) {
    sentences.push('It is within a tenth of the fastest, and simpler.')
  }
  if (legacy !== undefined) {
    sentences.push(`That is ${(chosen.messagesPerSecond / legacy.messagesPerSecond).toFixed(1)} times legacy's rate.`)
  }
  return sentences.map(wrapped).join('\n')
}

/** Smaller batches before larger ones. */
function rankOf(tier: string): number {
  const [kind = '', size = '32'] = tier.split(':')
  return SIMPLICITY.indexOf(kind) * 1e6 + Number(size)
}
