'use strict'
// Other Node.js clients: installed in a folder of their own, as they are no dependencies of this package.
const { readFileSync } = require('node:fs')
const { createRequire } = require('node:module')
const path = require('node:path')
const { pathToFileURL } = require('node:url')

/** Set by the runner: the folder with their node_modules. */
const VARIABLE = 'RDKAFKA_TIERS_BENCHMARK_RIVALS'

function folder() {
  const given = process.env[VARIABLE]
  if (!given) throw new Error(`${VARIABLE}: expected the folder in which the rivals are installed`)
  return given
}

/**
 * A rival's CommonJS module. Untyped: the repository's own type check must not need rivals installed.
 *
 * @param {string} name
 * @returns {any}
 */
function rival(name) {
  return createRequire(path.join(folder(), 'package.json'))(name)
}

/**
 * A rival's ES module.
 *
 * @param {string} name
 * @returns {Promise<any>}
 */
async function esmRival(name) {
  const directory = path.join(folder(), 'node_modules', ...name.split('/'))
  const { exports, main } = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8'))
  const entry = typeof exports === 'string' ? exports : (exports?.['.']?.default ?? exports?.['.']?.import ?? main)
  return import(pathToFileURL(path.join(directory, entry)).href)
}

module.exports = { VARIABLE, rival, esmRival }
