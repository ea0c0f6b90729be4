// A connection from connect() to disconnect(): its events, its token, its end.
import { EventKind, WAKE_SERVE } from '../../../lib/binding'
import { KafkaConsumer as Class } from '../../../lib/drop-in/kafka-consumer'
import { coded, fakes, onMade, settle, thrown, watch, type Consumer, type FakeAddon } from './support/fake'

jest.mock('../../../lib/binding', () =>
  jest
    .requireActual<{ withFakes: (actual: unknown) => object }>('./support/fake')
    .withFakes(jest.requireActual('../../../lib/binding')),
)
jest.mock('../../../lib/drop-in/node-rdkafka', () => ({ nodeRdkafka: () => undefined }))
const mockThrown: unknown[] = []
jest.mock('../../../lib/drop-in/errors', () => ({
  ...jest.requireActual<object>('../../../lib/drop-in/errors'),
  throwOutside: (error: unknown) => mockThrown.push(error),
}))

const KafkaConsumer = Class as unknown as new (conf: object, topicConf?: object) => Consumer
const T0 = { topic: 't', partition: 0 }

let consumer: Consumer
let fake: FakeAddon

function make(conf: object = {}): void {
  consumer = new KafkaConsumer({
    'group.id': 'g',
    'performance.tier': 'standard',
    'enable.auto.commit': false,
    ...conf,
  })
}

async function connected(conf: object = {}): Promise<void> {
  make(conf)
  consumer.connect()
  await settle()
  fake = fakes.at(-1) as FakeAddon
}

afterEach(async () => {
  jest.useRealTimers()
  mockThrown.length = 0
  onMade.call = () => undefined
  if (consumer.isConnected() !== true) return
  consumer.disconnect()
  await settle()
})

describe('events of the client', () => {
  it('are those of node-rdkafka', async () => {
    await connected()
    const told = watch(consumer, 'event.error', 'event.stats', 'event.log', 'event.event', 'event.throttle')
    fake.ringServe(
      [EventKind.ClientError, -195, 'other words', false, false],
      [EventKind.Stats, '{}'],
      [EventKind.Log, 7, 'FACILITY', 'text'],
      [EventKind.Throttle, 'broker:1', 1, 250],
      [EventKind.TokenRefresh, ''],
    )
    const throttle = { message: 'Success', throttleTime: 250, brokerName: 'broker:1', brokerId: 1 }
    expect(told).toEqual([
      ['event.error', expect.objectContaining({ message: 'broker transport failure', code: -1, origin: 'local' })],
      ['event.stats', { message: '{}' }],
      ['event.log', { severity: 7, fac: 'FACILITY', message: 'text' }],
      ['event.event', throttle],
      ['event.throttle', throttle],
    ])
    expect(Object.keys(told[3]?.[1] as object)).toEqual(['message', 'throttleTime', 'brokerName', 'brokerId'])
  })

  it('do not stop at a listener that throws', async () => {
    await connected()
    const told: unknown[] = []
    consumer.on('event.stats', (stats: unknown) => {
      told.push(stats)
      throw new Error('thrown')
    })
    fake.ringServe([EventKind.Stats, '1'], [EventKind.Stats, '2'])
    expect(told).toHaveLength(2)
    expect(mockThrown).toHaveLength(2)
  })

  it('are none where event_cb is false', async () => {
    await connected({ event_cb: false })
    const told = watch(consumer, 'event.stats')
    fake.ringServe([EventKind.Stats, '{}'])
    fake.wake(WAKE_SERVE)
    expect(told).toEqual([])
  })
})

describe('tokens', () => {
  it('are kept for the connection, and for those after it', async () => {
    make()
    consumer.setOauthBearerToken('first')
    for (let round = 0; round < 2; round++) {
      consumer.connect()
      await settle()
      fake = fakes.at(-1) as FakeAddon
      expect(fake.callsOf('setOauthbearerToken')).toEqual([['first', expect.any(Number), '', []]])
      consumer.disconnect()
      await settle()
    }
  })

  it('that are refused are thrown, or fail the connection', async () => {
    await connected()
    fake.failures.set('setOauthbearerToken', new Error('Refused: here'))
    expect(thrown(() => consumer.setOauthBearerToken('bad'))).toEqual(new Error('Refused: here'))
    consumer.disconnect()
    await settle()
    consumer.setOauthBearerToken('bad')
    const calls: unknown[] = []
    onMade.call = (each) => each.failures.set('setOauthbearerToken', new Error('Refused: here'))
    consumer.connect({}, (error: unknown) => calls.push(error))
    await settle(10)
    expect(calls).toEqual([expect.objectContaining({ message: 'here', origin: 'refused', code: -1 })])
    expect(fakes.at(-1)?.callsOf('destroy')).toHaveLength(1)
    expect(consumer.isConnected()).toBe(false)
  })
})

