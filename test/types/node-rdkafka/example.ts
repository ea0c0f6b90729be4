// A program as one writes it with node-rdkafka and its types: every class, method, event and exported type. It is never
// run. The test compiles it as it stands, and again with nothing changed but the module it imports.
import { Writable } from 'node:stream'
import * as Kafka from 'node-rdkafka'
import {
  AdminClient,
  CODES,
  type Client,
  type ConsumerGlobalConfig,
  type ConsumerStream,
  type ConsumerTopicConfig,
  createReadStream,
  createWriteStream,
  type DeliveryReport,
  type EofEvent,
  features,
  HighLevelProducer,
  type IAdminClient,
  KafkaConsumer,
  librdkafkaVersion,
  type LibrdKafkaError,
  type Message,
  type Metadata,
  type NewTopic,
  Producer,
  type ProducerGlobalConfig,
  type ProducerStream,
  type ProducerTopicConfig,
  type ReadStreamOptions,
  type TopicPartition,
  type TopicPartitionOffset,
  type WriteStreamOptions,
} from 'node-rdkafka'

interface Order {
  id: string
  customer: string
  cents: number
}

interface Settings extends ConsumerGlobalConfig {
  'bootstrap.servers': string
}

const brokers = 'localhost:9092'
const topic = 'orders'

// ---- configuration ----

const security: Kafka.GlobalConfig = {
  'client.id': 'shop',
  'metadata.broker.list': brokers,
  'security.protocol': 'sasl_ssl',
  'sasl.mechanisms': 'SCRAM-SHA-512',
  'sasl.username': 'alice',
  'sasl.password': 'secret',
  'ssl.ca.location': '/etc/ssl/certs',
  'enable.ssl.certificate.verification': true,
  'broker.address.family': 'v4',
  'statistics.interval.ms': 5000,
  'log.connection.close': false,
  debug: 'cgrp,fetch',
  'socket.keepalive.enable': true,
  'topic.blacklist': ['^internal'],
  event_cb: true,
}

const consumerConf: ConsumerGlobalConfig = {
  ...security,
  'group.id': 'billing',
  'group.instance.id': 'billing-1',
  'partition.assignment.strategy': 'cooperative-sticky',
  'group.protocol': 'classic',
  'session.timeout.ms': 10_000,
  'enable.auto.commit': false,
  'enable.auto.offset.store': false,
  'enable.partition.eof': true,
  'isolation.level': 'read_committed',
  'fetch.wait.max.ms': 100,
  'queued.max.messages.kbytes': 10_000,
  offset_commit_cb: (error: LibrdKafkaError | null, offsets: TopicPartitionOffset[]) => {
    if (error) console.error(error.code, error.message)
    for (const { topic: name, partition, offset } of offsets) console.log(name, partition, offset.toFixed())
  },
  rebalance_cb(this: KafkaConsumer, error: LibrdKafkaError, partitions: TopicPartition[]) {
    if (error.code === CODES.ERRORS.ERR__ASSIGN_PARTITIONS) {
      if (this.rebalanceProtocol() === 'COOPERATIVE') this.incrementalAssign(partitions)
      else this.assign(partitions.map((each) => ({ ...each, offset: 0 })))
    } else if (error.code === CODES.ERRORS.ERR__REVOKE_PARTITIONS) {
      if (this.rebalanceProtocol() === 'COOPERATIVE') this.incrementalUnassign(partitions)
      else this.unassign()
    } else console.error(error)
  },
}
const consumerTopicConf: ConsumerTopicConfig = { 'auto.offset.reset': 'earliest' }
const settings: Settings = { 'bootstrap.servers': brokers, 'group.id': 'billing' }
const sessionTimeout: number | undefined = consumerConf['session.timeout.ms']

const producerConf: ProducerGlobalConfig = {
  ...security,
  'transactional.id': 'billing-1',
  'enable.idempotence': true,
  'linger.ms': '5',
  'queue.buffering.max.ms': 5,
  'compression.codec': 'lz4',
  'batch.num.messages': 1000,
  dr_cb: true,
  dr_msg_cb: true,
}
const producerTopicConf: ProducerTopicConfig = { 'request.required.acks': -1, partitioner: 'murmur2' }

// ---- a consumer that flows ----

