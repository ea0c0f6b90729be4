'use strict'
// Jest's environment for Node. It is loaded outside the tests' sandbox, where `process` is the real one.
const { TestEnvironment } = require('jest-environment-node')
const { watchThisWorker } = require('./worker-exits')

watchThisWorker()

module.exports = TestEnvironment
