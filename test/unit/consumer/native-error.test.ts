import { binding } from '../../../lib/binding'
import { namedCodes } from '../../../lib/consumer/error-kinds'
import { awaiting, calling, fromNative, kafkaError } from '../../../lib/consumer/native-error'
import {
  AuthenticationError,
  AuthorizationError,
  ClosedError,
  ConnectionError,
  CorruptRecordError,
  GroupError,
  KafkaError,
  OffsetError,
  StateError,
  TimeoutError,
  UnknownTopicError,
} from '../../../lib/errors'
import { rejectionOf, thrownBy } from './support/errors'
import { nativeError } from './support/fake-native'

describe('an error of librdkafka', () => {
  it.each([
    [-185, TimeoutError, 'ERR_KAFKA_TIMEOUT'],
    [-166, TimeoutError, 'ERR_KAFKA_TIMEOUT'],
    [-197, ClosedError, 'ERR_KAFKA_CLOSED'],
    [-195, ConnectionError, 'ERR__TRANSPORT'],
    [-187, ConnectionError, 'ERR__ALL_BROKERS_DOWN'],
    [-169, AuthenticationError, 'ERR__AUTHENTICATION'],
    [-181, AuthenticationError, 'ERR__SSL'],
    [58, AuthenticationError, 'ERR_SASL_AUTHENTICATION_FAILED'],
    [29, AuthorizationError, 'ERR_TOPIC_AUTHORIZATION_FAILED'],
    [30, AuthorizationError, 'ERR_GROUP_AUTHORIZATION_FAILED'],
    [-147, GroupError, 'ERR__MAX_POLL_EXCEEDED'],
    [82, GroupError, 'ERR_FENCED_INSTANCE_ID'],
    [1, OffsetError, 'ERR_OFFSET_OUT_OF_RANGE'],
    [-140, OffsetError, 'ERR__AUTO_OFFSET_RESET'],
    [-199, CorruptRecordError, 'ERR__BAD_MSG'],
    [-191, KafkaError, 'ERR__PARTITION_EOF'],
    [3, UnknownTopicError, 'ERR_UNKNOWN_TOPIC_OR_PART'],
    [25, GroupError, 'ERR_UNKNOWN_MEMBER_ID'],
    [7, KafkaError, 'ERR_REQUEST_TIMED_OUT'],
  ])('%d is a %p with code %s', (errno, constructor, code) => {
    const error = kafkaError(errno, 'it said so')
    expect(error.constructor).toBe(constructor)
    expect(error.code).toBe(code)
    expect(error.name).toBe(constructor.name)
  })

  it('keeps its number, its words and its flags', () => {
    expect(kafkaError(-195, 'broken', { retriable: true })).toMatchObject({
      message: 'broken',
      errno: -195,
      retriable: true,
      fatal: false,
    })
    expect(kafkaError(-150, 'fatal', { fatal: true })).toMatchObject({ fatal: true, retriable: false })
    expect(kafkaError(-185, 'slow')).toMatchObject({ message: 'slow', errno: -185 })
  })

  it('that the client is going away says that the consumer was closed', () => {
    expect(kafkaError(-197, 'Destroy')).toMatchObject({
      message: 'the consumer was closed before the call finished',
    })
  })

  it('that may pass by itself is retriable, one that is fatal is not', () => {
    expect([-195, -187, -185, 15, 27].map((code) => kafkaError(code, '').retriable)).toEqual(Array(5).fill(true))
    expect([29, 82, -140, -199].map((code) => kafkaError(code, '').retriable)).toEqual(Array(4).fill(false))
    expect(kafkaError(-195, '', { fatal: true, retriable: true }).retriable).toBe(false)
  })

  it.each(namedCodes())('%s is %d in librdkafka, too', (name, code) => {
    expect(binding().errorName(code)).toBe(name)
  })

  it('says which partition it is about, where it is about one', () => {
    expect(kafkaError(1, '', { topic: 't', partition: 0, offset: 5 })).toMatchObject({
      topic: 't',
      partition: 0,
      offset: 5,
    })
    expect(Object.keys(kafkaError(1, ''))).not.toContain('topic')
  })

  it('with an unknown number still has a code', () => {
    expect(kafkaError(12345, 'odd').code).toMatch(/^ERR_\S+$/)
  })
})

describe('what the addon throws', () => {
  it('becomes a KafkaError that names the call, with the stack of the caller', () => {
    const error = thrownBy(() => {
      calling('subscribe', () => {
        throw nativeError(-186, 'bad topic', { isRetriable: true })
      })
    })
    expect(error).toBeInstanceOf(KafkaError)
    expect(error).toMatchObject({ code: 'ERR__INVALID_ARG', message: 'subscribe: bad topic', retriable: true })
    expect((error as Error).stack).toContain('native-error.test')
  })

  it('after the close is a ClosedError; another wrong state is not', () => {
    const closed = fromNative(nativeError(-172, 'the client is closed'), 'seek')
    expect(closed).toBeInstanceOf(ClosedError)
    expect(closed).toMatchObject({ message: 'the consumer is closed' })
    const other = fromNative(nativeError(-172, 'Erroneous state'), 'seek')
    expect(other).not.toBeInstanceOf(StateError)
    expect(other).toMatchObject({ code: 'ERR__STATE', message: 'seek: Erroneous state' })
  })

  it.each([new TypeError('conf: expected an array'), 'a text', undefined, { code: -185 }])(
    'passes as it is when it is none of librdkafka: %p',
    (odd) => {
      expect(fromNative(odd, 'doing')).toBe(odd)
    },
  )

  it('passes as it is when its code is a word, as those of Node are', () => {
    const error = Object.assign(new Error('no such file'), { code: 'ENOENT' })
    expect(fromNative(error, 'doing')).toBe(error)
  })
})

describe('a call of the addon', () => {
  it('gives what it gives', async () => {
    expect(calling('doing', () => 5)).toBe(5)
    expect(await awaiting('doing', () => Promise.resolve(5))).toBe(5)
  })

  it('that rejects, or throws, rejects with a KafkaError', async () => {
    const call = (): Promise<never> => Promise.reject(nativeError(-185, 'timed out'))
    expect(await rejectionOf(awaiting('commit', call))).toBeInstanceOf(TimeoutError)
    const throwing = (): Promise<never> => {
      throw nativeError(-172, 'the client is closed')
    }
    expect(await rejectionOf(awaiting('commit', throwing))).toBeInstanceOf(ClosedError)
  })
})
