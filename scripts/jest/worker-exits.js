'use strict'
// Jest starts a worker that ended with an exit code anew, up to three times, and says nothing when that works. A test
// that passes at the second try hides a bug, so every such end is written down by the worker (environment.js), and the
// run fails for it (reporter.js).
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const VARIABLE = 'RDKAFKA_TIERS_WORKER_EXITS'

/** Called once, in Jest's own process, before there are workers: they inherit the variable. */
function markWorkerExits() {
  process.env[VARIABLE] ??= path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'rdkafka-tiers-jest-')), 'worker-exits')
}

/** Called in each process that runs tests. */
function watchThisWorker() {
  const file = process.env[VARIABLE]
  if (!file || !process.send) return
  process.once('exit', (code) => {
    if (code !== 0) fs.appendFileSync(file, `A test worker (process ${process.pid}) ended with exit code ${code}.\n`)
  })
}

/** What the workers wrote; empty when none ended badly. Removes it. */
function takeWorkerExits() {
  const file = process.env[VARIABLE]
  if (!file) return ''
  const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : ''
  fs.rmSync(path.dirname(file), { recursive: true, force: true })
  return text
}

module.exports = { markWorkerExits, takeWorkerExits, watchThisWorker }
