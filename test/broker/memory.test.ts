// Memory stays bounded whatever user code does: measured in a process of its own, by the kernel.
import type { BlockedParameters, BlockedReport } from '../fixtures/blocked'
import type { ConsumeParameters, ConsumeReport } from '../fixtures/consume'
import type { GivenBackParameters, GivenBackReport } from '../fixtures/given-back'
import { MODES, TIERS } from '../helpers/consumer'
import { runFixture } from '../helpers/fixture'
import { kafkaBootstrap } from '../helpers/kafka/oracle'
import { rawC } from '../helpers/raw-c'
import { median, printTable } from '../helpers/statistics'
import { useTopics } from '../helpers/topics'

const COUNT = 2_000_000
const SIZE = 100
const PARTITIONS = 4
const WARM_UP = 5000
const BLOCK_MS = 5000
/** The addon itself, and what V8 and glibc keep of what they had. */
const GIVEN_BACK_MIB = 56
/** Of a whole process that reads large messages: itself, what is queued, and what the collector has not come for. */
const LARGE_PEAK_MIB = 190
/** What JavaScript read last, until the collector comes. */
const BATCHES_MIB = 0.5

/** What is configured: librdkafka's queues, and between them and user code. */
const QUEUED_MIB = 16
const BUFFERED_MIB = 8
/** And what else may come on top: message objects, the heap's room to breathe, freed memory not given back yet. */
const ALLOWANCE_MIB = 64
const LIMIT_MIB = QUEUED_MIB + BUFFERED_MIB + ALLOWANCE_MIB
/**
 * node-rdkafka makes several objects and a Buffer of its own of each message, which live until the collector comes: the
 * legacy mode takes more while it drains the backlog, and so long that only a part of it is drained here.
 */
const DRAINS: Readonly<Record<string, { count: number; limitMiB: number }>> = {
  legacy: { count: 300_000, limitMiB: 256 },
}

const topics = useTopics()
let topic: string
let warmUpTopic: string
let largeTopic: string
const rows: string[][] = []

beforeAll(async () => {
  topic = await topics.create({ prefix: 'memory', partitions: PARTITIONS })
  warmUpTopic = await topics.create({ prefix: 'memory-warm-up' })
  const c = await rawC()
  const bootstrap = kafkaBootstrap()
  const child = { deadlineMs: 60_000 }
  await c.produce({ bootstrap, topic, count: COUNT, size: SIZE, partitions: PARTITIONS }, child)
  await c.produce({ bootstrap, topic: warmUpTopic, count: WARM_UP, size: SIZE }, child)
}, 120_000)

afterAll(() => {
  printTable(
    `Resident memory over the baseline, MiB, ${COUNT} messages; ${LIMIT_MIB} allowed`,
    ['', 'loop blocked', 'draining', 'baseline'],
    rows,
  )
})

it('the backlog is larger than what is allowed', () => {
  expect((COUNT * SIZE) / 2 ** 20).toBeGreaterThan(2 * LIMIT_MIB)
})

it.each(MODES)(
  `%s: a handler that blocks the loop for ${BLOCK_MS / 1000} s on ${COUNT} messages leaves memory within its bound, before and after`,
  async (mode) => {
    const { count, limitMiB } = DRAINS[mode] ?? { count: COUNT, limitMiB: LIMIT_MIB }
    const parameters: BlockedParameters = {
      mode,
      warmUp: { topic: warmUpTopic, count: WARM_UP },
      topic,
      partitions: PARTITIONS,
      count,
      blockMs: BLOCK_MS,
      maxBufferedMessages: 100_000,
      maxBufferedBytes: BUFFERED_MIB << 20,
      config: { 'queued.max.messages.kbytes': QUEUED_MIB << 10 },
    }
    const report = (await runFixture('blocked', parameters, { deadlineMs: 55_000 })) as BlockedReport
    rows.push([
      mode,
      ...[report.blockedGrowthMiB, report.drainGrowthMiB, report.baselineMiB].map((value) => value.toFixed(1)),
    ])
    expect(report).toMatchObject({ messages: count, kept: count / 1000 - 1 })
    expect(report.blockedMs).toBeGreaterThanOrEqual(BLOCK_MS)
    expect(report.blockedGrowthMiB).toBeLessThanOrEqual(LIMIT_MIB)
    expect(report.drainGrowthMiB).toBeLessThanOrEqual(limitMiB)
  },
)

// An allocator of small things kept several times what was in use, see scripts/deps/rdkafka_receive_buffers.h.
describe('messages of 100 KiB', () => {
  const count = 6000

  beforeAll(async () => {
    largeTopic = await topics.create({ prefix: 'memory-large', partitions: PARTITIONS })
    const size = 100 << 10
    const c = await rawC()
    await c.produce(
      { bootstrap: kafkaBootstrap(), topic: largeTopic, count, size, partitions: PARTITIONS },
      { deadlineMs: 60_000 },
    )
  }, 60_000)

  it.each(TIERS)('%s: leave memory within its bound', async (mode) => {
    const parameters: ConsumeParameters = { mode, how: 'batches', topic: largeTopic, partitions: PARTITIONS, count }
    const { messages, peakRssMiB } = (await runFixture('consume', parameters, { deadlineMs: 50_000 })) as ConsumeReport
    process.stdout.write(`${mode}: ${peakRssMiB.toFixed(0)} MiB at most; ${LARGE_PEAK_MIB} allowed\n`)
    expect(messages).toBe(count)
    expect(peakRssMiB).toBeLessThanOrEqual(LARGE_PEAK_MIB)
  })
})

// Each of librdkafka's threads allocates from a heap of its own; what an ended one left behind stayed resident, tens of
// MiB after a backlog, and now more, now less. And a closed consumer kept what its thread had read ahead.
it('what a consumer took is given back when it is closed', async () => {
  const rounds = 4
  const parameters: GivenBackParameters = {
    modes: [...TIERS],
    rounds,
    topic,
    partitions: PARTITIONS,
    count: 200_000,
    batchesMiB: BATCHES_MIB,
  }
  const report = (await runFixture('given-back', parameters, {
    deadlineMs: 50_000,
    nodeFlags: ['--expose-gc'],
  })) as GivenBackReport
  const { beforeMiB, readingMiB, closedMiB, kept } = report
  const show = (values: readonly number[]): string => values.map((value) => value.toFixed(0)).join(' ')
  process.stdout.write(`MiB before ${show([beforeMiB])}; reading ${show(readingMiB)}; closed ${show(closedMiB)}\n`)
  expect(kept).toBe(rounds * TIERS.length)
  expect(median(closedMiB) - beforeMiB).toBeLessThanOrEqual(GIVEN_BACK_MIB)
})
