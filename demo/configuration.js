'use strict'
const { randomBytes } = require('node:crypto')

/**
 * What a consumer of the demo is configured with: librdkafka's defaults, and one key for the tier.
 *
 * @param {string} bootstrap
 * @param {import('rdkafka-tiers').ConsumerTierInput} tier
 * @returns {import('rdkafka-tiers').ConsumerProperties}
 */
function configOf(bootstrap, tier) {
  return {
    'bootstrap.servers': bootstrap,
    // A group of its own, which commits nothing and so leaves nothing behind.
    'group.id': `rdkafka-tiers-demo-${randomBytes(6).toString('hex')}`,
    'enable.auto.commit': false,
    'auto.offset.reset': 'earliest',
    'performance.tier': tier,
  }
}

module.exports = { configOf }
