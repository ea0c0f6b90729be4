'use strict'
// node_modules: whether it is what package-lock.json says, and node-rdkafka's binary.
const fs = require('node:fs')
const path = require('node:path')
const { depsDir, root } = require('./paths')
const { run, SetupError, step } = require('./run')

/** @typedef {{ packages: Record<string, { version?: string, optional?: boolean }> }} Lockfile */

/** Whether every package of package-lock.json is in node_modules, in its version. */
function areModulesInstalled() {
  const wanted = readLockfile(path.join(root, 'package-lock.json'))
  const found = readLockfile(path.join(root, 'node_modules', '.package-lock.json'))
  if (!wanted || !found) return false
  return Object.entries(wanted.packages).every(
    // npm leaves out optional packages of other platforms.
    ([name, { version, optional }]) => name === '' || optional || found.packages[name]?.version === version,
  )
}

/** @param {string} file @returns {Lockfile | undefined} */
function readLockfile(file) {
  if (!fs.existsSync(file)) return undefined
  return JSON.parse(fs.readFileSync(file, 'utf8'))
}

async function installModules() {
  step('Installing npm packages')
  // None of them needs its install script here, but node-rdkafka, whose is run below whatever npm thinks of it.
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    what: 'Installing npm packages',
  })
}

/** Jest 30 does not export its program. */
function jestProgram() {
  return path.join(path.dirname(require.resolve('jest/package.json')), 'bin', 'jest.js')
}

const nodeRdkafka = path.join(root, 'node_modules', 'node-rdkafka')

function isNodeRdkafkaBuilt() {
  return fs.existsSync(path.join(nodeRdkafka, 'build', 'Release', 'node-librdkafka.node'))
}

/**
 * Compiles node-rdkafka, which the legacy tier runs on: its own install script, run by hand, as npm 12 and others block
 * install scripts and report success.
 *
 * @param {readonly string[]} nodeGypArgs
 */
async function buildNodeRdkafka(nodeGypArgs) {
  step('Compiling node-rdkafka for the legacy tier (some minutes, once)')
  const nodeGyp = require.resolve('node-gyp/bin/node-gyp.js')
  await run(process.execPath, [nodeGyp, 'rebuild', ...nodeGypArgs], {
    cwd: nodeRdkafka,
    // One job: its makefile configures librdkafka and compiles it without saying that one comes after the other.
    env: { JOBS: '1' },
    logFile: path.join(depsDir(), 'logs', 'node-rdkafka.log'),
    what: 'Compiling node-rdkafka',
  })
  if (!isNodeRdkafkaBuilt())
    throw new SetupError('Compiling node-rdkafka left no binary; see .deps/logs/node-rdkafka.log.')
}

module.exports = { areModulesInstalled, installModules, isNodeRdkafkaBuilt, buildNodeRdkafka, jestProgram }
