'use strict'
// The parent's side of the demo's processes: starts them, hears them, and ends every one of them, however the demo ends.
const { fork } = require('node:child_process')
const path = require('node:path')

/** @typedef {import('./child').ChildMessage} ChildMessage */

const END_MS = 15_000

/** A process of the demo that did not do its job; the message says why. */
class ChildError extends Error {}

/** @type {Set<Child>} */
const running = new Set()

/** A process of the demo. */
class Child {
  #process
  /** It has something to tidy up, and is given the time. */
  #tidiesUp
  /** Settles when the process is gone. @type {Promise<void>} */
  #gone
  /** What it said and nobody took yet. @type {ChildMessage[]} */
  #said = []
  /** @type {(() => void) | undefined} */
  #wake
  /** How it ended, once it did. @type {string | undefined} */
  #end
  #stderr = ''

  /**
   * @param {string} script of this folder
   * @param {unknown} job
   * @param {{ tidiesUp?: boolean }} [options]
   */
  constructor(script, job, { tidiesUp = false } = {}) {
    this.#tidiesUp = tidiesUp
    this.#process = fork(path.join(__dirname, script), [JSON.stringify(job)], {
      // The modes are what is compared: nothing from outside may override them.
      env: { ...process.env, RDKAFKA_TIERS_TIER: '' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    running.add(this)
    this.#process.stderr?.on('data', (text) => (this.#stderr = `${this.#stderr}${text}`.slice(-2000)))
    this.#process.on('message', (message) => {
      this.#said.push(/** @type {ChildMessage} */ (message))
      this.#wake?.()
    })
    this.#gone = new Promise((resolve) => {
      const gone = (/** @type {string} */ how) => {
        this.#end ??= how
        running.delete(this)
        this.#wake?.()
        resolve()
      }
      this.#process.once('error', (error) => gone(`its process could not be started: ${error.message}`))
      // 'close' and not 'exit': its last words come after the exit.
      this.#process.once('close', (code, signal) => gone(`its process ended with ${signal ?? `exit code ${code}`}`))
    })
  }

  /**
   * The next thing it says that is no progress; that goes to `onProgress`.
   *
   * @param {(count: number, seconds: number) => void} [onProgress]
   * @returns {Promise<Exclude<ChildMessage, { type: 'progress' | 'failed' }>>}
   * @throws {ChildError} it failed, or is gone
   */
  async next(onProgress) {
    for (;;) {
      const message = this.#said.shift()
      if (message?.type === 'failed') throw new ChildError(message.reason)
      if (message?.type === 'progress') onProgress?.(message.count, message.seconds)
      else if (message !== undefined) return message
      else if (this.#end !== undefined) throw new ChildError(this.#lastWords(this.#end))
      else await new Promise((resolve) => (this.#wake = () => resolve(undefined)))
    }
  }

  /**
   * Lets it end in its own time, within a bound; resolves when it is gone.
   *
   * @returns {Promise<void>}
   * @throws {ChildError} it could not tidy up
   */
  async end() {
    if (this.#process.connected) this.#process.send('end', () => undefined)
    const timer = setTimeout(() => this.kill(), END_MS)
    await this.#gone
    clearTimeout(timer)
    const failure = this.#said.find(({ type }) => type === 'failed')
    if (failure?.type === 'failed') throw new ChildError(failure.reason)
  }

  kill() {
    this.#process.kill('SIGKILL')
  }

  /** Ends it now: what tidies up is told to, all else is killed. */
  async stop() {
    if (this.#tidiesUp) return this.end()
    this.kill()
    await this.#gone
  }

  /** As `stop()`, for the moment this process exits: what tidies up hears that its parent is gone. */
  abandon() {
    if (!this.#tidiesUp) this.kill()
  }

  /** @param {string} end */
  #lastWords(end) {
    const line = this.#stderr.trimEnd().split('\n').at(-1)
    return line ? `${end}; it last wrote: ${line}` : end
  }
}

/** Ends all that still run. */
async function stopAll() {
  await Promise.allSettled([...running].map((child) => child.stop()))
}

process.on('exit', () => {
  for (const child of running) child.abandon()
})

module.exports = { Child, ChildError, stopAll }
