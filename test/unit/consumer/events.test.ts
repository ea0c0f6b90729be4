import { EventEmitter } from 'node:events'
import { EventKind, type NativeEvent } from '../../../lib/binding'
import { Events } from '../../../lib/consumer/events'
import type { ConsumerSettings, OauthbearerToken } from '../../../lib/consumer/settings'
import type { ConsumerEvents } from '../../../lib/consumer/types'
import { CorruptRecordError, type KafkaError } from '../../../lib/errors'
import { turn } from './support/delivery'
import { FakeNative, nativeError, rebalance } from './support/fake-native'

/** Every partition was sought at this epoch. */
const FENCE = 5

type Refresh = ConsumerSettings['oauthbearerTokenRefresh']

interface Setup {
  native: FakeNative
  emitter: EventEmitter<ConsumerEvents>
  events: Events
  emitted: unknown[][]
  logged: unknown[][]
  rebalances: NativeEvent[]
  fatal: KafkaError[]
  corrupt: KafkaError[]
  halted: KafkaError[]
  /** `count`: polls that brought messages. */
  progress: { count: number }
}

function setup(refresh?: Refresh, logger: 'logger' | 'none' = 'logger'): Setup {
  const native = new FakeNative()
  const emitter = new EventEmitter<ConsumerEvents>()
  const emitted: unknown[][] = []
  const names = ['partitionEof', 'warning', 'statistics', 'throttle', 'log'] as const
  for (const name of names) {
    ;(emitter as EventEmitter).on(name, (...values: unknown[]) => emitted.push([name, ...values]))
  }
  const logged: unknown[][] = []
  const at =
    (level: string) =>
    (message: string): void => {
      logged.push([level, message])
    }
  const rebalances: NativeEvent[] = []
  const fatal: KafkaError[] = []
  const corrupt: KafkaError[] = []
  const halted: KafkaError[] = []
  const settings = {
    logger:
      logger === 'none' ? undefined : { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    oauthbearerTokenRefresh: refresh,
  }
  const progress = { count: 0 }
  const events = new Events(
    native,
    emitter,
    settings,
    (event) => rebalances.push(event),
    (error) => fatal.push(error),
    (error) => corrupt.push(error),
    (error) => halted.push(error),
    () => progress.count,
    { isReading: (_topic, _partition, epoch) => epoch >= FENCE },
  )
  return { progress, corrupt, halted, native, emitter, events, emitted, logged, rebalances, fatal }
}

describe('an event of the addon', () => {
  it('of a rebalance goes to the group', () => {
    const { events, rebalances, emitted } = setup()
    const event = rebalance('assign', [])
    events.dispatch(event)
    expect([rebalances, emitted]).toEqual([[event], []])
  })

  it.each<[string, NativeEvent, unknown[]]>([
    [
      'the end of a partition',
      [EventKind.PartitionEof, 't', 3, 17, FENCE],
      ['partitionEof', { topic: 't', partition: 3, offset: 17 }],
    ],
    ['statistics', [EventKind.Stats, '{"name":"x","brokers":{}}'], ['statistics', { name: 'x', brokers: {} }]],
    [
      'a throttle',
      [EventKind.Throttle, 'b:9092/1', 1, 250],
      ['throttle', { brokerName: 'b:9092/1', brokerId: 1, throttleTimeMs: 250 }],
    ],
    [
      'a log line',
      [EventKind.Log, 6, 'FAIL', 'something'],
      ['log', { level: 6, facility: 'FAIL', message: 'something' }],
    ],
  ])('of %s becomes one of ours', (_, event, expected) => {
    const { events, emitted } = setup()
    events.dispatch(event)
    expect(emitted).toEqual([expected])
  })

  it.each([
    ['the consumer', [EventKind.ConsumerError, 3, 'no such topic', false, true, 't', 0, -1001]],
    ['the client', [EventKind.ClientError, 3, 'no such topic', false, true]],
  ] as [string, NativeEvent][])('of an error of %s that is not fatal becomes a warning', (_, event) => {
    const { events, emitted, fatal } = setup()
    events.dispatch(event)
    expect(emitted).toMatchObject([
      [
        'warning',
        { code: 'ERR_UNKNOWN_TOPIC_OR_PART', errno: 3, message: 'no such topic', retriable: true, fatal: false },
      ],
    ])
    expect(fatal).toEqual([])
  })

  it('of an error of a partition says which one', () => {
    const { events, emitted, corrupt } = setup()
    events.dispatch([EventKind.ConsumerError, -195, 'gone', false, false, 't', 4, 17])
    events.dispatch([EventKind.ConsumerError, 3, 'no such topic', false, false, 't', -1, -1001])
    const [[, first], [, second]] = emitted as [[string, KafkaError], [string, KafkaError]]
    expect(first).toMatchObject({ topic: 't', partition: 4, offset: 17 })
    expect(second).toMatchObject({ topic: 't' })
    expect(Object.keys(second)).not.toContain('partition')
    expect(corrupt).toEqual([])
  })

  it('of a damaged record interrupts the iteration each time; of a damaged answer it is a warning', () => {
    const { events, emitted, corrupt } = setup()
    const damaged: NativeEvent = [EventKind.ConsumerError, -199, 'bad checksum', false, false, 't', 4, 17]
    events.dispatch(damaged)
    events.dispatch(damaged)
    expect(corrupt).toHaveLength(2)
    expect(corrupt[0]).toBeInstanceOf(CorruptRecordError)
    expect(corrupt[0]).toMatchObject({ topic: 't', partition: 4, offset: 17 })
    expect(emitted).toEqual([])
    events.dispatch([EventKind.ClientError, -199, 'too large', false, false])
    expect(emitted).toHaveLength(1)
  })

  it('of an error that was just told is not told again', () => {
    const { events, emitted, progress } = setup()
    const down = (broker: string): NativeEvent => [EventKind.ClientError, -195, `${broker}: refused`, false, false]
    events.dispatch(down('a:1/bootstrap'))
    events.dispatch(down('a:1/3'))
    events.dispatch(down('b:1/4'))
    const allDown: NativeEvent = [EventKind.ClientError, -187, '3/3 brokers are down', false, false]
    events.dispatch(allDown)
    events.dispatch(allDown)
    expect(emitted.map(([, error]) => (error as KafkaError).message)).toEqual([
      'a:1/bootstrap: refused',
      'b:1/4: refused',
      '3/3 brokers are down',
    ])
    progress.count++
    events.dispatch(allDown)
    expect(emitted).toHaveLength(4)
  })

  it('of a fatal error ends the iteration, and is an error for who listens', () => {
    const { events, emitter, emitted, fatal } = setup()
    const heard: KafkaError[] = []
    emitter.on('error', (error) => heard.push(error))
    events.dispatch([EventKind.ClientError, -144, 'fenced', true, false])
    expect(fatal).toMatchObject([{ code: 'ERR__FENCED', fatal: true }])
    expect(heard).toEqual(fatal)
    expect(emitted).toEqual([])
  })

  it('that a partition was at its end before it was sought is not told', () => {
    const { events, emitted } = setup()
    events.dispatch([EventKind.PartitionEof, 't', 3, 17, FENCE - 1])
    events.dispatch([EventKind.PartitionEof, 't', 3, 18, FENCE])
    expect(emitted).toEqual([['partitionEof', { topic: 't', partition: 3, offset: 18 }]])
  })

  it('that carries statistics which are no JSON is a warning', () => {
    const { events, emitted } = setup()
    expect(() => {
      events.dispatch([EventKind.Stats, '{"client_id":"a\\h"}'])
    }).not.toThrow()
    expect(emitted).toMatchObject([['warning', { code: 'ERR_KAFKA_STATISTICS' }]])
  })

  it('that there is no offset to go on from halts the partition, and is no fatal error', () => {
    const { events, emitted, fatal, halted } = setup()
    events.dispatch([EventKind.ConsumerError, -140, 'no previously committed offset', false, false, 't', 0, -1001])
    expect(halted).toMatchObject([{ code: 'ERR__AUTO_OFFSET_RESET', topic: 't', partition: 0 }])
    expect([fatal, emitted]).toEqual([[], []])
  })

  it('of a partition that was sought since no longer holds', () => {
    const { events, emitted, halted, corrupt } = setup()
    const error = (code: number, epoch: number): NativeEvent => {
      return [EventKind.ConsumerError, code, 'of then', false, false, 't', 0, 7, epoch]
    }
    for (const code of [-140, -199]) events.dispatch(error(code, FENCE - 1))
    expect([halted, corrupt]).toEqual([[], []])
    for (const code of [-140, -199]) events.dispatch(error(code, FENCE))
    expect([halted.length, corrupt.length, emitted]).toEqual([1, 1, []])
  })

  it('of a fatal error does not end the process when nobody listens', () => {
    const { events, fatal } = setup()
    expect(() => {
      events.dispatch([EventKind.ClientError, -150, 'fatal', true, false])
    }).not.toThrow()
    expect(fatal).toHaveLength(1)
  })
})

describe('a log line', () => {
  it.each([
    [0, 'error'],
    [3, 'error'],
    [4, 'warn'],
    [5, 'info'],
    [6, 'info'],
    [7, 'debug'],
  ])('of syslog level %d goes to the logger as %s', (level, method) => {
    const { events, logged } = setup()
    events.dispatch([EventKind.Log, level, 'FAC', 'text'])
    expect(logged).toEqual([[method, 'FAC: text']])
  })

  it('that was dropped is counted to the logger', () => {
    const { events, logged } = setup()
    events.dispatch([EventKind.LogsDropped, 12])
    expect(logged).toEqual([['warn', "12 lines of librdkafka's log were dropped"]])
  })

  it('needs no logger', () => {
    const { events, emitted } = setup(undefined, 'none')
    events.dispatch([EventKind.Log, 3, 'FAC', 'text'])
    events.dispatch([EventKind.LogsDropped, 12])
    expect(emitted).toHaveLength(1)
  })
})

describe('a token refresh', () => {
  const event: NativeEvent = [EventKind.TokenRefresh, 'scope=orders']
  const token: OauthbearerToken = { tokenValue: 'abc', lifetimeMs: 1e12, principal: 'me' }

  it.each<[string, Refresh]>([
    ['at once', () => token],
    ['later', () => Promise.resolve(token)],
  ])('sets the token that is given %s', async (_, refresh) => {
    const { native, events } = setup(refresh)
    events.dispatch(event)
    await turn()
    expect(native.calls).toEqual([['setOauthbearerToken', 'abc', 1e12, 'me', []]])
  })

  it('tells the configuration, and passes the extensions', async () => {
    const asked: string[] = []
    const { native, events } = setup((config) => {
      asked.push(config)
      return { ...token, extensions: { a: '1', b: '2' } }
    })
    events.dispatch(event)
    await turn()
    expect(asked).toEqual(['scope=orders'])
    expect(native.callsOf('setOauthbearerToken')).toEqual([['abc', 1e12, 'me', ['a', '1', 'b', '2']]])
  })

  it.each<[string, Refresh, string | RegExp]>([
    ['is not configured', undefined, 'oauthbearerTokenRefresh is not configured'],
    [
      'throws',
      () => {
        throw new Error('no connection')
      },
      'no connection',
    ],
    ['rejects', () => Promise.reject(new Error('later')), 'later'],
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what users do
    ['rejects with what is no error', () => Promise.reject('a text'), 'a text'],
    ['gives nothing', () => undefined as never, /undefined/],
  ])('that %s reports why to librdkafka', async (_, refresh, reason) => {
    const { native, events } = setup(refresh)
    events.dispatch(event)
    await turn()
    expect(native.calls).toEqual([
      ['setOauthbearerTokenFailure', typeof reason === 'string' ? reason : (expect.stringMatching(reason) as string)],
    ])
  })

  it('whose token is refused reports that', async () => {
    const { native, events } = setup(() => token)
    jest.spyOn(native, 'setOauthbearerToken').mockImplementation(() => {
      throw nativeError(-186, 'lifetime in the past')
    })
    events.dispatch(event)
    await turn()
    expect(native.callsOf('setOauthbearerTokenFailure')).toEqual([['token refresh: lifetime in the past']])
  })

  it('that comes after the consumer was closed is dropped', async () => {
    const { native, events } = setup(() => token)
    const closed = (): never => {
      throw nativeError(-172, 'the client is closed')
    }
    jest.spyOn(native, 'setOauthbearerToken').mockImplementation(closed)
    const failure = jest.spyOn(native, 'setOauthbearerTokenFailure').mockImplementation(closed)
    events.dispatch(event)
    await turn()
    expect(failure).toHaveBeenCalledTimes(1)
  })
})
