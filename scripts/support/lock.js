'use strict'
// One builder at a time in a directory: `npm test` in two terminals must not build the same thing into the same place.
const fs = require('node:fs')
const path = require('node:path')
const { setTimeout: delay } = require('node:timers/promises')
const { SetupError, step } = require('./run')

const WAIT_MS = 30 * 60_000

/**
 * Runs `work` while holding `directory`/`name`.lock, which names the holder's process. A lock whose holder is gone is taken over.
 *
 * @template T
 * @param {string} directory
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function withLock(directory, name, work) {
  fs.mkdirSync(directory, { recursive: true })
  const file = path.join(directory, `${name}.lock`)
  const deadline = Date.now() + WAIT_MS
  let said = false
  while (!tryLock(file)) {
    if (!said) step(`Waiting for another set-up that is running (${file})`)
    said = true
    if (Date.now() > deadline)
      throw new SetupError(
        `${file} is held for more than ${WAIT_MS / 60_000} minutes; remove it if no set-up is running.`,
      )
    await delay(500)
  }
  try {
    return await work()
  } finally {
    fs.rmSync(file, { force: true })
  }
}

/** @param {string} file */
function tryLock(file) {
  // A hard link appears with its content or not at all, so nobody reads a lock without its holder's number.
  const own = `${file}.${process.pid}`
  fs.writeFileSync(own, String(process.pid))
  try {
    fs.linkSync(own, file)
    return true
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
    if (holderIsGone(file)) fs.rmSync(file, { force: true })
    return false
  } finally {
    fs.rmSync(own, { force: true })
  }
}

/** @param {string} file */
function holderIsGone(file) {
  try {
    process.kill(Number(fs.readFileSync(file, 'utf8')), 0)
    return false
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error)
    return code === 'ESRCH'
  }
}

module.exports = { withLock }
