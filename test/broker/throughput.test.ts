// Throughput beside raw C over stock librdkafka: one broker, one topic, one run. Each figure is the median of runs in
// processes of their own, in shuffled order; the clock runs from the first message to the last.
import { PREFETCH } from '../../lib/config/prefetch'
import type { ConsumeParameters, ConsumeReport } from '../fixtures/consume'
import type { How, Mode } from '../helpers/consumer'
import { runFixture } from '../helpers/fixture'
import { kafkaBootstrap } from '../helpers/kafka/oracle'
import { type RawC, rawC } from '../helpers/raw-c'
import { median, printTable, shuffled } from '../helpers/statistics'
import { useTopics } from '../helpers/topics'
import { RATIO_SLACK } from '../helpers/strict'

const COUNT = 2_000_000
const SIZE = 100
const PARTITIONS = 4
const RUNS = 5
type Cell =
  | { name: string; program: 'raw-c'; mode: 'batch' | 'poll' }
  | { name: string; program: 'tier'; mode: Mode; how: How; count: number }

const tier = (mode: Mode, how: How, count = COUNT): Cell => ({
  name: `${mode} ${how}()`,
  program: 'tier',
  mode,
  how,
  count,
})
const cells: readonly Cell[] = [
  { name: 'raw C batch', program: 'raw-c', mode: 'batch' },
  { name: 'raw C poll', program: 'raw-c', mode: 'poll' },
  tier('dedicated', 'batches'),
  tier('dedicated', 'stream'),
  tier('buffered', 'batches'),
  tier('buffered', 'stream'),
  tier('standard', 'stream'),
  // Without a tier: reported, not judged, and an order of magnitude slower.
  tier('legacy', 'stream', COUNT / 10),
]

const topics = useTopics()
const rates = new Map<string, number[]>()
const reports: { cell: Cell; messages: number; bytes: number; checksum: number }[] = []

async function measure(c: RawC, topic: string, cell: Cell): Promise<number> {
  const deadlineMs = 60_000
  let report: { messages: number; bytes: number; checksum: number; messagesPerSecond: number }
  if (cell.program === 'raw-c') {
    // As the tiers: with librdkafka's own a partition stops for a second whenever its queue is full.
    const args = Object.entries(PREFETCH).flatMap(([name, value]) => ['-X', `${name}=${value}`])
    report = await c.consume(
      { bootstrap: kafkaBootstrap(), topic, count: COUNT, mode: cell.mode },
      { args, deadlineMs },
    )
  } else {
    const { mode, how, count } = cell
    const parameters: ConsumeParameters = { mode, how, topic, partitions: PARTITIONS, count }
    report = (await runFixture('consume', parameters, { deadlineMs })) as ConsumeReport
  }
  reports.push({ ...report, cell })
  return report.messagesPerSecond
}

beforeAll(async () => {
  const c = await rawC()
  const topic = await topics.create({ prefix: 'throughput', partitions: PARTITIONS })
  await c.produce(
    { bootstrap: kafkaBootstrap(), topic, count: COUNT, size: SIZE, partitions: PARTITIONS },
    { deadlineMs: 60_000 },
  )
  for (let run = 0; run < RUNS; run++) {
    for (const cell of shuffled(cells)) {
      rates.set(cell.name, [...(rates.get(cell.name) ?? []), await measure(c, topic, cell)])
    }
  }
  report()
}, 300_000)

function rate(name: string): number {
  return median(rates.get(name) ?? [])
}

function report(): void {
  const millions = (value: number): string => (value / 1e6).toFixed(2)
  printTable(
    `${COUNT} messages of ${SIZE} bytes, ${PARTITIONS} partitions, ${RUNS} runs, million messages per second`,
    ['', 'median', 'least', 'most', '× raw C batch', '× raw C poll'],
    cells.map(({ name }) => {
      const all = rates.get(name) ?? []
      return [
        name,
        ...[median(all), Math.min(...all), Math.max(...all)].map(millions),
        (rate(name) / rate('raw C batch')).toFixed(2),
        (rate(name) / rate('raw C poll')).toFixed(2),
      ]
    }),
  )
}

it('every run reads every byte', () => {
  const whole = reports.filter(({ cell }) => cell.program === 'raw-c' || cell.count === COUNT)
  expect(whole.length).toBeGreaterThanOrEqual(7 * RUNS)
  expect(new Set(whole.map(({ bytes }) => bytes))).toEqual(new Set([COUNT * SIZE]))
  expect(new Set(whole.map(({ checksum }) => checksum)).size).toBe(1)
})

it.each([
  ['dedicated batches()', 1, 'raw C batch'],
  ['buffered batches()', 0.7, 'raw C batch'],
  ['standard stream()', 0.9, 'raw C poll'],
])('%s is at least %d × as fast as %s, less the slack of helpers/strict.ts', (name, share, ceiling) => {
  expect(rate(name) / rate(ceiling)).toBeGreaterThanOrEqual(share * RATIO_SLACK)
})
