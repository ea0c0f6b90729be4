// The consumer itself, over a fake addon.
import { KafkaStreamConsumer } from '../../../lib/consumer/consumer'
import { ArgumentError, KafkaError, StateError } from '../../../lib/errors'
import { string } from '../../../lib/serde'
import { waitFor } from '../../helpers/wait'
import { SETTINGS, useFakedConsumers, type Faked } from './support/consumer'
import { isPending, turn } from './support/delivery'
import { rejectionOf, thrownBy } from './support/errors'
import { nativeError, results } from './support/fake-native'
import { run } from './support/rows'

const consumers = useFakedConsumers()

const T0 = { topic: 't', partition: 0 }
const T1 = { topic: 't', partition: 1 }

/** With T0 and T1 assigned, and rows of T0 there. */
function assigned(settings: Parameters<typeof consumers.create>[0] = {}, rows = 5): Faked {
  const faked = consumers.create(settings)
  faked.consumer.assign([T0, T1])
  faked.native.give(run(rows, { slot: faked.native.slot('t', 0) }))
  return faked
}

describe('making a consumer', () => {
  it('turns what the addon throws', () => {
    const error = thrownBy(
      () =>
        new KafkaStreamConsumer(
          () => {
            throw nativeError(-186, 'no such property')
          },
          SETTINGS,
          string(),
          string(),
        ),
    )
    expect(error).toBeInstanceOf(KafkaError)
    expect(error).toMatchObject({ code: 'ERR__INVALID_ARG', message: 'create consumer: no such property' })
  })
})

describe('subscribe()', () => {
  it('subscribes to names and patterns, and resolves when a broker has answered', async () => {
    const { native, consumer } = consumers.create()
    await consumer.subscribe(['a', /^b./, '^c'])
    expect(native.callsOf('subscribe')).toEqual([[['a', '^b.', '^c']]])
    expect(native.callsOf('metadata')).toEqual([['a', 1000]])
    expect(consumer.subscription()).toEqual(['a', '^b.', '^c'])
  })

  it('stands although no broker answers', async () => {
    const { native, consumer } = consumers.create()
    jest.spyOn(native, 'metadata').mockRejectedValue(nativeError(-195, 'no connection'))
    expect(await rejectionOf(consumer.subscribe(['a']))).toMatchObject({ code: 'ERR_KAFKA_TIMEOUT' })
    expect(consumer.subscription()).toEqual(['a'])
  })

  it('does not stand when the addon refuses it', async () => {
    const { native, consumer } = consumers.create()
    jest.spyOn(native, 'subscribe').mockImplementation(() => {
      throw nativeError(-186, 'bad regex')
    })
    expect(await rejectionOf(consumer.subscribe(['a']))).toMatchObject({ message: 'subscribe: bad regex' })
    expect(consumer.subscription()).toEqual([])
  })

  it.each([[[]], ['a'], [undefined], [null], [[5]], [['a', '']], [[/a/i]], [[null]]])(
    'refuses %p, and then nothing is subscribed',
    async (topics) => {
      const { native, consumer } = consumers.create()
      const error = await rejectionOf(consumer.subscribe(topics as never))
      expect(error).toBeInstanceOf(ArgumentError)
      expect((error as Error).message).toMatch(/^topics(\[\d\])?: expected /)
      expect(native.callsOf('subscribe')).toEqual([])
    },
  )

  it.each([{ timeoutMs: -1 }, { timeoutMs: '5' }, { signal: 5 }])(
    'refuses %j, and then nothing is subscribed',
    async (options) => {
      const { native, consumer } = consumers.create()
      expect(await rejectionOf(consumer.subscribe(['a'], options as never))).toBeInstanceOf(ArgumentError)
      expect([native.callsOf('subscribe'), consumer.subscription()]).toEqual([[], []])
    },
  )

  it('gives way to unsubscribe()', async () => {
    const { native, consumer } = consumers.create()
    await consumer.subscribe(['a'])
    consumer.unsubscribe()
    expect(native.callsOf('unsubscribe')).toHaveLength(1)
    expect(consumer.subscription()).toEqual([])
  })
})

