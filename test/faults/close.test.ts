// close() in whatever a consumer is at: it settles in its time, leaves the group where there is one to leave, and a second
// call changes nothing.
import { setTimeout as sleep } from 'node:timers/promises'
import { binding } from '../../lib/binding'
import type { ConsumerProperties } from '../../lib/config'
import type { KafkaStreamConsumer } from '../../lib/consumer/consumer'
import { ClosedError } from '../../lib/errors'
import { type Mode, MODES, take, useConsumers, waitForAssignment } from '../helpers/consumer'
import { groupOffsets, waitForGroup } from '../helpers/groups'
import { seed } from '../helpers/produce'
import { createTopic, uniqueName } from '../helpers/topics'
import { waitFor, withDeadline } from '../helpers/wait'
import { useOwnKafka } from './support/own-kafka'

const PARTITIONS = 4
const EACH = 10_000
const CLOSE_TIMEOUT_MS = 8000
/** Of a machine that is at something else. */
const GRACE_MS = 1000
/** A member that does not leave is missed after that. */
const SESSION_MS = 30_000
const LEFT_WITHIN_MS = 5000
/** Legacy's librdkafka is not mended: a member of a cooperative group that just has no partition does not leave it. */
const MISSED_WITHIN_MS = SESSION_MS + LEFT_WITHIN_MS
const HANDLER_MS = 300

const kafka = useOwnKafka({ ownProcesses: true }, {})
const consumers = useConsumers()
let topic: string
/** Of one partition. */
let narrow: string

beforeAll(async () => {
  narrow = await createTopic({ prefix: 'close', ...kafka.at() })
  await seed(narrow, { count: EACH, size: 50, partitions: 1, ...kafka.at() })
  topic = await createTopic({ prefix: 'close', partitions: PARTITIONS, ...kafka.at() })
  await seed(topic, { count: EACH * PARTITIONS, size: 50, partitions: PARTITIONS, ...kafka.at() })
}, 60_000)

const CLASSIC: ConsumerProperties = { 'session.timeout.ms': SESSION_MS }
const GROUPS: Record<string, ConsumerProperties> = {
  range: { ...CLASSIC, 'partition.assignment.strategy': 'range' },
  'cooperative-sticky': { ...CLASSIC, 'partition.assignment.strategy': 'cooperative-sticky' },
  consumer: { 'group.protocol': 'consumer', 'session.timeout.ms': undefined, 'heartbeat.interval.ms': undefined },
}

interface Scene {
  mode: Mode
  create: (more?: ConsumerProperties) => KafkaStreamConsumer
  groupId: string
  /** What goes on beside the consumer, to be waited for at the end. */
  beside: Promise<unknown>[]
  /** Members that are to be left. Default 0. */
  others?: number
}

/** Reads until it is closed. */
async function read(consumer: KafkaStreamConsumer, onMessage?: () => Promise<unknown>): Promise<number> {
  let count = 0
  for await (const { offset } of consumer.stream()) {
    expect(offset).toBeGreaterThanOrEqual(0)
    count++
    await onMessage?.()
  }
  return count
}

/** Reads until it is closed; resolves once the handler runs. */
async function readInto(
  consumer: KafkaStreamConsumer,
  handler: () => Promise<unknown>,
): Promise<{ reading: Promise<number> }> {
  let isRunning = false
  const reading = read(consumer, () => {
    isRunning = true
    return handler()
  })
  await waitFor(() => isRunning, { describe: 'the handler to run' })
  return { reading }
}

/** A member that has all partitions and is given messages. */
async function join(scene: Scene, more: ConsumerProperties = {}): Promise<KafkaStreamConsumer> {
  const consumer = scene.create(more)
  await consumer.subscribe([topic])
  await take(consumer, 1)
  return consumer
}

