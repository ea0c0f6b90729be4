// Whether the benchmarks work: how fast anything is, is not asked here.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readResults } from '../../benchmarks/results'
import type { CellResult, Results } from '../../benchmarks/types'
import { type ChildResult, runNode } from '../helpers/child'
import { repositoryRoot, REGISTER } from '../helpers/deps'
import { kafkaBootstrap } from '../helpers/kafka/oracle'

const DEADLINE_MS = 120_000

let directory: string
let result: ChildResult
let results: Results

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'rdkafka-tiers-bench-'))
  const file = join(directory, 'smoke.json')
  result = await runNode(join(repositoryRoot, 'benchmarks', 'index.ts'), {
    nodeFlags: REGISTER,
    args: ['--smoke', '--bootstrap', kafkaBootstrap(), '--out', file],
    deadlineMs: DEADLINE_MS,
  })
  if (result.code !== 0) throw new Error(`the benchmarks ended with ${result.code}\n${result.stderr}`)
  results = readResults(file)
}, DEADLINE_MS + 10_000)

afterAll(() => rmSync(directory, { recursive: true, force: true }))

const cellsOf = (id: string): CellResult[] =>
  results.trials
    .filter((trial) => trial.id === id)
    .flatMap(({ variations }) => variations.flatMap(({ cells }) => cells))

it('every cell has a run, and none failed', () => {
  const all = results.trials.flatMap(({ id }) => cellsOf(id))
  expect(all.length).toBeGreaterThanOrEqual(9)
  expect(all.filter(({ runs, failures, notRun }) => runs.length !== 1 || failures.length > 0 || notRun)).toEqual([])
})

it('a backlog is read to its end, with the checksum of what was produced', () => {
  // A client that is slow here is stopped before its end; this package is not.
  const own = cellsOf('sizes').filter(({ cell }) => ['raw-c', 'rdkafka-tiers', 'drop-in'].includes(cell.client))
  expect(own.length).toBeGreaterThanOrEqual(5)
  for (const { runs } of own) {
    expect(runs[0]).toMatchObject({ isComplete: true, messages: 50_000, bytes: 5_000_000 })
    expect(runs[0]?.messagesPerSecond).toBeGreaterThan(0)
    expect(runs[0]?.peakRssKiB).toBeGreaterThan(1000)
  }
})

it('latency is measured of every message after the warm-up', () => {
  const measured = cellsOf('latency').map(({ runs }) => runs[0]?.latencyMs?.messages)
  expect(measured).toEqual([1000, 1000])
  for (const { runs } of cellsOf('latency')) expect(runs[0]?.latencyMs?.p50).toBeGreaterThan(0)
})

it('an idle consumer uses some of a core, and less than all of it', () => {
  const [idle] = cellsOf('idle').flatMap(({ runs }) => runs)
  expect(idle?.cpuSeconds).toBeGreaterThan(0)
  expect(idle?.cpuSeconds).toBeLessThan(idle?.seconds ?? 0)
})

it('the report names the machine and what was run on it', () => {
  const page = readFileSync(join(directory, 'smoke.md'), 'utf8')
  expect(page).toContain('A smoke run')
  expect(page).toContain(`${results.machine.cores} cores`)
  expect(page).toContain('rdkafka-tiers dedicated batches()')
  expect(result.stdout).toContain('smoke.md')
})
