import { binding, PollMode } from '../../../lib/binding'
import { ConsumerConfig, type ConsumerProperties } from '../../../lib/config'
import { PRESETS, type PresetName } from '../../../lib/config/presets'
import { dump, refusal, REQUIRED } from './support'

/** What librdkafka must have in force with each preset, and what this package must. */
const EXPECTED: Record<PresetName, { librdkafka: Record<string, string>; settings: object; commits: object }> = {
  highThroughput: {
    librdkafka: {
      'fetch.min.bytes': '50000',
      'fetch.wait.max.ms': '100',
      'fetch.max.bytes': '104857600',
      'fetch.message.max.bytes': '2097152',
      'auto.commit.interval.ms': '1000',
      'retry.backoff.ms': '200',
      'socket.timeout.ms': '60000',
      'socket.send.buffer.bytes': '131072',
      'socket.receive.buffer.bytes': '131072',
    },
    settings: { requestTimeoutMs: 60_000, batchMaxMessages: 1000 },
    commits: { enabled: true, intervalMs: 1000 },
  },
  lowLatency: {
    librdkafka: {
      'fetch.min.bytes': '1',
      'fetch.wait.max.ms': '1',
      'session.timeout.ms': '6000',
      'heartbeat.interval.ms': '1000',
      'retry.backoff.ms': '50',
      'socket.timeout.ms': '10000',
      'socket.send.buffer.bytes': '32768',
      'socket.receive.buffer.bytes': '32768',
    },
    settings: { requestTimeoutMs: 10_000, batchMaxMessages: 1 },
    commits: { enabled: true, intervalMs: 5000 },
  },
  maxDurability: {
    librdkafka: {
      'session.timeout.ms': '60000',
      'heartbeat.interval.ms': '10000',
      'max.poll.interval.ms': '600000',
      'retry.backoff.ms': '1000',
      'socket.timeout.ms': '120000',
      'socket.send.buffer.bytes': '262144',
      'socket.receive.buffer.bytes': '262144',
    },
    settings: { requestTimeoutMs: 120_000, maxPollIntervalMs: 600_000 },
    commits: { enabled: false, intervalMs: 5000 },
  },
  development: {
    librdkafka: {
      'auto.offset.reset': 'largest',
      'auto.commit.interval.ms': '1000',
      'session.timeout.ms': '10000',
      'heartbeat.interval.ms': '1000',
      'log.connection.close': 'false',
      'retry.backoff.ms': '100',
      'socket.timeout.ms': '15000',
    },
    settings: { requestTimeoutMs: 15_000, autoOffsetReset: 'latest' },
    commits: { enabled: true, intervalMs: 1000 },
  },
  streaming: {
    librdkafka: {
      'fetch.min.bytes': '1',
      'fetch.wait.max.ms': '50',
      'max.poll.interval.ms': '120000',
      'retry.backoff.ms': '150',
      'socket.timeout.ms': '30000',
      'socket.send.buffer.bytes': '65536',
      'socket.receive.buffer.bytes': '65536',
    },
    settings: { requestTimeoutMs: 30_000, batchMaxMessages: 100, maxPollIntervalMs: 120_000 },
    commits: { enabled: false, intervalMs: 5000 },
  },
  batchProcessing: {
    librdkafka: {
      'fetch.min.bytes': '100000',
      'fetch.wait.max.ms': '500',
      'fetch.max.bytes': '52428800',
      'max.poll.interval.ms': '1800000',
      'retry.backoff.ms': '500',
      'socket.timeout.ms': '180000',
      'socket.send.buffer.bytes': '524288',
      'socket.receive.buffer.bytes': '524288',
    },
    settings: { requestTimeoutMs: 180_000, batchMaxMessages: 2000, maxPollIntervalMs: 1_800_000 },
    commits: { enabled: true, intervalMs: 5000 },
  },
}
const NAMES = Object.keys(PRESETS) as PresetName[]
/** What differs from librdkafka's defaults with every configuration. */
const ALWAYS = {
  'metadata.broker.list': 'localhost:1',
  'group.id': 'orders',
  'enable.auto.commit': 'false',
  'enable.auto.offset.store': 'false',
  'fetch.max.bytes': '3145728',
  'fetch.queue.backoff.ms': '2',
  'queued.min.messages': '20000',
  'queued.max.messages.kbytes': '8192',
}
const PROPERTIES = { ...REQUIRED, 'bootstrap.servers': 'localhost:1' }

/** librdkafka's last word: it checks what goes together only when a consumer is made. */
async function makeConsumer(properties: Record<string, string>): Promise<void> {
  // Calls settle when the consumer is served.
  const serve = (): unknown => native.serve()
  const native = binding().createConsumer(Object.entries(properties).flat(), PollMode.Direct, serve, 1, 1)
  await native.destroy()
}

