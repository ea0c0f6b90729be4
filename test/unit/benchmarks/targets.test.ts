import { migrationResults } from '../../../benchmarks/report/migration-results'
import type { Outcome } from '../../../benchmarks/report/outcome'
import { documentTargets, speedTargets } from '../../../benchmarks/report/targets'
import type { Results } from '../../../benchmarks/types'
import { cell, latencies, RAW_BATCH, RAW_POLL, rates, results, run, type Part } from './support'

const ours = (way: string) => cell('rdkafka-tiers', way)

function outcome(text: string, from: Results): Outcome {
  const target = [...documentTargets, ...speedTargets].find((each) => each.text.startsWith(text))
  if (target === undefined) throw new Error(`no target begins with ${text}`)
  return target.judge(from)
}

const backlog = (...cells: Part['cells']): Results => results({ id: 'sizes', label: '100 B', cells })

test('a rate is met from its least on', () => {
  expect(outcome('Standard: 10K+', backlog(rates(ours('standard stream()'), 10_000))).isMet).toBe(true)
  expect(outcome('Standard: 10K+', backlog(rates(ours('standard stream()'), 9_999))).isMet).toBe(false)
})

test('a ratio is to a rival at its best, not at its defaults', () => {
  const legacy = [
    rates(ours('legacy stream()'), 100_000),
    rates(cell('rdkafka-tiers', 'legacy stream()', 'best'), 200_000),
  ]
  const figures = outcome('Dedicated: 10 × legacy', backlog(rates(ours('dedicated stream()'), 1_500_000), ...legacy))
  expect(figures).toMatchObject({ isMet: false, measured: '7.50 ×' })
})

test('a ratio that is not met tells what the same run says of the limit', () => {
  const cells = [rates(RAW_BATCH, 2_000_000), rates(ours('dedicated batches()'), 2_000_000)]
  const allocator = rates(cell('raw-c-mimalloc', 'batch', 'best'), 3_000_000)
  const { isMet, why } = outcome('dedicated batches(): 1.3 × raw C', backlog(...cells, allocator))
  expect(isMet).toBe(false)
  expect(why).toContain("raw C with this package's allocator reached 1.50 × stock raw C")
})

test('what was not measured is neither met nor missed', () => {
  expect(outcome('Dedicated: 100K+', backlog())).toMatchObject({ isMet: undefined, measured: 'not measured' })
  expect(outcome('peak RSS', backlog())).toMatchObject({ isMet: undefined })
})

test.each([
  [0.49, 2.4, true],
  [0.51, 2.4, false],
  [0.49, 2.6, false],
])('a latency of p50 %d and p99 %d ms beside 0.4 and 2 ms of raw C: %s', (p50, p99, isMet) => {
  const from = results({
    id: 'latency',
    label: '1,000 messages a second',
    kind: 'paced',
    cells: [latencies(RAW_POLL, 0.4, 2), latencies(ours('dedicated stream()'), p50, p99)],
  })
  expect(outcome('Dedicated, 1,000/s', from).isMet).toBe(isMet)
})

test.each([
  [0.0299, true],
  [0.0301, false],
])('%d CPU seconds in ten idle ones: %s', (cpuSeconds, isMet) => {
  const idle = { ...rates(ours('dedicated stream()')), runs: [run({ messages: 0, seconds: 10, cpuSeconds })] }
  const from = results({ id: 'idle', label: '10 s', kind: 'idle', cells: [idle] })
  expect(outcome('Dedicated, idle', from).isMet).toBe(isMet)
})

test('the load of Dedicated is told with fewer fetches beside it, which does not make it met', () => {
  const paced = (id: string, label: string, cpuSeconds: number): Part => {
    const figures = latencies(ours('dedicated stream()'), 1.5, 3)
    const runs = figures.runs.map((each) => ({ ...each, seconds: 1, cpuSeconds }))
    return { id, label, kind: 'paced', cells: [{ ...figures, runs }] }
  }
  const load = paced('latency', '50,000 messages a second', 0.16)
  const { isMet, why } = outcome('Dedicated: CPU at 50k', results(load, paced('fewer-fetches', '8,192', 0.09)))
  expect(isMet).toBe(false)
  expect(why).toContain('with `fetch.min.bytes` 8,192: 9.0 %, at p50 1.500 ms')
  expect(outcome('Dedicated: CPU at 50k', results(load)).why).not.toContain('fetch.min.bytes')
})

test('peak memory is the worst of all trials, legacy left out', () => {
  const big = (which: ReturnType<typeof cell>, megabytes: number): Part['cells'][number] => ({
    ...rates(which),
    runs: [run({ peakRssKiB: (megabytes * 1e6) / 1024 })],
  })
  const small = { id: 'sizes', label: '100 B', cells: [big(ours('dedicated stream()'), 120)] }
  const other = (megabytes: number): Part => ({
    id: 'handlers',
    label: 'x',
    cells: [big(ours('standard stream()'), megabytes), big(ours('legacy stream()'), 900)],
  })
  expect(outcome('peak RSS', results(small, other(149)))).toMatchObject({ isMet: true, measured: '149 MB at most' })
  expect(outcome('peak RSS', results(small, other(151)))).toMatchObject({ isMet: false })
})

test('the document counts what is met, and names what is not measured', () => {
  const text = migrationResults(backlog(rates(ours('standard stream()'), 20_000)), 'page.md')
  expect(text).toContain('| Standard: 10K+ messages/s | 20.0 k messages/s | yes |')
  expect(text).toContain(`1 of ${documentTargets.length} met, ${documentTargets.length - 1} not measured.`)
  expect(text).toContain('[the report](page.md)')
})
