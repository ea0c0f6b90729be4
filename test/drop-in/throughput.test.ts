// The drop-in with a tier beside node-rdkafka: the same calls, the same librdkafka settings, one backlog, one run. Each
// figure is the median of runs in processes of their own, in shuffled order.
import type { Backlog, DropInThroughputParameters, DropInThroughputReport } from '../fixtures/drop-in-throughput'
import { runFixture } from '../helpers/fixture'
import { kafkaBootstrap } from '../helpers/kafka/oracle'
import { seed } from '../helpers/produce'
import { median, printTable, shuffled } from '../helpers/statistics'
import { RATIO_SLACK } from '../helpers/strict'
import { createTopic, deleteTopic } from '../helpers/topics'

const COUNT = 600_000
/** Read before: a fast consumer would spend half of its time on being compiled. */
const WARM_UP_COUNT = 100_000
const SIZE = 100
const PARTITIONS = 4
const RUNS = 3
const MIN_DATA_FACTOR = 10
const MIN_CONSUME_FACTOR = 4
/** Of node-rdkafka, whose partitions stop for a second without it whenever their queues are full. */
const CONFIG = { 'fetch.queue.backoff.ms': 10 }

const WAYS = ['data', 'consume'] as const
const TIERS = [undefined, 'standard', 'buffered', 'dedicated'] as const
type Cell = Pick<DropInThroughputParameters, 'how' | 'tier'>

const cells: readonly Cell[] = WAYS.flatMap((how) => TIERS.map((tier) => ({ how, tier })))
const nameOf = ({ how, tier }: Cell): string =>
  `${tier ?? 'node-rdkafka'} ${how === 'data' ? "'data'" : 'consume(1000)'}`
const rates = new Map(cells.map((cell) => [nameOf(cell), [] as number[]]))
const reports: DropInThroughputReport[] = []
let backlogs: Record<'warmUp' | 'backlog', Backlog>

const rate = (how: Cell['how'], tier: Cell['tier']): number => median(rates.get(nameOf({ how, tier })) ?? [])

async function fill(count: number): Promise<Backlog> {
  const topic = await createTopic({ partitions: PARTITIONS, prefix: 'throughput' })
  await seed(topic, { count, size: SIZE, partitions: PARTITIONS, keyed: true })
  return { topic, partitions: PARTITIONS, count }
}

beforeAll(async () => {
  backlogs = { warmUp: await fill(WARM_UP_COUNT), backlog: await fill(COUNT) }
  for (let run = 0; run < RUNS; run++) {
    for (const cell of shuffled(cells)) {
      const parameters: DropInThroughputParameters = {
        ...cell,
        ...backlogs,
        bootstrap: kafkaBootstrap(),
        config: cell.tier === undefined ? CONFIG : {},
      }
      const report = (await runFixture('drop-in-throughput', parameters, {
        deadlineMs: 60_000,
      })) as DropInThroughputReport
      reports.push(report)
      rates.get(nameOf(cell))?.push(report.messagesPerSecond)
    }
  }
}, 300_000)

afterAll(async () => {
  printTable(
    `${COUNT} messages of ${SIZE} bytes, ${PARTITIONS} partitions, median of ${RUNS} runs`,
    ['', 'messages/s', 'lowest', 'highest', 'of node-rdkafka'],
    cells.map((cell) => {
      const all = rates.get(nameOf(cell)) ?? []
      const figures = [median(all), Math.min(...all), Math.max(...all)].map((figure) => Math.round(figure).toString())
      return [nameOf(cell), ...figures, `${(rate(cell.how, cell.tier) / rate(cell.how, undefined)).toFixed(1)} x`]
    }),
  )
  await Promise.all(Object.values(backlogs).map(({ topic }) => deleteTopic(topic)))
})

it('all read the same', () => {
  expect(reports).toHaveLength(cells.length * RUNS)
  const [first] = reports
  for (const { messages, bytes, checksum } of reports) {
    expect({ messages, bytes, checksum }).toEqual({ messages: COUNT, bytes: COUNT * SIZE, checksum: first?.checksum })
  }
})

it(`'data' with the dedicated tier is ${MIN_DATA_FACTOR} times as fast as node-rdkafka's flowing mode`, () => {
  const ratio = rate('data', 'dedicated') / rate('data', undefined)
  expect(ratio).toBeGreaterThanOrEqual(MIN_DATA_FACTOR * RATIO_SLACK)
})

it.each(TIERS.slice(1))(`consume(1000) with %s is ${MIN_CONSUME_FACTOR} times as fast as node-rdkafka's`, (tier) => {
  const ratio = rate('consume', tier) / rate('consume', undefined)
  expect(ratio).toBeGreaterThanOrEqual(MIN_CONSUME_FACTOR * RATIO_SLACK)
})
