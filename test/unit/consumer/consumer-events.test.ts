// What a consumer tells, and what it tells the group: over a fake addon.
import { EventKind } from '../../../lib/binding'
import type { Message } from '../../../lib/message/message'
import type { MessageBatch } from '../../../lib/message/message-batch'
import { waitFor } from '../../helpers/wait'
import { useFakedConsumers, type Faked } from './support/consumer'
import { isPending, turn } from './support/delivery'
import { nativeError } from './support/fake-native'
import { rejectionOf, thrownBy } from './support/errors'
import { run } from './support/rows'

const consumers = useFakedConsumers()

type Batch = MessageBatch<string, string>

const T0 = { topic: 't', partition: 0 }
const T1 = { topic: 't', partition: 1 }

/** With T0 and T1 assigned, and rows of T0 there. */
function assigned(settings: Parameters<typeof consumers.create>[0] = {}, rows = 5): Faked {
  const faked = consumers.create(settings)
  faked.consumer.assign([T0, T1])
  faked.native.give(run(rows, { slot: faked.native.slot('t', 0) }))
  return faked
}

describe('life signs', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] })
  })

  afterEach(() => {
    jest.useRealTimers()
  })

  it('are given while user code asks for messages or waits for them, and not while it does neither', async () => {
    const { native, consumer } = assigned({ maxPollIntervalMs: 30_000 }, 2)
    const count = (): number => native.callsOf('keepAlive').length
    const stream = consumer.stream()
    await stream.next()
    jest.advanceTimersByTime(1500)
    expect(count()).toBe(1)
    jest.advanceTimersByTime(90_000)
    expect(count()).toBe(1)
    await stream.next()
    jest.advanceTimersByTime(3000)
    expect(count()).toBe(2)
    const waiting = stream.next()
    expect(await isPending(waiting)).toBe(true)
    jest.advanceTimersByTime(7500)
    expect(count()).toBe(7)
  })
})

describe('a rebalance', () => {
  it('that takes partitions away tells that they are lost', async () => {
    const { native, events } = consumers.create()
    native.giveRebalance('assign', [T0])
    native.giveRebalance('revoke', [T0], { lost: true })
    native.ringRows()
    await turn()
    await turn()
    expect(events).toEqual([
      ['assigned', [T0]],
      ['lost', [T0]],
    ])
  })

  it('that a handler fails in is a warning', async () => {
    const { native, events } = consumers.create({
      onAssigned() {
        throw new Error('of the handler')
      },
    })
    native.giveRebalance('assign', [T0])
    native.ringRows()
    await turn()
    expect(events.map(([name]) => name)).toEqual(['warning', 'assigned'])
    expect(events[0]?.[1]).toMatchObject({ message: 'onAssigned failed: of the handler' })
  })
})

describe('unsubscribe()', () => {
  it('drops what was prefetched, and answers the revocation that lies behind it', async () => {
    const { native, consumer, events } = consumers.create()
    await consumer.subscribe(['t'])
    native.giveRebalance('assign', [T0])
    native.give(run(3, { slot: native.slot('t', 0) }))
    native.ringRows()
    await turn()
    expect(events).toEqual([['assigned', [T0]]])
    consumer.unsubscribe()
    native.give(run(2000, { slot: 0, offset: 3 }))
    native.giveRebalance('revoke', [T0])
    native.ringRows()
    await turn()
    expect(events.slice(1)).toEqual([['revoked', [T0]]])
    expect(await isPending(consumer.stream({ signal: AbortSignal.timeout(50) }).next())).toBe(true)
  })

  it('lets the loop turn while it drops', async () => {
    const { native, consumer } = assigned({}, 0)
    await consumer.subscribe(['t'])
    for (let at = 0; at < 100_000; at += 10) native.give(run(10, { slot: 0, offset: at }))
    consumer.unsubscribe()
    await waitFor(() => native.queued === 0, { describe: 'all rows to be dropped' })
    expect(await isPending(consumer.stream({ signal: AbortSignal.timeout(50) }).next())).toBe(true)
  })
})

