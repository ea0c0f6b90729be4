// Brokers that go down, stand still and come back; leaders and coordinators that move. Three brokers, for real; a
// consumer of each mode goes through each fault, in a group of its own.
import { MODES, type Mode, TIERS } from '../helpers/consumer'
import { describeGroup, groupOffsets, offsetsPartition } from '../helpers/groups'
import type { Broker } from '../helpers/kafka'
import { seed } from '../helpers/produce'
import { addPartitions, createTopic, deleteTopic, describeTopic, moveLeader, uniqueName } from '../helpers/topics'
import { waitFor } from '../helpers/wait'
import { useOwnKafka } from './support/own-kafka'
import { faultsIn, type Watched } from './support/watched'

const PARTITIONS = 3
/** Messages a partition, each time. */
const EACH = 200
const SESSION_MS = 6000
/** Of groups whose protocol is `consumer`. */
const HEARTBEAT_MS = 1500

const kafka = useOwnKafka(
  {
    brokers: 3,
    ownProcesses: true,
    configOverrides: {
      'group.consumer.min.heartbeat.interval.ms': HEARTBEAT_MS,
      'group.consumer.heartbeat.interval.ms': HEARTBEAT_MS,
    },
  },
  {
    'enable.auto.commit': true,
    'auto.commit.interval.ms': 100,
    'session.timeout.ms': SESSION_MS,
    'heartbeat.interval.ms': 500,
  },
)
const { at, watch } = kafka

/** A topic, a reader of each mode that has read what it holds, and what comes next. */
class Scene {
  constructor(private readonly sessionTimeoutMs = SESSION_MS) {}

  readonly groups = new Map<Mode, string>()
  readonly readers = new Map<Mode, Watched>()
  topic = ''
  #perPartition = 0

  async begin(): Promise<void> {
    this.topic = await createTopic({ prefix: 'faults', partitions: PARTITIONS, ...at() })
    await this.produce()
    await Promise.all(
      MODES.map(async (mode) => {
        const groupId = uniqueName('faults')
        this.groups.set(mode, groupId)
        const reader = watch(mode, { groupId, config: { 'session.timeout.ms': this.sessionTimeoutMs } })
        this.readers.set(mode, reader)
        await reader.start([this.topic])
      }),
    )
    await this.caughtUp()
    await this.committed()
  }

  async produce(): Promise<void> {
    await seed(this.topic, {
      count: EACH * PARTITIONS,
      size: 50,
      partitions: PARTITIONS,
      firstSequence: this.#perPartition,
      ...at(),
    })
    this.#perPartition += EACH
  }

  get perPartition(): number {
    return this.#perPartition
  }

  reader(mode: Mode): Watched {
    return this.readers.get(mode) as Watched
  }