function decode(message: Message): Order | undefined {
  if (message.value === null) return undefined
  const key: string = message.key?.toString() ?? ''
  const headers = (message.headers ?? []).flatMap((header) => Object.entries(header))
  for (const [name, value] of headers) if (name === 'trace') console.log(value.toString())
  const at = new Date(message.timestamp ?? 0)
  console.log(`${message.topic}[${message.partition}]@${message.offset} ${message.size} ${key} ${at.toISOString()}`)
  return JSON.parse(message.value.toString()) as Order
}

const flowing = new KafkaConsumer(consumerConf, consumerTopicConf)

flowing
  .on('ready', (info, metadata) => {
    console.log(info.name, metadata.orig_broker_name, metadata.orig_broker_id.toFixed())
    for (const { host, port, id } of metadata.brokers) console.log(host, port.toFixed(), id.toFixed())
    for (const { name, partitions } of metadata.topics) {
      for (const { id, leader, replicas, isrs } of partitions)
        console.log(name, id, leader, replicas.length, isrs.length)
    }
    flowing.subscribe([topic, /^refunds-.*/])
    flowing.setDefaultConsumeTimeout(100)
    flowing.setDefaultConsumeLoopTimeoutDelay(10)
    flowing.consume()
  })
  .on('data', (message) => {
    const order = decode(message)
    if (order !== undefined && order.cents > 0) flowing.commitMessage(message)
  })
  .on('partition.eof', (end: EofEvent) => console.log(end.topic, end.partition, end.offset))
  .on('rebalance', (error, partitions) =>
    console.log(
      error.code,
      partitions.map(({ partition }) => partition),
    ),
  )
  .on('rebalance.error', (error) => console.error(error.name, error.stack))
  .on('subscribed', (topics) => console.log(topics.length))
  .on('unsubscribed', () => console.log('unsubscribed'))
  .on('unsubscribe', () => console.log('unsubscribe'))
  .on('offset.commit', (error, offsets) =>
    console.log(
      error,
      offsets.map(({ offset }) => offset),
    ),
  )
  .on('event.error', (error) => console.error(error.origin, error.errno, error.isFatal, error.isRetriable))
  .on('event.stats', (stats: { message: string }) => console.log(JSON.parse(stats.message)))
  .on('event.log', (log: { severity: number; fac: string; message: string }) => console.log(log.fac, log.message))
  .on('event.event', (event) => console.log(event))
  .on('event.throttle', (event: { throttleTime: number }) => console.log(event.throttleTime))
  .on('connection.failure', (error, metrics) => console.error(error.message, metrics.connectionOpened))
  .once('disconnected', (metrics) => console.log(Date.now() - metrics.connectionOpened))

flowing.connect({ topic, allTopics: false, timeout: 5000 }, (error, metadata) => {
  // What the types do not say: it is null when all is well.
  if (error as LibrdKafkaError | null) throw new Error(error.message)
  console.log(metadata.topics.length)
})

// ---- a consumer that asks for batches ----

class Worker extends KafkaConsumer {
  private readonly seen = new Map<number, number>()

  constructor(private readonly name: string) {
    super(settings, consumerTopicConf)
  }

  start(): this {
    return this.connect().on('ready', () => {
      this.subscribe([topic])
      this.next()
    })
  }

  override commitMessage(message: TopicPartitionOffset): this {
    this.seen.set(message.partition, message.offset)
    return super.commitMessage(message)
  }

  private next(): void {
    this.consume(100, (error: LibrdKafkaError | null, messages: Message[]) => {
      if (error !== null) console.error(this.name, error.message)
      else for (const message of messages) this.commitMessage(message)
      setImmediate(() => this.next())
    })
  }
}

const worker: Worker = new Worker('first').start()
worker.consume(10)
worker.consume((error, messages) => {
  console.log(error.message, messages)
})

