'use strict'
// @platformatic/kafka: in TypeScript, a typed stream of messages.
const { esmRival } = require('../harness/rivals')

/** @type {import('./client').NodeClient} */
module.exports = {
  name: 'platformatic',
  runtime: 'node',
  package: '@platformatic/kafka',
  ways: ['stream', "'data'"],
  settings: {
    default: {},
    best: { maxBytes: 1 << 20, highWaterMark: 8192, maxWaitTime: 100 },
  },
  async run(job, meter) {
    const { Consumer } = await esmRival('@platformatic/kafka')
    const consumer = new Consumer({
      clientId: 'benchmark',
      groupId: job.group,
      bootstrapBrokers: job.bootstrap.split(','),
    })
    const stream = await consumer.consume({
      topics: [job.topic],
      mode: 'earliest',
      fallbackMode: 'earliest',
      autocommit: false,
      ...job.settings,
    })
    // It has joined the group when consume() resolves.
    meter.ready()
    if (job.way === 'stream') await iterate(stream, meter)
    else await flow(stream, meter)
    await consumer.close(true)
  },
}

/** @param {AsyncIterable<{ value: Buffer }>} stream @param {import('../harness/meter').Meter} meter */
async function iterate(stream, meter) {
  for await (const { value } of stream) {
    const over = meter.take(value)
    if (over !== false && (over === true || (await over))) return
  }
}

/** @param {import('node:stream').Readable} stream @param {import('../harness/meter').Meter} meter */
function flow(stream, meter) {
  return new Promise((resolve, reject) => {
    stream.on('error', reject)
    stream.on('data', ({ value }) => void meter.take(value))
    // Also where handlers wait, of which the last one tells it.
    void meter.finished.then(() => resolve(undefined))
  })
}
