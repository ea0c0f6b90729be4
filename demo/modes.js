'use strict'
// How the demo names the modes, what each is configured with, and how it is read.

/**
 * @typedef {object} Mode
 * @property {string} name as `--tiers` and the table spell it
 * @property {import('rdkafka-tiers').ConsumerTierInput} tier value of performance.tier
 * @property {'stream' | 'batches'} reads the way to read that suits it
 */

const SPELLINGS = 'legacy, standard, buffered, buffered:<batch size> or dedicated'
const DEFAULT_MODES = 'legacy,standard,buffered:32,dedicated'

/**
 * The mode of a name, or undefined when there is none.
 *
 * @param {string} name
 * @returns {Mode | undefined}
 */
function modeOf(name) {
  if (name === 'legacy' || name === 'standard') return { name, tier: name, reads: 'stream' }
  if (name === 'dedicated') return { name, tier: name, reads: 'batches' }
  const size = name === 'buffered' ? 32 : Number(/^buffered:(\d{1,5})$/.exec(name)?.[1])
  if (!(size >= 1 && size <= 10_000)) return undefined
  return { name: `buffered:${size}`, tier: `buffered:${size}`, reads: 'batches' }
}

module.exports = { modeOf, SPELLINGS, DEFAULT_MODES }
