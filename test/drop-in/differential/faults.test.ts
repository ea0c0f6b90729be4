// The faults of node-rdkafka that a consumer with a tier does not have: docs/node-rdkafka.md lists them.
import { join } from 'node:path'
import { type ChildResult, runNode, runWorker } from '../../helpers/child'
import { REGISTER } from '../../helpers/deps'
import { groupOffsets } from '../../helpers/groups'
import { kafkaBootstrap } from '../../helpers/kafka/oracle'
import { seed } from '../../helpers/produce'
import { uniqueName, useTopics } from '../../helpers/topics'
import { runScenarios, type ScenarioTrace } from './child'
import type { FixtureParameters } from './fixtures/consumer'
import { scenarios } from './faults/faults'
import { TIERS, type Mode, type Topics } from './kit'
import { seedTopics } from './topics'

const topics = useTopics()
let seeded: Topics

beforeAll(async () => {
  seeded = await seedTopics((options) => topics.create(options))
}, 60_000)

const error = (code: number, message: string): unknown => ({
  '<error>': 'LibrdKafkaError',
  name: 'Error',
  message,
  string: `Error: ${message}`,
  hasStack: true,
  own: { message, code, errno: code, origin: code < -100 ? 'kafka' : 'local' },
})

const opened = { connectionOpened: '<time>' }
const NO_RESET = error(-140, 'Local: No offset to automatically reset to')
const CALLS = ['commit', 'commitSync', 'pause', 'resume', 'position', 'committed', 'offsetsForTimes', 'offsetsStore']
const NO_CLIENT =
  "StateError: a consumer with 'performance.tier' has no client of node-rdkafka's: sendOffsetsToTransaction() and " +
  "whatever else calls getClient() needs a consumer without 'performance.tier'"

/** What is traced by each scenario of faults/faults.ts, in every tier. */
const EXPECTED: Record<keyof typeof scenarios, unknown[][]> = {
  'malformed topic-partitions are refused': Array.from({ length: 5 }, () =>
    CALLS.map((name) => [name, 'Error: Invalid topic partition provided']),
  ).flat(),
  'disconnect inside a listener of data': [
    ['delivered', [0, 1, 2, 3]],
    ['committed', 'returns', '<consumer>'],
    ['committed: callback', null, [{ offset: 4, partition: 0, topic: '<ten>' }]],
  ],
  'every callback of disconnect is called': [
    ['called with', Array.from({ length: 3 }, () => [null, opened]), 1],
    ['and again', [null, {}], 2],
  ],
  'a callback of disconnect that throws keeps none of the others': [
    ['uncaught', expect.objectContaining({ message: 'thrown by the first' })],
    ['second', [null, opened]],
  ],
  'an error of the loop is told at once, and the loop goes on': [
    ['callback', NO_RESET],
    ['event', NO_RESET],
    ['then', [8, 9]],
  ],
  'consume(n, callback) takes no longer than its timeout': [
    ['time', 'its timeout'],
    ['messages', 'some'],
  ],
  'nothing of a partition is delivered after it was given back': [
    ['flow', [1, 2, 3, 4]],
    ['callback', [1, 2, 3, 4]],
    ['read', [1, 2, 3, 4]],
  ],
  'a transaction of node-rdkafka refuses it': [
    ['Producer', NO_CLIENT],
    ['HighLevelProducer', NO_CLIENT],
  ],
  'a rebalance_cb that never answers does not hold up the end': [['in time', true]],
  'a rebalance_cb that answers no revocation does not hold up the end': [['in time', true]],
  'a rebalance_cb that answers late is waited for': [['answered before the end', true]],
  'disconnect inside rebalance_cb': [['disconnected', [null, opened]]],
  'partitions are assigned anew, again and again': [['then', 8]],
  'disconnect while it connects': Array.from({ length: 3 }, () => ['in the end', false, false]),
  'disconnect while it connects to nobody': [['error', true, false]],
  'every call that waits is called back when it disconnects': [['called', 6]],
  'connect inside the callback of disconnect': [['read', 3]],
}

describe('with a tier', () => {
  const traces = new Map<Mode, Map<string, ScenarioTrace>>()

  beforeAll(async () => {
    const parameters = { file: 'faults/faults', bootstrap: kafkaBootstrap(), topics: seeded }
    await Promise.all(TIERS.map(async (mode) => traces.set(mode, await runScenarios({ ...parameters, mode }))))
  }, 150_000)

  describe.each(Object.keys(scenarios))('%s', (scenario) => {
    it.each(TIERS)('in %s', (mode) => {
      const sorted = (lines: readonly unknown[][]): unknown[][] =>
        // An error that is thrown to the process is told in between.
        [...lines].sort((a, b) => Number(b[0] === 'uncaught') - Number(a[0] === 'uncaught'))
      expect(sorted(traces.get(mode)?.get(scenario)?.lines ?? [])).toEqual(EXPECTED[scenario])
    })
  })
})

