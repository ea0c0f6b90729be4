// Markdown tables, one for each variation. Every figure has its spread, and its ratio to raw C of the same run.
import type { CellResult, MicroResult, TrialResult, VariationResult } from '../types'
import {
  ceilingOf,
  type Figures,
  figuresOf,
  ms,
  nameOf,
  percent,
  pollCeilingOf,
  rateText,
  ratioText,
  spreadText,
} from './figures'

interface Column {
  head: string
  text: (figures: Figures) => string
}

export function trialTables(trial: TrialResult): string {
  return trial.variations.map((variation) => variationTable(trial, variation)).join('\n')
}

function variationTable(trial: TrialResult, result: VariationResult): string {
  const columns = columnsOf(trial, result)
  const rows = [...result.cells].sort(byRank(trial.kind)).map((cell) => row(cell, columns))
  const heads = ['', ...columns.map(({ head }) => head)]
  return [
    `#### ${result.variation.label}`,
    '',
    describe(trial, result),
    '',
    line(heads),
    line(heads.map((_, index) => (index === 0 ? '---' : '---:'))),
    ...rows.map(line),
    '',
    ...result.cells.flatMap(failures),
  ].join('\n')
}

/** What the table is of, from the variation's own data. */
function describe({ kind }: TrialResult, { variation, cells }: VariationResult): string {
  const { count, size, partitions, codec, headers, json, value, maxSeconds, rate } = variation
  const runs = Math.max(0, ...cells.map((cell) => cell.runs.length))
  if (kind === 'idle') return `An empty topic, ${maxSeconds} s, ${runs} runs.`
  const bytes = size >= 1024 ? `${size / 1024} KiB` : `${size} bytes`
  const content = `${count.toLocaleString('en-US')} messages of ${bytes}${json ? ' of JSON' : ''}`
  const how = `${partitions} ${partitions === 1 ? 'partition' : 'partitions'}, codec ${codec}${headers ? ', three headers' : ''}`
  const use = kind === 'catch-up' ? `, value: ${value}; at most ${maxSeconds} s after the warm-up` : ''
  const pace = kind === 'paced' ? `, ${rate.toLocaleString('en-US')} a second, open loop, linger 0` : ''
  return `${content}, ${how}${pace}${use}; ${runs} runs.`
}

function columnsOf({ kind }: TrialResult, result: VariationResult): Column[] {
  const ceiling = ceilingOf(result)
  const poll = pollCeilingOf(result)
  const rss: Column = { head: 'peak RSS, MiB', text: ({ peakRssMiB }) => peakRssMiB.most.toFixed(0) }
  const cores: Column = { head: 'CPU, of a core', text: (each) => percent(each.cores.median) }
  const coresSpread: Column = { head: 'spread', text: (each) => spreadText(each.cores, percent) }
  if (kind === 'idle')
    return [
      cores,
      coresSpread,
      { head: '× raw C poll', text: (each) => ratioText(each.cores.median, poll?.cores.median) },
      rss,
    ]
  if (kind === 'paced') return [...latencyColumns(poll), cores, coresSpread, rss]
  const throughput: Column[] = [
    { head: 'messages/s', text: ({ rate }) => rateText(rate.median) },
    { head: 'spread', text: ({ rate }) => spreadText(rate, rateText) },
  ]
  if (result.variation.handler !== 'none') {
    return [
      ...throughput,
      cores,
      { head: 'loop delay p50, ms', text: ({ loopDelayMs }) => (loopDelayMs ? ms(loopDelayMs.p50) : '–') },
      { head: 'p99', text: ({ loopDelayMs }) => (loopDelayMs ? ms(loopDelayMs.p99) : '–') },
      { head: 'max', text: ({ loopDelayMs }) => (loopDelayMs ? ms(loopDelayMs.max) : '–') },
      { head: 'handlers at once', text: ({ mostPending }) => (mostPending ?? 0).toLocaleString('en-US') },
      rss,
    ]
  }
  return [
    ...throughput,
    { head: '× raw C batch', text: ({ rate }) => ratioText(rate.median, ceiling?.rate.median) },
    { head: '× raw C poll', text: ({ rate }) => ratioText(rate.median, poll?.rate.median) },
    { head: 'MB/s', text: ({ megabytesPerSecond }) => megabytesPerSecond.toFixed(0) },
    { head: 'CPU s/million', text: ({ cpuPerMillion }) => cpuPerMillion.median.toFixed(2) },
    { head: 'spread', text: ({ cpuPerMillion }) => spreadText(cpuPerMillion, (value) => value.toFixed(2)) },
    {
      head: '× raw C batch',
      text: ({ cpuPerMillion }) => ratioText(cpuPerMillion.median, ceiling?.cpuPerMillion.median),
    },
    rss,
  ]
}

function latencyColumns(poll: Figures | undefined): Column[] {
  const names = { p50: 'p50', p95: 'p95', p99: 'p99', p999: 'p99.9', max: 'max' } as const
  const percentiles = (Object.keys(names) as (keyof typeof names)[]).map((key): Column => ({
    head: key === 'p50' ? 'p50, ms' : names[key],
    text: ({ latencyMs }) => (latencyMs ? ms(latencyMs[key]) : '–'),
  }))
  return [
    ...percentiles,
    { head: 'p50 × raw C', text: ({ latencyMs }) => ratioText(latencyMs?.p50 ?? NaN, poll?.latencyMs?.p50) },
    { head: 'p99 × raw C', text: ({ latencyMs }) => ratioText(latencyMs?.p99 ?? NaN, poll?.latencyMs?.p99) },
  ]
}

/** The best first; what was not run last. */
function byRank(kind: TrialResult['kind']): (a: CellResult, b: CellResult) => number {
  const rank = (cell: CellResult): number => {
    const figures = figuresOf(cell)
    if (figures === undefined) return Infinity
    if (kind === 'idle') return figures.cores.median
    return kind === 'paced' ? (figures.latencyMs?.p50 ?? Infinity) : -figures.rate.median
  }
  return (a, b) => {
    const [left, right] = [rank(a), rank(b)]
    return left === right ? 0 : left - right
  }
}

function row(result: CellResult, columns: readonly Column[]): string[] {
  const figures = figuresOf(result)
  const isPartial = result.failures.length > 0 ? ' (some runs failed)' : ''
  if (figures !== undefined) return [nameOf(result.cell) + isPartial, ...columns.map(({ text }) => text(figures))]
  const why = result.notRun === undefined ? 'failed' : 'not run'
  return [nameOf(result.cell), why, ...columns.slice(1).map(() => '')]
}

function failures({ cell, notRun, failures: reasons }: CellResult): string[] {
  const first = (text: string): string => text.split('\n').find((part) => part.trim() !== '') ?? ''
  const all = [
    ...(notRun === undefined ? [] : [`not run: ${first(notRun)}`]),
    ...(reasons.length > 0 ? [`${reasons.length} runs failed: ${first(reasons[0] ?? '')}`] : []),
  ]
  return all.map((text) => `- ${nameOf(cell)}: ${text}`)
}

export function microTable(micro: readonly MicroResult[]): string {
  return [
    line(['', 'ns a message', 'margin', 'samples']),
    line(['---', '---:', '---:', '---:']),
    ...micro.map(({ name, nsPerOperation, marginPercent, samples }) =>
      line([name, nsPerOperation.toFixed(1), `± ${marginPercent.toFixed(1)} %`, String(samples)]),
    ),
    '',
  ].join('\n')
}

export function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