describe('assign()', () => {
  it('starts where it is told, or at the committed offset', () => {
    const { native, consumer } = consumers.create()
    consumer.assign([T0, { ...T1, offset: 5 }, { topic: 'u', partition: 0, offset: -2 }])
    expect(native.callsOf('assign')).toEqual([[['t', 0, -1000, -1, '', 't', 1, 5, -1, '', 'u', 0, -2, -1, '']]])
    expect(consumer.assignment()).toEqual([T0, T1, { topic: 'u', partition: 0 }])
    expect(consumer.position().map(({ offset }) => offset)).toEqual([undefined, 5, undefined])
  })

  it('replaces what there was; an empty list consumes nothing', () => {
    const { consumer } = consumers.create()
    consumer.assign([T0])
    consumer.assign([T1])
    expect(consumer.assignment()).toEqual([T1])
    consumer.assign([])
    expect(consumer.assignment()).toEqual([])
  })

  it('delivers nothing that was polled before', async () => {
    const { native, consumer } = assigned()
    const stream = consumer.stream()
    expect((await stream.next()).value?.offset).toBe(0)
    consumer.assign([{ ...T0, offset: 50 }])
    native.give(run(1, { slot: 0, offset: 50 }))
    expect((await stream.next()).value?.offset).toBe(50)
  })

  it.each([[undefined], [[{ topic: 't' }]], [[{ ...T0, offset: -3 }]], [[{ ...T0, offset: 'x' }]], [[null]]])(
    'refuses %j, and then nothing changes',
    (partitions) => {
      const { native, consumer } = consumers.create()
      consumer.assign([T1])
      expect(thrownBy(() => consumer.assign(partitions as never))).toBeInstanceOf(ArgumentError)
      expect(native.callsOf('assign')).toHaveLength(1)
      expect(consumer.assignment()).toEqual([T1])
    },
  )
})

describe('an iteration', () => {
  it('is refused while another one runs', () => {
    const { consumer } = consumers.create()
    consumer.stream()
    expect(thrownBy(() => consumer.batches())).toBeInstanceOf(StateError)
  })

  it('of batches is bounded by the call, or by the configuration', async () => {
    const { consumer } = assigned({ batchMaxMessages: 2 })
    const byConfiguration = consumer.batches()
    expect((await byConfiguration.next()).value).toHaveLength(2)
    await byConfiguration.return()
    expect((await consumer.batches({ maxMessages: 3 }).next()).value).toHaveLength(3)
  })

  it.each([0, -1, 1.5, 100_001, NaN, '5'])('of batches refuses maxMessages %p', (maxMessages) => {
    const { consumer } = consumers.create()
    const error = thrownBy(() => consumer.batches({ maxMessages: maxMessages as never }))
    expect(error).toBeInstanceOf(ArgumentError)
    expect((error as Error).message).toBe(
      `maxMessages: expected an integer from 1 to 100000, got ${String(maxMessages)}`,
    )
  })

  it.each(['stream', 'batches'] as const)('%s() refuses a signal that is none, and another one may begin', (how) => {
    const { consumer } = consumers.create()
    expect(thrownBy(() => consumer[how]({ signal: {} as never }))).toBeInstanceOf(ArgumentError)
    expect(() => consumer[how]()).not.toThrow()
  })

  it('is woken by the addon', async () => {
    const { native, consumer } = assigned({}, 1)
    const stream = consumer.stream()
    await stream.next()
    const waiting = stream.next()
    expect(await isPending(waiting)).toBe(true)
    native.ringServe()
    expect(await isPending(waiting)).toBe(true)
    native.give(run(1, { slot: 0, offset: 1 }))
    native.ringRows()
    expect((await waiting).value?.offset).toBe(1)
  })
})

