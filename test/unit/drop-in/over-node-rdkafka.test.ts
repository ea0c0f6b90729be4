// The class over node-rdkafka's, where that can be loaded: which of them answers, and what they are instances of.
import { EventEmitter } from 'node:events'

const mockCalls: unknown[][] = []

class MockStream {
  constructor(
    readonly consumer: unknown,
    readonly options: unknown,
  ) {}
}

class MockError extends Error {
  constructor(readonly given: object) {
    super('theirs')
  }
}

/** As node-rdkafka's is made: a function that wants an instance of itself. */
function MockConsumer(this: unknown, ...values: unknown[]): void {
  if (!(this instanceof MockConsumer)) throw new Error('not an instance')
  mockCalls.push(['constructor', ...values])
  EventEmitter.call(this as unknown as EventEmitter)
}
MockConsumer.super_ = EventEmitter
MockConsumer.prototype = Object.create(EventEmitter.prototype) as object
;(MockConsumer.prototype as Record<string, unknown>)['subscribe'] = function subscribe(...values: unknown[]): unknown {
  mockCalls.push(['subscribe', ...values])
  return this
}

jest.mock('../../../lib/drop-in/node-rdkafka', () => {
  const theirs = {
    KafkaConsumer: MockConsumer,
    KafkaConsumerStream: MockStream,
    LibrdKafkaError: MockError,
    CODES: { ERRORS: { ERR__STATE: -172 } },
    exports: { Producer: MockStream, CODES: { ERRORS: {} }, features: ['theirs'], librdkafkaVersion: '0.0.1' },
  }
  return { nodeRdkafka: () => theirs, assertLoaded: () => theirs }
})

interface Loose {
  new (conf: unknown, topicConf?: unknown): EventEmitter & Record<string, (...values: unknown[]) => unknown>
  createReadStream: (conf: unknown, topicConf: unknown, options: unknown) => EventEmitter & { consumer: object }
  super_: unknown
}

const dropIn = jest.requireActual<Record<string, unknown> & { KafkaConsumer: Loose }>('../../../lib/node-rdkafka')
const { KafkaConsumer } = dropIn
const TIER = { 'group.id': 'g', 'performance.tier': 'standard' }

beforeEach(() => {
  mockCalls.length = 0
  delete process.env['RDKAFKA_TIERS_TIER']
})

it('a consumer without a tier is made by their class, which does not see the tier', () => {
  const conf = { 'group.id': 'g' }
  const consumer = new KafkaConsumer(conf, { a: 1 })
  expect(consumer).toBeInstanceOf(MockConsumer)
  expect(consumer).toBeInstanceOf(KafkaConsumer)
  expect(mockCalls[0]).toEqual(['constructor', conf, { a: 1 }])
  expect(mockCalls[0]?.[1]).toBe(conf)
  new KafkaConsumer({ ...conf, 'performance.tier': 'legacy' })
  expect(mockCalls[1]).toEqual(['constructor', conf, undefined])
  expect(consumer['subscribe']?.(['t'], 5)).toBe(consumer)
  expect(mockCalls[2]).toEqual(['subscribe', ['t'], 5])
  expect(KafkaConsumer.super_).toBe(EventEmitter)
})

it('a consumer with a tier is an instance of their class, and not made by it', () => {
  const consumer = new KafkaConsumer(TIER)
  expect(consumer).toBeInstanceOf(MockConsumer)
  expect(mockCalls).toEqual([])
  expect(() => consumer['subscribe']?.(['t'])).toThrow(MockError)
  expect(mockCalls).toEqual([])
})

it('the environment decides', () => {
  process.env['RDKAFKA_TIERS_TIER'] = 'legacy'
  new KafkaConsumer(TIER)
  expect(mockCalls).toEqual([['constructor', { 'group.id': 'g' }, undefined]])
  process.env['RDKAFKA_TIERS_TIER'] = 'dedicated'
  new KafkaConsumer({ 'group.id': 'g' })
  expect(mockCalls).toHaveLength(1)
  expect(() => new KafkaConsumer(undefined)).toThrow(TypeError)
})

it('streams are theirs without a tier, and ours with one', async () => {
  expect(KafkaConsumer.createReadStream({ 'group.id': 'g' }, {}, { topics: 't' })).toBeInstanceOf(MockStream)
  const stream = KafkaConsumer.createReadStream(
    { ...TIER, 'bootstrap.servers': '127.0.0.1:1' },
    {},
    { topics: 't', connectOptions: { timeout: 50 } },
  )
  expect(stream).not.toBeInstanceOf(MockStream)
  expect(stream.consumer).toBeInstanceOf(KafkaConsumer)
  stream.on('error', () => undefined)
  await new Promise((resolve) => stream.on('close', resolve))
})

it('what is theirs is passed on', () => {
  expect(dropIn['Producer']).toBe(MockStream)
  expect(dropIn['features']).toEqual(['theirs'])
  expect(dropIn['librdkafkaVersion']).toBe('0.0.1')
})
