'use strict'
// A process that makes a topic on a real cluster, fills it, and deletes it when it is told to end. It uses node-rdkafka,
// which is there for the legacy mode: this package consumes only.
const { randomBytes } = require('node:crypto')
const { setTimeout: delay } = require('node:timers/promises')
const { asChild, sayingProgress } = require('./child')
const { contentOf } = require('./content')

const PARTITIONS = 4
const TIMEOUT_MS = 30_000
const CONNECT_TIMEOUT_MS = 10_000
const PROGRESS_EVERY = 20_000
const QUEUE_FULL = -184

/** @typedef {{ bootstrap: string, messages: number, size: number }} Job */

asChild(
  async (/** @type {Job} */ job, say, end) => {
    const rdkafka = load()
    const name = `rdkafka-tiers-demo-${randomBytes(6).toString('hex')}`
    const producer = await connect(rdkafka, job.bootstrap)
    const admin = rdkafka.AdminClient.create({ 'bootstrap.servers': job.bootstrap })
    try {
      await createTopic(admin, name)
      try {
        const content = contentOf({ ...job, partitions: PARTITIONS })
        await fill(producer, name, content.messages, say, end)
        if (end.isWanted) return
        const partitions = content.tally.result()
        for (const { partition, count } of partitions) await checkWritten(producer, name, partition, count)
        await say({ type: 'ready', topic: { bootstrap: job.bootstrap, name, partitions } })
        await end.wanted
      } finally {
        await deleteTopic(admin, name)
      }
    } finally {
      admin.disconnect()
      // What is not written by now is not wanted: 1 ms for it.
      await new Promise((resolve) => producer.disconnect(1, resolve))
    }
  },
  { tidiesUp: true },
)

function load() {
  try {
    return /** @type {typeof import('node-rdkafka')} */ (require('node-rdkafka'))
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new Error(
      `node-rdkafka, which fills the topic, cannot be loaded (${reason}); --topic NAME reads a topic that is there`,
      { cause: error },
    )
  }
}

/**
 * @param {typeof import('node-rdkafka')} rdkafka
 * @param {string} bootstrap
 * @returns {Promise<import('node-rdkafka').Producer>}
 */
function connect(rdkafka, bootstrap) {
  const producer = new rdkafka.Producer(
    { 'bootstrap.servers': bootstrap, 'enable.idempotence': true, 'linger.ms': 20 },
    { 'request.required.acks': -1 },
  )
  return new Promise((resolve, reject) => {
    // Without a listener librdkafka's errors would end the process; what they mean shows in what waits.
    producer.on('event.error', () => undefined)
    producer.connect({ timeout: CONNECT_TIMEOUT_MS }, (error) => {
      if (error) reject(new Error(`no broker answered at ${bootstrap} within ${CONNECT_TIMEOUT_MS / 1000} s`))
      else resolve(producer)
    })
  })
}

/** @param {import('node-rdkafka').IAdminClient} admin @param {string} topic */
function createTopic(admin, topic) {
  return new Promise((resolve, reject) => {
    // -1: as many replicas as the cluster has by default.
    admin.createTopic({ topic, num_partitions: PARTITIONS, replication_factor: -1 }, TIMEOUT_MS, (error) => {
      if (error) reject(new Error(`a topic could not be created: ${error.message}`))
      else resolve(undefined)
    })
  })
}

/** @param {import('node-rdkafka').IAdminClient} admin @param {string} topic */
function deleteTopic(admin, topic) {
  return new Promise((resolve, reject) => {
    admin.deleteTopic(topic, TIMEOUT_MS, (error) => {
      if (error) reject(new Error(`topic ${topic} could not be deleted: ${error.message}`))
      else resolve(undefined)
    })
  })
}

/**
 * @param {import('node-rdkafka').Producer} producer
 * @param {string} topic
 * @param {Iterable<{ partition: number, value: Buffer }>} messages
 * @param {import('./child').Say} say
 * @param {import('./child').End} end
 */
async function fill(producer, topic, messages, say, end) {
  const sayProgress = sayingProgress(say)
  let count = 0
  for (const { partition, value } of messages) {
    while (!enqueue(producer, topic, partition, value)) await delay(5)
    if (++count % PROGRESS_EVERY !== 0) continue
    void sayProgress(count)
    // Lets the parent be heard.
    await delay(0)
    if (end.isWanted) return
  }
  await new Promise((resolve, reject) => {
    producer.flush(TIMEOUT_MS, (error) => {
      if (error) reject(new Error(`not all messages were written: ${error.message}`))
      else resolve(undefined)
    })
  })
  await sayProgress(count)
}

/**
 * False when the producer's queue is full.
 *
 * @param {import('node-rdkafka').Producer} producer
 * @param {string} topic
 * @param {number} partition
 * @param {Buffer} value
 */
function enqueue(producer, topic, partition, value) {
  try {
    producer.produce(topic, partition, value)
    return true
  } catch (error) {
    if (/** @type {{ code?: unknown }} */ (error).code !== QUEUE_FULL) throw error
    producer.poll()
    return false
  }
}

/**
 * A message that was not delivered is the producer's failure and must not pass for a consumer's.
 *
 * @param {import('node-rdkafka').Producer} producer
 * @param {string} topic
 * @param {number} partition
 * @param {number} count
 */
async function checkWritten(producer, topic, partition, count) {
  /** @type {import('node-rdkafka').WatermarkOffsets} */
  const { highOffset } = await new Promise((resolve, reject) => {
    producer.queryWatermarkOffsets(topic, partition, TIMEOUT_MS, (error, offsets) => {
      if (error) reject(new Error(`what was written could not be counted: ${error.message}`))
      else resolve(offsets)
    })
  })
  if (highOffset !== count) throw new Error(`${highOffset} of ${count} messages were written to partition ${partition}`)
}
