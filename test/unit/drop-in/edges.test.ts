// What a consumer with a tier does at the edges: pending reads, revocations, events, calls with few arguments.
import { once } from 'node:events'
import * as typed from '../../../lib/node-rdkafka'
import { MockCluster } from '../../../lib/testing'
import { waitFor, withDeadline } from '../../helpers/wait'

/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-return, @typescript-eslint/restrict-plus-operands --
   The calls under test are often ones that types forbid. */
type Loose = any

const { KafkaConsumer, CODES }: Loose = typed
const COUNT = 40
const SIZE = 5000
const DEADLINE_MS = 15_000

let cluster: MockCluster
const open: Loose[] = []

beforeAll(async () => {
  cluster = await MockCluster.start({ brokers: 1 })
  cluster.createTopic('large', { partitions: 2 })
  await cluster.produce(
    Array.from({ length: COUNT }, (_, index) => ({
      topic: 'large',
      partition: index % 2,
      value: Buffer.alloc(index % 4 === 0 ? SIZE : SIZE / 2, index),
    })),
  )
})

afterEach(async () => {
  await Promise.all(open.splice(0).map((consumer) => called(consumer, 'disconnect')))
})

afterAll(() => cluster.close())

function called(consumer: Loose, method: string, ...values: unknown[]): Promise<Loose> {
  return withDeadline(
    new Promise((resolve, reject) => {
      consumer[method](...values, (error: Error | null | undefined, value: unknown) => {
        if (error) reject(error)
        else resolve(value)
      })
    }),
    DEADLINE_MS,
    `${method}() did not call back`,
  )
}

async function connected(conf: object = {}): Promise<Loose> {
  const consumer = new KafkaConsumer(
    {
      'metadata.broker.list': cluster.bootstrapServers,
      'group.id': `g-${Math.random().toString(36).slice(2)}`,
      'performance.tier': 'dedicated',
      'session.timeout.ms': 6000,
      'heartbeat.interval.ms': 200,
      ...conf,
    },
    { 'auto.offset.reset': 'earliest' },
  )
  open.push(consumer)
  await called(consumer, 'connect', {})
  return consumer
}

const toppars = [0, 1].map((partition) => ({ topic: 'large', partition, offset: 0 }))

describe('a pending consume(n)', () => {
  it('gets what there is when its time is over, ends of partitions told in between', async () => {
    const consumer = await connected({ 'enable.partition.eof': true })
    // For a busy machine to have read all of it.
    consumer.setDefaultConsumeTimeout(4000)
    consumer.assign(toppars)
    const told: string[] = []
    consumer.on('data', () => told.push('data'))
    consumer.on('partition.eof', () => told.push('end'))
    const messages = await called(consumer, 'consume', COUNT * 2)
    expect(messages).toHaveLength(COUNT)
    expect(messages.map(({ value }: Loose) => value[0]).sort((a: number, b: number) => a - b)).toEqual(
      Array.from({ length: COUNT }, (_, index) => index),
    )
    expect(told.filter((each) => each === 'data')).toHaveLength(COUNT)
    // On a busy machine an end may be told a little later.
    const ends = (): number => told.filter((each) => each === 'end').length
    expect(ends()).toBeGreaterThan(0)
    while (ends() < 2) expect(await called(consumer, 'consume', COUNT)).toEqual([])
    expect(ends()).toBe(2)
  })

  it('is called back when the consumer disconnects', async () => {
    const consumer = await connected()
    consumer.setDefaultConsumeTimeout(60_000)
    const reading = called(consumer, 'consume', 5)
    await called(consumer, 'disconnect')
    expect(await reading.catch((error: unknown) => error)).toBeDefined()
  })

  it('loses what is sought or taken away meanwhile', async () => {
    const consumer = await connected()
    consumer.setDefaultConsumeTimeout(1000)
    consumer.assign(toppars)
    const reading = called(consumer, 'consume', COUNT * 2)
    await waitFor(() => consumer.position(toppars).some(({ offset }: Loose) => offset > 0), {
      describe: 'some messages',
    })
    await called(consumer, 'seek', { topic: 'large', partition: 0, offset: COUNT / 2 - 1 }, 2000)
    consumer.assign([toppars[1]])
    const messages = await reading
    expect(messages.filter(({ partition }: Loose) => partition === 0)).toEqual([])
  })

  it('comes before a flow', async () => {
    const consumer = await connected()
    const flowed: Loose[] = []
    consumer.assign(toppars)
    consumer.consume(0, (_error: unknown, message: unknown) => flowed.push(message))
    const messages = await called(consumer, 'consume', 10)
    expect(messages).toHaveLength(10)
    await waitFor(() => flowed.length + messages.length >= COUNT, { describe: () => `the rest; ${flowed.length}` })
    expect(() => consumer.consume(5, 'no function')).toThrow('Callback must be a function')
  })
})

