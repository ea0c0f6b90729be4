// End to end latency at 1,000 messages a second, beside raw C in the same run: from the moment the producer gave a
// message to librdkafka (linger 0) to the moment user code has it.
import type { LatencyParameters } from '../fixtures/latency'
import { type Mode, TIERS } from '../helpers/consumer'
import type { RunningChild } from '../helpers/child'
import { reportOf, startFixture } from '../helpers/fixture'
import { kafkaBootstrap } from '../helpers/kafka/oracle'
import { type Latencies, type RawC, type RawCConsumerReport, rawC } from '../helpers/raw-c'
import { median, printTable, shuffled } from '../helpers/statistics'
import { useTopics } from '../helpers/topics'
import { isStrict, LATENCY_SLACK } from '../helpers/strict'

const RATE = 1000
const RUNS = 5
/** The first messages: connections are made, code is compiled, the broker's too. */
const WARM_UP = isStrict ? 2 * RATE : RATE / 2
/** A pause of 10 ms is in one second's p99, and in five seconds' not. */
const MEASURED = isStrict ? 5 * RATE : RATE
const COUNT = WARM_UP + MEASURED

interface Cell {
  name: string
  /** Undefined: raw C. */
  mode: Mode | undefined
}

const tiers: Cell[] = TIERS.map((mode) => ({ name: mode, mode }))
const cells: readonly Cell[] = [{ name: 'raw C', mode: undefined }, ...tiers]

const topics = useTopics()
const runs = new Map<string, Latencies[]>(cells.map(({ name }) => [name, []]))

async function measure(c: RawC, topic: string, cell: Cell): Promise<Latencies> {
  const bootstrap = kafkaBootstrap()
  const child = { deadlineMs: 60_000 }
  let consumer: RunningChild
  if (cell.mode === undefined) {
    consumer = c.start('consume', { bootstrap, topic, count: COUNT, mode: 'latency', 'warm-up': WARM_UP }, child)
  } else {
    const parameters: LatencyParameters = { topic, count: COUNT, warmUp: WARM_UP, mode: cell.mode }
    consumer = startFixture('latency', parameters, child)
    await consumer.event<{ assigned?: true }>(({ assigned }) => assigned === true)
  }
  await c.produce({ bootstrap, topic, count: COUNT, size: 100, rate: RATE }, child)
  const report = reportOf(await consumer.result, cell.name)
  return cell.mode === undefined ? ((report as RawCConsumerReport).latencyMs as Latencies) : (report as Latencies)
}

/** The median over the runs: a pause of the broker's, which all consumers wait for, is in few of them. */
function typical(name: string, figure: keyof Latencies): number {
  return median((runs.get(name) ?? []).map((latencies) => latencies[figure]))
}

beforeAll(async () => {
  const c = await rawC()
  for (let run = 0; run < RUNS; run++) {
    for (const cell of shuffled(cells)) {
      const topic = await topics.create({ prefix: 'latency' })
      runs.get(cell.name)?.push(await measure(c, topic, cell))
    }
  }
  printTable(
    `End to end latency at ${RATE} messages a second, ${MEASURED} messages, median of ${RUNS} runs, milliseconds`,
    ['', 'p50', 'p95', 'p99', 'p99.9', 'max', 'worst p99'],
    cells.map(({ name }) => [
      name,
      ...(['p50', 'p95', 'p99', 'p999', 'max'] as const).map((figure) => typical(name, figure).toFixed(3)),
      Math.max(...(runs.get(name) ?? []).map(({ p99 }) => p99)).toFixed(3),
    ]),
  )
}, 400_000)

it('every message after the warm-up is measured, in every run', () => {
  const counts = [...runs.values()].map((all) => all.map(({ messages }) => messages))
  expect(counts).toEqual(cells.map(() => Array.from({ length: RUNS }, () => MEASURED)))
})

it.each(tiers.map(({ name }) => name))(
  '%s: p50 is below 1 ms and p99 below 5 ms, with the slack of helpers/strict.ts',
  (name) => {
    // Where raw C itself is slower, the broker or the machine is, and no consumer could be in time.
    const rawC = (figure: 'p50' | 'p99'): number => (isStrict ? 0 : 1.5 * typical('raw C', figure))
    expect(typical(name, 'p50')).toBeLessThan(LATENCY_SLACK * Math.max(1, rawC('p50')))
    expect(typical(name, 'p99')).toBeLessThan(LATENCY_SLACK * Math.max(5, rawC('p99')))
  },
)
