'use strict'
// rdkafka-tiers/node-rdkafka with a tier. A way is a tier and one of node-rdkafka's ways: `dedicated consume(1000)`.
const { METHODS, runNodeRdkafka } = require('../harness/node-rdkafka-ways')

const TIERS = ['standard', 'buffered:32', 'buffered:1000', 'dedicated']

/** @type {import('./client').NodeClient} */
module.exports = {
  name: 'drop-in',
  runtime: 'node',
  package: 'rdkafka-tiers',
  ways: TIERS.flatMap((tier) => METHODS.map((method) => `${tier} ${method}`)),
  settings: {
    default: {},
    best: { fetchSize: 1000 },
  },
  run(job, meter) {
    const [tier, method] = job.way.split(' ')
    return runNodeRdkafka(require('rdkafka-tiers/node-rdkafka'), job, meter, method, {
      'performance.tier': tier,
    })
  },
}
