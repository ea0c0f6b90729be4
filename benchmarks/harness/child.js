'use strict'
// The process of a client that runs in Node.js: node harness/child.js CLIENT JOB
//
// Plain JavaScript, as the clients are: a compiler in the process would be in its memory and its start-up.
const path = require('node:path')
const { Meter } = require('./meter')

/** A client that hangs in its close() has been measured all the same. */
const CLOSE_MS = 3000

/** @param {object} event */
function say(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`)
}

/** @param {unknown} error @returns {never} */
function fail(error) {
  console.error(error instanceof Error ? error.stack : error)
  process.exit(1)
}

async function main() {
  const [name, text] = process.argv.slice(2)
  /** @type {import('../types').Job} */
  const job = JSON.parse(text ?? '')
  /** @type {import('../clients/client').NodeClient} */
  const client = require(path.join(__dirname, '..', 'clients', `${name}.js`))
  const meter = new Meter(job, () => say({ ready: true }))
  // An idle client is measured from outside and killed.
  const closed = client.run(job, meter)
  closed.catch(fail)
  const report = await meter.finished
  say(report)
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, CLOSE_MS))])
  process.exit(0)
}

process.on('unhandledRejection', fail)
process.on('uncaughtException', fail)
main().catch(fail)
