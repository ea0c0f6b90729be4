// The drop-in where node-rdkafka is not installed: with a tier everything works, without one an error says what to do.
import { once } from 'node:events'
import { LoadError } from '../../../lib/errors'
import * as typed from '../../../lib/node-rdkafka'
import { MockCluster } from '../../../lib/testing'
import { withDeadline } from '../../helpers/wait'

/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-return --
   The calls under test are often ones that types forbid. */
type Loose = any

jest.mock('node-rdkafka', () => {
  throw Object.assign(new Error("Cannot find module 'node-rdkafka'"), { code: 'MODULE_NOT_FOUND' })
})

const dropIn: Loose = typed
const COUNT = 20
const DEADLINE_MS = 15_000

let cluster: MockCluster

beforeAll(async () => {
  cluster = await MockCluster.start({ brokers: 1 })
  cluster.createTopic('t')
  await cluster.produce(Array.from({ length: COUNT }, (_, index) => ({ topic: 't', value: `v${index}`, key: 'k' })))
})

afterAll(() => cluster.close())

function conf(more: object = {}): object {
  return {
    'metadata.broker.list': cluster.bootstrapServers,
    'group.id': `g-${Math.random().toString(36).slice(2)}`,
    'performance.tier': 'dedicated',
    ...more,
  }
}

function called(consumer: Loose, method: string, ...values: unknown[]): Promise<Loose> {
  return withDeadline(
    new Promise((resolve, reject) => {
      consumer[method](...values, (error: Error | null | undefined, value: unknown) => {
        if (error) reject(error)
        else resolve(value)
      })
    }),
    DEADLINE_MS,
    `${method}() did not call back`,
  )
}

function thrown(call: () => unknown): Loose {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

it('has what node-rdkafka exports, under its names', () => {
  expect(dropIn.Topic('t')).toBe('t')
  expect({ ...dropIn.Topic }).toMatchObject({
    OFFSET_BEGINNING: -2,
    OFFSET_END: -1,
    OFFSET_STORED: -1000,
    OFFSET_INVALID: -1001,
  })
  expect(dropIn.CODES.ERRORS).toMatchObject({ ERR_NO_ERROR: 0, ERR__STATE: -172, ERR_UNKNOWN_TOPIC_OR_PART: 3 })
  expect(dropIn.features).toEqual(expect.arrayContaining(['ssl', 'sasl_scram', 'zstd']))
  expect(dropIn.librdkafkaVersion).toMatch(/^\d+\.\d+\.\d+$/)
})

it.each([
  ['a consumer without a tier', () => new dropIn.KafkaConsumer({ 'group.id': 'g' }, {})],
  ['a stream without a tier', () => dropIn.createReadStream({ 'group.id': 'g' }, {}, { topics: 't' })],
  ['Producer', () => new dropIn.Producer({})],
  ['HighLevelProducer', () => new dropIn.HighLevelProducer({})],
  ['createWriteStream', () => dropIn.createWriteStream({}, {}, {})],
  ['AdminClient', () => dropIn.AdminClient.create({})],
])('%s needs it, and says so', (_what, call) => {
  const error = thrown(call)
  expect(error).toBeInstanceOf(LoadError)
  expect(error.message).toMatch(/npm install node-rdkafka/)
})

it('a consumer with a tier connects, reads and disconnects', async () => {
  const consumer = new dropIn.KafkaConsumer(conf(), { 'auto.offset.reset': 'earliest' })
  const metadata = await called(consumer, 'connect', {})
  expect(metadata.topics.map(({ name }: Loose) => name)).toContain('t')
  consumer.subscribe(['t'])
  const messages: Loose[] = []
  while (messages.length < COUNT) messages.push(...(await called(consumer, 'consume', COUNT)))
  expect(messages.map(({ value }) => String(value))).toEqual(Array.from({ length: COUNT }, (_, index) => `v${index}`))
  await called(consumer, 'disconnect')
})

it('errors look like those of node-rdkafka', async () => {
  const consumer = new dropIn.KafkaConsumer(conf(), {})
  const error = thrown(() => consumer.subscribe(['t']))
  expect(error).toBeInstanceOf(Error)
  expect({ ...error }).toEqual({ message: 'Local: Erroneous state', code: -172, errno: -172, origin: 'kafka' })
  const nobody = new dropIn.KafkaConsumer(conf({ 'metadata.broker.list': '127.0.0.1:9' }), {})
  const events: Loose[] = []
  nobody.on('event.error', (event: Loose) => events.push(event))
  await expect(called(nobody, 'connect', { timeout: 300 })).rejects.toMatchObject({ errno: expect.any(Number) })
  expect(nobody.getLastError()).toBe(events.at(-1) ?? null)
  const noGroup = new dropIn.KafkaConsumer({ 'performance.tier': 'standard' }, {})
  await expect(called(noGroup, 'connect', {})).rejects.toMatchObject({ code: -1, origin: expect.any(String) })
})

it('a stream reads, takes topics from a function, and closes', async () => {
  const stream = dropIn.createReadStream(
    conf(),
    { 'auto.offset.reset': 'earliest' },
    {
      topics: (metadata: Loose) =>
        metadata.topics.map(({ name }: Loose) => name).filter((name: string) => name === 't'),
      waitInterval: 0,
      fetchSize: 5,
    },
  )
  const seen: Loose[] = []
  for await (const message of stream) {
    seen.push(message)
    if (seen.length === COUNT) break
  }
  expect(seen.map(({ offset }) => offset)).toEqual(Array.from({ length: COUNT }, (_, index) => index))
  if (stream.consumer.isConnected()) await withDeadline(once(stream, 'close'), DEADLINE_MS, 'no close')
})

it('a stream that cannot subscribe, or connect, is an error and closes', async () => {
  for (const [more, topics] of [
    [{}, []],
    [{ 'metadata.broker.list': '127.0.0.1:9' }, 't'],
  ]) {
    const stream = dropIn.createReadStream(conf(more as object), {}, { topics, connectOptions: { timeout: 300 } })
    const closed = once(stream, 'close')
    const [error] = await withDeadline(
      once(stream, 'error').catch((thrownError: unknown) => [thrownError]),
      DEADLINE_MS,
      'no error',
    )
    expect(error).toHaveProperty('code')
    await withDeadline(
      closed.catch(() => undefined),
      DEADLINE_MS,
      'no close',
    )
  }
})

it.each([
  [undefined, 'topics'],
  [5, 'topics'],
  [null, 'options'],
  ['t', 'options'],
  [{ topics: 5 }, 'topics'],
])('a stream with options %j is refused', (options, what) => {
  expect(thrown(() => dropIn.createReadStream(conf(), {}, options))).toMatchObject({
    name: 'TypeError',
    message: expect.stringContaining(`"${what}" argument`),
  })
})