it('node-rdkafka ends the process over malformed topic-partitions', async () => {
  const parameters = { file: 'faults/faults', bootstrap: kafkaBootstrap(), topics: seeded, only: 'malformed' }
  await expect(runScenarios({ ...parameters, mode: 'node-rdkafka' })).rejects.toThrow('SIGSEGV')
})

function runFixture(name: string, parameters: object, deadlineMs = 60_000): Promise<ChildResult> {
  return runNode(join(__dirname, 'fixtures', `${name}.ts`), {
    nodeFlags: REGISTER,
    args: [JSON.stringify(parameters)],
    deadlineMs,
    env: { RDKAFKA_TIERS_TIER: undefined },
  })
}

function parametersOf(mode: Mode, topic: string): FixtureParameters {
  return { mode, topic, bootstrap: kafkaBootstrap(), group: uniqueName('faults') }
}

describe('an offset counts once its listener has returned', () => {
  it.each(TIERS)('in %s, whose process is killed in a listener', async (mode) => {
    const parameters = parametersOf(mode, seeded.ten)
    const { signal, events } = await runFixture('killed-in-listener', parameters)
    expect([signal, events]).toEqual(['SIGKILL', [{ isCommitted: true }]])
    expect((await groupOffsets(parameters.group))[seeded.ten]?.[0]?.offset).toBe(5)
  })

  it('which node-rdkafka does not wait for', async () => {
    const parameters = parametersOf('node-rdkafka', seeded.ten)
    const { signal } = await runFixture('killed-in-listener', parameters)
    expect(signal).toBe('SIGKILL')
    expect((await groupOffsets(parameters.group))[seeded.ten]?.[0]?.offset).toBe(10)
  })
})

describe('memory is bounded while a listener blocks the event loop', () => {
  const COUNT = 100_000
  /** Of the backlog, which is 100 MB. */
  const BOUND_MIB = 80
  let backlog: string

  beforeAll(async () => {
    backlog = await topics.create({ prefix: 'backlog' })
    await seed(backlog, { count: COUNT, size: 1000, partitions: 1 })
  }, 120_000)

  it.each(TIERS)('in %s', async (mode) => {
    const { events, stderr } = await runFixture('blocked', { ...parametersOf(mode, backlog), count: COUNT })
    expect(stderr).toBe('')
    expect(events).toEqual([{ count: COUNT, isReal: true, grownMiB: expect.any(Number) as number }])
    expect((events[0] as { grownMiB: number }).grownMiB).toBeLessThan(BOUND_MIB)
  })

  it('and is not in node-rdkafka', async () => {
    const { events } = await runFixture('blocked', { ...parametersOf('node-rdkafka', backlog), count: COUNT })
    expect((events[0] as { grownMiB: number }).grownMiB).toBeGreaterThan(BOUND_MIB)
  })
})

describe('the process ends', () => {
  it.each(TIERS)('by itself after disconnect(), and nothing of it is left: %s', async (mode) => {
    const { code, events, stderr } = await runFixture('ends', { ...parametersOf(mode, seeded.ten), how: 'disconnect' })
    expect([code, stderr]).toEqual([0, ''])
    expect(events).toEqual([{ clients: 0, pumps: 0, rdkafkaThreads: 0 }])
  })

  it.each(TIERS)('at once when it is told to in the middle of a flow: %s', async (mode) => {
    const { code, stderr } = await runFixture('ends', { ...parametersOf(mode, seeded.ten), how: 'exit' })
    expect([code, stderr]).toEqual([7, ''])
  })
})

describe('in a worker thread', () => {
  it.each(TIERS)('%s works, and what needs node-rdkafka says so', async (mode) => {
    const { events, error: thrown } = await runWorker(join(__dirname, 'fixtures', 'worker.js'), {
      workerData: parametersOf(mode, seeded.ten),
    })
    expect(thrown).toBeUndefined()
    const needsMain: unknown = expect.stringMatching(/^LoadError: .*main thread/)
    expect(events).toEqual([
      ...['legacy', 'Producer', 'HighLevelProducer', 'AdminClient', 'createWriteStream'].map((name) => ({
        [name]: needsMain,
      })),
      { code: -172, version: 'string' },
      { error: null, offsets: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] },
    ])
  })
})
