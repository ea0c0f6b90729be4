// The end of a consumer, over a fake addon.
import type { KafkaStreamConsumer } from '../../../lib/consumer/consumer'
import type { MessageStream } from '../../../lib/consumer/message-stream'
import { ClosedError, type TimeoutError } from '../../../lib/errors'
import { waitFor, withDeadline } from '../../helpers/wait'
import { useFakedConsumers, type Faked } from './support/consumer'
import { turn } from './support/delivery'
import { rejectionOf, thrownBy } from './support/errors'
import { nativeError } from './support/fake-native'
import { run } from './support/rows'

const consumers = useFakedConsumers()

const T0 = { topic: 't', partition: 0 }

interface Consuming extends Faked {
  stream: MessageStream<string, string>
}

/** Of a group, with T0 assigned and two messages of it processed and one in hand. */
async function consuming(settings: Parameters<typeof consumers.create>[0] = {}): Promise<Consuming> {
  const faked = consumers.create(settings)
  faked.native.giveRebalance('assign', [T0])
  faked.native.ringRows()
  await turn()
  faked.native.give(run(5, { slot: faked.native.slot('t', 0) }))
  const stream = faked.consumer.stream()
  for (let taken = 0; taken < 3; taken++) await stream.next()
  return { ...faked, stream }
}

/** The group asks for its partition back when the consumer leaves, and the client ends when it has it. */
function leaveByRevoke({ native }: Faked): void {
  jest.spyOn(native, 'beginClose').mockImplementation(() => {
    native.calls.push(['beginClose'])
    native.giveRebalance('revoke', [T0])
    return Promise.resolve()
  })
  endAfterUnassign(native)
}

function endAfterUnassign(native: Faked['native']): void {
  const unassign = native.unassign.bind(native)
  jest.spyOn(native, 'unassign').mockImplementation(() => {
    const epoch = unassign()
    setImmediate(() => {
      native.closed = true
      native.ringRows()
    })
    return epoch
  })
}

describe('close()', () => {
  it('is the same promise at every call, and ends the client once', async () => {
    const { native, consumer, events } = consumers.create()
    const first = consumer.close()
    expect(consumer.close()).toBe(first)
    await first
    expect(consumer.close()).toBe(first)
    expect(native.calls).toEqual([['beginClose'], ['destroy']])
    expect(events).toEqual([['close']])
  })

  it('is what `await using` calls', async () => {
    const { consumer } = consumers.create()
    await consumer[Symbol.asyncDispose]()
    expect(() => consumer.position()).toThrow(ClosedError)
  })

  it('ends a running iteration', async () => {
    const { native, consumer } = consumers.create()
    consumer.assign([T0])
    native.slot('t', 0)
    const waiting = consumer.stream().next()
    await turn()
    const closing = consumer.close()
    expect(await waiting).toEqual({ done: true, value: undefined })
    await closing
  })

  it('runs onRevoked, gives the partitions back, and then ends', async () => {
    const ran: string[] = []
    const faked = await consuming({ onRevoked: () => void ran.push('onRevoked') })
    leaveByRevoke(faked)
    await faked.consumer.close()
    expect(ran).toEqual(['onRevoked'])
    expect(faked.native.calls.map(([name]) => name)).toEqual(['assign', 'beginClose', 'unassign', 'destroy'])
    expect(faked.events.map(([name]) => name)).toEqual(['assigned', 'revoked', 'close'])
  })

  it('lets onRevoked commit', async () => {
    const faked: Consuming = await consuming({ onRevoked: () => faked.consumer.commit() })
    const { consumer } = faked
    leaveByRevoke(faked)
    await consumer.close()
    expect(faked.native.callsOf('commit')).toEqual([[['t', 0, 2, -1, '']]])
    expect(faked.events.map(([name]) => name)).not.toContain('warning')
  })

  it('lets an onRevoked commit that began before', async () => {
    let finish: (() => void) | undefined
    const faked: Consuming = await consuming({
      async onRevoked() {
        await new Promise<void>((resolve) => (finish = resolve))
        await faked.consumer.commit()
      },
    })
    const { consumer } = faked
    faked.native.giveRebalance('revoke', [T0])
    // The requests for the last two prefetched messages and for one more, which finds the revocation.
    for (let taken = 0; taken < 2; taken++) await faked.stream.next()
    const waiting = faked.stream.next()
    const goOn = await waitFor(() => finish, { describe: 'onRevoked to begin' })
    const closing = consumer.close()
    goOn()
    await closing
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(faked.native.callsOf('commit')).toHaveLength(1)
    expect(faked.events.filter(([name]) => name === 'warning')).toEqual([])
  })

  it('does not forget what it is told of while onRevoked runs', async () => {
    let finish: (() => void) | undefined
    const faked = await consuming({
      onRevoked: (list) => (list.length === 0 ? undefined : new Promise<void>((resolve) => (finish = resolve))),
    })
    const { native, consumer } = faked
    jest.spyOn(native, 'beginClose').mockImplementation(() => {
      native.giveRebalance('revoke', [T0])
      return Promise.resolve()
    })
    const closing = consumer.close()
    const goOn = await waitFor(() => finish, { describe: 'onRevoked to begin' })
    // Rung for once: whoever does not pull then has to remember it.
    native.giveRebalance('revoke', [])
    native.ringRows()
    await turn()
    endAfterSecondUnassign(native)
    goOn()
    await withDeadline(closing, 1000, 'close() is still waiting')
    expect(native.queued).toBe(0)
  })

  it('commits what was processed first, with auto-commit, and not what is in hand', async () => {
    const faked = await consuming({ autoCommit: { enabled: true, intervalMs: 60_000 } })
    await faked.consumer.close()
    expect(faked.native.callsOf('commit')).toEqual([[['t', 0, 2, -1, '']]])
    expect(faked.native.calls.map(([name]) => name)).toEqual(['assign', 'commit', 'beginClose', 'destroy'])
  })

  it('commits nothing without auto-commit', async () => {
    const faked = await consuming()
    await faked.consumer.close()
    expect(faked.native.callsOf('commit')).toEqual([])
  })

  it('goes on when that commit fails, with a warning', async () => {
    const faked = await consuming({ autoCommit: { enabled: true, intervalMs: 60_000 } })
    jest.spyOn(faked.native, 'commit').mockRejectedValue(nativeError(16, 'not the coordinator'))
    await faked.consumer.close()
    expect(faked.events.slice(1)).toMatchObject([
      ['warning', { code: 'ERR_NOT_COORDINATOR', message: 'commit of t [0]: not the coordinator' }],
      ['close'],
    ])
  })

  it('ends without a goodbye when leaving takes too long, with a warning', async () => {
    const { native, consumer, events } = consumers.create({ closeTimeoutMs: 50 })
    jest.spyOn(native, 'beginClose').mockReturnValue(new Promise(() => undefined))
    const began = performance.now()
    await consumer.close()
    expect(performance.now() - began).toBeLessThan(1000)
    expect(native.callsOf('destroy')).toHaveLength(1)
    expect(events).toMatchObject([['warning', { name: 'TimeoutError' }], ['close']])
  })

  it('ends in time also when the client does not, with a warning', async () => {
    const { native, consumer, events } = consumers.create({ closeTimeoutMs: 50 })
    jest.spyOn(native, 'destroy').mockReturnValue(new Promise(() => undefined))
    await consumer.close()
    expect(events).toMatchObject([['warning', { name: 'TimeoutError' }], ['close']])
    expect((events[0]?.[1] as TimeoutError).message).toMatch(/^close took longer than \d/)
  })

  it('ends when the client refuses to close, with a warning', async () => {
    const { native, consumer, events } = consumers.create()
    jest.spyOn(native, 'beginClose').mockRejectedValue(nativeError(-150, 'broken'))
    await consumer.close()
    expect(events).toMatchObject([['warning', { message: 'close: broken' }], ['close']])
    expect(native.callsOf('destroy')).toHaveLength(1)
  })

  it('stops the timers', async () => {
    const faked = await consuming({ autoCommit: { enabled: true, intervalMs: 5 }, maxPollIntervalMs: 3 })
    await faked.consumer.close()
    const count = faked.native.calls.length
    const ticks = await new Promise<number>((resolve) => {
      let seen = 0
      const clock = setInterval(() => {
        if (++seen < 5) return
        clearInterval(clock)
        resolve(seen)
      }, 5)
    })
    expect(ticks).toBe(5)
    expect(faked.native.calls.length).toBe(count)
  })
})