function control(consumer: KafkaConsumer): void {
  const here: TopicPartition = { topic, partition: 0 }
  const from: TopicPartitionOffset = { ...here, offset: 7 }
  const assigned: Kafka.Assignment[] = consumer.assign([here, from]).assignments()
  consumer.incrementalAssign([here]).incrementalUnassign(assigned).unassign()
  consumer.commit().commit(from).commit([from]).commitSync(null).commitSync([from]).commitMessageSync(from)
  consumer.pause([here])
  consumer.resume([here])
  consumer.offsetsStore([from])
  consumer.seek(from, 1000, (error: LibrdKafkaError | undefined) => {
    if (error) console.error(error.message)
  })
  consumer.seek(from, null, () => undefined)
  const positions: TopicPartitionOffset[] = [...consumer.position(), ...consumer.position([here])]
  const topics: string[] = consumer.subscription()
  const protocol: string = consumer.rebalanceProtocol()
  const { lowOffset, highOffset } = consumer.getWatermarkOffsets(topic, 0)
  console.log(positions.length, topics.length, protocol.length, highOffset - lowOffset)
  consumer.committed([here], 5000, (error, offsets) => console.log(error, offsets[0]?.offset))
  consumer.committed(5000, (error, offsets) => console.log(error, offsets.length))
  consumer.queryWatermarkOffsets(topic, 0, 1000, (error, offsets) => console.log(error, offsets.highOffset))
  consumer.queryWatermarkOffsets(topic, 0, (error, offsets) => console.log(error, offsets.lowOffset))
  consumer.offsetsForTimes([{ ...here, offset: Date.now() }], 1000, (error, offsets) => console.log(error, offsets))
  consumer.offsetsForTimes([{ ...here, offset: Date.now() }], (error, offsets) =>
    console.log(error, offsets[0]?.offset),
  )
  consumer.getMetadata({ topic }, (error, metadata) => console.log(error, metadata.brokers.length))
  consumer.setOauthBearerToken('token')
  consumer.unsubscribe()
  client(consumer)
  consumer.disconnect()
}

/** For both kinds of client. */
function client<Events extends string>(of: Client<Events>): void {
  const connected: boolean = of.isConnected()
  const duration: number = of.connectedTime()
  const last: LibrdKafkaError = of.getLastError()
  of.getClient()
  of.removeAllListeners()
  of.disconnect((error, metrics) => console.log(error, metrics.connectionOpened, connected, duration, last.message))
}
control(flowing)

// ---- streams ----

const readOptions: ReadStreamOptions = {
  topics: (metadata: Metadata) => metadata.topics.map(({ name }) => name),
  waitInterval: 100,
  fetchSize: 50,
  objectMode: true,
  highWaterMark: 100,
  autoClose: true,
  streamAsBatch: false,
  connectOptions: { timeout: 1000 },
  initOauthBearerToken: 'token',
}
const readStream: ConsumerStream = createReadStream(consumerConf, consumerTopicConf, readOptions)
const other: ConsumerStream = KafkaConsumer.createReadStream(settings, {}, { topics: topic })
readStream.consumer.on('event.error', (error) => console.error(error))
readStream.on('error', (error) => console.error(error))
readStream.on('data', (message: Message) => readStream.consumer.commitMessage(message))
readStream.refreshOauthBearerToken('token')
readStream.pipe(new Writable({ objectMode: true, write: (_message, _encoding, done) => done() }))
readStream.close(() => other.close())

async function iterate(): Promise<void> {
  for await (const message of other) console.log((message as Message).offset)
}

const writeOptions: WriteStreamOptions = { topic, objectMode: false, pollInterval: 100, autoClose: true }
const writeStream: ProducerStream = createWriteStream(producerConf, producerTopicConf, writeOptions)
const queued: boolean = Producer.createWriteStream(producerConf, {}, { topic }).write(Buffer.from('order'))
writeStream.producer.on('event.error', (error) => console.error(error))
writeStream.connect({ timeout: 1000 })
writeStream.close(() => console.log(queued))

// ---- producers ----

const producer = new Producer(producerConf, producerTopicConf)
producer
  .on('delivery-report', (error: LibrdKafkaError | null, report: DeliveryReport) => {
    console.log(error, report.topic, report.partition, report.offset, report.key, report.value, report.size)
    console.log(report.timestamp, report.opaque)
  })
  .setPollInterval(100)
  .poll()
producer.connect({}, () => {
  producer.produce(topic, null, Buffer.from('order'), 'key', Date.now(), { attempt: 1 }, [
    { trace: 'a' },
    { trace: 'b' },
  ])
  producer.produce(topic, -1, null)
  producer.flush(1000, (error: LibrdKafkaError | null) => console.log(error)).disconnect(5000)
})

function transfer(consumer: KafkaConsumer): void {
  const fail = (error: LibrdKafkaError | null): void => {
    if (error?.isTxnRequiresAbort === true) producer.abortTransaction(1000, () => undefined)
  }
  producer.initTransactions(fail)
  producer.initTransactions(1000, fail)
  producer.beginTransaction(fail)
  producer.sendOffsetsToTransaction(consumer.position(), consumer, fail)
  producer.sendOffsetsToTransaction(consumer.position(), consumer, 1000, fail)
  producer.commitTransaction(fail)
  producer.commitTransaction(1000, fail)
  producer.abortTransaction(fail)
}

