'use strict'
// The builds of librdkafka: what the addon links with, what raw C programs are compared with, and those under a sanitizer.

const { SetupError } = require('../support/run')

/** @typedef {{ allocator: 'mimalloc' | 'system', amended: boolean, optimize: string[], sanitize: string[], purpose: string }} Variant */

/** @type {Record<string, Variant>} */
const variants = {
  tiers: { allocator: 'mimalloc', amended: true, optimize: ['-O2'], sanitize: [], purpose: 'for the addon' },
  stock: {
    allocator: 'system',
    amended: false,
    optimize: ['-O2'],
    sanitize: [],
    purpose: 'for raw C programs to compare with',
  },
  asan: {
    allocator: 'system',
    amended: true,
    optimize: ['-O1', '-fno-omit-frame-pointer'],
    sanitize: ['-fsanitize=address,undefined'],
    purpose: 'with AddressSanitizer',
  },
  tsan: {
    allocator: 'system',
    amended: true,
    optimize: ['-O1', '-fno-omit-frame-pointer'],
    sanitize: ['-fsanitize=thread'],
    purpose: 'with ThreadSanitizer',
  },
}

/** @param {string} name */
function variantNamed(name) {
  const variant = variants[name]
  if (!variant) throw new SetupError(`variant: expected one of ${Object.keys(variants).join(', ')}, got ${name}`)
  return variant
}

/** Flags of every C file of a variant. Position independent and hidden, as all of it ends in one shared object. */
function cFlags(/** @type {Variant} */ variant) {
  return [
    ...variant.optimize,
    '-g',
    '-fPIC',
    '-fvisibility=hidden',
    '-ffunction-sections',
    '-fdata-sections',
    ...variant.sanitize,
  ]
}

module.exports = { variantNamed, cFlags }