describe('max.poll.interval.ms', () => {
  it('is kept while somebody asks for messages, and not when nobody does', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] })
    await connected({ 'max.poll.interval.ms': 9000, 'session.timeout.ms': 6000 })
    jest.advanceTimersByTime(451)
    expect(fake.callsOf('keepAlive')).toHaveLength(1)
    jest.advanceTimersByTime(9001)
    expect(fake.callsOf('keepAlive')).toHaveLength(1)
    consumer.consume()
    jest.advanceTimersByTime(9001)
    expect(fake.callsOf('keepAlive')).toHaveLength(21)
  })
})

describe('the end', () => {
  it('leaves the group where there is one, and is told once', async () => {
    await connected()
    const told = watch(consumer, 'disconnected', 'offset.commit')
    const calls: unknown[] = []
    consumer.disconnect(() => calls.push(1))
    consumer.disconnect(() => calls.push(2))
    await settle()
    expect(fake.callsOf('beginClose')).toHaveLength(0)
    expect(fake.callsOf('destroy')).toHaveLength(1)
    expect([told.length, calls]).toEqual([1, [1, 2]])
    await connected()
    consumer.subscribe(['t'])
    consumer.disconnect()
    await settle()
    expect(fake.callsOf('beginClose')).toHaveLength(1)
  })

  it('calls every callback, whatever they and listeners throw', async () => {
    await connected()
    const calls: unknown[] = []
    consumer.disconnect(() => {
      throw new Error('thrown by a callback')
    })
    consumer.disconnect((...values: unknown[]) => calls.push(values))
    await settle()
    expect(calls).toEqual([[null, { connectionOpened: expect.any(Number) as number }]])
    expect(mockThrown).toEqual([new Error('thrown by a callback')])
  })

  it('waits for an answer, and gives it itself when none comes', async () => {
    for (const isRefused of [false, true]) {
      jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] })
      await connected({ rebalance_cb: () => undefined })
      consumer.subscribe(['t'])
      fake.giveRebalance('assign', [T0])
      fake.ringRows()
      jest.spyOn(fake, 'beginClose').mockImplementation(() => Promise.resolve())
      let isEnded = false
      consumer.disconnect(() => (isEnded = true))
      await settle()
      expect(isEnded).toBe(false)
      if (isRefused) fake.failures.set('unassign', new Error('gone'))
      fake.closed = true
      jest.advanceTimersByTime(5001)
      await settle()
      expect(isEnded).toBe(true)
      expect(fake.callsOf('unassign')).toHaveLength(isRefused ? 0 : 1)
    }
  })

  it('answers what is asked and not answered, and tells nothing more', async () => {
    await connected({ offset_commit_cb: true })
    const told = watch(consumer, 'offset.commit')
    consumer.assign([T0])
    jest.spyOn(fake, 'committed').mockImplementation(() => new Promise(() => undefined))
    const calls: unknown[] = []
    consumer.committed([T0], 60_000, (error: { code: number }) => calls.push(error.code))
    const { session } = consumer._tier
    consumer.disconnect()
    await settle(10)
    expect(calls).toEqual([-197])
    session?.commits.reportLater(0, [T0])
    await settle()
    expect(told).toEqual([])
  })

  it('ends a connection that is being made: it is an error, and it is not ready', async () => {
    make()
    const told = watch(consumer, 'ready', 'connection.failure', 'disconnected')
    const calls: unknown[] = []
    consumer.connect({}, (error: { code: number }) => calls.push(error.code))
    consumer.disconnect(() => calls.push('disconnected'))
    await settle(10)
    expect(calls.sort()).toEqual([-197, 'disconnected'])
    expect(told.map(([name]) => name).sort()).toEqual(['connection.failure', 'disconnected'])
  })

  it('of a connection that is being made is told to all who wait for it, once', async () => {
    make()
    consumer.on('connection.failure', () => {
      throw new Error('thrown by a listener')
    })
    const calls: unknown[] = []
    for (const name of ['first', 'second', 'third']) {
      consumer.connect({}, (error: { code: number } | null) => calls.push([name, error?.code]))
    }
    consumer.disconnect(() => calls.push('disconnected'))
    await settle(10)
    expect(calls).toEqual([['second', -197], ['third', -197], ['first', -197], 'disconnected'])
    expect(mockThrown).toEqual([new Error('thrown by a listener')])
    expect(consumer.isConnected()).toBe(false)
  })

  it.each(['the callback of disconnect()', 'disconnected', 'the callback of connect()', 'connection.failure'])(
    'of a connection that is being made is no end for who connects again: %s',
    async (where) => {
      make()
      const calls: unknown[] = []
      const again = (): void => {
        consumer.connect({}, (error: { code: number } | null) => calls.push(['again', error?.code]))
      }
      if (!where.startsWith('the')) consumer.once(where, again)
      // Its brokers do not answer, and those of the next one do.
      onMade.call = (each) => {
        onMade.call = () => undefined
        jest.spyOn(each, 'metadata').mockImplementation(() => new Promise(() => undefined))
      }
      consumer.connect({}, (error: { code: number } | null) => {
        calls.push(['first', error?.code])
        if (where === 'the callback of connect()') again()
      })
      consumer.disconnect(() => {
        if (where === 'the callback of disconnect()') again()
      })
      await settle(10)
      // One that is made before the first has ended ends with it.
      const isJoined = where === 'connection.failure'
      expect(calls).toEqual(
        isJoined
          ? [
              ['again', -197],
              ['first', -197],
            ]
          : [
              ['first', -197],
              ['again', undefined],
            ],
      )
      expect(consumer.isConnected()).toBe(!isJoined)
      expect(fakes.at(-1)?.callsOf('destroy')).toHaveLength(isJoined ? 1 : 0)
    },
  )

  it('of a connection whose brokers do not answer is told with the reason', async () => {
    make()
    const told = watch(consumer, 'ready', 'connection.failure', 'disconnected')
    onMade.call = (each) => each.failures.set('metadata', Object.assign(new Error('x'), { code: -195 }))
    const calls: unknown[] = []
    consumer.connect({}, (error: { code: number }) => calls.push(error.code))
    await settle(10)
    expect(calls).toEqual([-195])
    expect(told).toEqual([['connection.failure', coded(-195), {}]])
    expect(consumer.isConnected()).toBe(false)
  })
})

