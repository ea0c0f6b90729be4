'use strict'
// Builds the addon: node scripts/build-addon.js [--debug]
//
// The result is build/Release/rdkafka_tiers.node (build/Debug with --debug). With RDKAFKA_TIERS_SANITIZE=address|thread it is
// <deps>/asan|tsan/addon/build/Release/rdkafka_tiers.node, to be loaded with RDKAFKA_TIERS_BINARY.
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { buildDeps } = require('./build-deps')
const { withLock } = require('./support/lock')
const { newest } = require('./support/newest')
const { addonVariant, depsDir, root } = require('./support/paths')
const { checkBuildTools } = require('./support/prerequisites')
const { run, runMain, step } = require('./support/run')

/** Where the addon of the present environment is built. */
function addonDir() {
  return addonVariant() === 'tiers' ? root : path.join(depsDir(), addonVariant(), 'addon')
}

/** @param {{ debug?: boolean }} [options] */
function addonFile({ debug = false } = {}) {
  return path.join(addonDir(), 'build', debug ? 'Debug' : 'Release', 'rdkafka_tiers.node')
}

/** Whether the addon is newer than all it is made of. */
function isAddonBuilt() {
  const inputs = [path.join(root, 'native'), path.join(root, 'binding.gyp'), builtDeps()]
  const file = addonFile()
  return fs.existsSync(file) && fs.statSync(file).mtimeMs > newest(inputs)
}

/** Written last when librdkafka is built. */
function builtDeps() {
  return path.join(depsDir(), addonVariant(), 'build.json')
}

/** @param {{ debug?: boolean }} [options] */
async function buildAddon({ debug = false } = {}) {
  checkBuildTools()
  const variant = addonVariant()
  await buildDeps([variant])
  const cwd = addonDir()
  if (cwd !== root) linkTree(cwd)
  await withLock(depsDir(), `addon-${variant}`, async () => {
    const file = addonFile({ debug })
    // Make does not know the libraries an addon is linked with: a new librdkafka must cause a new link.
    if (fs.existsSync(file) && fs.statSync(file).mtimeMs < newest([builtDeps()])) {
      fs.rmSync(file, { force: true })
      fs.rmSync(path.join(path.dirname(file), 'obj.target', 'rdkafka_tiers.node'), { force: true })
    }
    step(`Building the addon${debug ? ' for debugging' : ''}`)
    const nodeGyp = require.resolve('node-gyp/bin/node-gyp.js')
    const kind = debug ? '--debug' : '--release'
    const common = [kind, '--loglevel=warn', ...nodeHeaders()]
    await run(process.execPath, [nodeGyp, 'configure', ...common], { cwd, what: 'Configuring the addon' })
    const jobs = `--jobs=${os.availableParallelism()}`
    await run(process.execPath, [nodeGyp, 'build', jobs, ...common], { cwd, what: 'Building the addon' })
    // Make leaves the file alone when nothing in it changes; its time says that it was looked at.
    fs.utimesSync(file, new Date(), new Date())
  })
}

/** Node's headers when they are installed beside it; otherwise node-gyp downloads them. */
function nodeHeaders() {
  const prefix = path.dirname(path.dirname(fs.realpathSync(process.execPath)))
  return fs.existsSync(path.join(prefix, 'include', 'node', 'node_api.h')) ? [`--nodedir=${prefix}`] : []
}

/** A second build directory over the same sources, so that a sanitizer's objects never mix with the others. */
function linkTree(/** @type {string} */ directory) {
  fs.mkdirSync(directory, { recursive: true })
  for (const name of ['binding.gyp', 'native', 'scripts', 'package.json', 'node_modules']) {
    const link = path.join(directory, name)
    fs.rmSync(link, { force: true })
    fs.symlinkSync(path.join(root, name), link)
  }
}

module.exports = { addonFile, buildAddon, isAddonBuilt, nodeHeaders }

if (require.main === module) runMain(() => buildAddon({ debug: process.argv.includes('--debug') }))
