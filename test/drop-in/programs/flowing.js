'use strict'
// Flowing mode with auto-commit: what each customer has spent. Ends when it has seen all orders.
/** @type {typeof import('node-rdkafka')} */
const Kafka = require(process.env.RDKAFKA_MODULE ?? 'node-rdkafka')

const topic = String(process.env.TOPIC)
const expected = Number(process.env.MESSAGES)

const consumer = new Kafka.KafkaConsumer(
  {
    'metadata.broker.list': process.env.BROKERS,
    'group.id': process.env.GROUP,
    'enable.auto.commit': true,
    'auto.commit.interval.ms': 500,
  },
  { 'auto.offset.reset': 'earliest' },
)

/** @type {Record<string, number>} */
const spent = {}
/** @type {Map<number, number>} */
const next = new Map()
let seen = 0
let cancelled = 0
let inOrder = true

consumer
  .on('ready', () => {
    consumer.subscribe([topic])
    consumer.consume()
  })
  .on('data', ({ partition, offset, key, value }) => {
    inOrder &&= offset === (next.get(partition) ?? 0)
    next.set(partition, offset + 1)
    if (value === null) cancelled++
    else spent[String(key)] = (spent[String(key)] ?? 0) + JSON.parse(value.toString()).cents
    if (++seen === expected) setImmediate(stop)
  })
  .on('event.error', (error) => console.error(error))

consumer.connect()

function stop() {
  consumer.disconnect((_error, metrics) => {
    console.log('connected', metrics.connectionOpened > 0)
    console.log('orders', seen, 'cancelled', cancelled, 'in order', inOrder)
    for (const customer of Object.keys(spent).sort()) console.log(customer, spent[customer])
    showOffsets()
  })
}

/** With the same consumer, connected once more. */
function showOffsets() {
  consumer.removeAllListeners('ready')
  consumer.connect({}, (error) => {
    if (error) throw error
    const partitions = [...next.keys()].sort().map((partition) => ({ topic, partition }))
    consumer.committed(partitions, 10_000, (failure, offsets) => {
      if (failure) throw failure
      for (const { partition, offset } of offsets) console.log('committed', partition, offset)
      consumer.disconnect()
    })
  })
}
