'use strict'
// Makes a fresh clone ready: node scripts/setup.js [--for=demo]
//
// Checks what has to be installed, then installs npm packages and builds librdkafka, the addon, dist/ and node-rdkafka,
// each only when it is missing or older than its sources. Uses Node's own modules only: it runs before `npm ci` did.
// With --for=demo the librdkafka that tests compare with is not built.
const { buildAddon, isAddonBuilt, nodeHeaders } = require('./build-addon')
const { buildDeps } = require('./build-deps')
const { buildTypeScript, isTypeScriptBuilt } = require('./build-ts')
const { withLock } = require('./support/lock')
const modules = require('./support/modules')
const { addonVariant, depsDir } = require('./support/paths')
const { checkBuildTools } = require('./support/prerequisites')
const { runMain, step } = require('./support/run')

/** @param {{ isForDemo?: boolean }} [options] */
async function setup({ isForDemo = false } = {}) {
  await withLock(depsDir(), 'setup', async () => {
    if (!modules.areModulesInstalled()) {
      checkBuildTools()
      await modules.installModules()
    }
    await buildDeps(isForDemo ? [addonVariant()] : [addonVariant(), 'stock'])
    if (!isAddonBuilt()) await buildAddon()
    if (!isTypeScriptBuilt()) await buildTypeScript()
    if (!modules.isNodeRdkafkaBuilt()) await buildNodeRdkafka(isForDemo)
  })
}

/**
 * The demo goes on without it, and says so where legacy would be. Tests need it.
 *
 * @param {boolean} isOptional
 */
async function buildNodeRdkafka(isOptional) {
  try {
    await modules.buildNodeRdkafka(nodeHeaders())
  } catch (error) {
    if (!isOptional) throw error
    step(`node-rdkafka did not compile; the demo leaves legacy out. ${error instanceof Error ? error.message : ''}`)
  }
}

module.exports = { setup }

if (require.main === module) runMain(() => setup({ isForDemo: process.argv.includes('--for=demo') }))