/** Brings a member into the state in which it is closed. */
const STATES: Record<string, (scene: Scene) => Promise<KafkaStreamConsumer>> = {
  async 'with nothing to do'(scene) {
    const consumer = scene.create({ 'auto.offset.reset': 'latest' })
    await consumer.subscribe([topic])
    scene.beside.push(read(consumer))
    await waitForAssignment(consumer, PARTITIONS)
    return consumer
  },

  // Most of it is fetched, and nobody iterates.
  'with a backlog': (scene) => join(scene),

  async 'while a handler runs'(scene) {
    const consumer = await join(scene)
    const { reading } = await readInto(consumer, () => sleep(HANDLER_MS))
    scene.beside.push(reading.then((count) => expect(count).toBe(1)))
    return consumer
  },

  async 'while a handler runs that never ends'(scene) {
    const consumer = await join(scene, { rebalanceTimeoutMs: 500 })
    await readInto(consumer, () => new Promise(() => undefined))
    return consumer
  },

  async 'while the group rebalances'(scene) {
    let isRevoking = false
    const consumer = await join(scene, {
      onRevoked: () => {
        isRevoking = true
        return sleep(HANDLER_MS)
      },
    })
    scene.beside.push(read(consumer, () => sleep(1)))
    const peer = scene.create()
    await peer.subscribe([topic])
    const peerReads = read(peer, () => sleep(1))
    scene.beside.push(peerReads)
    await waitFor(() => isRevoking, { describe: 'partitions to be revoked', deadlineMs: 20_000 })
    // Closed beside it: the group is to be empty.
    scene.beside.push(peer.close())
    return consumer
  },

  async 'without a partition'(scene) {
    const owner = scene.create()
    await owner.subscribe([narrow])
    await take(owner, 1)
    void read(owner, () => sleep(1))
    const consumer = scene.create()
    await consumer.subscribe([narrow])
    void read(consumer)
    await waitForGroup(scene.groupId, 2, kafka.at())
    // Whoever has it.
    const [idle, busy] = consumer.assignment().length === 0 ? [consumer, owner] : [owner, consumer]
    expect([idle.assignment().length, busy.assignment().length]).toEqual([0, 1])
    scene.others = 1
    return idle
  },

  async 'while it commits'(scene) {
    const consumer = await join(scene)
    const offset = 7
    const committed = consumer.commit([{ topic, partition: 0, offset }]).then(
      async () => {
        const offsets = await groupOffsets(scene.groupId, kafka.at())
        expect(offsets[topic]?.[0]?.offset).toBe(offset)
      },
      (error: unknown) => {
        // Of node-rdkafka's, closing is the end.
        if (scene.mode !== 'legacy') throw error
        expect(error).toBeInstanceOf(ClosedError)
      },
    )
    scene.beside.push(committed)
    return consumer
  },
}

/** node-rdkafka's librdkafka knows group.protocol=consumer in parts only. */
const groupsOf = (mode: Mode): string[] =>
  Object.keys(GROUPS).filter((group) => mode !== 'legacy' || group !== 'consumer')

describe.each(MODES)('%s', (mode) => {
  describe.each(groupsOf(mode))('%s', (group) => {
    const sceneOf = (): Scene => {
      const groupId = uniqueName('close')
      return {
        mode,
        groupId,
        beside: [],
        create: (more = {}) =>
          consumers.create(mode, {
            groupId,
            config: { 'bootstrap.servers': kafka.cluster.bootstrap, ...GROUPS[group], ...more },
            settings: { closeTimeoutMs: CLOSE_TIMEOUT_MS },
            mayWarn: true,
          }),
      }
    }

    it.each(Object.entries(STATES))(
      'closes %s, and leaves its group',
      async (_, bring) => {
        const scene = sceneOf()
        const consumer = await bring(scene)
        const began = performance.now()
        const closing = consumer.close()
        await withDeadline(closing, CLOSE_TIMEOUT_MS + GRACE_MS, 'close() did not settle')
        const tookMs = performance.now() - began
        expect(tookMs).toBeLessThan(CLOSE_TIMEOUT_MS)
        expect(consumer.close()).toBe(closing)
        await Promise.all(scene.beside)
        const deadlineMs = mode === 'legacy' && group === 'cooperative-sticky' ? MISSED_WITHIN_MS : LEFT_WITHIN_MS
        await waitForGroup(scene.groupId, scene.others ?? 0, { deadlineMs, ...kafka.at() })
      },
      90_000,
    )
  })
})

describe('when the brokers say nothing any more', () => {
  const SHORT_MS = 2000
  const cells = MODES.flatMap((mode) => groupsOf(mode).map((group) => [mode, group] as const))
  const readers: [string, KafkaStreamConsumer, Promise<unknown>][] = []
  const tookMs = new Map<string, number>()

  beforeAll(async () => {
    for (const [mode, group] of cells) {
      const consumer = consumers.create(mode, {
        config: { 'bootstrap.servers': kafka.cluster.bootstrap, 'enable.auto.commit': true, ...GROUPS[group] },
        settings: { closeTimeoutMs: SHORT_MS },
        mayWarn: true,
      })
      await consumer.subscribe([topic])
      await take(consumer, 1)
      readers.push([`${mode}, ${group}`, consumer, read(consumer, () => sleep(1))])
    }
    const [broker] = kafka.cluster.brokers
    await broker?.kill('SIGSTOP')
    await Promise.all(
      readers.map(async ([name, consumer, reading]) => {
        const began = performance.now()
        await withDeadline(consumer.close(), 30_000, `${name}: close() did not settle`)
        tookMs.set(name, performance.now() - began)
        await consumer.close()
        await reading
      }),
    )
    await broker?.kill('SIGCONT')
  }, 120_000)

  it('each settles in its time', () => {
    expect([...tookMs].filter(([, took]) => took > SHORT_MS + GRACE_MS)).toEqual([])
    expect(tookMs.size).toBe(cells.length)
  })

  it('and its client ends in the background', async () => {
    await waitFor(() => binding().counters().clients === 0 && binding().counters().rdkafkaThreads === 0, {
      deadlineMs: 90_000,
      describe: () => `no native client to be left; there are ${JSON.stringify(binding().counters())}`,
    })
  }, 100_000)
})
