'use strict'
// A process that finds out what is in a topic of a real cluster, by reading it once. Nothing is written to the cluster.
const { ConsumerFactory, bytes } = require('rdkafka-tiers')
const { checksums } = require('./checksums')
const { asChild, sayingProgress } = require('./child')
const { configOf } = require('./configuration')
const { onStall } = require('./stall')
const { Tally } = require('./tally')

const TIMEOUT_MS = 15_000
const PROGRESS_MS = 100

asChild(async (/** @type {{ bootstrap: string, topic: string, messages: number }} */ job, say, end) => {
  const { bootstrap, topic } = job
  const consumer = ConsumerFactory.create(
    { ...configOf(bootstrap, 'dedicated'), 'enable.partition.eof': true },
    bytes(),
    checksums(),
  )
  try {
    await consumer.watermarkOffsets(topic, 0, { timeoutMs: TIMEOUT_MS })
  } catch (error) {
    await consumer.close()
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`topic ${topic} cannot be read: ${reason}`, { cause: error })
  }
  const tally = new Tally()
  const sayProgress = sayingProgress(say)
  const progress = setInterval(() => void sayProgress(tally.count), PROGRESS_MS)
  let isStalled = false
  const endWatch = onStall(
    () => tally.count,
    () => {
      isStalled = true
      void consumer.close()
    },
  )
  const ended = new Set()
  consumer.on('partitionEof', ({ partition }) => {
    ended.add(partition)
    // The end of a partition is told after its messages: they all have been delivered.
    if (ended.size === consumer.assignment().length) void consumer.close()
  })
  /** @type {number[]} */
  let assigned = []
  consumer.on('assigned', (partitions) => (assigned = partitions.map(({ partition }) => partition)))
  await consumer.subscribe([topic])
  await read(consumer, tally, job.messages)
  clearInterval(progress)
  endWatch()
  await consumer.close()
  if (isStalled) throw new Error(`topic ${topic} was not read to its end: nothing came any more`)
  if (tally.count === 0) throw new Error(`topic ${topic} is empty`)
  await sayProgress(tally.count)
  await say({ type: 'ready', topic: { bootstrap, name: topic, partitions: tally.result(assigned) } })
  await end.wanted
})

/**
 * Until `messages` were read, or the consumer is closed.
 *
 * @param {import('rdkafka-tiers').KafkaStreamConsumer<Buffer, number>} consumer
 * @param {Tally} tally
 * @param {number} messages
 */
async function read(consumer, tally, messages) {
  let left = messages
  for await (const batch of consumer.batches()) {
    for (const message of batch) {
      tally.add(message.partition, message.offset, message.value)
      if (--left === 0) return
    }
  }
}
