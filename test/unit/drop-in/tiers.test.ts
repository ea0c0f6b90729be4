// node-rdkafka's class with a tier, on a mock cluster: its whole surface, as its users call it.
import { once } from 'node:events'
import { binding } from '../../../lib/binding'
import * as typed from '../../../lib/node-rdkafka'
import { MockCluster } from '../../../lib/testing'
import { waitFor, withDeadline } from '../../helpers/wait'

/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-return, @typescript-eslint/restrict-plus-operands --
   The calls under test are often ones that types forbid. */
type Loose = any

const dropIn: Loose = typed
const KafkaConsumer: Loose = dropIn.KafkaConsumer
const PARTITIONS = 2
const COUNT = 200
const TIERS = ['standard', 'buffered:8', 'dedicated']
const DEADLINE_MS = 15_000

let cluster: MockCluster
const open: Loose[] = []

beforeAll(async () => {
  cluster = await MockCluster.start({ brokers: 1 })
  cluster.createTopic('t', { partitions: PARTITIONS })
  await cluster.produce(
    Array.from({ length: COUNT }, (_, index) => ({
      topic: 't',
      partition: index % PARTITIONS,
      key: index % 3 === 0 ? null : `k${index}`,
      value: index % 5 === 2 ? null : `v${index}`,
      ...(index % 4 === 0 && {
        headers: [
          { name: 'h', value: 'x' },
          { name: 'h', value: null },
        ],
      }),
    })),
  )
})

afterEach(async () => {
  await Promise.all(open.splice(0).map((consumer) => disconnect(consumer)))
})

afterAll(async () => {
  await cluster.close()
  await waitFor(() => binding().counters().clients === 0, { describe: 'no client to be left' })
})

function make(tier: string, conf: object = {}, topicConf: object = {}): Loose {
  const consumer = new KafkaConsumer(
    {
      'metadata.broker.list': cluster.bootstrapServers,
      'group.id': `g-${Math.random().toString(36).slice(2)}`,
      'enable.auto.commit': false,
      'session.timeout.ms': 6000,
      'heartbeat.interval.ms': 200,
      'performance.tier': tier,
      ...conf,
    },
    { 'auto.offset.reset': 'earliest', ...topicConf },
  )
  open.push(consumer)
  return consumer
}

function connect(consumer: Loose): Promise<Loose> {
  return withDeadline(
    new Promise((resolve, reject) => {
      consumer.connect({}, (error: Error | null, metadata: Loose) => {
        if (error) reject(error)
        else resolve(metadata)
      })
    }),
    DEADLINE_MS,
    'connect() did not call back',
  )
}

function disconnect(consumer: Loose): Promise<Loose> {
  return withDeadline(
    new Promise((resolve) => {
      consumer.disconnect((_error: unknown, metrics: unknown) => {
        resolve(metrics)
      })
    }),
    DEADLINE_MS,
    'disconnect() did not call back',
  )
}

function read(consumer: Loose, count: number): Promise<Loose[]> {
  return withDeadline(
    new Promise((resolve, reject) => {
      consumer.consume(count, (error: Error | null, messages: Loose[]) => {
        if (error) reject(error)
        else resolve(messages)
      })
    }),
    DEADLINE_MS,
    'consume(n) did not call back',
  )
}