describe('assign()', () => {
  it('resumes what was paused, for librdkafka keeps a pause beyond the assignment', () => {
    const { native, consumer } = assigned()
    consumer.pause([T1])
    consumer.assign([T1])
    expect(native.callsOf('resume')).toEqual([[['t', 1]]])
    expect(consumer.paused()).toEqual([])
  })

  it('that is refused leaves all as it was, what is paused, too', () => {
    const { native, consumer } = assigned()
    consumer.pause([T1])
    const calls = native.calls.length
    expect(() => {
      consumer.assign([T1, T0, T1])
    }).toThrow('partitions: expected each partition once, got t [1] twice')
    expect(native.calls).toHaveLength(calls)
    jest.spyOn(native, 'assign').mockImplementation(() => {
      throw nativeError(-172, 'of the group')
    })
    expect(() => {
      consumer.assign([T0])
    }).toThrow('of the group')
    expect(native.calls.slice(calls)).toEqual([
      ['resume', ['t', 1]],
      ['pause', ['t', 1]],
    ])
    expect([consumer.assignment(), consumer.paused()]).toEqual([[T0, T1], [T1]])
  })

  it('commits before it what was processed, with auto-commit', async () => {
    const { native, consumer } = assigned({ autoCommit: { enabled: true, intervalMs: 60_000 } })
    const stream = consumer.stream()
    await stream.next()
    await stream.next()
    consumer.assign([T0])
    expect(native.calls.map(([name]) => name)).toEqual(['assign', 'commit', 'assign'])
    expect(native.callsOf('commit')).toEqual([[['t', 0, 1, -1, '']]])
  })
})

describe('commit() of a message or a batch', () => {
  /** Read by a member, whose partition was then given back. */
  async function givenBack(): Promise<{ faked: Faked; done: { message: Message<string, string>; batch: Batch } }> {
    const faked = consumers.create()
    const { native, consumer } = faked
    await consumer.subscribe(['t'])
    native.giveRebalance('assign', [T0])
    native.ringRows()
    await turn()
    native.give(run(3, { slot: native.slot('t', 0) }))
    const batches = consumer.batches()
    const { value: batch } = await batches.next()
    await batches.return()
    const message = batch?.at(2)
    if (batch === undefined || message === undefined) throw new Error('no message')
    await consumer.commit(message)
    expect(native.callsOf('commit')).toHaveLength(1)
    native.giveRebalance('revoke', [T0])
    native.ringRows()
    await turn()
    await turn()
    return { faked, done: { message, batch } }
  }

  it.each(['message', 'batch'] as const)('that was given back is refused: a %s', async (what) => {
    const { faked, done } = await givenBack()
    const { native, consumer } = faked
    const refusal = { name: 'GroupError', message: expect.stringMatching(/^commit of t \[0\].*given back/) as string }
    expect(await rejectionOf(consumer.commit(done[what]))).toMatchObject(refusal)
    native.giveRebalance('assign', [T0])
    native.ringRows()
    await turn()
    expect(consumer.assignment()).toEqual([T0])
    expect(await rejectionOf(consumer.commit(done[what]))).toMatchObject(refusal)
    // Nor does it count as processed now.
    await consumer.commit()
    expect(native.callsOf('commit')).toHaveLength(1)
  })

  it('commits of a batch what was kept, and is refused for what was given back', async () => {
    const { native, consumer } = consumers.create()
    await consumer.subscribe(['t'])
    native.giveRebalance('assign', [T0, T1], { protocol: 'COOPERATIVE' })
    native.ringRows()
    await turn()
    native.give([...run(2, { slot: native.slot('t', 0) }), ...run(3, { slot: native.slot('t', 1) })])
    const batches = consumer.batches()
    const { value: batch } = await batches.next()
    await batches.return()
    native.giveRebalance('revoke', [T0], { protocol: 'COOPERATIVE' })
    native.ringRows()
    await turn()
    await turn()
    expect(await rejectionOf(consumer.commit(batch as Batch))).toMatchObject({
      name: 'GroupError',
      message: expect.stringMatching(/^commit of t \[0\]/) as string,
    })
    expect(native.callsOf('commit')).toEqual([[['t', 1, 3, -1, '']]])
  })

  it('that the user assigned and no longer has is sent: nobody else was given it', async () => {
    const { native, consumer } = assigned()
    const { value: message } = await consumer.stream().next()
    consumer.assign([T1])
    await consumer.commit(message)
    expect(native.callsOf('commit')).toEqual([[['t', 0, 1, -1, '']]])
  })
})