  async caughtUp(deadlineMs = 40_000): Promise<void> {
    await Promise.all(
      [...this.readers.values()].map((each) => each.waitForDistinct(PARTITIONS * this.#perPartition, deadlineMs)),
    )
  }

  async committed(deadlineMs = 20_000): Promise<void> {
    await waitFor(
      async () => {
        const all = await Promise.all([...this.groups.values()].map((group) => groupOffsets(group, at())))
        return all.every((of) => {
          const offsets = Object.values(of[this.topic] ?? {})
          return offsets.length === PARTITIONS && offsets.every(({ offset }) => offset === this.#perPartition)
        })
      },
      { deadlineMs, intervalMs: 100, describe: 'everything to be committed' },
    )
  }

  /** All of it, each once and in order: the member stayed, or had committed. */
  expectEachOnce(mode: Mode): void {
    expect(faultsIn(this.reader(mode).processed, PARTITIONS, this.#perPartition)).toEqual({ missing: 0, again: 0 })
    expect(this.reader(mode).failure).toBeUndefined()
    expect(this.reader(mode).values('error')).toEqual([])
  }

  stayed(mode: Mode): void {
    expect([...this.reader(mode).values('revoked'), ...this.reader(mode).values('lost')]).toEqual([])
  }

  async end(): Promise<void> {
    await Promise.all([...this.readers.values()].map((each) => each.close()))
    if (this.topic !== '') await deleteTopic(this.topic, at())
  }
}

const leaderOf = async (topic: string, partition: number): Promise<Broker> => {
  const leader = (await describeTopic(topic, at())).find((each) => each.partition === partition)?.leader
  return kafka.cluster.brokers.find(({ nodeId }) => nodeId === leader) as Broker
}

/** Until every partition has all its replicas again: the next fault must not meet the last one. */
async function healed(topic: string): Promise<void> {
  await waitFor(
    async () => (await describeTopic(topic, at())).every(({ isr, leader }) => isr.length === 3 && leader > 0),
    {
      deadlineMs: 40_000,
      intervalMs: 200,
      describe: 'all replicas to be in sync',
    },
  )
}

describe('the leader of a partition is killed', () => {
  // It may be the coordinator of a group, too.
  const scene = new Scene(30_000)

  beforeAll(async () => {
    await scene.begin()
    const leader = await leaderOf(scene.topic, 0)
    await leader.kill('SIGKILL')
    await waitFor(
      async () => (await describeTopic(scene.topic, at())).every(({ leader: id }) => id > 0 && id !== leader.nodeId),
      {
        deadlineMs: 30_000,
        intervalMs: 100,
        describe: 'another leader',
      },
    )
    await scene.produce()
    await scene.caughtUp()
    await leader.restart()
    await healed(scene.topic)
    await scene.produce()
    await scene.caughtUp()
  }, 150_000)

  afterAll(() => scene.end())

  it.each(MODES)('%s: another one goes on, each message once; that it is down is told once', (mode) => {
    scene.expectEachOnce(mode)
    const warnings = scene.reader(mode).warnings()
    // One that was waiting for an answer may tell, too, that its connection broke. Legacy is told no reasons.
    const broken = warnings.filter(({ message }) => /: (?:Disconnected|(?:Receive|Send) failed)/.test(message))
    expect(broken.length).toBeLessThanOrEqual(1)
    const down = warnings.filter((warning) => !broken.includes(warning))
    expect(down.map(({ message }) => message)).toEqual([
      expect.stringMatching(mode === 'legacy' ? /Broker transport failure/ : /failed: Connection refused/),
    ])
    for (const warning of warnings) {
      expect(warning).toMatchObject({ name: 'ConnectionError', code: 'ERR__TRANSPORT', retriable: true, fatal: false })
    }
  })
})

describe('the leaders move to another broker', () => {
  const scene = new Scene()

  beforeAll(async () => {
    await scene.begin()
    for (let turn = 0; turn < 3; turn++) {
      for (let partition = 0; partition < PARTITIONS; partition++) {
        await moveLeader(scene.topic, partition, ((partition + turn) % 3) + 1, at())
      }
      await scene.produce()
      await scene.caughtUp()
    }
  }, 150_000)

  afterAll(() => scene.end())

  it.each(MODES)('%s: nobody notices', (mode) => {
    scene.expectEachOnce(mode)
    scene.stayed(mode)
    expect(scene.reader(mode).warnings()).toEqual([])
  })
})

describe("the group's coordinator is killed", () => {
  // As long as a broker's own session (6 s) another coordinator may take: who was given up by then reads on from what was
  // committed, which nothing can be while there is none.
  const scene = new Scene(30_000)
  const commits = new Map<Mode, unknown>()

  beforeAll(async () => {
    await scene.begin()
    // One after the other: each group has its own coordinator.
    const { coordinator } = await describeGroup(scene.groups.get('dedicated') as string, at())
    const broker = kafka.cluster.brokers.find(({ nodeId }) => nodeId === coordinator) as Broker
    await broker.kill('SIGKILL')
    await scene.produce()
    await scene.caughtUp()
    await Promise.all(
      MODES.map(async (mode) => {
        const result = scene.reader(mode).consumer.commit(undefined, { timeoutMs: 30_000 })
        commits.set(mode, await result.catch((error: unknown) => error))
      }),
    )
    await scene.committed()
    await broker.restart()
    await healed(scene.topic)
  }, 150_000)

  afterAll(() => scene.end())

  it.each(MODES)('%s: reading goes on, commit() reaches the next one', (mode) => {
    scene.expectEachOnce(mode)
    expect(commits.get(mode)).toBeUndefined()
    expect(
      scene
        .reader(mode)
        .warnings()
        .map(({ fatal }) => fatal),
    ).not.toContain(true)
  })
})

describe('all brokers stand still, for less than the session', () => {
  const scene = new Scene()

  beforeAll(async () => {
    await scene.begin()
    await Promise.all(kafka.cluster.brokers.map((broker) => broker.kill('SIGSTOP')))
    await new Promise((resolve) => setTimeout(resolve, SESSION_MS / 3))
    await Promise.all(kafka.cluster.brokers.map((broker) => broker.kill('SIGCONT')))
    await healed(scene.topic)
    await scene.produce()
    await scene.caughtUp()
    await scene.committed()
  }, 150_000)

  afterAll(() => scene.end())

  it.each(MODES)('%s: each message once, and no rebalance', (mode) => {
    scene.expectEachOnce(mode)
    scene.stayed(mode)
  })
})

describe('all brokers stand still, for longer than the session', () => {
  const scene = new Scene()

  beforeAll(async () => {
    await scene.begin()
    await Promise.all(kafka.cluster.brokers.map((broker) => broker.kill('SIGSTOP')))
    await Promise.all(
      MODES.map((mode) =>
        scene.reader(mode).waitForEvent(mode === 'legacy' ? 'revoked' : 'lost', undefined, 3 * SESSION_MS),
      ),
    )
    await Promise.all(kafka.cluster.brokers.map((broker) => broker.kill('SIGCONT')))
    await healed(scene.topic)
    await scene.produce()
    await scene.caughtUp(60_000)
    await scene.committed()
  }, 150_000)

  afterAll(() => scene.end())

  // node-rdkafka does not tell lost partitions from revoked ones.
  it.each(MODES)('%s: the partitions are lost, it joins again and goes on where it had committed', (mode) => {
    scene.expectEachOnce(mode)
    expect(scene.reader(mode).values('assigned').length).toBeGreaterThanOrEqual(2)
  })
})

describe('all brokers go down and come back', () => {
  const scene = new Scene()
  const late = new Map<Mode, Watched>()
  const refused = new Map<Mode, unknown>()

  beforeAll(async () => {
    await scene.begin()
    await Promise.all(kafka.cluster.brokers.map((broker) => broker.kill('SIGKILL')))
    // Who starts now: its subscription stands, and takes effect when they are back.
    await Promise.all(
      MODES.map(async (mode) => {
        const reader = watch(mode, { groupId: uniqueName('faults') })
        late.set(mode, reader)
        const subscribed = reader.consumer.subscribe([scene.topic], { timeoutMs: 2000 })
        refused.set(mode, await subscribed.catch((error: unknown) => error))
        reader.read()
      }),
    )
    await Promise.all(
      [...scene.readers.values(), ...late.values()].map((reader) =>
        reader.waitForEvent('warning', ({ code }: { code: string }) => code === 'ERR__ALL_BROKERS_DOWN'),
      ),
    )
    // librdkafka tells of it every ten seconds.
    await new Promise((resolve) => setTimeout(resolve, 12_000))
    await Promise.all(kafka.cluster.brokers.map((broker) => broker.restart()))
    await healed(scene.topic)
    await scene.produce()
    await scene.caughtUp(60_000)
    await scene.committed()
    await Promise.all([...late.values()].map((reader) => reader.waitForDistinct(PARTITIONS * scene.perPartition)))
  }, 200_000)

  afterAll(() => scene.end())

  it.each(MODES)('%s: it is told of once, and goes on by itself where it had committed', (mode) => {
    scene.expectEachOnce(mode)
    const reader = scene.reader(mode)
    expect(reader.warnings('ERR__ALL_BROKERS_DOWN')).toHaveLength(1)
    // One for each broker, and a few that differ in their words.
    expect(reader.warnings('ERR__TRANSPORT').length).toBeLessThanOrEqual(2 * kafka.cluster.brokers.length)
  })

  it.each(MODES)('%s: subscribe() meanwhile says that nobody answers; the subscription takes effect later', (mode) => {
    expect(refused.get(mode)).toMatchObject({ name: 'TimeoutError', code: 'ERR_KAFKA_TIMEOUT', retriable: true })
    expect(faultsIn((late.get(mode) as Watched).processed, PARTITIONS, scene.perPartition)).toEqual({
      missing: 0,
      again: 0,
    })
    expect(late.get(mode)?.warnings('ERR__ALL_BROKERS_DOWN')).toHaveLength(1)
  })
})

describe('the answer to a heartbeat is lost that said what to give back, of protocol consumer', () => {
  const members = new Map<Mode, readonly [first: Watched, second: Watched]>()
  let topic: string

  const owned = ({ consumer }: Watched): number => consumer.assignment().length

  /** Two members of a tier, the first of which has all partitions. */
  async function begin(mode: Mode, groupId: string): Promise<void> {
    const config = {
      'group.protocol': 'consumer',
      'session.timeout.ms': undefined,
      'heartbeat.interval.ms': undefined,
    } as const
    const first = watch(mode, { groupId, config })
    members.set(mode, [first, watch(mode, { groupId, config })])
    await first.start([topic])
    await waitFor(() => owned(first) === PARTITIONS, { deadlineMs: 30_000, describe: `${mode}: all partitions` })
  }

  beforeAll(async () => {
    topic = await createTopic({ prefix: 'faults', partitions: PARTITIONS, ...at() })
    const [first, ...more] = TIERS
    const name = uniqueName('faults')
    await begin(first, name)
    const { coordinator } = await describeGroup(name, at())
    const partitions = await describeTopic('__consumer_offsets', at())
    await Promise.all(
      more.map((mode) => {
        let group: string
        do group = uniqueName('faults')
        while (partitions[offsetsPartition(group, partitions.length)]?.leader !== coordinator)
        return begin(mode, group)
      }),
    )
    const others = kafka.cluster.brokers.filter(({ nodeId }) => nodeId !== coordinator)
    // The coordinator goes on, and answers nothing until others have what it wrote: after a heartbeat has timed out.
    for (const broker of others) await broker.kill('SIGSTOP')
    const joining = [...members.values()].map(([, second]) => second.start([topic]))
    await new Promise((resolve) => setTimeout(resolve, 2.5 * HEARTBEAT_MS))
    for (const broker of others) await broker.kill('SIGCONT')
    await Promise.all(joining)
  }, 120_000)

  it.each(TIERS)('%s: it is said again, and nothing is lost', async (mode) => {
    const [first, second] = members.get(mode) as [Watched, Watched]
    await waitFor(() => owned(second) > 0 && owned(first) + owned(second) === PARTITIONS, {
      deadlineMs: 20_000,
      describe: () => `${mode}: both to have partitions; they have ${owned(first)} and ${owned(second)}`,
    })
    expect(first.values('lost')).toEqual([])
  })
})

describe('a topic gets more partitions', () => {
  const scene = new Scene()

  beforeAll(async () => {
    await scene.begin()
    await addPartitions(scene.topic, 2 * PARTITIONS, at())
    await seed(scene.topic, {
      count: EACH * 2 * PARTITIONS,
      size: 50,
      partitions: 2 * PARTITIONS,
      firstSequence: EACH,
      ...at(),
    })
    await Promise.all([...scene.readers.values()].map((reader) => reader.waitForDistinct(EACH * 3 * PARTITIONS)))
  }, 150_000)

  afterAll(() => scene.end())

  it.each(MODES)('%s: it reads them, too, from their beginning', (mode) => {
    const { processed } = scene.reader(mode)
    expect([...processed.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5])
    const { missing } = faultsIn(processed, 2 * PARTITIONS, EACH)
    expect(missing).toBe(0)
    // Eager: the partitions it had are given back, committed, and gone on with.
    for (let partition = 0; partition < PARTITIONS; partition++) {
      expect(processed.get(partition)).toEqual(Array.from({ length: 2 * EACH }, (_, offset) => offset))
    }
  })
})

describe('one of two topics is deleted while it is consumed', () => {
  const readers = new Map<Mode, Watched>()
  let kept: string
  let gone: string

  beforeAll(async () => {
    const create = (): Promise<string> => createTopic({ prefix: 'faults', partitions: 1, ...at() })
    ;[kept, gone] = await Promise.all([create(), create()])
    const fill = (topic: string, firstSequence = 0): Promise<void> =>
      seed(topic, { count: EACH, size: 50, partitions: 1, firstSequence, ...at() })
    await Promise.all([fill(kept), fill(gone)])
    const topics = new Map(MODES.map((mode) => [mode, { [kept]: 0, [gone]: 0 }]))
    await Promise.all(
      MODES.map(async (mode) => {
        const reader = watch(mode)
        readers.set(mode, reader)
        await reader.start([kept, gone], (topic) => {
          const counts = topics.get(mode) as Record<string, number>
          counts[topic] = (counts[topic] ?? 0) + 1
          return Promise.resolve()
        })
      }),
    )
    const all = (of: string, count: number): Promise<unknown> =>
      waitFor(() => [...topics.values()].every((counts) => (counts[of] ?? 0) >= count), {
        deadlineMs: 30_000,
        describe: () => `${count} of ${of}; there are ${JSON.stringify([...topics])}`,
      })
    await Promise.all([all(kept, EACH), all(gone, EACH)])
    await deleteTopic(gone, at())
    await Promise.all([...readers.values()].map((reader) => reader.waitForEvent('warning')))
    await fill(kept, EACH)
    await all(kept, 2 * EACH)
  }, 150_000)

  afterAll(async () => {
    await Promise.all([...readers.values()].map((reader) => reader.close()))
    await deleteTopic(kept, at())
  })

  it.each(MODES)('%s: it is told of by name, and the other one is read on', (mode) => {
    const reader = readers.get(mode) as Watched
    const warnings = reader.warnings()
    expect(warnings[0]).toMatchObject({ name: 'UnknownTopicError' })
    expect(warnings.map(({ message }) => message).join('\n')).toContain(gone)
    expect(warnings.length).toBeLessThanOrEqual(3)
    expect(reader.failure).toBeUndefined()
  })
})
