'use strict'
// The three ways to read that node-rdkafka has, and the drop-in with it: the same program for both.

const METHODS = ["'data'", 'consume(1000)', 'stream']

/** @typedef {import('../types').Job} Job */
/** @typedef {import('./meter').Meter} Meter */
/** @typedef {import('rdkafka-tiers/node-rdkafka').KafkaConsumer} KafkaConsumer */
/** @typedef {import('rdkafka-tiers/node-rdkafka').Message} Message */

/**
 * Consumes until the meter says that it is enough. Does not disconnect: the process ends then, and node-rdkafka crashes
 * when it is disconnected while messages flow.
 *
 * @param {any} rdkafka node-rdkafka, or the drop-in
 * @param {Job} job
 * @param {Meter} meter
 * @param {string | undefined} how one of METHODS, or `consume(N)` for another N
 * @param {object} config
 */
function runNodeRdkafka(rdkafka, job, meter, how, config) {
  // createReadStream's; all else is librdkafka's.
  const { fetchSize, ...settings } = job.settings
  const properties = {
    'bootstrap.servers': job.bootstrap,
    'group.id': job.group,
    'enable.auto.commit': false,
    ...settings,
    ...config,
  }
  const defaults = { 'auto.offset.reset': 'earliest' }
  return how === 'stream'
    ? stream(rdkafka, job, meter, properties, defaults, Number(fetchSize))
    : consume(rdkafka, job, meter, Number(/\d+/.exec(how ?? '')?.[0] ?? 0), properties, defaults)
}

/**
 * @param {any} rdkafka
 * @param {Job} job
 * @param {Meter} meter
 * @param {number} size 0: messages flow as 'data' events
 * @param {object} properties
 * @param {object} defaults
 * @returns {Promise<void>}
 */
function consume(rdkafka, job, meter, size, properties, defaults) {
  /** @type {KafkaConsumer} */
  const consumer = new rdkafka.KafkaConsumer({ ...properties, rebalance_cb: true }, defaults)
  consumer.on('rebalance', () => meter.ready())
  return new Promise((resolve, reject) => {
    // Messages flow on while handlers wait: the last of those tells it, and no call of `take`.
    void meter.finished.then(() => resolve(undefined))
    const take = (/** @type {Message} */ { value }) => void meter.take(value)
    const next = () =>
      consumer.consume(size, (error, messages) => {
        if (error) return reject(error)
        void takeAll(messages, meter).then((isOver) => (isOver ? resolve(undefined) : next()), reject)
      })
    const nextAtOnce = () =>
      consumer.consume(size, (error, messages) => {
        if (error) return reject(error)
        for (const { value } of messages) if (meter.take(value) === true) return resolve(undefined)
        nextAtOnce()
      })
    consumer.connect({}, (error) => {
      if (error) return reject(error)
      consumer.subscribe([job.topic])
      if (size === 0) {
        consumer.on('data', take)
        consumer.consume()
      } else if (job.handler === 'io') next()
      else nextAtOnce()
    })
  })
}

/** @param {Message[]} messages @param {Meter} meter */
async function takeAll(messages, meter) {
  for (const { value } of messages) if (await meter.take(value)) return true
  return false
}

/**
 * @param {any} rdkafka
 * @param {Job} job
 * @param {Meter} meter
 * @param {object} properties
 * @param {object} defaults
 * @param {number} fetchSize
 */
async function stream(rdkafka, job, meter, properties, defaults, fetchSize) {
  const readable = rdkafka.KafkaConsumer.createReadStream({ ...properties, rebalance_cb: true }, defaults, {
    topics: [job.topic],
    ...(fetchSize > 0 && { fetchSize }),
  })
  readable.consumer.on('rebalance', () => meter.ready())
  // Not `for await`: leaving it would destroy the stream, and so disconnect.
  const messages = readable[Symbol.asyncIterator]()
  for (;;) {
    const { done, value: message } = await messages.next()
    if (done) return
    const over = meter.take(message.value)
    if (over !== false && (over === true || (await over))) return
  }
}

module.exports = { METHODS, runNodeRdkafka }
