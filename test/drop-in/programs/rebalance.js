'use strict'
// Partitions by hand: what is assigned begins where this program's own store says, what is revoked is committed first.
/** @type {typeof import('node-rdkafka')} */
const Kafka = require(process.env.RDKAFKA_MODULE ?? 'node-rdkafka')

const topic = String(process.env.TOPIC)
/** Where to begin, as a database would know it. */
const store = [0, 10, 20]
const expected = Number(process.env.MESSAGES) - store.reduce((sum, offset) => sum + offset, 0)

/** @type {Map<number, number>} */
const next = new Map()
let seen = 0
/** @type {string[]} */
const late = []

const consumer = new Kafka.KafkaConsumer(
  {
    'bootstrap.servers': process.env.BROKERS,
    'group.id': process.env.GROUP,
    'enable.auto.commit': false,
    'partition.assignment.strategy': 'range',
    rebalance_cb(
      /** @type {import('node-rdkafka').LibrdKafkaError} */ error,
      /** @type {import('node-rdkafka').TopicPartition[]} */ partitions,
    ) {
      const numbers = partitions.map(({ partition }) => partition).sort()
      if (error.code === Kafka.CODES.ERRORS.ERR__ASSIGN_PARTITIONS) {
        console.log('assigned', numbers.join(), consumer.rebalanceProtocol())
        consumer.assign(partitions.map((each) => ({ ...each, offset: store[each.partition] ?? 0 })))
        showAssignments()
      } else if (error.code === Kafka.CODES.ERRORS.ERR__REVOKE_PARTITIONS) {
        console.log('revoked', numbers.join())
        const offsets = [...next].map(([partition, offset]) => ({ topic, partition, offset }))
        if (offsets.length > 0) consumer.commitSync(offsets)
        next.clear()
        consumer.unassign()
        showAssignments()
        setImmediate(showOffsets)
      } else console.error(error)
    },
  },
  { 'auto.offset.reset': 'error' },
)

consumer.on('rebalance', (error, partitions) => console.log('event', error.code, partitions.length))
consumer.on('unsubscribed', () => console.log('unsubscribed'))
consumer.on('disconnected', () => console.log('disconnected'))

consumer.connect({}, (error) => {
  if (error) throw error
  consumer.subscribe([topic])
  consumer.consume((failure, message) => {
    if (failure) throw failure
    // Its types call the message an array.
    const { partition, offset } = /** @type {import('node-rdkafka').Message} */ (/** @type {unknown} */ (message))
    const due = next.get(partition) ?? store[partition]
    if (offset !== due) late.push(`${partition}: ${offset} instead of ${due}`)
    next.set(partition, offset + 1)
    if (++seen === expected) setImmediate(() => consumer.unsubscribe())
  })
})

function showAssignments() {
  const partitions = consumer.assignments().map(({ partition }) => partition)
  console.log('assignments', partitions.sort().join())
}

function showOffsets() {
  console.log('seen', seen, 'out of order', late.join() || 'none')
  const partitions = store.map((_offset, partition) => ({ topic, partition }))
  consumer.committed(partitions, 10_000, (error, offsets) => {
    if (error) throw error
    for (const { partition, offset } of offsets) console.log('committed', partition, offset)
    consumer.disconnect()
  })
}
