import { ConsumerConfig, ConsumerTier } from '../../../lib/config'
import { PROPERTY_NAMES } from '../../../lib/config/properties'
import { configOf, refusal } from './support'

const NEEDED = { KAFKA_BOOTSTRAP_SERVERS: 'localhost:9092', KAFKA_GROUP_ID: 'orders' }
const read = (env: Record<string, string | undefined>): ConsumerConfig => ConsumerConfig.fromEnv({ ...NEEDED, ...env })

describe('fromEnv', () => {
  test('reads properties with their types', () => {
    const config = read({
      KAFKA_SESSION_TIMEOUT_MS: '6000',
      KAFKA_ENABLE_AUTO_COMMIT: 'false',
      KAFKA_ENABLE_PARTITION_EOF: 'true',
      KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
      KAFKA_TOPIC_METADATA_REFRESH_INTERVAL_MS: '-1',
      KAFKA_CLIENT_ID: '42',
      KAFKA_CLIENT_RACK: 'true',
      KAFKA_LOG_LEVEL: '7',
      KAFKA_CLOSE_TIMEOUT_MS: '5000',
      KAFKA_ON_DESERIALIZATION_ERROR: 'skip',
      KAFKA_PERFORMANCE_TIER: 'buffered:64',
    })
    const expected = configOf({
      'session.timeout.ms': 6000,
      'enable.auto.commit': false,
      'enable.partition.eof': true,
      'security.protocol': 'SASL_SSL',
      'topic.metadata.refresh.interval.ms': -1,
      'client.id': '42',
      'client.rack': 'true',
      log_level: 7,
      closeTimeoutMs: 5000,
      onDeserializationError: 'skip',
      'performance.tier': ConsumerTier.Buffered({ batchSize: 64 }),
    })
    expect(config.equals(expected)).toBe(true)
  })

  test('reads the environment of the process unless it is given one', () => {
    const saved = { ...process.env }
    try {
      Object.assign(process.env, NEEDED)
      expect(ConsumerConfig.fromEnv().equals(configOf())).toBe(true)
    } finally {
      for (const name of Object.keys(NEEDED)) {
        if (saved[name] === undefined) Reflect.deleteProperty(process.env, name)
        else process.env[name] = saved[name]
      }
    }
  })

  test('reads another prefix', () => {
    const env = { ORDERS_BOOTSTRAP_SERVERS: 'a:1', ORDERS_GROUP_ID: 'g', KAFKA_GROUP_ID: 'other' }
    expect(ConsumerConfig.fromEnv(env, 'ORDERS_').get('group.id')).toBe('g')
  })

  test.each(['', undefined, null, 5])('a prefix of %p is refused', (prefix) => {
    const action = (): unknown =>
      ConsumerConfig.fromEnv(NEEDED, prefix === undefined ? (null as never) : (prefix as string))
    expect(refusal(action)).toMatch(/^prefix: expected a string that is not empty/)
  })

  test('every property but functions and the logger has a variable of its own', () => {
    const variables = PROPERTY_NAMES.map((name) =>
      name
        .replace(/([a-z])([A-Z])/g, '$1_$2')
        .replaceAll('.', '_')
        .toUpperCase(),
    )
    expect(new Set(variables).size).toBe(variables.length)
  })

  test.each([
    'KAFKA_HOME',
    'KAFKA_OPTS',
    'KAFKA_HEAP_OPTS',
    'KAFKA_VERSION',
    'KAFKA_SERVICE_HOST',
    'KAFKA_PORT_9092_TCP',
    'KAFKA_TOPIC',
    'KAFKA_BROKERS',
    'KAFKA_ACKS',
    'KAFKA_LINGER_MS',
    'KAFKA_COMPRESSION_TYPE',
    'KAFKA_ADVERTISED_LISTENERS',
    'KAFKA_ZOOKEEPER_CONNECT',
    'KAFKA_LOGGER',
    'KAFKA_ON_ASSIGNED',
    'KAFKAESQUE',
    'OTHER_GROUP_ID',
    'kafka_group_id',
  ])('%s is somebody else’s', (variable) => {
    expect(read({ [variable]: 'x' }).equals(configOf())).toBe(true)
  })

  test('empty and undefined variables count as not set', () => {
    expect(read({ KAFKA_CLIENT_ID: '', KAFKA_SASL_PASWORD: '', KAFKA_DEBUG: undefined }).equals(configOf())).toBe(true)
  })

  test.each([
    ['KAFKA_SASL_PASWORD', 'KAFKA_SASL_PASSWORD'],
    ['KAFKA_SESION_TIMEOUT_MS', 'KAFKA_SESSION_TIMEOUT_MS'],
    ['KAFKA_GROUPID', 'KAFKA_GROUP_ID'],
    ['KAFKA_REQUEST_TIMEOUTMS', 'KAFKA_REQUEST_TIMEOUT_MS'],
    ['KAFKA_BOOTSTRAP_SERVER', 'KAFKA_BOOTSTRAP_SERVERS'],
    ['KAFKA_PERFORMANCE_TEIR', 'KAFKA_PERFORMANCE_TIER'],
  ])('%s is refused as a misspelt %s, without its value', (variable, meant) => {
    expect(refusal(() => read({ [variable]: 'hunter2' }))).toBe(
      `${variable}: names no property; did you mean ${meant}?`,
    )
  })

  test("a property of Java's consumer is refused with its twin", () => {
    expect(refusal(() => read({ KAFKA_FETCH_MAX_WAIT_MS: '5' }))).toBe(
      'KAFKA_FETCH_MAX_WAIT_MS: fetch.max.wait.ms is Java\'s name; librdkafka\'s is "fetch.wait.max.ms"',
    )
  })

  test.each([
    ['KAFKA_FETCH_MIN_BYTES', '64kb', 'fetch.min.bytes: expected an integer from 1 to 100000000, got "64kb"'],
    ['KAFKA_FETCH_MIN_BYTES', '1.5', 'fetch.min.bytes: expected an integer from 1 to 100000000, got "1.5"'],
    ['KAFKA_FETCH_MIN_BYTES', '0', 'fetch.min.bytes: expected an integer from 1 to 100000000, got 0'],
    ['KAFKA_ENABLE_AUTO_COMMIT', '1', 'enable.auto.commit: expected true or false, got "1"'],
    [
      'KAFKA_PERFORMANCE_TIER',
      'buffered:0',
      'performance.tier: batch size: expected an integer from 1 to 10000, got 0',
    ],
    ['KAFKA_SASL_PASSWORD', '***', 'sasl.password: expected a string that is the secret itself, got ***'],
  ])('%s=%s is refused, and the message begins with the variable', (variable, value, message) => {
    expect(refusal(() => read({ [variable]: value }))).toBe(`${variable}: ${message}`)
  })

  test('two variables of one property are refused', () => {
    expect(refusal(() => read({ KAFKA_METADATA_BROKER_LIST: 'a:1' }))).toBe(
      'KAFKA_METADATA_BROKER_LIST: expected one of KAFKA_BOOTSTRAP_SERVERS and KAFKA_METADATA_BROKER_LIST, which are the same property, got both',
    )
  })

  test('what is required is missed', () => {
    expect(refusal(() => ConsumerConfig.fromEnv({}))).toMatch(/^bootstrap\.servers: expected/)
  })
})
