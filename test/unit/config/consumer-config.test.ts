import { ConsumerConfig, type ConsumerProperties, ConsumerTier } from '../../../lib/config'
import { LIBRDKAFKA_PROPERTIES } from '../../../lib/config/librdkafka-properties'
import { configOf, dump, refusal, REQUIRED } from './support'

describe('toRdKafka', () => {
  test('gives librdkafka its own properties as text', () => {
    const config = configOf({
      'session.timeout.ms': 6000,
      'enable.partition.eof': true,
      'isolation.level': 'read_uncommitted',
      'performance.tier': 'dedicated',
      closeTimeoutMs: 5000,
      onAssigned: () => undefined,
      logger: console,
    })
    expect(config.toRdKafka()).toEqual({
      ...REQUIRED,
      'session.timeout.ms': '6000',
      'enable.partition.eof': 'true',
      'isolation.level': 'read_uncommitted',
      'enable.auto.commit': 'false',
      'enable.auto.offset.store': 'false',
      'fetch.max.bytes': '3145728',
      'fetch.queue.backoff.ms': '2',
      'queued.min.messages': '20000',
      'queued.max.messages.kbytes': '8192',
    })
  })

  test('leaves commits to this package, whatever enable.auto.commit says', () => {
    expect(configOf({ 'enable.auto.commit': true }).toRdKafka()).toMatchObject({
      'enable.auto.commit': 'false',
      'enable.auto.offset.store': 'false',
    })
  })

  test('how much is read ahead is kept where it is given', () => {
    const given = {
      'fetch.max.bytes': 2_000_000,
      'fetch.queue.backoff.ms': 1000,
      'queued.min.messages': 1,
      'queued.max.messages.kbytes': 4096,
    }
    expect(configOf(given).toRdKafka()).toMatchObject({
      'fetch.max.bytes': '2000000',
      'fetch.queue.backoff.ms': '1000',
      'queued.min.messages': '1',
      'queued.max.messages.kbytes': '4096',
    })
  })

  test.each<[ConsumerProperties, string]>([
    [{ 'max.partition.fetch.bytes': 5_000_000 }, '5000000'],
    [{ 'fetch.message.max.bytes': 50_000_000 }, '8388608'],
    [{ 'fetch.message.max.bytes': 50_000_000, 'queued.max.messages.kbytes': 40_000 }, '40960000'],
    [{ 'message.max.bytes': 30_000_000 }, '30000000'],
    [{ 'queued.max.messages.kbytes': 1000 }, '1024000'],
    [{ 'queued.max.messages.kbytes': 1 }, '1000000'],
    [{ 'fetch.message.max.bytes': 1000 }, '3145728'],
  ])('%p: an answer of a broker may be of %s bytes', (given, expected) => {
    expect(configOf({ ...given }).toRdKafka()['fetch.max.bytes']).toBe(expected)
  })

  test('properties of topics and secrets reach librdkafka', () => {
    const config = configOf({
      'auto.offset.reset': 'earliest',
      'sasl.password': 'hunter2',
      'max.partition.fetch.bytes': 77,
    })
    const dumped = dump(config.toRdKafka())
    expect(dumped.get('auto.offset.reset')).toBe('smallest')
    expect(dumped.get('sasl.password')).toBe('hunter2')
    expect(dumped.get('fetch.message.max.bytes')).toBe('77')
    expect(dumped.get('metadata.broker.list')).toBe('localhost:9092')
  })

  test('is pure: what is done to its result changes nothing', () => {
    const config = configOf()
    config.toRdKafka()['group.id'] = 'other'
    expect(config.toRdKafka()['group.id']).toBe('orders')
  })

  test('values given later to the same object change nothing', () => {
    const properties = { ...REQUIRED, 'session.timeout.ms': 6000 }
    const config = new ConsumerConfig(properties)
    properties['session.timeout.ms'] = 7000
    expect(config.get('session.timeout.ms')).toBe(6000)
  })

  test('text beginning with blanks, and text that is empty, is no less accepted by librdkafka', () => {
    expect(dump(configOf({ 'client.id': '  me', 'client.rack': '' }).toRdKafka()).get('client.id')).toBe('me')
  })
})

