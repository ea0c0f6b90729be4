'use strict'
// What binding.gyp cannot know: node scripts/gyp-values.js <name> prints one value.
const fs = require('node:fs')
const path = require('node:path')
const { variantNamed } = require('./deps/variants')
const { addonVariant, depsDir, root } = require('./support/paths')

const variant = addonVariant()
const prefix = path.join(depsDir(), variant)

/** @type {Record<string, () => string>} */
const values = {
  /** The directory with include/ and lib/ of librdkafka and what it needs. */
  deps: () => prefix,
  /** What librdkafka allocates from: mimalloc or system. The addon reports it. */
  allocator: () => JSON.parse(fs.readFileSync(path.join(prefix, 'build.json'), 'utf8')).allocator,
  /** Value of -fsanitize=, or nothing. */
  sanitizer: () =>
    variantNamed(variant)
      .sanitize.map((flag) => flag.replace('-fsanitize=', ''))
      .join(','),
  'node-addon-api': () => path.dirname(require.resolve('node-addon-api/package.json')),
  sources: () =>
    fs
      .readdirSync(path.join(root, 'native'))
      .filter((file) => file.endsWith('.cc'))
      .sort()
      .map((file) => `native/${file}`)
      .join('\n'),
}

const name = process.argv[2] ?? ''
const value = values[name]
if (!value) throw new Error(`gyp value: expected one of ${Object.keys(values).join(', ')}, got ${name}`)
console.log(value())
