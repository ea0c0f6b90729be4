'use strict'
// This package's own API, in every tier. A way is a tier and a method: `dedicated batches()`.

/** @typedef {import('../types').Job} Job */
/** @typedef {import('../harness/meter').Meter} Meter */
/** @typedef {import('rdkafka-tiers').KafkaStreamConsumer<any, any>} Consumer */

const TIERS = ['legacy', 'standard', 'buffered:32', 'buffered:1000', 'dedicated']

/** @type {import('./client').NodeClient} */
module.exports = {
  name: 'rdkafka-tiers',
  runtime: 'node',
  package: 'rdkafka-tiers',
  // Any other `buffered:N` too: trials of the batch size name them.
  ways: TIERS.flatMap((tier) => [`${tier} stream()`, `${tier} batches()`]),
  settings: {
    default: {},
    // A tier has a small one of itself; legacy takes node-rdkafka's defaults.
    best: { 'fetch.queue.backoff.ms': 10 },
  },
  async run(job, meter) {
    // Not above: who only asks for the name needs nothing compiled.
    const { ConsumerFactory, bytes } = require('rdkafka-tiers')
    const [tier, method] = job.way.split(' ')
    const consumer = ConsumerFactory.create(
      {
        'bootstrap.servers': job.bootstrap,
        'group.id': job.group,
        'auto.offset.reset': 'earliest',
        'enable.auto.commit': false,
        'performance.tier': /** @type {import('rdkafka-tiers').ConsumerTierInput} */ (tier),
        ...job.settings,
      },
      bytes(),
      deserializer(job.value),
    )
    consumer.on('assigned', () => meter.ready())
    await consumer.subscribe([job.topic])
    if (method === 'stream()') await stream(consumer, job, meter)
    else await batches(consumer, job, meter)
    await consumer.close()
  },
}

/** @param {Job['value']} value @returns {import('rdkafka-tiers').Deserializer<any>} */
function deserializer(value) {
  const { bytes, json, string } = require('rdkafka-tiers')
  if (value === 'string') return string()
  return value === 'json' ? json() : bytes()
}

/** @param {Consumer} consumer @param {Job} job @param {Meter} meter */
async function stream(consumer, job, meter) {
  if (job.value === 'untouched') {
    const messages = consumer.stream()
    while (!(await messages.next()).done) if (meter.take(null) === true) return
    return
  }
  for await (const message of consumer.stream()) {
    const over = meter.take(message.value)
    if (over !== false && (over === true || (await over))) return
  }
}

/** @param {Consumer} consumer @param {Job} job @param {Meter} meter */
async function batches(consumer, job, meter) {
  const isBytes = job.value === 'bytes'
  for await (const batch of consumer.batches()) {
    const { length } = batch
    for (let i = 0; i < length; i++) {
      // As its documentation has it: columns for bytes, messages for deserialized values.
      const value = job.value === 'untouched' ? null : isBytes ? batch.valueBytes(i) : batch.at(i)?.value
      const over = meter.take(value)
      if (over !== false && (over === true || (await over))) return
    }
  }
}
