'use strict'
// @confluentinc/kafka-javascript, by its promise API.
const { rival } = require('../harness/rivals')

/** @type {import('./client').NodeClient} */
module.exports = {
  name: 'confluent',
  runtime: 'node',
  package: '@confluentinc/kafka-javascript',
  ways: ['eachBatch', 'eachMessage'],
  settings: {
    default: {},
    best: {
      'fetch.queue.backoff.ms': 10,
      // No bound: a batch is what a partition has in the cache. The default is 32.
      'js.consumer.max.batch.size': -1,
      partitionsConsumedConcurrently: 4,
    },
  },
  async run(job, meter) {
    const { Kafka, logLevel } = rival('@confluentinc/kafka-javascript').KafkaJS
    const { partitionsConsumedConcurrently, ...properties } = job.settings
    const kafka = new Kafka({ kafkaJS: { brokers: job.bootstrap.split(','), logLevel: logLevel.ERROR } })
    const consumer = kafka.consumer({
      kafkaJS: { groupId: job.group, fromBeginning: true, autoCommit: false },
      rebalance_cb: () => meter.ready(),
      ...properties,
    })
    await consumer.connect()
    await consumer.subscribe({ topics: [job.topic] })
    await consumer.run({
      ...(partitionsConsumedConcurrently !== undefined && { partitionsConsumedConcurrently }),
      ...(job.way === 'eachBatch' ? { eachBatch: eachBatch(meter) } : { eachMessage: eachMessage(meter) }),
    })
    await meter.finished
    await consumer.disconnect()
  },
}

/** @param {import('../harness/meter').Meter} meter */
function eachBatch(meter) {
  return async (/** @type {any} */ { batch }) => {
    for (const { value } of batch.messages) {
      const over = meter.take(value)
      if (over !== false && (over === true || (await over))) return
    }
  }
}

/** @param {import('../harness/meter').Meter} meter */
function eachMessage(meter) {
  return async (/** @type {any} */ { message }) => {
    await meter.take(message.value)
  }
}
