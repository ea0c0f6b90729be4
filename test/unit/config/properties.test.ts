import { ConsumerConfig, type ConsumerProperties } from '../../../lib/config'
import { LIBRDKAFKA_PROPERTIES, type LibrdkafkaProperty } from '../../../lib/config/librdkafka-properties'
import { OPTIONS } from '../../../lib/config/options'
import { librdkafkaProperty, PROPERTY_NAMES } from '../../../lib/config/properties'
import { ConfigError } from '../../../lib/errors'
import { configOf, refusal, REQUIRED } from './support'

const refused = (name: string, value: unknown): string => refusal(() => configOf({ [name]: value }))

describe('the whole', () => {
  test.each([undefined, null, 'x', 5, [], new Map(), new Date(), () => undefined])('%p is refused', (value) => {
    expect(refusal(() => new ConsumerConfig(value as ConsumerProperties))).toMatch(
      /^configuration: expected a plain object of properties, got /,
    )
  })

  test('an object without prototype is accepted', () => {
    const properties = Object.assign(Object.create(null) as object, REQUIRED)
    expect(new ConsumerConfig(properties).get('group.id')).toBe('orders')
  })

  test.each([
    ['bootstrap.servers', { 'group.id': 'orders' }],
    ['group.id', { 'bootstrap.servers': 'localhost' }],
    ['group.id', { 'bootstrap.servers': 'localhost', 'group.id': undefined }],
  ])('without %s it is refused', (name, properties) => {
    expect(refusal(() => new ConsumerConfig(properties))).toBe(
      `${name}: expected a string, as a consumer cannot do without it, got undefined`,
    )
  })

  test('metadata.broker.list stands in for bootstrap.servers', () => {
    const config = new ConsumerConfig({ 'metadata.broker.list': 'a:1', 'group.id': 'orders' })
    expect(config.get('bootstrap.servers')).toBe('a:1')
  })

  test('two names of one property at once are refused', () => {
    expect(refused('metadata.broker.list', 'a:1')).toBe(
      'metadata.broker.list: expected one of "bootstrap.servers" and "metadata.broker.list", which are the same property, got both',
    )
  })

  test('the refusal is a ConfigError with a code', () => {
    expect(() => new ConsumerConfig({})).toThrow(ConfigError)
    expect(() => new ConsumerConfig({})).toThrow(expect.objectContaining({ code: 'ERR_KAFKA_CONFIG' }) as Error)
  })
})