describe.each(NAMES)('%s', (name) => {
  const { librdkafka, settings, commits } = EXPECTED[name]

  test('has its values in force in librdkafka, and no others', () => {
    const defaults = dump({ 'auto.offset.reset': 'largest' })
    const dumped = dump(ConsumerConfig[name](PROPERTIES).toRdKafka())
    for (const [key, value] of Object.entries(librdkafka)) expect([key, dumped.get(key)]).toEqual([key, value])
    const changed = [...dumped].filter(
      ([key, value]) => defaults.get(key) !== value && !/_cb$|^default_topic_conf$/.test(key),
    )
    const expected = Object.entries({ ...ALWAYS, ...librdkafka })
    expect(Object.fromEntries(changed)).toEqual(
      Object.fromEntries(expected.filter(([key, value]) => defaults.get(key) !== value)),
    )
  })

  test('has its values in force in this package', () => {
    expect(ConsumerConfig[name](PROPERTIES).toSettings()).toMatchObject({ ...settings, autoCommit: commits })
  })

  test('is accepted by librdkafka when a consumer is made', async () => {
    await makeConsumer(ConsumerConfig[name](PROPERTIES).toRdKafka())
  })

  test('gives way to the given properties, under whichever name', () => {
    const given: ConsumerProperties = {
      ...PROPERTIES,
      'retry.backoff.ms': 77,
      'fetch.message.max.bytes': 88,
      requestTimeoutMs: 99,
    }
    const config = ConsumerConfig[name](given)
    const dumped = dump(config.toRdKafka())
    expect([dumped.get('retry.backoff.ms'), dumped.get('fetch.message.max.bytes')]).toEqual(['77', '88'])
    expect(config.toSettings().requestTimeoutMs).toBe(99)
  })

  test('keeps its values where what is given is undefined', () => {
    const values = { 'enable.auto.commit': undefined, 'session.timeout.ms': undefined, requestTimeoutMs: undefined }
    const config = ConsumerConfig[name]({ ...PROPERTIES, ...values })
    expect(config.equals(ConsumerConfig[name](PROPERTIES))).toBe(true)
  })

  test('leaves to the broker what the broker decides with group.protocol=consumer', async () => {
    const config = ConsumerConfig[name]({ ...PROPERTIES, 'group.protocol': 'consumer' })
    expect(config.get('session.timeout.ms')).toBeUndefined()
    expect(config.get('heartbeat.interval.ms')).toBeUndefined()
    await makeConsumer(config.toRdKafka())
  })

  test('needs what every configuration needs', () => {
    expect(refusal(() => ConsumerConfig[name]({ 'group.id': 'orders' }))).toMatch(/^bootstrap\.servers: expected/)
    expect(refusal(() => ConsumerConfig[name](undefined as never))).toMatch(/^configuration: expected/)
  })
})

describe('what this package refuses to go together', () => {
  test.each<Record<string, string>>([
    { 'max.poll.interval.ms': '10000' },
    { 'fetch.max.bytes': '1000' },
    { 'receive.message.max.bytes': '1000000' },
    { 'reconnect.backoff.ms': '20000' },
    { 'ssl.keystore.location': '/x.p12' },
    { 'group.protocol': 'consumer', 'session.timeout.ms': '6000' },
    { 'group.protocol': 'consumer', 'heartbeat.interval.ms': '1000' },
    { 'group.protocol': 'consumer', 'group.protocol.type': 'consumer' },
    { 'group.protocol': 'consumer', 'partition.assignment.strategy': 'range' },
    { 'fetch.min.bytes': '0' },
    { 'fetch.min.bytes': '100000001' },
  ])('%p, librdkafka refuses too', async (properties) => {
    await expect(makeConsumer({ ...PROPERTIES, ...properties })).rejects.toThrow()
  })

  test('what it accepts at the edge, librdkafka accepts too', async () => {
    const edges: ConsumerProperties[] = [
      { 'max.poll.interval.ms': 45_000 },
      { 'fetch.max.bytes': 2_000_000, 'receive.message.max.bytes': 2_000_512 },
      { 'queued.max.messages.kbytes': 1000, 'receive.message.max.bytes': 1_024_512 },
      { 'receive.message.max.bytes': 3_146_240 },
      { 'message.max.bytes': 5_000_000 },
      { 'reconnect.backoff.ms': 20_000, 'reconnect.backoff.max.ms': 20_000 },
      { 'max.poll.interval.ms': 10_000, 'group.protocol': 'consumer' },
    ]
    for (const properties of edges) await makeConsumer(new ConsumerConfig({ ...PROPERTIES, ...properties }).toRdKafka())
    expect(binding().counters().clients).toBe(0)
  })
})