describe('a seek under way', () => {
  it('does not keep a waiting iteration from rebalances', async () => {
    const { native, consumer, events } = assigned({}, 0)
    jest.spyOn(native, 'seek').mockReturnValue(new Promise(() => undefined))
    void consumer.stream().next()
    await turn()
    consumer.seek({ ...T0, offset: 1 }).catch(() => undefined)
    native.giveRebalance('revoke', [T0])
    native.ringRows()
    await turn()
    await turn()
    expect(events).toEqual([['revoked', [T0]]])
  })
})

describe('events', () => {
  it('that are not ordered with rows come at once', () => {
    const { native, events } = consumers.create()
    native.ringServe([EventKind.Stats, '{"a":1}'], [EventKind.ClientError, -195, 'broker down', false, false])
    expect(events).toMatchObject([
      ['statistics', { a: 1 }],
      ['warning', { code: 'ERR__TRANSPORT' }],
    ])
  })

  it.each<[string, (consumer: Faked['consumer']) => unknown]>([
    ['sought away from', (consumer) => consumer.seek({ ...T0, offset: 100 })],
    ['assigned anew', (consumer) => consumer.assign([T0])],
    ['paused', (consumer) => consumer.pause([T0])],
  ])('behind rows of a partition that is %s come, also when nobody iterates', async (_, leave) => {
    const { native, consumer, events } = assigned()
    native.ringRows()
    // Of a later poll.
    native.giveEvent([EventKind.PartitionEof, 't', 0, 5, native.epoch + 1])
    await turn()
    expect(events).toEqual([])
    await leave(consumer)
    await waitFor(() => events.length > 0, { describe: 'the event' })
    expect(events).toEqual([['partitionEof', { ...T0, offset: 5 }]])
  })

  it('of a record that is skipped carry it, where no callback takes it', async () => {
    const bad = [{ ...run(1)[0], value: Buffer.from([0xff]) }] as ReturnType<typeof run>
    const skipping = assigned({ onDeserializationError: 'skip' }, 1)
    skipping.native.give(bad.map((row) => ({ ...row, offset: 1 })))
    const stream = skipping.consumer.stream()
    await stream.next()
    const waiting = stream.next()
    await turn()
    expect(skipping.events).toMatchObject([['deserializationError', { offset: 1, part: 'value' }]])
    skipping.native.give(run(1, { slot: 0, offset: 2 }))
    skipping.native.ringRows()
    expect((await waiting).value?.offset).toBe(2)

    const seen: unknown[] = []
    const calling = assigned({ onDeserializationError: (error) => seen.push(error.offset) }, 1)
    calling.native.give(bad.map((row) => ({ ...row, offset: 1 })))
    calling.native.give(run(1, { slot: 0, offset: 2 }))
    const other = calling.consumer.stream()
    await other.next()
    expect((await other.next()).value?.offset).toBe(2)
    expect([seen, calling.events]).toEqual([[1], []])
  })

  it('of a fatal error end the iteration with it', async () => {
    const { native, consumer } = assigned({}, 0)
    const waiting = consumer.stream().next()
    await turn()
    native.ringServe([EventKind.ClientError, -144, 'fenced', true, false])
    expect(await rejectionOf(waiting)).toMatchObject({ code: 'ERR__FENCED', fatal: true })
  })

  it.each(['listener', 'logger'] as const)('after one whose %s throws still come', (who) => {
    const failure = new Error(`of the ${who}`)
    const throwing = (): never => {
      throw failure
    }
    const { native, consumer, events } = consumers.create(
      who === 'logger' ? { logger: { debug: throwing, info: throwing, warn: throwing, error: throwing } } : {},
    )
    if (who === 'listener') consumer.on('log', throwing)
    const ticks: (() => unknown)[] = []
    jest.spyOn(process, 'nextTick').mockImplementation((tick) => void ticks.push(tick as () => unknown))
    native.ringServe([EventKind.Log, 3, 'FAC', 'text'], [EventKind.Stats, '{}'])
    jest.restoreAllMocks()
    expect(events).toEqual([['statistics', {}]])
    expect(ticks.map((tick) => thrownBy(tick))).toEqual([failure])
  })
})