describe('names', () => {
  test.each([
    ['sesion.timeout.ms', 'session.timeout.ms'],
    ['session_timeout_ms', 'session.timeout.ms'],
    ['sessionTimeoutMs', 'session.timeout.ms'],
    ['grup.id', 'group.id'],
    ['group.di', 'group.id'],
    ['Group.Id', 'group.id'],
    ['closeTimeout', 'closeTimeoutMs'],
    ['close.timeout.ms', 'closeTimeoutMs'],
    ['performance.teir', 'performance.tier'],
    ['sasl.pasword', 'sasl.password'],
    ['bootstrap.server', 'bootstrap.servers'],
    ['brokers', 'bootstrap.servers'],
    ['groupId', 'group.id'],
    ['clientId', 'client.id'],
  ])('%s is refused, and %s suggested', (name, suggestion) => {
    expect(refused(name, 'x')).toMatch(new RegExp(`^${name}: .*did you mean "${suggestion}"\\?$`))
  })

  test.each(['nonsense', 'constructor', 'toString', 'hasOwnProperty', 'x'.repeat(1000)])(
    '%s is refused without a suggestion',
    (name) => {
      expect(refused(name, 1)).toBe(`${name}: is no property of a consumer`)
    },
  )

  test('__proto__ is refused', () => {
    const properties = JSON.parse('{"__proto__": {"group.id": "x"}}') as ConsumerProperties
    expect(refusal(() => new ConsumerConfig(properties))).toBe('__proto__: is no property of a consumer')
  })

  test.each([
    ['fetch.max.wait.ms', 'fetch.wait.max.ms'],
    ['max.poll.records', 'batchMaxMessages'],
    ['default.api.timeout.ms', 'requestTimeoutMs'],
    ['request.timeout.ms', 'requestTimeoutMs'],
    ['key.deserializer', 'ConsumerFactory.create()'],
    ['value.deserializer', 'ConsumerFactory.create()'],
    ['receive.buffer.bytes', 'socket.receive.buffer.bytes'],
    ['send.buffer.bytes', 'socket.send.buffer.bytes'],
    ['sasl.jaas.config', 'sasl.password'],
    ['ssl.truststore.location', 'ssl.ca.location'],
    ['auto.commit.enable', 'enable.auto.commit'],
    ['rebalance_cb', 'onRevoked'],
    ['error_cb', 'warning'],
    ['stats_cb', 'statistics'],
    ['log_cb', 'logger'],
    ['log.queue', 'logger'],
    ['offset_commit_cb', 'commit()'],
    ['consume_cb', 'batches()'],
    ['oauthbearer_token_refresh_cb', 'oauthbearerTokenRefresh'],
    ['default_topic_conf', 'auto.offset.reset'],
    ['ssl_key', 'ssl.key.pem'],
  ])('%s is refused, and the message names its twin %s', (name, twin) => {
    const message = refused(name, () => undefined)
    expect(message.startsWith(`${name}: `)).toBe(true)
    expect(message).toContain(twin)
  })

  test.each(['acks', 'linger.ms', 'compression.codec', 'transactional.id', 'enable.idempotence', 'dr_msg_cb'])(
    '%s is refused, as it is of producers',
    (name) => {
      expect(refused(name, 1)).toBe(`${name}: is of producers; a consumer has no such property`)
    },
  )

  test('what takes a C function is refused', () => {
    expect(refused('socket_cb', () => undefined)).toBe('socket_cb: cannot be set: it takes a C function or pointer')
  })

  test('every property of librdkafka is either accepted or refused with a reason', () => {
    for (const name of Object.keys(LIBRDKAFKA_PROPERTIES)) {
      if (PROPERTY_NAMES.includes(name)) continue
      expect(refused(name, 'x')).not.toContain('is no property')
    }
  })

  test('every twin that a message names exists', () => {
    for (const name of [
      'fetch.max.wait.ms',
      'max.poll.records',
      'ssl.keystore.key',
      'sasl.jaas.config',
      'rebalance_cb',
    ]) {
      const twins = [...refused(name, 1).matchAll(/"([^"]+)"/g)].map(([, twin]) => twin)
      expect(twins.length).toBeGreaterThan(0)
      for (const twin of twins) expect(PROPERTY_NAMES).toContain(twin)
    }
  })
})

