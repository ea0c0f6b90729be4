import { types } from 'node:util'
import { ArgumentError, ClosedError, KafkaError, TimeoutError } from '../../../lib/errors'
import { MockCluster } from '../../../lib/testing'
import { waitFor } from '../../helpers/wait'
import { rejectionOf, thrownBy } from '../consumer/support/errors'
import { take, useMocks } from './support'

const mocks = useMocks()

describe('starting a mock cluster', () => {
  it('gives three brokers, unless told otherwise', async () => {
    const three = await mocks.cluster()
    expect(three.bootstrapServers.split(',')).toHaveLength(3)
    const one = await mocks.cluster({ brokers: 1 })
    expect(one.bootstrapServers).toMatch(/^127\.0\.0\.1:\d+$/)
  })

  it.each([0, -1, 1.5, 101, NaN, '3', true])('refuses brokers: %p', async (brokers) => {
    const error = await rejectionOf(MockCluster.start({ brokers: brokers as never }))
    expect(error).toBeInstanceOf(ArgumentError)
    expect((error as Error).message).toBe(`brokers: expected an integer from 1 to 100, got ${String(brokers)}`)
  })
})

describe('messages of a mock cluster', () => {
  it('are read back as they were produced', async () => {
    const cluster = await mocks.cluster()
    cluster.createTopic('orders', { partitions: 2 })
    const headers = [
      { name: 'a', value: 'text' },
      { name: 'b', value: Buffer.from([0, 255]) },
      { name: 'a', value: null },
      { name: '', value: '' },
    ]
    await cluster.produce([
      { topic: 'orders', partition: 1, key: 'k', value: 'v', headers, timestampMs: 1_600_000_000_123 },
      { topic: 'orders', partition: 1, key: null, value: null },
      { topic: 'orders', partition: 1, key: '', value: new Uint8Array(0) },
      { topic: 'orders', partition: 1, value: Buffer.alloc(100_000, 'x') },
    ])
    const { consumer } = mocks.consumer(cluster.bootstrapServers)
    await consumer.subscribe(['orders'])
    const [first, tombstone, empty, long] = await take(consumer, 4)
    expect(first).toMatchObject({ topic: 'orders', partition: 1, offset: 0, timestamp: 1_600_000_000_123 })
    expect([String(first?.key), String(first?.value)]).toEqual(['k', 'v'])
    expect(first?.headers).toEqual(
      headers.map(({ name, value }) => ({ name, value: value === null ? null : Buffer.from(value) })),
    )
    expect([tombstone?.key, tombstone?.value, tombstone?.headers]).toEqual([null, null, []])
    expect([empty?.key, empty?.value]).toEqual([Buffer.alloc(0), Buffer.alloc(0)])
    expect(long?.value?.equals(Buffer.alloc(100_000, 'x'))).toBe(true)
  })

  it('are given up when the cluster is closed meanwhile', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t')
    cluster.setBrokerDown(1)
    const produced = cluster.produce([{ topic: 't', value: 'x' }])
    await cluster.close()
    expect(await rejectionOf(produced)).toBeInstanceOf(ClosedError)
  })

  it('have the time of now unless told otherwise', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t')
    const before = Date.now()
    await cluster.produce([{ topic: 't', value: 'x' }])
    const { consumer } = mocks.consumer(cluster.bootstrapServers)
    await consumer.subscribe(['t'])
    const [message] = await take(consumer, 1)
    expect(message?.timestampType).toBe('create')
    expect(message?.timestamp).toBeGreaterThanOrEqual(before)
    expect(message?.timestamp).toBeLessThanOrEqual(Date.now())
  })

  it('with one key go to one partition', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t', { partitions: 4 })
    await cluster.produce(Array.from({ length: 40 }, (_, index) => ({ topic: 't', key: `k${index % 2}`, value: 'v' })))
    const { consumer } = mocks.consumer(cluster.bootstrapServers)
    await consumer.subscribe(['t'])
    const messages = await take(consumer, 40)
    for (const key of ['k0', 'k1']) {
      const of = messages.filter((message) => String(message.key) === key)
      expect(of).toHaveLength(20)
      expect(new Set(of.map(({ partition }) => partition)).size).toBe(1)
    }
  })

  it('may be many more than the producer can hold at once', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t', { partitions: 4 })
    const COUNT = 120_000
    function* messages(): Generator<{ topic: string; partition: number; value: string }> {
      for (let index = 0; index < COUNT; index++) yield { topic: 't', partition: index % 4, value: `${index}` }
    }
    await cluster.produce(messages())
    const { consumer } = mocks.consumer(cluster.bootstrapServers)
    const high = await Promise.all([0, 1, 2, 3].map(async (each) => (await consumer.watermarkOffsets('t', each)).high))
    expect(high.reduce((a, b) => a + b)).toBe(COUNT)
  })

  it('of nothing are produced at once', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    await expect(cluster.produce([])).resolves.toBeUndefined()
  })
})