describe('disconnect()', () => {
  it('refuses a subscription that its own rebalance makes, and ends all the same', async () => {
    const outcomes: string[] = []
    let isEnding = false
    const consumer = await connected({
      rebalance_cb: (error: Loose, assignments: Loose[]) => {
        if (error.code === CODES.ERRORS.ERR__ASSIGN_PARTITIONS) {
          consumer.assign(assignments)
          return
        }
        consumer.unassign()
        if (!isEnding) return
        try {
          consumer.subscribe(['large'])
          outcomes.push('subscribed')
        } catch (refusal) {
          outcomes.push(String(refusal))
        }
      },
    })
    consumer.subscribe(['large'])
    const read: Loose[] = []
    consumer.consume((_error: unknown, message: unknown) => read.push(message))
    await waitFor(() => read.length > 0, { describe: 'a message' })
    isEnding = true
    await called(consumer, 'disconnect')
    expect(outcomes).toEqual([expect.stringMatching(/Erroneous state|not connected|closed/i)])
  })
})

describe('events', () => {
  it('statistics and logs come, unless event_cb is false', async () => {
    const consumer = await connected({ 'statistics.interval.ms': 50, debug: 'all' })
    const [stats] = await withDeadline(once(consumer, 'event.stats'), DEADLINE_MS, 'no statistics')
    expect(JSON.parse(stats.message)).toHaveProperty('brokers')
    const logged = once(consumer, 'event.log')
    consumer.subscribe(['large'])
    const [log] = await withDeadline(logged, DEADLINE_MS, 'no log')
    expect(log).toEqual({ severity: expect.any(Number), fac: expect.any(String), message: expect.any(String) })

    const quiet = await connected({ 'statistics.interval.ms': 20, event_cb: false })
    const heard: unknown[] = []
    quiet.on('event.stats', (event: unknown) => heard.push(event))
    const next = await connected({ 'statistics.interval.ms': 100 })
    await withDeadline(once(next, 'event.stats'), DEADLINE_MS, 'no statistics')
    expect(heard).toEqual([])
  })

  it('a broker that goes away is an event, and the consumer goes on', async () => {
    const own = await MockCluster.start({ brokers: 1 })
    own.createTopic('t')
    const consumer = await connected({ 'metadata.broker.list': own.bootstrapServers })
    consumer.assign([{ topic: 't', partition: 0, offset: 0 }])
    const gone = once(consumer, 'event.error')
    own.setBrokerDown(1)
    const [error] = await withDeadline(gone, DEADLINE_MS, 'no event')
    expect(error).toMatchObject({ code: -1, origin: expect.any(String) })
    expect(consumer.getLastError()).toHaveProperty('code', -1)
    own.setBrokerUp(1)
    await own.produce([{ topic: 't', value: 'x' }])
    consumer.setDefaultConsumeTimeout(10_000)
    expect(await called(consumer, 'consume', 1)).toHaveLength(1)
    await called(consumer, 'disconnect')
    await own.close()
  })
})