describe('values', () => {
  test.each([
    ['fetch.min.bytes', '64kb', 'an integer from 1 to 100000000, got "64kb"'],
    ['fetch.min.bytes', 0, 'an integer from 1 to 100000000, got 0'],
    ['fetch.min.bytes', 100_000_001, 'an integer from 1 to 100000000, got 100000001'],
    ['session.timeout.ms', '6000', 'an integer from 1 to 3600000, got "6000"'],
    ['session.timeout.ms', 1.5, 'an integer from 1 to 3600000, got 1.5'],
    ['session.timeout.ms', NaN, 'an integer from 1 to 3600000, got NaN'],
    ['session.timeout.ms', 6000n, 'an integer from 1 to 3600000, got 6000n'],
    ['enable.auto.commit', 'true', 'true or false, got "true"'],
    ['enable.auto.commit', 1, 'true or false, got 1'],
    ['enable.auto.offset.store', true, 'false, as offsets are stored when messages were processed, got true'],
    [
      'security.protocol',
      'sasl_sssl',
      'one of plaintext, ssl, sasl_plaintext, sasl_ssl, got "sasl_sssl"; did you mean "sasl_ssl"?',
    ],
    ['security.protocol', true, 'one of plaintext, ssl, sasl_plaintext, sasl_ssl, got true'],
    ['auto.offset.reset', 'none', 'one of smallest, earliest, beginning, largest, latest, end, error, got "none"'],
    ['client.id', 5, 'a string without NUL characters, got 5'],
    ['client.id', null, 'a string without NUL characters, got null'],
    ['client.id', 'a\0b', 'a string without NUL characters, got "a\\u0000b"'],
    ['client.id', ['a'], 'a string without NUL characters, got an array'],
    ['client.id', { password: 'hunter2' }, 'a string without NUL characters, got an object'],
    ['client.id', Symbol('x'), 'a string without NUL characters, got a symbol'],
    ['group.id', ' ', 'a string that is not blank, got " "'],
    ['bootstrap.servers', '', 'a string that is not blank, got ""'],
    ['closeTimeoutMs', 0, 'an integer from 1 to 3600000, got 0'],
    ['closeTimeoutMs', '10s', 'an integer from 1 to 3600000, got "10s"'],
    ['batchMaxMessages', 100_001, 'an integer from 1 to 100000, got 100001'],
    ['maxBufferedBytes', 1, 'an integer from 65536 to 2147483647, got 1'],
    ['onDeserializationError', 'ignore', "'fail', 'skip' or a function: (error) => void, got \"ignore\""],
    ['onAssigned', 'x', 'a function: (partitions) => void or a promise, got "x"'],
    ['logger', {}, 'an object with the methods debug, info, warn and error, such as console, got an object'],
    ['logger', null, 'an object with the methods debug, info, warn and error, such as console, got null'],
    [
      'logger',
      { ...console, debug: 1 },
      'an object with the methods debug, info, warn and error, such as console, got an object',
    ],
  ])('%s: %p is refused', (name, value, message) => {
    expect(refused(name, value)).toBe(`${name}: expected ${message}`)
  })

  test('a long value is cut in the message', () => {
    expect(refused('security.protocol', 'x'.repeat(10_000)).length).toBeLessThan(300)
  })

  test('a list of debug contexts is checked one by one', () => {
    expect(configOf({ debug: 'cgrp, fetch' }).get('debug')).toBe('cgrp, fetch')
    expect(configOf({ debug: '' }).get('debug')).toBe('')
    expect(refused('debug', 'cgrp,nonsense')).toMatch(
      /^debug: expected a comma separated list of generic, .*"cgrp,nonsense"$/,
    )
    expect(refused('debug', true)).toMatch(/got true$/)
  })

  test('enumerated values may be written in capitals, as Java wants some', () => {
    expect(configOf({ 'security.protocol': 'SASL_SSL' }).get('security.protocol')).toBe('SASL_SSL')
  })

  test('a function is a logger too when it has the methods', () => {
    const logger = Object.assign(() => undefined, { debug: () => 0, info: () => 0, warn: () => 0, error: () => 0 })
    expect(configOf({ logger }).get('logger')).toBe(logger)
  })

  test('every property accepts its default', () => {
    for (const name of PROPERTY_NAMES) {
      const property: LibrdkafkaProperty | undefined = librdkafkaProperty(name)
      const option = Object.hasOwn(OPTIONS, name) ? OPTIONS[name as keyof typeof OPTIONS] : undefined
      const value = property?.default ?? option?.default
      if (value === undefined || name === 'enable.auto.offset.store') continue
      expect(configOf({ [name]: value }).get(name as keyof ConsumerProperties)).toBe(value)
    }
  })

  test('enable.auto.offset.store may be given as what it is', () => {
    expect(configOf({ 'enable.auto.offset.store': false }).toRdKafka()['enable.auto.offset.store']).toBe('false')
  })
})

