'use strict'
// Fails the run when a worker ended with an exit code, even if its tests passed at the second try.
const { takeWorkerExits } = require('./worker-exits')

class WorkerExitReporter {
  /** @type {Error | undefined} */
  #error

  onRunComplete() {
    const exits = takeWorkerExits()
    if (exits === '') return
    process.stderr.write(
      `\nThe run failed, whatever the tests say: Jest starts such a worker anew in silence.\n${exits}`,
    )
    this.#error = new Error(exits.trimEnd())
  }

  getLastError() {
    return this.#error
  }
}

module.exports = WorkerExitReporter
