// What compiles with this package's types alone: the tier, and what node-rdkafka's types are wrong about. And what must
// not compile. Compiling it is the test.
import { ConsumerTier } from 'rdkafka-tiers'
import * as Kafka from 'rdkafka-tiers/node-rdkafka'
import { type ConsumerGlobalConfig, KafkaConsumer, type Message, Topic } from 'rdkafka-tiers/node-rdkafka'

// ---- the one new line ----

const conf: ConsumerGlobalConfig = { 'bootstrap.servers': 'localhost:9092', 'group.id': 'orders' }
const spellings: ConsumerGlobalConfig['performance.tier'][] = [
  undefined,
  'legacy',
  'standard',
  'buffered',
  'buffered:100',
  'dedicated',
  { buffered: { batch_size: 32 } },
  { buffered: { batchSize: 32 } },
  ConsumerTier.Standard,
  ConsumerTier.Dedicated,
  ConsumerTier.Buffered({ batchSize: 32 }),
]
const tiered = spellings.map((tier) => new KafkaConsumer({ ...conf, ...(tier && { 'performance.tier': tier }) }, {}))

// ---- put right ----

const consumer = new KafkaConsumer({ ...conf, 'performance.tier': 'dedicated' })
consumer.on('warning', (error) => console.warn(error.code, error.message))
consumer.once('warning', () => undefined)
consumer.consume((_error, message) => console.log(message.topic, message.offset))
consumer.consume((_error: unknown, message: Message) => console.log(message.value))
consumer.commit(null).commitSync()
consumer.committed(null, 1000, (_error, offsets) => console.log(offsets))
const places: number[] = [Topic.OFFSET_BEGINNING, Topic.OFFSET_END, Topic.OFFSET_STORED, Topic.OFFSET_INVALID]
const name: string = Topic('orders')

// ---- still written as before ----

consumer.consume((_error: Kafka.LibrdKafkaError, messages: Message[]) => console.log(messages.length))

// ---- refused ----

// @ts-expect-error -- no such tier
conf['performance.tier'] = 'fast'
// @ts-expect-error -- a misspelt option
conf['performance.tier'] = { buffered: { size: 32 } }
// @ts-expect-error -- a property of consumers
new Kafka.Producer({ 'performance.tier': 'dedicated' })
// @ts-expect-error -- of another type
new KafkaConsumer({ 'session.timeout.ms': '10 s' })
// @ts-expect-error -- not a librdkafka property
new KafkaConsumer({ 'max.poll.records': 500 })
// @ts-expect-error -- a property of producers
new KafkaConsumer({ 'linger.ms': 5 })
// @ts-expect-error -- no such value
new KafkaConsumer(conf, { 'auto.offset.reset': 'first' })
// @ts-expect-error -- no such event
consumer.on('message', () => undefined)
// @ts-expect-error -- an event of producers
consumer.on('delivery-report', () => undefined)
// @ts-expect-error -- a listener for something else
consumer.on('data', (message: string) => console.log(message))
// @ts-expect-error -- it takes a list
consumer.subscribe('orders')
// @ts-expect-error -- no partition
consumer.pause([{ topic: 'orders' }])
// @ts-expect-error -- no callback
consumer.seek({ topic: 'orders', partition: 0, offset: 0 }, 1000)
// @ts-expect-error -- a method of producers
consumer.produce('orders', 0, null) // eslint-disable-line @typescript-eslint/no-unsafe-call -- it is not there
// @ts-expect-error -- an error has no such field
consumer.on('event.error', (error) => console.log(error.codes))
// @ts-expect-error -- not among the codes
console.log(Kafka.CODES.ERRORS.ERR__NO_SUCH_CODE)
// @ts-expect-error -- it is abstract
new Kafka.AdminClient()
// @ts-expect-error -- has no partitions
Kafka.AdminClient.create({}).createTopic({ topic: 'orders', replication_factor: 1 })
// @ts-expect-error -- topics are missing
Kafka.createReadStream(conf, {}, { fetchSize: 10 })

export { name, places, tiered }