describe('after close()', () => {
  const calls: [name: string, call: (consumer: KafkaStreamConsumer<string, string>) => unknown][] = [
    ['subscribe', (consumer) => consumer.subscribe(['t'])],
    ['unsubscribe', (consumer) => consumer.unsubscribe()],
    ['assign', (consumer) => consumer.assign([T0])],
    ['stream', (consumer) => consumer.stream()],
    ['batches', (consumer) => consumer.batches()],
    ['commit', (consumer) => consumer.commit()],
    ['commit of offsets', (consumer) => consumer.commit([{ ...T0, offset: 1 }])],
    ['currentOffsets', (consumer) => consumer.currentOffsets()],
    ['position', (consumer) => consumer.position()],
    ['committed', (consumer) => consumer.committed([T0])],
    ['seek', (consumer) => consumer.seek({ ...T0, offset: 1 })],
    ['pause', (consumer) => consumer.pause()],
    ['resume', (consumer) => consumer.resume()],
    ['watermarkOffsets', (consumer) => consumer.watermarkOffsets('t', 0)],
    ['offsetsForTimes', (consumer) => consumer.offsetsForTimes([{ ...T0, timestamp: 1 }])],
  ]

  it.each(calls)('%s() is a ClosedError', async (_, call) => {
    const { native, consumer } = consumers.create()
    await consumer.close()
    const before = native.calls.length
    const error = await rejectionOf(Promise.resolve().then(() => call(consumer)))
    expect(error).toBeInstanceOf(ClosedError)
    expect(error).toMatchObject({ message: 'the consumer is closed', code: 'ERR_KAFKA_CLOSED' })
    expect(native.calls.length).toBe(before)
  })

  it('subscription() and assignment() still tell what they know', async () => {
    const { consumer } = consumers.create()
    await consumer.subscribe(['t'])
    await consumer.close()
    expect([consumer.subscription(), consumer.paused()]).toEqual([['t'], []])
    expect(() => consumer.assignment()).not.toThrow()
  })

  it('a wake-up does nothing', async () => {
    const { native, consumer } = consumers.create()
    await consumer.close()
    native.give(run(1, { slot: native.slot('t', 0) }))
    expect(() => {
      native.ringRows()
    }).not.toThrow()
    expect(thrownBy(() => consumer.stream())).toBeInstanceOf(ClosedError)
  })
})

function endAfterSecondUnassign(native: Faked['native']): void {
  const unassign = native.unassign.bind(native)
  let count = 0
  jest.spyOn(native, 'unassign').mockImplementation(() => {
    if (++count === 2) {
      native.closed = true
      setImmediate(() => native.ringRows())
    }
    return unassign()
  })
}