/** A method that ends in a callback. */
function asked(consumer: Loose, method: string, ...values: unknown[]): Promise<Loose> {
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

function thrown(call: () => unknown): Loose {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

const both = [
  { topic: 't', partition: 0, offset: 0 },
  { topic: 't', partition: 1, offset: 0 },
]

describe.each(TIERS)('%s', (tier) => {
  it('connects, tells of it, and disconnects, again and again', async () => {
    const consumer = make(tier)
    for (let round = 0; round < 2; round++) {
      const ready = once(consumer, 'ready')
      const metadata = await connect(consumer)
      const [info, told] = await ready
      expect(info.name).toMatch(/^rdkafka#consumer-/)
      expect(told).toBe(metadata)
      expect(metadata.topics.find(({ name }: Loose) => name === 't').partitions).toHaveLength(PARTITIONS)
      expect(consumer.isConnected()).toBe(true)
      expect(consumer.connectedTime()).toBeGreaterThanOrEqual(0)
      const [first, second] = [disconnect(consumer), disconnect(consumer)]
      expect(await first).toEqual({ connectionOpened: expect.any(Number) })
      await second
      expect(consumer.isConnected()).toBe(false)
      expect(consumer.connectedTime()).toBe(0)
    }
  })

  it('flows: every message once, in order, plain objects that own their memory', async () => {
    const consumer = make(tier)
    await connect(consumer)
    consumer.assign(both)
    const messages: Loose[] = []
    const called: unknown[] = []
    consumer.on('data', (message: Loose) => messages.push(message))
    consumer.consume((error: unknown, message: unknown) => called.push([error, message]))
    expect(thrown(() => consumer.consume()).message).toBe('Consume was already called')
    await waitFor(() => messages.length >= COUNT, { describe: () => `all messages; ${messages.length} came` })
    expect(messages).toHaveLength(COUNT)
    expect(called).toEqual(messages.map((message) => [null, message]))
    const [first] = messages.filter(({ partition }) => partition === 0)
    expect(Object.keys(first)).toEqual(['value', 'headers', 'size', 'key', 'topic', 'offset', 'partition', 'timestamp'])
    expect(first).toMatchObject({ value: Buffer.from('v0'), size: 2, key: null, topic: 't', offset: 0, partition: 0 })
    expect(messages.find(({ offset, partition }) => partition === 0 && offset === 1)).toMatchObject({
      value: null,
      size: 0,
    })
    expect(first.headers).toEqual([{ h: Buffer.from('x') }, { h: Buffer.alloc(0) }])
    for (const partition of [0, 1]) {
      const offsets = messages.filter((message) => message.partition === partition).map(({ offset }) => offset)
      expect(offsets).toEqual(offsets.map((_, index) => index))
    }
    expect(consumer.position()).toEqual(
      [
        { topic: 't', offset: COUNT / PARTITIONS, partition: 0 },
        { topic: 't', offset: COUNT / PARTITIONS, partition: 1 },
      ].map((each) => expect.objectContaining(each)),
    )
  })

  it('reads as many as it is asked for, at most as long as it is told', async () => {
    const consumer = make(tier)
    consumer.setDefaultConsumeTimeout(300)
    await connect(consumer)
    consumer.subscribe(['t'])
    const messages: Loose[] = []
    while (messages.length < COUNT) messages.push(...(await read(consumer, 30)))
    expect(messages).toHaveLength(COUNT)
    const began = performance.now()
    expect(await read(consumer, 10)).toEqual([])
    expect(performance.now() - began).toBeGreaterThan(250)
    expect(consumer.subscription()).toEqual(['t'])
    expect(consumer.assignments()).toHaveLength(PARTITIONS)
    expect(consumer.unsubscribe()).toBe(consumer)
  })

  it('tells of ends of partitions between the messages', async () => {
    const consumer = make(tier, { 'enable.partition.eof': true })
    await connect(consumer)
    consumer.assign(both)
    const ends: unknown[] = []
    consumer.on('partition.eof', (end: unknown) => ends.push(end))
    consumer.consume()
    await waitFor(() => ends.length === PARTITIONS, { describe: 'both ends' })
    expect(ends).toContainEqual({ topic: 't', partition: 0, offset: COUNT / PARTITIONS })
  })

  it.each([true, 'function'])('rebalances with rebalance_cb %s, and reports commits', async (how) => {
    const calls: unknown[] = []
    const consumer: Loose = make(tier, {
      offset_commit_cb: how === true ? true : (error: unknown, list: unknown) => calls.push(['committed', error, list]),
      rebalance_cb:
        how === true
          ? true
          : function (this: Loose, error: Loose, assignment: Loose[]) {
              calls.push([error.code, assignment.length])
              if (error.code === -175) this.assign(assignment)
              else this.unassign()
            },
    })
    const events: Loose[] = []
    consumer.on('rebalance', (error: Loose, assignment: Loose[]) => events.push([error.code, assignment.length]))
    const commits: Loose[] = []
    consumer.on('offset.commit', (error: unknown, list: unknown) => commits.push([error, list]))
    await connect(consumer)
    consumer.subscribe(['t'])
    const [message] = await read(consumer, 1)
    consumer.commitMessage(message)
    await waitFor(() => commits.length === 1, { describe: 'the commit' })
    const { topic, partition, offset } = message
    expect(commits[0]).toEqual([undefined, [{ topic, partition, offset: offset + 1 }]])
    expect(await asked(consumer, 'committed', [{ topic, partition }], 5000)).toEqual([
      { topic, partition, offset: offset + 1 },
    ])
    consumer.commitMessageSync({ ...message, offset: message.offset + 1 })
    await disconnect(consumer)
    expect(events).toEqual([
      [-175, PARTITIONS],
      [-174, PARTITIONS],
    ])
    if (how !== true) expect(calls).toContainEqual([-175, PARTITIONS])
  })

  it('commits what listeners are done with, also by itself', async () => {
    const groupId = `auto-${tier}`
    const conf = {
      'group.id': groupId,
      'enable.auto.commit': true,
      'auto.commit.interval.ms': 100,
      offset_commit_cb: true,
    }
    const consumer = make(tier, conf)
    await connect(consumer)
    consumer.assign(both)
    let seen = 0
    consumer.on('data', () => seen++)
    const committed = once(consumer, 'offset.commit')
    consumer.consume()
    await waitFor(() => seen === COUNT, { describe: 'all messages' })
    await committed
    await disconnect(consumer)
    const next = make(tier, { 'group.id': groupId })
    await connect(next)
    const offsets = await asked(next, 'committed', both, 5000)
    expect(offsets.map(({ offset }: Loose) => offset)).toEqual([COUNT / PARTITIONS, COUNT / PARTITIONS])
  })

  it('stores offsets by hand, and refuses to commit nothing', async () => {
    const consumer = make(tier, { 'enable.auto.offset.store': false })
    await connect(consumer)
    consumer.subscribe(['t'])
    await read(consumer, 2)
    expect(thrown(() => consumer.commitSync()).code).toBe(-168)
    consumer.offsetsStore([{ topic: 't', partition: 0, offset: 7 }])
    consumer.commitSync(null)
    expect(await asked(consumer, 'committed', [{ topic: 't', partition: 0 }], 5000)).toEqual([
      { topic: 't', partition: 0, offset: 7 },
    ])
    expect(thrown(() => make(tier).offsetsStore([])).message).toBe('Client is disconnected')
  })

  it('seeks, pauses and resumes', async () => {
    const consumer = make(tier)
    consumer.setDefaultConsumeTimeout(2000)
    await connect(consumer)
    consumer.assign([both[0]])
    await read(consumer, 5)
    await asked(consumer, 'seek', { topic: 't', partition: 0, offset: 50 }, 2000)
    expect((await read(consumer, 1))[0].offset).toBe(50)
    consumer.pause([both[0]])
    expect(await read(consumer, 1)).toEqual([])
    consumer.resume([both[0]])
    expect((await read(consumer, 1))[0].offset).toBe(51)
  })

  it('asks the cluster', async () => {
    const consumer = make(tier)
    await connect(consumer)
    expect(await asked(consumer, 'queryWatermarkOffsets', 't', 0, 5000)).toEqual({
      lowOffset: 0,
      highOffset: COUNT / 2,
    })
    expect((await asked(consumer, 'getMetadata', { topic: 't', timeout: 5000 })).brokers).toHaveLength(1)
    expect(consumer.getWatermarkOffsets('t', 1)).toEqual({
      lowOffset: expect.any(Number),
      highOffset: expect.any(Number),
    })
    expect(await asked(consumer, 'offsetsForTimes', [{ topic: 't', partition: 0, offset: 1 }], 5000)).toHaveLength(1)
    expect(consumer.rebalanceProtocol()).toBe('NONE')
  })

  it('refuses malformed topic-partitions, which crash node-rdkafka', async () => {
    const consumer = make(tier)
    await connect(consumer)
    const longest = 'x'.repeat(600)
    for (const method of ['commit', 'commitSync', 'pause', 'resume', 'position', 'assign', 'incrementalAssign']) {
      for (const bad of [[{}], [{ topic: 'a' }], [{ partition: 0 }]]) {
        expect([method, bad, thrown(() => consumer[method](bad))]).toEqual([method, bad, expect.anything()])
      }
      // Refused or not: it goes on.
      for (const odd of [
        { topic: longest, partition: 0 },
        { topic: 't', partition: -7 },
        { topic: 'a\0b', partition: 0 },
      ]) {
        try {
          consumer[method]([odd])
        } catch (error) {
          expect(error).toHaveProperty('message')
        }
      }
    }
    consumer.assign([both[1]])
    expect(await read(consumer, 1)).toHaveLength(1)
    for (const bad of ['t', 5, {}]) expect(thrown(() => consumer.commit(bad))).toBeDefined()
    expect(thrown(() => consumer.subscribe('t')).message).toBe('First parameter must be an array')
    expect(thrown(() => consumer.subscribe([])).code).toBe(-186)
  })

  it('disconnects from within a data listener', async () => {
    const consumer = make(tier)
    await connect(consumer)
    consumer.assign(both)
    let seen = 0
    const gone = new Promise((resolve) => {
      consumer.on('data', () => {
        if (++seen === 3) consumer.disconnect(resolve)
      })
    })
    consumer.consume()
    await withDeadline(gone, DEADLINE_MS, 'disconnect() did not call back')
    expect(seen).toBe(3)
  })

  it('is a stream of messages, of values, of batches', async () => {
    for (const [options, expected] of [
      [{}, 'object'],
      [{ objectMode: false }, 'value'],
      [{ streamAsBatch: true, fetchSize: 10 }, 'batch'],
    ] as const) {
      const conf = {
        'metadata.broker.list': cluster.bootstrapServers,
        'group.id': `s-${Math.random()}`,
        'performance.tier': tier,
      }
      const stream: Loose = dropIn.createReadStream(conf, { 'auto.offset.reset': 'earliest' }, {
        topics: 't',
        waitInterval: 10,
        ...options,
      } as Loose)
      open.push(stream.consumer)
      const [first] = await withDeadline(once(stream, 'data'), DEADLINE_MS, 'no data')
      if (expected === 'object') expect(first.topic).toBe('t')
      else if (expected === 'value') expect(Buffer.isBuffer(first)).toBe(true)
      else expect(Array.isArray(first)).toBe(true)
      const closed = once(stream, 'close')
      stream.destroy()
      await withDeadline(closed, DEADLINE_MS, 'no close')
    }
  })

  it('answers before connect() as node-rdkafka does', async () => {
    const consumer = make(tier)
    expect(thrown(() => consumer.subscribe(['t'])).code).toBe(-172)
    expect(thrown(() => consumer.assignments()).code).toBe(-172)
    expect(thrown(() => consumer.consume()).message).toBe('Connect must be called before consume')
    await expect(read(consumer, 1)).rejects.toMatchObject({ code: -172 })
    expect(thrown(() => consumer.pause(both)).message).toBe('Client is disconnected')
    expect(thrown(() => consumer.commit()).message).toBe('KafkaConsumer is disconnected')
    await expect(asked(consumer, 'getMetadata', {})).rejects.toThrow('Client is disconnected')
    expect(thrown(() => consumer.setOauthBearerToken('')).message).toMatch(/token/i)
    expect(consumer.getLastError()).toBeNull()
  })
})
