'use strict'
// node-rdkafka itself. The default of its stream takes one message at a time.
const { METHODS, runNodeRdkafka } = require('../harness/node-rdkafka-ways')

/** @type {import('./client').NodeClient} */
module.exports = {
  name: 'node-rdkafka',
  runtime: 'node',
  package: 'node-rdkafka',
  ways: METHODS,
  settings: { default: {}, best: { 'fetch.queue.backoff.ms': 10, fetchSize: 1000 } },
  run(job, meter) {
    return runNodeRdkafka(require('node-rdkafka'), job, meter, job.way, {})
  },
}