const highLevel = new HighLevelProducer({ 'metadata.broker.list': brokers })
highLevel.setKeySerializer((key: { id: string }) => key.id)
highLevel.setKeySerializer((key, done) => done(null, String(key)))
highLevel.setValueSerializer((value: Order) => Promise.resolve(Buffer.from(JSON.stringify(value))))
highLevel.setValueSerializer((value, done) => done(null, Buffer.from(JSON.stringify(value))))
const order: Order = { id: '1', customer: 'a', cents: 5 }
highLevel.produce(topic, null, order, { id: order.id }, Date.now(), (error, offset) => console.log(error, offset ?? -1))
highLevel.produce(topic, 0, order, null, null, [{ trace: Buffer.from('a') }], (error, offset) =>
  console.log(error, offset),
)

// ---- topics ----

const newTopic: NewTopic = {
  topic,
  num_partitions: 8,
  replication_factor: 1,
  config: { 'cleanup.policy': 'compact', 'retention.ms': '86400000', 'remote.storage.enable': 'false' },
}
const admin: IAdminClient = AdminClient.create(security)
const withToken: IAdminClient = Kafka.AdminClient.create(security, 'token')
const done = (error?: LibrdKafkaError): void => console.log(error)
admin.createTopic(newTopic)
admin.createTopic(newTopic, done)
admin.createTopic(newTopic, 1000, done)
admin.createPartitions(topic, 16, done)
admin.createPartitions(topic, 16, 1000, done)
admin.deleteTopic(topic, done)
admin.deleteTopic(topic, 1000, done)
withToken.refreshOauthBearerToken('token')
withToken.disconnect()

// ---- names ----

const retriable = [
  CODES.ERRORS.ERR__TRANSPORT,
  CODES.ERRORS.ERR__TIMED_OUT,
  CODES.ERRORS.ERR_NOT_COORDINATOR_FOR_GROUP,
  Kafka.CODES.ERRORS.ERR_REQUEST_TIMED_OUT,
]
type CodeName = keyof typeof CODES.ERRORS
const nameOf = (code: number): CodeName | undefined =>
  (Object.keys(CODES.ERRORS) as CodeName[]).find((name) => CODES.ERRORS[name] === code)
const handlers: Record<Kafka.KafkaClientEvents, () => void> = {
  ready: () => undefined,
  disconnected: () => undefined,
  'connection.failure': () => undefined,
  'event.error': () => undefined,
  'event.stats': () => undefined,
  'event.log': () => undefined,
  'event.event': () => undefined,
  'event.throttle': () => undefined,
}
const consumerEvents: Kafka.KafkaConsumerEvents[] = [
  'data',
  'offset.commit',
  ...(Object.keys(handlers).slice(9, 9) as []),
]
const producerEvents: Kafka.KafkaProducerEvents[] = ['delivery-report', 'ready']
/** As tests of such programs make them. */
const mocked: LibrdKafkaError = { message: 'broken', code: -195, errno: -195, origin: 'local' }
const message: Message = { topic, partition: 0, offset: 1, value: Buffer.from(''), size: 0 }
const shapes: [
  Kafka.ReadyInfo,
  Kafka.ClientMetrics,
  Kafka.MetadataOptions,
  Kafka.BrokerMetadata,
  Kafka.PartitionMetadata,
  Kafka.TopicMetadata,
  Kafka.WatermarkOffsets,
  Kafka.TopicPartitionTime,
  Kafka.NumberNullUndefined,
  Kafka.MessageKey,
  Kafka.MessageHeader,
  Kafka.MessageValue,
  Kafka.SubscribeTopic,
  Kafka.SubscribeTopicList,
  Kafka.TopicConfig,
] = [
  { name: 'rdkafka#consumer-1' },
  { connectionOpened: 0 },
  {},
  { id: 1, host: 'localhost', port: 9092 },
  { id: 0, leader: 1, replicas: [1], isrs: [1] },
  { name: topic, partitions: [] },
  { lowOffset: 0, highOffset: 0 },
  { topic, partition: 0, offset: 0 },
  null,
  'key',
  { trace: 'a' },
  null,
  /^orders/,
  [topic],
  { opaque: 1 },
]
const version: string = librdkafkaVersion
const isCompressed: boolean = features.includes('lz4')

export {
  consumerEvents,
  isCompressed,
  iterate,
  message,
  mocked,
  nameOf,
  producerEvents,
  retriable,
  sessionTimeout,
  shapes,
  transfer,
  version,
}
