'use strict'
// Configures and compiles librdkafka (mklove, make) into a static library.
const fs = require('node:fs')
const path = require('node:path')
const { run, SetupError } = require('../support/run')
const { amend } = require('./amendments')

/** What the tiers need and users ask for; each must be found in librdkafka's own list after configuring. */
const REQUIRED = ['WITH_SSL', 'WITH_ZLIB', 'WITH_ZSTD', 'WITH_SNAPPY', 'WITH_SASL_SCRAM', 'WITH_SASL_OAUTHBEARER']

/**
 * @param {{ sources: string, prefix: string, flags: string[], linkFlags: string[], allocator: 'mimalloc' | 'system',
 *           amended: boolean, jobs: number, logFile: string, cc: string, cxx: string }} options
 */
async function buildLibrdkafka(options) {
  const { sources, prefix, flags, linkFlags, allocator, amended, jobs, logFile, cc, cxx } = options
  const tree = path.join(prefix, 'build', 'librdkafka')
  fs.cpSync(sources, tree, { recursive: true })
  if (allocator === 'mimalloc')
    fs.copyFileSync(
      path.join(__dirname, 'rdkafka_receive_buffers.h'),
      path.join(tree, 'src', 'rdkafka_receive_buffers.h'),
    )
  if (amended) amend(path.join(tree, 'src'), allocator)
  const env = { CC: cc, CXX: cxx, CFLAGS: '', CXXFLAGS: '', CPPFLAGS: '', LDFLAGS: '', MAKEFLAGS: undefined }
  const common = { cwd: tree, logFile }
  await run(
    'bash',
    [
      './configure',
      '--enable-static',
      '--disable-lz4-ext',
      '--disable-gssapi',
      '--disable-curl',
      '--disable-c11threads',
      `--CFLAGS=${flags.join(' ')}`,
      `--CXXFLAGS=${flags.join(' ')}`,
      `--CPPFLAGS=-I${path.join(prefix, 'include')}`,
      `--LDFLAGS=-L${path.join(prefix, 'lib')} ${linkFlags.join(' ')}`,
    ],
    { ...common, env, what: 'Configuring librdkafka' },
  )
  checkFeatures(tree)
  // Makefile.config appends to CPPFLAGS, so what the environment gives comes first.
  const force = allocator === 'mimalloc' ? ['-D_GNU_SOURCE', '-include', path.join(__dirname, 'rdkafka_malloc.h')] : []
  await run('make', ['-C', 'src', `-j${jobs}`, 'librdkafka.a'], {
    ...common,
    env: { ...env, CPPFLAGS: force.join(' ') },
    what: 'Compiling librdkafka',
  })
  fs.copyFileSync(path.join(tree, 'src', 'librdkafka.a'), path.join(prefix, 'lib', 'librdkafka.a'))
  const include = path.join(prefix, 'include', 'librdkafka')
  fs.mkdirSync(include, { recursive: true })
  for (const header of ['rdkafka.h', 'rdkafka_mock.h'])
    fs.copyFileSync(path.join(tree, 'src', header), path.join(include, header))
  removeObjects(path.join(tree, 'src'))
}

/** @param {string} tree */
function checkFeatures(tree) {
  const config = fs.readFileSync(path.join(tree, 'config.h'), 'utf8')
  const missing = REQUIRED.filter((name) => !new RegExp(`^#define ${name} 1$`, 'm').test(config))
  if (missing.length > 0)
    throw new SetupError(`librdkafka was configured without ${missing.join(', ')}; see the log of the build.`)
}

/** Objects are in the archive; the sources stay, for debuggers. */
function removeObjects(/** @type {string} */ directory) {
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    const full = path.join(directory, entry.name)
    if (entry.isDirectory()) removeObjects(full)
    else if (/\.(o|d|a)$/.test(entry.name)) fs.rmSync(full)
  }
}

module.exports = { buildLibrdkafka }
