import { EventKind, WAKE_ROWS } from '../../../lib/binding'
import {
  ASSIGN,
  assigned,
  drain,
  eventsOf,
  type FakeClient,
  flat,
  rdkafkaError,
  REVOKE,
  settled,
  setUp,
  thrown,
} from './fake'

describe('closing', () => {
  it('leaves the group first, and disconnects once its partitions are given back and old rows have come', async () => {
    const { client, consumer, wakes } = await assigned(0)
    client.message(0, 0)
    await consumer.beginClose()
    await settled()
    expect(client.names().slice(-1)).toEqual(['unsubscribe'])
    client.message(0, 1) // no longer wanted
    client.emit('partition.eof', { topic: 't', partition: 0, offset: 2 })
    client.emit('warning', rdkafkaError(3))
    client.rebalance(REVOKE, 0)
    expect(drain(consumer)).toEqual([
      [EventKind.Rebalance, 'revoke', false, 'EAGER', 'Local: Revoke partitions', 't', 0],
    ])
    const committing = consumer.commit(flat([0, 1])) // onRevoked may
    await settled()
    client.committed_(undefined, [{ topic: 't', partition: 0, offset: 1 }])
    await committing
    expect(consumer.isClosed()).toBe(false)
    wakes.length = 0
    consumer.unassign()
    await settled()
    expect(client.names().slice(-3)).toEqual(['unassign', 'commit', 'disconnect'])
    expect(consumer.isClosed()).toBe(true)
    expect(wakes).toContain(WAKE_ROWS)
    expect(drain(consumer)).toEqual([])
  })

  it('happens once, whoever asks', async () => {
    const { client, consumer } = await assigned()
    await Promise.all([consumer.beginClose(), consumer.beginClose(), consumer.destroy(), consumer.destroy()])
    expect(client.of('disconnect')).toHaveLength(1)
  })

  it('gives back what the user has assigned, which nobody revokes', async () => {
    const { client, consumer } = setUp()
    consumer.assign(flat([0, 0]))
    await settled()
    await consumer.beginClose()
    await settled()
    expect(client.names()).toContain('unassign')
    expect(client.names()).not.toContain('unsubscribe')
    expect(consumer.isClosed()).toBe(true)
  })

  it('with destroy() waits for no answer, and answers rebalances itself', async () => {
    const { client, consumer } = await assigned(0)
    client.rebalance(REVOKE, 0)
    await consumer.beginClose()
    await settled()
    expect(consumer.isClosed()).toBe(false)
    const destroying = consumer.destroy()
    client.rebalance(ASSIGN, 1)
    await destroying
    expect(consumer.isClosed()).toBe(true)
    expect(client.of('unassign').length).toBeGreaterThan(1)
    // A late answer is none.
    const before = client.calls.length
    expect(consumer.unassign()).toBeGreaterThan(0)
    expect(client.calls).toHaveLength(before)
  })

  it('goes on when leaving is refused', async () => {
    const { client, consumer } = await assigned()
    client.throws.set('unsubscribe', rdkafkaError(-172))
    await consumer.beginClose()
    await settled()
    expect(consumer.isClosed()).toBe(true)
  })

  it('waits for the requests under way; with destroy() their callers do not', async () => {
    const { client, consumer } = await assigned()
    const asked = [consumer.committed(['t', 0], 5), consumer.committed(['t', 1], 5)]
    await settled()
    await consumer.beginClose()
    await settled()
    expect(client.names()).not.toContain('disconnect')
    const destroying = consumer.destroy()
    const outcomes = await Promise.allSettled(asked)
    await settled()
    expect(client.names()).not.toContain('disconnect')
    expect(outcomes).toMatchObject(Array.from({ length: 2 }, () => ({ status: 'rejected', reason: { code: -197 } })))
    client.answer()
    await destroying
    await settled()
    expect(client.names()).toContain('disconnect')
  })

  it('refuses calls afterwards, and those that had to wait', async () => {
    const { consumer } = setUp()
    const waiting = expect(consumer.commit(flat([0, 1]))).rejects.toMatchObject({ code: -197 })
    await consumer.destroy()
    await waiting
    const closed = { code: -172, message: 'the client is closed' }
    await expect(consumer.commit(flat([0, 1]))).rejects.toMatchObject(closed)
    await expect(consumer.seek(flat([0, 1]), 5)).rejects.toMatchObject(closed)
    expect(
      thrown(() => {
        consumer.unsubscribe()
      }),
    ).toMatchObject(closed)
    expect(
      thrown(() => {
        consumer.pause(['t', 0])
      }),
    ).toMatchObject(closed)
  })
})

describe("the end of node-rdkafka's thread", () => {
  const stopped = (why: string, code: number, isFatal: boolean): unknown => [
    EventKind.ClientError,
    code,
    `node-rdkafka has stopped polling: ${why}; close this consumer and make another`,
    isFatal,
    false,
  ]

  async function silent(client: FakeClient): Promise<void> {
    client.isAlive = false
    for (let i = 0; i < 6; i++) await jest.advanceTimersByTimeAsync(2000)
  }

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] })
  })
  afterEach(() => {
    jest.useRealTimers()
  })

  it('is noticed, and its reason is the fatal error', async () => {
    const { client, consumer } = await assigned(0)
    client.endsWith = rdkafkaError(-1, 'no offset to automatically reset to')
    const waiting = expect(consumer.commit(flat([0, 1]))).rejects.toMatchObject({ code: -150 })
    await silent(client)
    await waiting
    await settled()
    expect(eventsOf(consumer, EventKind.ClientError)).toEqual([
      stopped('Local: No offset to automatically reset to', -140, true),
    ])
    expect(consumer.isClosed()).toBe(true)
  })

  it('is an error also when it does not tell why', async () => {
    const { client, consumer } = await assigned(0)
    await silent(client)
    await settled()
    expect(eventsOf(consumer, EventKind.ClientError)).toEqual([stopped('for a reason it did not tell', -150, true)])
  })

  it('that shows only when it is closed is a warning', async () => {
    const { client, consumer } = await assigned(0)
    client.endsWith = rdkafkaError(-1, 'no offset to automatically reset to')
    await consumer.destroy()
    expect(eventsOf(consumer, EventKind.ClientError)).toEqual([
      stopped('Local: No offset to automatically reset to', -140, false),
    ])
  })

  it('does not keep it from being closed', async () => {
    const { client, consumer } = await assigned(0)
    client.isAlive = false
    await consumer.beginClose()
    consumer.unassign()
    await settled()
    expect(consumer.isClosed()).toBe(false)
    await silent(client)
    await settled()
    expect(consumer.isClosed()).toBe(true)
  })

  it('is not taken for one while it answers', async () => {
    const { client, consumer } = await assigned(0)
    for (let i = 0; i < 20; i++) {
      await jest.advanceTimersByTimeAsync(2000)
      await settled()
    }
    expect(consumer.isClosed()).toBe(false)
    client.consumeCallback?.(null, {})
    expect(eventsOf(consumer, EventKind.ClientError)).toEqual([])
  })
})
