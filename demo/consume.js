'use strict'
// A process that consumes a topic in one mode, measures itself, and checks what it got.
const { ConsumerFactory, LoadError, bytes } = require('rdkafka-tiers')
const { checksums } = require('./checksums')
const { asChild } = require('./child')
const { configOf } = require('./configuration')
const { Measurement } = require('./measurement')
const { onStall } = require('./stall')
const { mistake } = require('./tally')

const PROGRESS_MS = 100
/** After the last message: time for one that comes again. */
const AFTERWARDS_MS = 200

/** @typedef {import('rdkafka-tiers').KafkaStreamConsumer<Buffer, number>} Consumer */
/** @typedef {{ topic: import('./child').FilledTopic, mode: import('./modes').Mode }} Job */

asChild(async (/** @type {Job} */ { topic, mode }, say) => {
  const consumer = create(topic.bootstrap, mode)
  if (consumer instanceof LoadError) return say({ type: 'unavailable', reason: consumer.message })
  const measurement = new Measurement(topic.partitions)
  let warning = ''
  consumer.on('warning', ({ message }) => (warning = `; the last warning was: ${message}`))
  const progress = setInterval(() => void say({ type: 'progress', ...measurement.progress() }), PROGRESS_MS)
  const endWatch = onStall(
    () => measurement.tally.count,
    () => consumer.close(),
  )
  try {
    await consumer.subscribe([topic.name])
    measurement.onComplete = () => void setTimeout(() => void consumer.close(), AFTERWARDS_MS)
    if (mode.reads === 'stream') await readMessages(consumer, measurement)
    else await readBatches(consumer, measurement)
  } finally {
    clearInterval(progress)
    endWatch()
    await consumer.close()
  }
  const wrong = mistake(topic.partitions, measurement.tally)
  if (wrong !== undefined) throw new Error(wrong + (measurement.tally.isComplete ? '' : warning))
  await say({ type: 'progress', ...measurement.progress() })
  await say({ type: 'consumed', figures: measurement.figures() })
})

/**
 * @param {string} bootstrap
 * @param {import('./modes').Mode} mode
 */
function create(bootstrap, mode) {
  try {
    return ConsumerFactory.create(configOf(bootstrap, mode.tier), bytes(), checksums())
  } catch (error) {
    // node-rdkafka is optional; the addon is not.
    if (mode.name === 'legacy' && error instanceof LoadError) return error
    throw error
  }
}

/** Until the consumer is closed. @param {Consumer} consumer @param {Measurement} measurement */
async function readMessages(consumer, measurement) {
  for await (const message of consumer.stream()) take(message, consumer, measurement)
}

/** Until the consumer is closed. @param {Consumer} consumer @param {Measurement} measurement */
async function readBatches(consumer, measurement) {
  for await (const batch of consumer.batches()) {
    for (const message of batch) take(message, consumer, measurement)
  }
}

/**
 * What is done with each message: its offset and every byte of its value are looked at.
 *
 * @param {import('rdkafka-tiers').Message<Buffer, number>} message
 * @param {Consumer} consumer
 * @param {Measurement} measurement
 */
function take(message, consumer, measurement) {
  const { partition } = message
  if (measurement.add(partition, message.offset, message.value)) return
  // A topic that others write to goes on behind what is compared.
  consumer.pause([{ topic: message.topic, partition }])
}
