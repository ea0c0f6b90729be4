'use strict'
// A read stream piped to a slow Writable, as one pipes it to a file or a socket; auto-commit. Closed when all is written.
const { createHash } = require('node:crypto')
const { Writable } = require('node:stream')
/** @type {typeof import('node-rdkafka')} */
const Kafka = require(process.env.RDKAFKA_MODULE ?? 'node-rdkafka')

const topic = String(process.env.TOPIC)
const expected = Number(process.env.MESSAGES)
const conf = {
  'metadata.broker.list': process.env.BROKERS,
  'group.id': process.env.GROUP,
  'enable.auto.commit': true,
  'auto.commit.interval.ms': 200,
}

const stream = Kafka.createReadStream(
  conf,
  { 'auto.offset.reset': 'earliest' },
  { topics: [topic], fetchSize: 30, waitInterval: 50 },
)

/** @type {Map<number, import('node:crypto').Hash>} */
const written = new Map()
let count = 0

const sink = new Writable({
  objectMode: true,
  highWaterMark: 8,
  write(/** @type {import('node-rdkafka').Message} */ { partition, offset, key, value }, _encoding, done) {
    const hash = written.get(partition) ?? createHash('sha256')
    written.set(partition, hash.update(`${offset} ${key} ${value?.toString() ?? 'cancelled'}\n`))
    count++
    if (count === expected) stream.close()
    if (count % 50 === 0) setTimeout(done, 2)
    else setImmediate(done)
  },
})

stream.on('error', (error) => {
  console.error(error)
  process.exitCode = 1
})
stream.on('close', () => {
  console.log('closed after', count)
  showOffsets()
})
sink.on('finish', () => console.log('all is written'))
stream.pipe(sink)

function showOffsets() {
  const consumer = new Kafka.KafkaConsumer(conf, {})
  consumer.connect({}, (error) => {
    if (error) throw error
    const partitions = [...written.keys()].sort().map((partition) => ({ topic, partition }))
    for (const { partition } of partitions) console.log(partition, written.get(partition)?.digest('hex'))
    consumer.committed(partitions, 10_000, (failure, offsets) => {
      if (failure) throw failure
      for (const { partition, offset } of offsets) console.log('committed', partition, offset)
      consumer.disconnect()
    })
  })
}
