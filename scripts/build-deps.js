'use strict'
// Builds the static libraries the addon links with, once: node scripts/build-deps.js [tiers|stock|asan|tsan …]
//
//   <deps>/<variant>/include/  librdkafka/rdkafka.h, librdkafka/rdkafka_mock.h, zlib.h, zstd.h, mimalloc.h
//   <deps>/<variant>/lib/      librdkafka.a libmimalloc.a libzstd.a libz.a libssl.a libcrypto.a
//   <deps>/<variant>/build.json   what it was made of; a build whose `inputs` differ is made anew
//
// <deps> is RDKAFKA_TIERS_DEPS, or .deps in the repository.
const { createHash } = require('node:crypto')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { buildLibrdkafka } = require('./deps/librdkafka')
const { buildLibrary, libraries } = require('./deps/small-libraries')
const { crateSources, librdkafkaSources, pinned } = require('./deps/sources')
const { cFlags, variantNamed } = require('./deps/variants')
const { withLock } = require('./support/lock')
const { addonVariant, depsDir } = require('./support/paths')
const { checkBuildTools, compilers, staticLibrary } = require('./support/prerequisites')
const { output, runMain, step } = require('./support/run')

/** The others take zlib and zstd from it: they are no sanitizer's business, nor any comparison's. */
const BASE = 'tiers'

/**
 * Builds what is missing of the named variants.
 *
 * @param {readonly string[]} names
 */
async function buildDeps(names) {
  names.forEach(variantNamed)
  const deps = depsDir()
  if (names.every((name) => isCurrent(deps, name))) return
  checkBuildTools()
  await withLock(deps, 'build', async () => {
    for (const name of new Set([BASE, ...names])) if (!isCurrent(deps, name)) await buildVariant(deps, name)
  })
}

/** @param {string} deps @param {string} name */
function isCurrent(deps, name) {
  try {
    return JSON.parse(fs.readFileSync(path.join(deps, name, 'build.json'), 'utf8')).inputs === inputsOf(name)
  } catch {
    return false
  }
}

/** A hash of all that decides what a build contains. */
function inputsOf(/** @type {string} */ name) {
  const hash = createHash('sha256')
  for (const file of fs.readdirSync(path.join(__dirname, 'deps')).sort())
    hash.update(fs.readFileSync(path.join(__dirname, 'deps', file)))
  const { cc } = compilers()
  const ssl = staticLibrary('libcrypto.a')
  const sslSize = ssl && fs.existsSync(ssl) ? fs.statSync(ssl).size : 0
  return hash
    .update(JSON.stringify([name, pinned, output(cc, ['--version']), ssl, sslSize, process.arch]))
    .digest('hex')
}

/** @param {string} deps @param {string} name */
async function buildVariant(deps, name) {
  const variant = variantNamed(name)
  const started = Date.now()
  const final = path.join(deps, name)
  // Made beside its place and renamed at the end: an interrupted build leaves nothing that looks finished.
  const prefix = `${final}.building`
  fs.rmSync(prefix, { recursive: true, force: true })
  for (const part of ['include', 'lib', 'build']) fs.mkdirSync(path.join(prefix, part), { recursive: true })

  const sources = await librdkafkaSources(deps)
  const parts = libraries(await crateSources(deps))
  const logFile = path.join(deps, 'logs', `${name}.log`)
  fs.rmSync(logFile, { force: true })
  const flags = [...cFlags(variant), `-ffile-prefix-map=${prefix}=${final}`]
  const tools = { prefix, flags, jobs: os.availableParallelism(), logFile, ...compilers() }
  step(`Compiling librdkafka ${pinned.librdkafka.version} ${variant.purpose} (a minute or two, once)`)
  for (const library of [parts.zlib, parts.zstd]) {
    if (name === BASE) await buildLibrary(library, tools)
    else copyLibrary(library, path.join(deps, BASE), prefix)
  }
  if (variant.allocator === 'mimalloc') await buildLibrary(parts.mimalloc, tools)
  for (const library of ['libssl.a', 'libcrypto.a'])
    fs.symlinkSync(staticLibrary(library) ?? library, path.join(prefix, 'lib', library))
  const { allocator, amended, sanitize: linkFlags } = variant
  await buildLibrdkafka({ ...tools, sources, linkFlags, allocator, amended })

  const facts = {
    inputs: inputsOf(name),
    variant: name,
    librdkafka: pinned.librdkafka.version,
    allocator: variant.allocator,
    flags,
  }
  fs.writeFileSync(path.join(prefix, 'build.json'), `${JSON.stringify(facts, null, 2)}\n`)
  fs.rmSync(final, { recursive: true, force: true })
  fs.renameSync(prefix, final)
  step(`librdkafka ${variant.purpose} is in ${final} (${Math.round((Date.now() - started) / 1000)} s)`)
}

/** @param {import('./deps/small-libraries').Library} library @param {string} from @param {string} to */
function copyLibrary({ name, headers }, from, to) {
  const files = [path.join('lib', `lib${name}.a`), ...headers.map((file) => path.join('include', path.basename(file)))]
  for (const file of files) fs.copyFileSync(path.join(from, file), path.join(to, file))
}

module.exports = { buildDeps }

if (require.main === module) {
  const names = process.argv.slice(2)
  runMain(() => buildDeps(names.length > 0 ? names : [addonVariant()]))
}
