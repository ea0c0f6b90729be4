import * as errors from '../../../lib/errors'

const {
  ArgumentError,
  ClosedError,
  ConfigError,
  DeserializationError,
  KafkaError,
  LoadError,
  StateError,
  TimeoutError,
  AuthenticationError,
  AuthorizationError,
  ConnectionError,
  CorruptRecordError,
  GroupError,
  OffsetError,
  UnknownTopicError,
} = errors

const failure = { topic: 't', partition: 2, offset: 7, part: 'key', key: Buffer.from('k'), value: null } as const

const all = [
  [new KafkaError('m', 'ERR_X'), 'KafkaError', 'ERR_X', [KafkaError]],
  [new ConfigError('m'), 'ConfigError', 'ERR_KAFKA_CONFIG', [KafkaError]],
  [new ArgumentError('m'), 'ArgumentError', 'ERR_KAFKA_ARGUMENT', [KafkaError]],
  [new StateError('m'), 'StateError', 'ERR_KAFKA_STATE', [KafkaError]],
  [new ClosedError('m'), 'ClosedError', 'ERR_KAFKA_CLOSED', [StateError, KafkaError]],
  [new TimeoutError('m'), 'TimeoutError', 'ERR_KAFKA_TIMEOUT', [KafkaError]],
  [new LoadError('m'), 'LoadError', 'ERR_KAFKA_LOAD', [KafkaError]],
  [new DeserializationError(failure, 'm'), 'DeserializationError', 'ERR_KAFKA_DESERIALIZATION', [KafkaError]],
  [new AuthenticationError('m', 'ERR_X'), 'AuthenticationError', 'ERR_X', [KafkaError]],
  [new AuthorizationError('m', 'ERR_X'), 'AuthorizationError', 'ERR_X', [KafkaError]],
  [new ConnectionError('m', 'ERR_X'), 'ConnectionError', 'ERR_X', [KafkaError]],
  [new CorruptRecordError('m', 'ERR_X'), 'CorruptRecordError', 'ERR_X', [KafkaError]],
  [new GroupError('m', 'ERR_X'), 'GroupError', 'ERR_X', [KafkaError]],
  [new OffsetError('m', 'ERR_X'), 'OffsetError', 'ERR_X', [KafkaError]],
  [new UnknownTopicError('m', 'ERR_X'), 'UnknownTopicError', 'ERR_X', [KafkaError]],
] as const

describe('the errors', () => {
  it('that are exported are these', () => {
    expect(Object.keys(errors).sort()).toEqual(all.map(([, name]) => name).sort())
  })

  it.each(all)('%s: its class, its name and its code tell what it is', (error, name, code, bases) => {
    expect(error).toBeInstanceOf(Error)
    for (const base of bases) expect(error).toBeInstanceOf(base)
    expect([error.name, error.constructor.name, error.code]).toEqual([name, name, code])
    expect(error.message).toMatch(/m$/)
    expect(error.stack).toContain(`${name}: `)
  })

  it('are neither retriable nor fatal unless it is said', () => {
    expect(new KafkaError('m', 'c')).toMatchObject({ errno: undefined, retriable: false, fatal: false })
    expect(new KafkaError('m', 'c', { errno: -5, retriable: true, fatal: true })).toMatchObject({
      errno: -5,
      retriable: true,
      fatal: true,
    })
    expect(new TimeoutError('m').retriable).toBe(true)
    expect(new TimeoutError('m', { retriable: false, errno: -185 })).toMatchObject({ retriable: false, errno: -185 })
  })

  it('have a cause where there is one, and no such property otherwise', () => {
    const cause = new Error('cause')
    expect(new KafkaError('m', 'c', { cause }).cause).toBe(cause)
    expect(new ConfigError('m', { cause }).cause).toBe(cause)
    expect(new LoadError('m', cause).cause).toBe(cause)
    expect('cause' in new KafkaError('m', 'c')).toBe(false)
    expect('cause' in new LoadError('m')).toBe(false)
  })

  it('of deserialization carry the record', () => {
    const cause = new TypeError('not valid UTF-8')
    const error = new DeserializationError(failure, cause)
    expect(error).toMatchObject({ ...failure, cause })
    expect(error.message).toBe('cannot deserialize the key of t [2] @ 7: not valid UTF-8')
  })

  it('of a closed consumer say so by themselves', () => {
    expect(new ClosedError().message).toBe('the consumer is closed')
  })
})