describe('toSettings', () => {
  test('has the defaults where nothing was given', () => {
    expect(configOf().toSettings()).toEqual({
      pollMax: 1000,
      autoCommit: { enabled: true, intervalMs: 5000 },
      autoOffsetReset: 'largest',
      maxPollIntervalMs: 300_000,
      batchMaxMessages: 10_000,
      closeTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      requestTimeoutMs: 30_000,
      onDeserializationError: 'fail',
      onAssigned: undefined,
      onRevoked: undefined,
      onLost: undefined,
      oauthbearerTokenRefresh: undefined,
      logger: undefined,
    })
    expect(configOf()).toMatchObject({ maxBufferedMessages: 100_000, maxBufferedBytes: 8 << 20 })
  })

  test('has what was given', () => {
    const given = {
      batchMaxMessages: 7,
      closeTimeoutMs: 1,
      rebalanceTimeoutMs: 2,
      requestTimeoutMs: 3,
      onDeserializationError: () => undefined,
      onAssigned: () => undefined,
      onRevoked: () => undefined,
      onLost: () => undefined,
      oauthbearerTokenRefresh: () => ({ tokenValue: 'x', lifetimeMs: 1, principal: 'x' }),
      logger: console,
    }
    const config = configOf({
      ...given,
      'enable.auto.commit': false,
      'auto.commit.interval.ms': 100,
      'auto.offset.reset': 'EARLIEST',
      'max.poll.interval.ms': 60_000,
      maxBufferedMessages: 5,
      maxBufferedBytes: 70_000,
    })
    expect(config.toSettings()).toEqual({
      ...given,
      pollMax: 1000,
      autoCommit: { enabled: false, intervalMs: 100 },
      autoOffsetReset: 'earliest',
      maxPollIntervalMs: 60_000,
    })
    expect(config).toMatchObject({ maxBufferedMessages: 5, maxBufferedBytes: 70_000 })
  })

  test.each([
    ['standard', 16],
    ['buffered:64', 64],
    ['legacy', 1000],
  ])('%s polls %i at a time', (tier, pollMax) => {
    expect(configOf({ 'performance.tier': tier }).toSettings().pollMax).toBe(pollMax)
  })

  test('an auto-commit interval of 0 commits no more often than a timer can wait', () => {
    expect(configOf({ 'auto.commit.interval.ms': 0 }).toSettings().autoCommit).toEqual({
      enabled: true,
      intervalMs: 2_147_483_647,
    })
  })

  test('the default of rebalanceTimeoutMs leaves a short max.poll.interval.ms half its time', () => {
    const short = { 'session.timeout.ms': 4000, 'max.poll.interval.ms': 5001 }
    expect(configOf(short).toSettings().rebalanceTimeoutMs).toBe(2500)
    expect(configOf({ ...short, rebalanceTimeoutMs: 5000 }).toSettings().rebalanceTimeoutMs).toBe(5000)
  })
})

describe('with', () => {
  test('makes a new configuration, in which the later value wins', () => {
    const first = configOf({ 'session.timeout.ms': 6000 })
    const second = first.with({ 'session.timeout.ms': 7000, 'client.id': 'me' })
    expect([first.get('session.timeout.ms'), first.get('client.id')]).toEqual([6000, undefined])
    expect([second.get('session.timeout.ms'), second.get('client.id')]).toEqual([7000, 'me'])
  })

  test('replaces a property under whichever of its names', () => {
    const config = configOf().with({ 'metadata.broker.list': 'other:1' })
    expect(config.get('bootstrap.servers')).toBe('other:1')
    expect(config.toRdKafka()).not.toHaveProperty(['bootstrap.servers'])
  })

  test('undefined takes a property back', () => {
    const config = configOf({ 'client.id': 'me', 'performance.tier': 'dedicated' })
    expect(config.with({ 'client.id': undefined }).get('client.id')).toBeUndefined()
    expect(config.with({ 'performance.tier': undefined }).tier).toBeUndefined()
    expect(config.with({ 'performance.tier': 'legacy' }).tier).toBeUndefined()
    expect(config.with({}).tier).toBe(ConsumerTier.Dedicated)
  })

  test('what is required cannot be taken back', () => {
    expect(refusal(() => configOf().with({ 'group.id': undefined }))).toMatch(/^group\.id: expected/)
  })

  test('checks the new properties alone and together with the old', () => {
    expect(refusal(() => configOf().with({ 'session.timeout.ms': -1 }))).toMatch(/^session\.timeout\.ms: /)
    expect(refusal(() => configOf().with({ 'max.poll.interval.ms': 1000 }))).toMatch(/^max\.poll\.interval\.ms: /)
    expect(refusal(() => configOf().with({ 'bootstrap.servers': 'a', 'metadata.broker.list': 'b' }))).toMatch(
      /got both$/,
    )
  })
})

describe('equals', () => {
  const onAssigned = (): void => undefined

  test('is true for the same properties in any order', () => {
    const one = configOf({ 'client.id': 'me', onAssigned, 'performance.tier': 'buffered:8' })
    const two = configOf({ 'performance.tier': { buffered: { batch_size: 8 } }, onAssigned, 'client.id': 'me' })
    expect(one.equals(two)).toBe(true)
  })

  test('is false for others', () => {
    expect(configOf({ 'client.id': 'me' }).equals(configOf({ 'client.id': 'you' }))).toBe(false)
    expect(configOf({ 'client.id': 'me' }).equals(configOf({ 'client.rack': 'me' }))).toBe(false)
    expect(configOf({ 'client.id': 'me' }).equals(configOf())).toBe(false)
    expect(configOf({ onAssigned }).equals(configOf({ onAssigned: () => undefined }))).toBe(false)
    expect(configOf().equals({ ...REQUIRED })).toBe(false)
  })
})

test('from() makes a configuration of properties, and passes one on as it is', () => {
  const config = configOf()
  expect(ConsumerConfig.from(config)).toBe(config)
  expect(ConsumerConfig.from(REQUIRED).equals(config)).toBe(true)
})

test('a configuration cannot be changed', () => {
  const config = configOf()
  expect(() => Object.assign(config, { tier: ConsumerTier.Standard })).toThrow(TypeError)
  expect(() => Object.assign(config, { extra: 1 })).toThrow(TypeError)
})

test('get() finds a property under its other names', () => {
  const config = configOf({ 'sasl.mechanism': 'PLAIN', 'fetch.message.max.bytes': 5 })
  expect(config.get('sasl.mechanisms')).toBe('PLAIN')
  expect(config.get('max.partition.fetch.bytes')).toBe(5)
  expect(config.get('session.timeout.ms')).toBeUndefined()
  expect(LIBRDKAFKA_PROPERTIES['max.partition.fetch.bytes'].alias).toBe('fetch.message.max.bytes')
})
