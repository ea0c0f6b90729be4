import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeReport } from '../../../benchmarks/report'
import { figuresOf, rateText } from '../../../benchmarks/report/figures'
import { trialTables } from '../../../benchmarks/report/tables'
import type { TrialResult } from '../../../benchmarks/types'
import { cell, latencies, RAW_BATCH, RAW_POLL, rates, results, run } from './support'

const dedicated = cell('rdkafka-tiers', 'dedicated batches()')

function lineOf(text: string, name: string): string {
  return text.split('\n').find((line) => line.startsWith(`| ${name}`)) ?? ''
}

test('a figure is the median of its runs, with the least and the most', () => {
  const figures = figuresOf(rates(dedicated, 3_000_000, 1_000_000, 2_000_000))
  expect(figures?.rate).toEqual({ median: 2_000_000, least: 1_000_000, most: 3_000_000 })
  expect(figures?.megabytesPerSecond).toBeCloseTo(200)
})

test('a cell without runs has no figures', () => {
  expect(figuresOf(rates(dedicated))).toBeUndefined()
})

test.each([
  [4_321_000, '4.32 M'],
  [999_600, '1.00 M'],
  [170_400, '170 k'],
  [12_340, '12.3 k'],
  [999, '999'],
])('%d messages a second are %s', (value, text) => {
  expect(rateText(value)).toBe(text)
})

test('a table has the fastest first, ratios to raw C of the same variation, and what was not run last', () => {
  const notRun = { ...rates(cell('franz-go', 'PollFetches')), notRun: 'no Go toolchain is installed' }
  const failed = { ...rates(cell('java', 'poll')), failures: ['it fell over\nat some line'] }
  const [trial] = results({
    id: 'sizes',
    label: '100 B',
    cells: [notRun, rates(RAW_BATCH, 2_000_000), failed, rates(RAW_POLL, 1_000_000), rates(dedicated, 3_000_000)],
  }).trials
  const text = trialTables(trial as TrialResult)
  const rows = text.split('\n').filter((line) => /^\| [a-z]/.test(line))
  expect(rows.map((line) => line.split(' | ')[0])).toEqual([
    '| rdkafka-tiers dedicated batches()',
    '| raw C batch, tuned',
    '| raw C poll, tuned',
    '| franz-go PollFetches',
    '| java poll',
  ])
  expect(lineOf(text, 'rdkafka-tiers')).toContain('| 3.00 M | 3.00 M – 3.00 M | 1.50 × | 3.00 × |')
  expect(text).toContain('- franz-go PollFetches: not run: no Go toolchain is installed')
  expect(text).toContain('- java poll: 1 runs failed: it fell over')
})

test('a table of a steady rate has percentiles beside those of raw C', () => {
  const [trial] = results({
    id: 'latency',
    label: '1,000 messages a second',
    kind: 'paced',
    changes: { rate: 1000 },
    cells: [latencies(RAW_POLL, 0.4, 2), latencies(dedicated, 0.5, 3)],
  }).trials
  expect(lineOf(trialTables(trial as TrialResult), 'rdkafka-tiers')).toContain(
    '| 0.500 | 1.750 | 3.000 | 6.000 | 9.000 | 1.25 × | 1.50 × |',
  )
})

test('the report has its plots, the machine, and no figure that the results have not', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'rdkafka-tiers-report-'))
  try {
    const all = results(
      { id: 'sizes', label: '100 B', cells: [rates(RAW_BATCH, 2_000_000), rates(dedicated, 3_000_000)] },
      {
        id: 'idle',
        label: '10 s',
        kind: 'idle',
        cells: [{ ...rates(dedicated), runs: [run({ messages: 0, seconds: 10, cpuSeconds: 0.02 })] }],
      },
    )
    const document = join(directory, 'document.md')
    const written = await writeReport(all, ['one.json'], directory, document)
    const page = readFileSync(join(directory, 'one.md'), 'utf8')
    expect(page).toContain('2 cores of a processor, 4 GiB')
    for (const [, plot] of page.matchAll(/\]\((one\/[^)]+)\)/g)) {
      expect(readFileSync(join(directory, plot as string), 'utf8')).toContain('<svg')
    }
    expect(page).toContain('one/sizes-100-b-throughput.svg')
    expect(readFileSync(join(directory, 'one', 'sizes-100-b-throughput.svg'), 'utf8')).toContain(
      'rdkafka-tiers dedicated batches()',
    )
    expect(lineOf(page, 'rdkafka-tiers dedicated batches() | 0.200 %')).not.toBe('')
    expect(readFileSync(document, 'utf8')).toContain('(one.md)')
    expect(written).toContain(document)
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('a run that is not a full one leaves the document as it is', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'rdkafka-tiers-report-'))
  try {
    const all = { ...results({ id: 'sizes', label: '100 B', cells: [rates(RAW_BATCH, 1)] }), mode: 'quick' as const }
    const written = await writeReport(all, ['one.json'], directory)
    expect(written.filter((file) => !file.startsWith(directory))).toEqual([])
  } finally {
    rmSync(directory, { recursive: true })
  }
})
