import { awaiting, calling, fromNative, kafkaError } from '../../../lib/consumer/native-error'
import { ClosedError, KafkaError, StateError, TimeoutError } from '../../../lib/errors'
import { rejectionOf, thrownBy } from './support/errors'
import { nativeError } from './support/fake-native'

describe('an error of librdkafka', () => {
  it.each([
    [-185, TimeoutError, 'ERR_KAFKA_TIMEOUT'],
    [-166, TimeoutError, 'ERR_KAFKA_TIMEOUT'],
    [-197, ClosedError, 'ERR_KAFKA_CLOSED'],
    [-195, KafkaError, 'ERR__TRANSPORT'],
    [-191, KafkaError, 'ERR__PARTITION_EOF'],
    [3, KafkaError, 'ERR_UNKNOWN_TOPIC_OR_PART'],
    [25, KafkaError, 'ERR_UNKNOWN_MEMBER_ID'],
    [7, KafkaError, 'ERR_REQUEST_TIMED_OUT'],
  ])('%d is a %p with code %s', (errno, constructor, code) => {
    const error = kafkaError(errno, 'it said so')
    expect(error.constructor).toBe(constructor)
    expect(error.code).toBe(code)
    expect(error.name).toBe(constructor.name)
  })

  it('keeps its number, its words and its flags', () => {
    expect(kafkaError(-195, 'broken', false, true)).toMatchObject({
      message: 'broken',
      errno: -195,
      retriable: true,
      fatal: false,
    })
    expect(kafkaError(-150, 'fatal', true)).toMatchObject({ fatal: true, retriable: false })
    expect(kafkaError(-185, 'slow')).toMatchObject({ message: 'slow', errno: -185 })
  })

  it('that the client is going away says that the consumer was closed', () => {
    expect(kafkaError(-197, 'Destroy')).toMatchObject({
      message: 'the consumer was closed before the call finished',
    })
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