describe('what goes together', () => {
  test.each<[Record<string, unknown>, string]>([
    [
      { 'max.poll.interval.ms': 10_000 },
      'max.poll.interval.ms: expected at least "session.timeout.ms" (45000), got 10000',
    ],
    [
      { 'session.timeout.ms': 2000 },
      'heartbeat.interval.ms: expected less than "session.timeout.ms" (2000), or the group would expire the member between two heartbeats, got 3000',
    ],
    [
      { 'max.poll.interval.ms': 60_000, rebalanceTimeoutMs: 60_000 },
      'rebalanceTimeoutMs: expected less than "max.poll.interval.ms" (60000), or the group would give the member up while its handlers run, got 60000',
    ],
    [{ 'fetch.max.bytes': 1000 }, 'fetch.max.bytes: expected at least "message.max.bytes" (1000000), got 1000'],
    [
      { 'receive.message.max.bytes': 1_000_000 },
      'receive.message.max.bytes: expected at least "fetch.max.bytes" + 512 (3146240), got 1000000',
    ],
    [
      { 'fetch.max.bytes': 2_000_000, 'receive.message.max.bytes': 2_000_000 },
      'receive.message.max.bytes: expected at least "fetch.max.bytes" + 512 (2000512), got 2000000',
    ],
    [
      { 'reconnect.backoff.ms': 20_000 },
      'reconnect.backoff.max.ms: expected at least "reconnect.backoff.ms" (20000), got 10000',
    ],
    [
      { 'reconnect.backoff.max.ms': 50 },
      'reconnect.backoff.max.ms: expected at least "reconnect.backoff.ms" (100), got 50',
    ],
    [
      { 'ssl.keystore.location': '/x.p12' },
      'ssl.keystore.password: expected a string, as "ssl.keystore.location" needs its password, got undefined',
    ],
    [
      { 'group.protocol': 'consumer', 'session.timeout.ms': 6000 },
      'session.timeout.ms: expected to be left out, as with "group.protocol" consumer the broker decides it, got a value',
    ],
    [
      { 'group.protocol': 'CONSUMER', 'heartbeat.interval.ms': 1000 },
      'heartbeat.interval.ms: expected to be left out, as with "group.protocol" consumer the broker decides it, got a value',
    ],
    [
      { 'group.protocol': 'consumer', 'group.protocol.type': 'consumer' },
      'group.protocol.type: expected to be left out, as with "group.protocol" consumer the broker decides it, got a value',
    ],
    [
      { 'group.protocol': 'consumer', 'partition.assignment.strategy': 'range' },
      'partition.assignment.strategy: expected to be left out, as with "group.protocol" consumer the broker decides it, got a value; its twin is "group.remote.assignor"',
    ],
  ])('%p is refused', (properties, message) => {
    expect(refusal(() => configOf(properties))).toBe(message)
  })

  test.each<Record<string, unknown>>([
    { 'max.poll.interval.ms': 45_000 },
    { 'max.poll.interval.ms': 5000, 'session.timeout.ms': 5000, 'heartbeat.interval.ms': 1000 },
    { 'max.poll.interval.ms': 10_000, 'group.protocol': 'consumer' },
    { 'group.protocol': 'classic', 'session.timeout.ms': 6000 },
    { 'fetch.max.bytes': 2_000_000, 'receive.message.max.bytes': 2_000_512 },
    { 'queued.max.messages.kbytes': 1000, 'receive.message.max.bytes': 1_024_512 },
    { 'receive.message.max.bytes': 3_146_240 },
    { 'ssl.keystore.location': '/x.p12', 'ssl.keystore.password': 'x' },
    { 'reconnect.backoff.ms': 20_000, 'reconnect.backoff.max.ms': 20_000 },
  ])('%p is accepted', (properties) => {
    expect(() => configOf(properties)).not.toThrow()
  })
})

test('the types refuse what the checks refuse', () => {
  const properties: ConsumerProperties = {
    'security.protocol': 'SASL_SSL',
    'fetch.min.bytes': 1,
    'enable.auto.commit': false,
    'client.id': undefined,
    'performance.tier': { buffered: { batch_size: 32 } },
    onDeserializationError: 'skip',
    logger: console,
  }
  expect(() => configOf({ ...properties })).not.toThrow()
  const wrong: ConsumerProperties[] = [
    // @ts-expect-error -- not one of its values
    { 'security.protocol': 'tls' },
    // @ts-expect-error -- text for a number
    { 'fetch.min.bytes': '1' },
    // @ts-expect-error -- text for a boolean
    { 'enable.auto.commit': 'false' },
    // @ts-expect-error -- this package stores offsets itself
    { 'enable.auto.offset.store': true },
    // @ts-expect-error -- a producer's
    { 'linger.ms': 5 },
    // @ts-expect-error -- a name of Java's
    { 'max.poll.records': 5 },
    // @ts-expect-error -- a C function
    { rebalance_cb: () => undefined },
    // @ts-expect-error -- no such tier
    { 'performance.tier': 'turbo' },
    // @ts-expect-error -- no such option
    { closeTimeout: 5 },
  ]
  for (const each of wrong) expect(() => configOf({ ...each })).toThrow(ConfigError)
})
