'use strict'
// What has to be installed before anything can be built. Each missing piece is one sentence with what to install.
const path = require('node:path')
const { output, SetupError } = require('./run')

/** The compilers, as make and node-gyp choose them. */
function compilers() {
  return { cc: process.env.CC ?? 'cc', cxx: process.env.CXX ?? 'c++', ar: process.env.AR ?? 'ar' }
}

/**
 * The full path of a static library that the C compiler finds, or undefined.
 *
 * @param {string} file
 */
function staticLibrary(file) {
  const found = output(compilers().cc, [`-print-file-name=${file}`])
  return found && path.isAbsolute(found) ? found : undefined
}

const nodeMajor = Number.parseInt(process.versions.node, 10)

/** @type {{ ok: () => boolean, missing: string }[]} */
const buildTools = [
  { ok: () => nodeMajor >= 20, missing: `Node.js 20 or newer is needed; this is ${process.version}.` },
  {
    ok: () => output(compilers().cc, ['--version']) !== undefined,
    missing: 'A C compiler is needed to build librdkafka: install gcc (Debian: build-essential), or set CC.',
  },
  {
    ok: () =>
      output(compilers().cxx, ['-std=c++20', '-x', 'c++', '-fsyntax-only', '-'], { input: '#include <span>\n' }) !==
      undefined,
    missing:
      'A C++20 compiler is needed to build the addon: install g++ 11 or newer (Debian: build-essential), or set CXX.',
  },
  {
    ok: () => output('make', ['--version']) !== undefined,
    missing: 'make is needed to build librdkafka: install it (Debian: make).',
  },
  {
    ok: () => output('bash', ['--version']) !== undefined,
    missing: 'bash is needed to configure librdkafka: install it (Debian: bash).',
  },
  {
    ok: () => output('tar', ['--version']) !== undefined,
    missing: 'tar is needed to unpack librdkafka: install it (Debian: tar).',
  },
  {
    ok: () => output('python3', ['--version']) !== undefined,
    missing: 'Python 3 is needed by node-gyp to build the addon: install it (Debian: python3).',
  },
  {
    ok: () => output('cargo', ['--version']) !== undefined,
    missing:
      'Cargo is needed to fetch the sources of zlib, zstd and mimalloc (no Rust is compiled): install it (Debian: cargo).',
  },
  {
    ok: () =>
      staticLibrary('libssl.a') !== undefined &&
      staticLibrary('libcrypto.a') !== undefined &&
      output(compilers().cc, ['-E', '-'], { input: '#include <openssl/ssl.h>\n' }) !== undefined,
    missing: 'OpenSSL with its static libraries is needed for TLS and SASL: install it (Debian: libssl-dev).',
  },
]

/** Throws one error that names everything missing. */
function checkBuildTools() {
  const missing = buildTools.filter((tool) => !tool.ok()).map((tool) => tool.missing)
  if (missing.length > 0) throw new SetupError(missing.join('\n'))
}

module.exports = { checkBuildTools, compilers, staticLibrary }