describe('the class', () => {
  it('measures the time it is connected, and remembers its last error', async () => {
    await connected()
    const { connectedTime, getLastError } = consumer as unknown as Record<string, () => unknown>
    expect(connectedTime?.call(consumer)).toBeLessThan(60_000)
    expect(getLastError?.call(consumer)).toBeNull()
    fake.ringServe([EventKind.ClientError, -187, 'words', false, false])
    expect(getLastError?.call(consumer)).toMatchObject({ message: 'all broker connections are down' })
    consumer.disconnect()
    await settle()
    expect(connectedTime?.call(consumer)).toBe(0)
  })

  it('connects once, whoever asks for it', async () => {
    make()
    const calls: unknown[] = []
    for (const name of ['first', 'second']) consumer.connect({}, (error: unknown) => calls.push([name, error]))
    await settle()
    consumer.connect({}, (error: unknown) => calls.push(['third', error]))
    await settle()
    expect(calls).toEqual([
      ['second', null],
      ['first', null],
      ['third', undefined],
    ])
  })

  it('calls the callbacks of all who connect, whatever listeners and callbacks throw', async () => {
    make()
    // A listener's goes to the process, as with node-rdkafka.
    const uncaught: unknown[] = []
    const nextTick = jest.spyOn(process, 'nextTick').mockImplementation(((call: () => void) => {
      queueMicrotask(() => {
        try {
          call()
        } catch (error) {
          uncaught.push(error)
        }
      })
    }) as typeof process.nextTick)
    const calls: unknown[] = []
    consumer.on('ready', () => {
      throw new Error('thrown by a listener')
    })
    consumer.connect({}, (error: unknown) => calls.push(['first', error]))
    consumer.connect({}, () => {
      throw new Error('thrown by a callback')
    })
    await settle()
    nextTick.mockRestore()
    expect(calls).toEqual([['first', null]])
    expect(uncaught).toEqual([new Error('thrown by a listener')])
    expect(mockThrown).toEqual([new Error('thrown by a callback')])
  })

  it('is no client of node-rdkafka, and says so', async () => {
    await connected()
    expect(() => consumer.getClient()).toThrow(
      /sendOffsetsToTransaction\(\).*needs a consumer without 'performance.tier'/,
    )
  })

  it('wraps codes as node-rdkafka does', async () => {
    await connected()
    expect(consumer._errorWrap(0)).toBe(true)
    expect(consumer._errorWrap('value', true)).toBe('value')
    expect(thrown(() => consumer._errorWrap(-172))).toEqual(coded(-172))
    expect(thrown(() => consumer._errorWrap(-172, true))).toEqual(coded(-172))
  })
})
