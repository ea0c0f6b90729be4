'use strict'
// Offsets as part of a unit of work: nothing is stored or committed but by this program, and only when its "database"
// took the whole batch. Some orders fail the first time: then the batch is rolled back, and consumed again by seeking.
const { promisify } = require('node:util')
/** @type {typeof import('node-rdkafka')} */
const Kafka = require(process.env.RDKAFKA_MODULE ?? 'node-rdkafka')

/** @typedef {import('node-rdkafka').Message} Message */

const topic = String(process.env.TOPIC)
const expected = Number(process.env.MESSAGES)

const consumer = new Kafka.KafkaConsumer(
  {
    'metadata.broker.list': process.env.BROKERS,
    'group.id': process.env.GROUP,
    'enable.auto.commit': false,
    'enable.auto.offset.store': false,
    'isolation.level': 'read_committed',
  },
  { 'auto.offset.reset': 'earliest' },
)
consumer.setDefaultConsumeTimeout(100)

const seek = promisify(consumer.seek.bind(consumer))
/** @type {(count: number) => Promise<Message[]>} */
const consume = promisify(consumer.consume.bind(consumer))

/** @type {Map<string, number>} */
const database = new Map()
/** @type {Set<string>} */
const failed = new Set()
/** @type {string[]} */
const rolledBack = []

/**
 * All of the batch, or nothing of it.
 *
 * @param {Message[]} messages
 */
function apply(messages) {
  for (const { partition, offset, value } of messages) {
    const id = `${partition}-${offset}`
    if (database.has(id)) throw new Error(`${id} came twice`)
    if (offset % 71 === 70 && !failed.has(id)) {
      failed.add(id)
      rolledBack.push(id)
      return false
    }
    void value
  }
  for (const { partition, offset, size } of messages) database.set(`${partition}-${offset}`, size)
  return true
}

/** @param {Message[]} messages */
async function unitOfWork(messages) {
  /** @type {Map<number, { first: number, last: number }>} */
  const ranges = new Map()
  for (const { partition, offset } of messages) {
    ranges.set(partition, { first: ranges.get(partition)?.first ?? offset, last: offset })
  }
  if (apply(messages)) {
    consumer.offsetsStore([...ranges].map(([partition, { last }]) => ({ topic, partition, offset: last + 1 })))
    consumer.commitSync(null)
  } else {
    for (const [partition, { first }] of ranges) await seek({ topic, partition, offset: first }, 5000)
  }
}

async function main() {
  await promisify(consumer.connect.bind(consumer))({})
  consumer.subscribe([topic])
  while (database.size < expected) {
    const messages = await consume(25)
    if (messages.length > 0) await unitOfWork(messages)
  }
  console.log(
    'taken',
    database.size,
    'bytes',
    [...database.values()].reduce((sum, size) => sum + size, 0),
  )
  console.log('rolled back', rolledBack.sort().join())
  const positions = consumer.position().sort((a, b) => a.partition - b.partition)
  for (const { partition, offset } of positions) console.log('position', partition, offset)
  /** @type {import('node-rdkafka').TopicPartitionOffset[]} */
  const offsets = await promisify((/** @type {(error: any, offsets: any) => void} */ done) =>
    consumer.committed(positions, 10_000, done),
  )()
  for (const { partition, offset } of offsets) console.log('committed', partition, offset)
  consumer.disconnect(() => console.log('disconnected'))
}

main().catch((/** @type {unknown} */ error) => {
  console.error(error)
  process.exitCode = 1
  consumer.disconnect()
})