describe('produce()', () => {
  it('rejects when a message cannot be delivered, and goes on working', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t')
    const error = await rejectionOf(cluster.produce([{ topic: 't', partition: 9, value: 'a value' }]))
    expect(error).toBeInstanceOf(KafkaError)
    expect((error as Error).message).toBe('not delivered: Local: Unknown partition')
    await expect(cluster.produce([{ topic: 't', value: 'x' }])).resolves.toBeUndefined()
  })

  it('rejects in time when the brokers are down', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t')
    cluster.setBrokerDown(1)
    const error = await rejectionOf(cluster.produce([{ topic: 't', value: 'x' }], { timeoutMs: 100 }))
    expect(error).toBeInstanceOf(TimeoutError)
    expect((error as Error).message).toBe('produce: not all messages were delivered in time')
  })

  it('waits for its own messages, not for those of another call', async () => {
    const cluster = await mocks.cluster({ brokers: 2 })
    for (const [topic, leader] of [
      ['slow', 1],
      ['fast', 2],
    ] as const) {
      cluster.createTopic(topic)
      cluster.setLeader(topic, 0, leader)
      await cluster.produce([{ topic, value: 'first' }])
    }
    const RTT_MS = 400
    cluster.setRoundTripTime(1, RTT_MS)
    const began = performance.now()
    const slow = cluster.produce([{ topic: 'slow', value: 'x' }]).then(() => performance.now() - began)
    await cluster.produce([{ topic: 'fast', value: 'x' }])
    expect(await slow).toBeGreaterThan(RTT_MS - 20)
  })

  it.each([
    [{ topic: 't', value: 5 }],
    [{ topic: 't', key: {} }],
    [{ topic: 5, value: 'x' }],
    [{ topic: 't', partition: 'one' }],
    [{ topic: 't', timestampMs: 'now' }],
    [{ topic: 't', headers: [{ name: 5, value: 'x' }] }],
  ])('refuses %j', async (message) => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t')
    expect(await rejectionOf(cluster.produce([message as never]))).toMatchObject({
      message: expect.stringMatching(/expected/) as string,
    })
  })
})

describe('createTopic()', () => {
  it('makes as many partitions as it is told, one unless told otherwise', async () => {
    const cluster = await mocks.cluster()
    cluster.createTopic('one')
    cluster.createTopic('three', { partitions: 3, replicationFactor: 2 })
    const { consumer } = mocks.consumer(cluster.bootstrapServers)
    await consumer.subscribe(['one', 'three'])
    await waitFor(() => consumer.assignment().length > 0, { describe: 'an assignment' })
    const assigned = consumer.assignment().map(({ topic, partition }) => `${topic} ${partition}`)
    expect(assigned.sort()).toEqual(['one 0', 'three 0', 'three 1', 'three 2'])
  })

  it('refuses a topic that is there already', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t')
    const error = thrownBy(() => {
      cluster.createTopic('t')
    })
    expect(error).toBeInstanceOf(KafkaError)
    expect(error).toMatchObject({ code: 'ERR_TOPIC_ALREADY_EXISTS' })
  })

  it.each([{ partitions: 0 }, { partitions: -1 }, { partitions: 1.5 }, { partitions: 'x' }])(
    'refuses %j',
    async (options) => {
      const cluster = await mocks.cluster({ brokers: 1 })
      const error = thrownBy(() => {
        cluster.createTopic('t', options as never)
      })
      // The addon's own errors are of the main realm, not of this test's.
      expect(types.isNativeError(error)).toBe(true)
      expect((error as Error).message).toMatch(/partition/)
    },
  )

  it('refuses a name with a NUL character', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    expect(() => {
      cluster.createTopic('a\0b')
    }).toThrow('NUL')
  })
})

describe('close() of a mock cluster', () => {
  it('is the same promise at every call, and what `await using` calls', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    const closing = cluster.close()
    expect(cluster.close()).toBe(closing)
    expect(cluster[Symbol.asyncDispose]()).toBe(closing)
    await closing
    await expect(cluster.close()).resolves.toBeUndefined()
  })

  const calls: [name: string, call: (cluster: MockCluster) => unknown][] = [
    ['createTopic', (cluster) => cluster.createTopic('t')],
    ['produce', (cluster) => cluster.produce([{ topic: 't' }])],
    ['pushRequestErrors', (cluster) => cluster.pushRequestErrors(1, [3])],
    ['pushBrokerRequestErrors', (cluster) => cluster.pushBrokerRequestErrors(1, 1, [{ code: 3 }])],
    ['setTopicError', (cluster) => cluster.setTopicError('t', 3)],
    ['setBrokerDown', (cluster) => cluster.setBrokerDown(1)],
    ['setBrokerUp', (cluster) => cluster.setBrokerUp(1)],
    ['setRoundTripTime', (cluster) => cluster.setRoundTripTime(1, 5)],
    ['setLeader', (cluster) => cluster.setLeader('t', 0, 1)],
    ['setFollower', (cluster) => cluster.setFollower('t', 0, 1)],
    ['setFollowerWatermarks', (cluster) => cluster.setFollowerWatermarks('t', 0, 1, 2)],
    ['setCoordinator', (cluster) => cluster.setCoordinator('group', 'g', 1)],
    ['setRack', (cluster) => cluster.setRack(1, 'r')],
    ['setInitialRebalanceDelay', (cluster) => cluster.setInitialRebalanceDelay(5)],
  ]

  it.each(calls)('is followed by a ClosedError from %s()', async (_, call) => {
    const cluster = await mocks.cluster({ brokers: 1 })
    await cluster.close()
    expect(await rejectionOf(Promise.resolve().then(() => call(cluster)))).toBeInstanceOf(ClosedError)
  })
})
