// What is drawn: bars of one variation with their spread, ratios to raw C over the variations of a trial, and latency
// curves. Colours tell whose a client is, and can be told apart in grey, too.
import type { Cell, TrialResult, VariationResult } from '../types'
import { ceilingOf, type Figures, figuresOf, nameOf, type Spread } from './figures'

export interface Plot {
  /** Of its file, without a suffix. */
  name: string
  title: string
  spec: object
}

const GROUPS = {
  'raw C': '#333333',
  'this package': '#0b6e99',
  'this package as node-rdkafka': '#5fb3d4',
  'Node.js clients': '#d98032',
  'other languages': '#a9a9a9',
}
type Group = keyof typeof GROUPS

function groupOf({ client }: Cell): Group {
  if (client.startsWith('raw-c')) return 'raw C'
  if (client === 'rdkafka-tiers') return 'this package'
  if (client === 'drop-in') return 'this package as node-rdkafka'
  return ['franz-go', 'rust-rdkafka', 'java'].includes(client) ? 'other languages' : 'Node.js clients'
}

const base = {
  $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
  background: 'white',
  config: { font: 'sans-serif', view: { stroke: null }, axis: { gridColor: '#eeeeee' } },
}
const color = {
  field: 'group',
  type: 'nominal',
  title: null,
  scale: { domain: Object.keys(GROUPS), range: Object.values(GROUPS) },
  legend: { orient: 'bottom', columns: 3, labelLimit: 300 },
}

export function plotsOf(trial: TrialResult): Plot[] {
  const plots: Plot[] = []
  for (const result of trial.variations) {
    const name = slug(`${trial.id}-${result.variation.label}`)
    const title = `${trial.title}: ${result.variation.label}`
    if (trial.kind === 'paced') plots.push(latencyPlot(`${name}-latency`, title, result))
    if (trial.kind === 'catch-up') {
      plots.push(bars(`${name}-throughput`, `${title}, million messages a second`, result, (each) => scaled(each.rate)))
      plots.push(
        bars(`${name}-cpu`, `${title}, CPU seconds for a million messages`, result, (each) => each.cpuPerMillion),
      )
    }
    plots.push(bars(`${name}-memory`, `${title}, peak RSS in MiB`, result, (each) => each.peakRssMiB))
  }
  if (trial.kind === 'catch-up' && trial.variations.length > 1) plots.push(ratioPlot(trial))
  return plots.filter(({ spec }) => (spec as { data: { values: unknown[] } }).data.values.length > 0)
}

const scaled = ({ median, least, most }: Spread): Spread => ({
  median: median / 1e6,
  least: least / 1e6,
  most: most / 1e6,
})

function allFigures({ cells }: VariationResult): Figures[] {
  return cells.flatMap((cell) => figuresOf(cell) ?? [])
}

function bars(name: string, title: string, result: VariationResult, pick: (figures: Figures) => Spread): Plot {
  const values = allFigures(result).map((figures) => ({
    name: nameOf(figures.cell),
    group: groupOf(figures.cell),
    ...pick(figures),
  }))
  // Layers share the order of the first one's marks.
  const order = [...values].sort((a, b) => b.median - a.median).map((value) => value.name)
  const y = { field: 'name', type: 'nominal', sort: order, title: null, axis: { labelLimit: 300 } }
  return {
    name,
    title,
    spec: {
      ...base,
      title,
      width: 520,
      data: { values },
      layer: [
        { mark: 'bar', encoding: { y, x: { field: 'median', type: 'quantitative', title: null }, color } },
        {
          mark: { type: 'rule', color: 'black' },
          encoding: { y, x: { field: 'least', type: 'quantitative' }, x2: { field: 'most' } },
        },
      ],
    },
  }
}

function ratioPlot(trial: TrialResult): Plot {
  const labels = trial.variations.map(({ variation }) => variation.label)
  const values = trial.variations.flatMap((result) => {
    const ceiling = ceilingOf(result)
    if (ceiling === undefined) return []
    return allFigures(result)
      .filter(({ cell }) => groupOf(cell).startsWith('this package') && !cell.way.startsWith('legacy'))
      .map(({ cell, rate }) => ({
        label: result.variation.label,
        name: nameOf(cell),
        ratio: rate.median / ceiling.rate.median,
      }))
  })
  const title = `${trial.title}: throughput beside raw C's batch loop`
  return {
    name: slug(`${trial.id}-beside-raw-c`),
    title,
    spec: {
      ...base,
      title,
      width: 520,
      height: 320,
      data: { values },
      layer: [
        {
          mark: { type: 'line', point: true },
          encoding: {
            x: { field: 'label', type: 'ordinal', sort: labels, title: null, axis: { labelAngle: 0 } },
            y: { field: 'ratio', type: 'quantitative', title: '× raw C', scale: { zero: true } },
            color: { field: 'name', type: 'nominal', title: null, legend: { labelLimit: 300 } },
            strokeDash: { field: 'name', type: 'nominal', title: null, legend: { labelLimit: 300 } },
          },
        },
        { mark: { type: 'rule', strokeDash: [4, 4] }, encoding: { y: { datum: 1 } } },
      ],
    },
  }
}

const PERCENTILES = { p50: 'p50', p95: 'p95', p99: 'p99', p999: 'p99.9', max: 'max' } as const

function latencyPlot(name: string, title: string, result: VariationResult): Plot {
  const values = allFigures(result).flatMap(({ cell, latencyMs }) =>
    latencyMs === undefined
      ? []
      : Object.entries(PERCENTILES).map(([key, percentile]) => ({
          name: nameOf(cell),
          percentile,
          latencyMs: latencyMs[key as keyof typeof PERCENTILES],
        })),
  )
  return {
    name,
    title,
    spec: {
      ...base,
      title,
      width: 520,
      height: 360,
      data: { values },
      mark: { type: 'line', point: true },
      encoding: {
        x: {
          field: 'percentile',
          type: 'ordinal',
          sort: Object.values(PERCENTILES),
          title: null,
          axis: { labelAngle: 0 },
        },
        y: { field: 'latencyMs', type: 'quantitative', title: 'milliseconds', scale: { type: 'log' } },
        color: { field: 'name', type: 'nominal', title: null, legend: { labelLimit: 300 } },
        strokeDash: { field: 'name', type: 'nominal', title: null, legend: { labelLimit: 300 } },
      },
    },
  }
}

/** For a file's name. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
}