describe('while nobody iterates', () => {
  it('events are looked for; rows that come along wait', async () => {
    const { native, consumer, events } = consumers.create()
    native.giveRebalance('assign', [T0])
    native.ringRows()
    await turn()
    expect(events).toEqual([['assigned', [T0]]])
    native.give(run(2, { slot: native.slot('t', 0) }))
    native.give(run(1, { slot: 0, offset: 2 }))
    native.ringRows()
    await turn()
    expect(native.queued).toBe(1)
    native.giveRebalance('revoke', [T0])
    native.ringRows()
    await turn()
    // A rebalance overtakes the rows, which are let go with their partition.
    expect(events.slice(1)).toEqual([['revoked', [T0]]])
    await waitFor(() => native.queued === 0, { describe: 'the rows to be dropped' })
    await consumer.stream().return()
  })

  it('a rebalance that came while a message was in hand is answered when the loop is left', async () => {
    const { native, consumer, events } = assigned({}, 1)
    const stream = consumer.stream()
    await stream.next()
    native.giveRebalance('revoke', [T0, T1])
    native.ringRows()
    await stream.return()
    await waitFor(() => events.length > 0, { describe: 'the revocation to be answered', deadlineMs: 1000 })
    expect(events).toEqual([['revoked', [T0, T1]]])
  })
})

describe('commit()', () => {
  it('commits what was processed', async () => {
    const { native, consumer } = assigned()
    const stream = consumer.stream()
    await stream.next()
    await consumer.commit()
    expect(native.callsOf('commit')).toEqual([])
    await stream.next()
    await consumer.commit()
    expect(native.callsOf('commit')).toEqual([[['t', 0, 1, -1, '']]])
  })

  it('of the message in hand says that it is processed too', async () => {
    const { native, consumer } = assigned()
    for await (const message of consumer.stream()) {
      await consumer.commit(message)
      if (message.offset === 2) break
    }
    expect(native.callsOf('commit').map(([offsets]) => (offsets as unknown[])[2])).toEqual([1, 2, 3])
    expect((await consumer.currentOffsets())[0]).toEqual({ ...T0, offset: 3 })
    await consumer.commit()
    expect(native.callsOf('commit')).toHaveLength(3)
  })

  it('of the batch in hand says the same of all its messages', async () => {
    const { native, consumer } = assigned()
    for await (const batch of consumer.batches()) {
      await consumer.commit(batch)
      break
    }
    expect(native.callsOf('commit')).toEqual([[['t', 0, 5, -1, '']]])
  })

  it('of offsets commits these', async () => {
    const { native, consumer } = assigned()
    await consumer.commit([{ ...T1, offset: 9, metadata: 'm' }])
    expect(native.callsOf('commit')).toEqual([[['t', 1, 9, -1, 'm']]])
  })

  it.each([
    [[{ ...T0, offset: 1 }], { timeoutMs: -1 }],
    [[{ ...T0, offset: 1 }], { signal: 5 }],
    [undefined, { timeoutMs: -1 }],
    [undefined, { signal: 5 }],
    [5, {}],
    [[{ topic: 't' }], {}],
  ])('refuses %j with %j, and then nothing is committed', async (what, options) => {
    const { native, consumer } = assigned()
    const stream = consumer.stream()
    await stream.next()
    await stream.next()
    expect(await rejectionOf(consumer.commit(what as never, options as never))).toBeInstanceOf(ArgumentError)
    expect(native.callsOf('commit')).toEqual([])
  })

  it('rejects when the coordinator refuses', async () => {
    const { native, consumer } = assigned()
    jest.spyOn(native, 'commit').mockImplementation((flat) => Promise.resolve(results(flat, [22])))
    expect(await rejectionOf(consumer.commit([{ ...T0, offset: 1 }]))).toMatchObject({
      code: 'ERR_ILLEGAL_GENERATION',
    })
  })
})