describe('a group of two', () => {
  it.each(['range', 'cooperative-sticky'])(
    'shares the partitions, and gives them back: %s',
    async (assignor) => {
      const conf = { 'group.id': `pair-${assignor}`, 'partition.assignment.strategy': assignor, rebalance_cb: true }
      const first = await connected(conf)
      first.subscribe(['large'])
      first.on('data', () => undefined)
      first.consume()
      await waitFor(() => first.assignments().length === 2, { deadlineMs: DEADLINE_MS, describe: 'both partitions' })
      expect(first.rebalanceProtocol()).toBe(assignor === 'range' ? 'EAGER' : 'COOPERATIVE')
      const second = await connected(conf)
      second.subscribe([/^large/])
      second.consume()
      await waitFor(() => second.assignments().length === 1, { deadlineMs: 20_000, describe: 'one partition' })
      await called(second, 'disconnect')
      await waitFor(() => first.assignments().length === 2, { deadlineMs: 20_000, describe: 'both partitions again' })
    },
    60_000,
  )
})

describe('calls', () => {
  it('with few arguments', async () => {
    const consumer = await connected()
    consumer.assign(toppars)
    expect(await called(consumer, 'queryWatermarkOffsets', 'large', 0)).toEqual({ lowOffset: 0, highOffset: COUNT / 2 })
    expect(await called(consumer, 'offsetsForTimes', toppars)).toHaveLength(2)
    expect(await called(consumer, 'committed', 5000)).toHaveLength(2)
    consumer.getMetadata({})
    expect(await called(consumer, 'getMetadata', { topic: 'large', allTopics: false })).toMatchObject({
      topics: [{ name: 'large' }],
    })
    expect(consumer.commit([])).toBe(consumer)
    consumer.incrementalAssign([])
    consumer.incrementalUnassign([])
    consumer.unassign()
    expect(consumer.assignments()).toEqual([])
    expect(() => consumer.getClient()).toThrow(/sendOffsetsToTransaction/)
    expect(consumer._errorWrap(0)).toBe(true)
    expect(() => consumer._errorWrap(-172)).toThrow('Local: Erroneous state')
    consumer.setDefaultConsumeLoopTimeoutDelay(5)
    await called(consumer, 'connect', {})
  })

  it('that give the same partition back twice at once', async () => {
    const consumer = await connected()
    consumer.assign(toppars)
    // librdkafka would end the process.
    expect(() => consumer.incrementalUnassign([toppars[1], toppars[0], toppars[1]])).toThrow()
    consumer.incrementalUnassign([toppars[1]])
    expect(consumer.assignments()).toEqual([expect.objectContaining({ partition: 0 })])
  })

  it('that the cluster or the state refuses', async () => {
    const consumer = await connected()
    await expect(called(consumer, 'seek', { topic: 'large', partition: 0, offset: 1 }, 500)).rejects.toHaveProperty(
      'code',
    )
    await expect(called(consumer, 'queryWatermarkOffsets', 'missing', 0, 2000)).rejects.toHaveProperty('code')
    for (const named of ['earliest', 'latest', 'stored']) consumer.assign([{ ...toppars[0], offset: named }])
    expect(() => consumer.assign([{ ...toppars[0], offset: 'tomorrow' }])).toThrow(TypeError)
    expect(() => consumer.assign([{ ...toppars[0], offset: {} }])).toThrow(TypeError)
    cluster.pushRequestErrors(8, [30])
    expect(() => consumer.commitSync({ ...toppars[0], offset: 3 })).toThrow()
    await called(consumer, 'disconnect')
    const late = 'Client is disconnected'
    await expect(called(consumer, 'queryWatermarkOffsets', 'large', 0, 100)).rejects.toThrow(late)
    await expect(called(consumer, 'offsetsForTimes', toppars, 100)).rejects.toThrow(late)
    await expect(called(consumer, 'getMetadata', {})).rejects.toThrow(late)
  })
})
