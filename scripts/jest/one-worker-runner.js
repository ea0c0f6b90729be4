'use strict'
// Jest's runner with one worker, whatever the others have: its tests run one file at a time, yet not inside Jest, so
// that a crash in native code fails a test file instead of ending the run without a result.
const { default: TestRunner } = require('jest-runner')

class OneWorkerRunner extends TestRunner {
  /**
   * @override
   * @type {TestRunner['runTests']}
   */
  runTests(tests, watcher, options) {
    return super.runTests(tests, watcher, { ...options, serial: false })
  }

  /** @param {ConstructorParameters<typeof TestRunner>} args */
  constructor(...[globalConfig, context]) {
    super({ ...globalConfig, maxWorkers: 1 }, context)
  }
}

module.exports = OneWorkerRunner
