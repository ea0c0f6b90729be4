// The rows of endurance and the soak, in short: what they would find in long runs is told by their own tests beside this
// one. For as often and as long as one likes: `npm run test:endurance`, `npm run test:soak`.
import { kafkaBootstrap } from '../helpers/kafka/oracle'
import { newSeed } from '../helpers/random'
import { printTable } from '../helpers/statistics'
import { patient } from '../helpers/wait'
import type { RowOptions, RowReport } from './row'
import { type RowName, ROWS } from './rows'
import { printSoak } from './soak-report'
import { runSoak } from './soak-run'

const SOAK_MS = 10_000
/** Other tests' broker and the runner share the processors. */
const LOOP_P99_MS = 40

async function run(name: RowName, count: number, more: Partial<RowOptions> = {}): Promise<RowReport> {
  const seed = newSeed()
  const report = await ROWS[name]({
    bootstrap: kafkaBootstrap(),
    client: 'tiers',
    count,
    seed,
    log: () => undefined,
    ...more,
  })
  printTable(report.title, report.header, report.rows)
  return report
}

it('the end of the process keeps its exit code, and the group goes on at the last commit', async () => {
  const { violations, rows } = await run('G8', 6)
  expect(violations).toEqual([])
  expect(rows).toHaveLength(3)
}, 60_000)

it('workers that are terminated leave nothing behind, and the group goes on at the last commit', async () => {
  const { violations, rows } = await run('G9', 12)
  expect(violations).toEqual([])
  expect(rows).toHaveLength(1)
}, 60_000)

it('a member whose event loop stood still too long is told that it was given up, and loses nothing', async () => {
  const { violations, rows } = await run('G12', 3)
  expect(violations).toEqual([])
  expect(rows).toHaveLength(3)
}, 90_000)

it('opening, reading and closing leave nothing behind', async () => {
  const { violations, rows } = await run('G19', 36)
  expect(violations).toEqual([])
  expect(rows).toHaveLength(3)
}, 90_000)

it('what does stay behind is seen', async () => {
  const { violations } = await run('G19', 12, { modes: ['dedicated'], leakBytes: 8 << 20 })
  expect(violations).toEqual([expect.stringMatching(/^dedicated: resident memory grows by/)])
}, 90_000)

it('members of every tier go on under disturbances, without loss, without growing, and with an event loop that is free', async () => {
  const seed = newSeed()
  const lines = [`seed ${seed}`]
  const outcome = await runSoak({
    bootstrap: kafkaBootstrap(),
    cluster: undefined,
    durationMs: SOAK_MS,
    seed,
    rate: 2000,
    sampleMs: 250,
    everyMs: [1000, 2000],
    limits: { loopP99Ms: patient(LOOP_P99_MS) },
    log: (line) => lines.push(line),
  })
  printSoak(`Soak of ${SOAK_MS / 1000} s, seed ${seed}`, outcome)
  if (outcome.violations.length > 0) process.stdout.write(`${lines.join('\n')}\n`)
  expect(outcome.violations).toEqual([])
  expect(outcome.acked).toBeGreaterThan((SOAK_MS / 1000) * 1000)
  expect(Object.values(outcome.disturbances).reduce((sum, times) => sum + times, 0)).toBeGreaterThan(0)
}, 90_000)
