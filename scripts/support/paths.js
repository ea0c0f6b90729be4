'use strict'
// Where things lie. Nothing here touches the disk.
const path = require('node:path')

const root = path.resolve(__dirname, '..', '..')

/** What is built or downloaded once and kept: `RDKAFKA_TIERS_DEPS`, or `.deps` in the repository. */
function depsDir() {
  const given = process.env.RDKAFKA_TIERS_DEPS
  return given ? path.resolve(given) : path.join(root, '.deps')
}

/** The build that the addon links with: `RDKAFKA_TIERS_SANITIZE` chooses one with a sanitizer. */
function addonVariant() {
  const sanitizer = process.env.RDKAFKA_TIERS_SANITIZE ?? ''
  if (sanitizer === '') return 'tiers'
  if (sanitizer === 'address') return 'asan'
  if (sanitizer === 'thread') return 'tsan'
  throw new Error(`RDKAFKA_TIERS_SANITIZE: expected address or thread, got ${sanitizer}`)
}

module.exports = { root, depsDir, addonVariant }