describe('auto-commit', () => {
  const soon = { autoCommit: { enabled: true, intervalMs: 5 } }

  it('commits what was processed, from time to time', async () => {
    const { native, consumer } = assigned(soon)
    const stream = consumer.stream()
    await stream.next()
    await stream.next()
    await waitFor(() => native.callsOf('commit').length > 0, { describe: 'a commit' })
    expect(native.callsOf('commit')).toEqual([[['t', 0, 1, -1, '']]])
  })

  it('that fails is a warning, and tried again', async () => {
    const { native, consumer, events } = assigned(soon)
    jest.spyOn(native, 'commit').mockRejectedValueOnce(new Error('odd'))
    const stream = consumer.stream()
    await stream.next()
    await stream.next()
    await waitFor(() => native.callsOf('commit').length > 0, { describe: 'a commit after the failed one' })
    expect(events).toMatchObject([['warning', { code: 'ERR_KAFKA_COMMIT', message: 'auto-commit: odd' }]])
  })
})

describe('position() and currentOffsets()', () => {
  it('follow delivery and processing', async () => {
    const { consumer } = assigned()
    const stream = consumer.stream()
    const both = async (): Promise<unknown[]> => [
      consumer.position()[0]?.offset,
      (await consumer.currentOffsets())[0]?.offset,
    ]
    expect(await both()).toEqual([undefined, 0])
    await stream.next()
    expect(await both()).toEqual([1, 0])
    await stream.next()
    expect(await both()).toEqual([2, 1])
  })

  it.each(['stream', 'batches'] as const)(
    'tell apart, once %s() was left, what was delivered and what is processed',
    async (how) => {
      const { consumer } = assigned()
      const iteration = how === 'stream' ? consumer.stream() : consumer.batches({ maxMessages: 1 })
      await iteration.next()
      await iteration.next()
      await iteration.return()
      expect(consumer.position()[0]?.offset).toBe(2)
      expect((await consumer.currentOffsets())[0]?.offset).toBe(1)
      await consumer.commit([{ ...T0, offset: 4 }])
      expect(consumer.position()[0]?.offset).toBe(4)
      await consumer.seek({ ...T0, offset: 0 })
      expect(consumer.position()[0]?.offset).toBe(0)
    },
  )

  it('follow a seek made while a message is in hand', async () => {
    const { consumer } = assigned()
    const stream = consumer.stream()
    await stream.next()
    await consumer.seek({ ...T0, offset: 100 })
    expect((await consumer.currentOffsets())[0]?.offset).toBe(100)
    expect(consumer.position()[0]?.offset).toBe(100)
  })
})

describe('pause() and resume()', () => {
  it('hold and release what was prefetched, of all partitions unless told otherwise', async () => {
    const { native, consumer } = assigned()
    const stream = consumer.stream()
    await stream.next()
    consumer.pause()
    expect(consumer.paused()).toEqual([T0, T1])
    const waiting = stream.next()
    expect(await isPending(waiting)).toBe(true)
    consumer.resume([T1])
    expect(await isPending(waiting)).toBe(true)
    expect(consumer.paused()).toEqual([T0])
    consumer.resume()
    expect((await waiting).value?.offset).toBe(1)
    expect(consumer.paused()).toEqual([])
    expect(native.callsOf('pause')).toEqual([[['t', 0, 't', 1]]])
  })
})

describe('questions to the brokers', () => {
  it('are passed on', async () => {
    const { native, consumer } = assigned()
    jest.spyOn(native, 'watermarks').mockResolvedValue([2, 8])
    expect(await consumer.watermarkOffsets('t', 0)).toEqual({ low: 2, high: 8 })
    expect(await consumer.committed()).toEqual([T0, T1].map((each) => ({ ...each, offset: undefined })))
    expect(await consumer.committed([T1], { timeoutMs: 5 })).toHaveLength(1)
    expect(await consumer.offsetsForTimes([{ ...T0, timestamp: 5 }])).toEqual([{ ...T0, offset: 5 }])
    expect(native.callsOf('committed')).toEqual([
      [['t', 0, 't', 1], 1000],
      [['t', 1], 5],
    ])
  })
})

describe('ref() and unref()', () => {
  it('are those of the addon', () => {
    const { native, consumer } = consumers.create()
    consumer.unref()
    consumer.ref()
    expect(native.calls).toEqual([['unref'], ['ref']])
  })
})
