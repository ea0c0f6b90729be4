'use strict'
// kafkajs: in JavaScript alone.
const { rival } = require('../harness/rivals')

/** @type {import('./client').NodeClient} */
module.exports = {
  name: 'kafkajs',
  runtime: 'node',
  package: 'kafkajs',
  ways: ['eachBatch', 'eachMessage'],
  settings: {
    default: {},
    best: {
      maxBytesPerPartition: 4 << 20,
      maxBytes: 32 << 20,
      maxWaitTimeInMs: 100,
      partitionsConsumedConcurrently: 4,
    },
  },
  async run(job, meter) {
    const { Kafka, logLevel, CompressionTypes, CompressionCodecs } = rival('kafkajs')
    // It has gzip alone; for others a user brings a function, here the platform's own.
    addCodecs(CompressionTypes, CompressionCodecs)
    const { partitionsConsumedConcurrently, ...fetching } = job.settings
    const kafka = new Kafka({ clientId: 'benchmark', brokers: job.bootstrap.split(','), logLevel: logLevel.ERROR })
    const consumer = kafka.consumer({ groupId: job.group, ...fetching })
    consumer.on(consumer.events.GROUP_JOIN, () => meter.ready())
    await consumer.connect()
    await consumer.subscribe({ topics: [job.topic], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      ...(partitionsConsumedConcurrently !== undefined && { partitionsConsumedConcurrently }),
      ...(job.way === 'eachBatch' ? { eachBatch: eachBatch(meter) } : { eachMessage: eachMessage(meter) }),
    })
    await meter.finished
    await consumer.disconnect()
  },
}

/** @param {import('../harness/meter').Meter} meter */
function eachBatch(meter) {
  return async (/** @type {any} */ { batch, isRunning }) => {
    for (const { value } of batch.messages) {
      const over = meter.take(value)
      if (over !== false && (over === true || (await over))) return
      if (meter.isOver || !isRunning()) return
    }
  }
}

/** @param {import('../harness/meter').Meter} meter */
function eachMessage(meter) {
  return async (/** @type {any} */ { message }) => {
    await meter.take(message.value)
  }
}

/** @param {any} types @param {any} codecs */
function addCodecs(types, codecs) {
  const lz4 = rival('lz4-napi')
  codecs[types.LZ4] = () => ({
    compress: (/** @type {{ buffer: Buffer }} */ { buffer }) => lz4.compressFrame(buffer),
    decompress: (/** @type {Buffer} */ buffer) => lz4.decompressFrame(buffer),
  })
}
