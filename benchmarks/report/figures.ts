// What is read out of results: medians and spreads of a cell, and other cells of the same variation to compare it with.
import { median } from '../../test/helpers/statistics'
import { CEILING, POLL_CEILING } from '../trials'
import type { Cell, CellResult, Latencies, Results, Run, VariationResult } from '../types'

export interface Spread {
  median: number
  least: number
  most: number
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) }
}

/** Figures of a cell that was run. */
export interface Figures {
  cell: Cell
  runs: number
  rate: Spread
  megabytesPerSecond: number
  /** CPU seconds of all threads for a million messages. */
  cpuPerMillion: Spread
  /** Cores in use while it was measured. */
  cores: Spread
  peakRssMiB: Spread
  latencyMs: Latencies | undefined
  loopDelayMs: { p50: number; p99: number; max: number } | undefined
  mostPending: number | undefined
}

export function figuresOf({ cell, runs }: CellResult): Figures | undefined {
  const [first] = runs
  if (first === undefined) return undefined
  const each = (pick: (run: Run) => number): Spread => spread(runs.map(pick))
  return {
    cell,
    runs: runs.length,
    rate: each(({ messagesPerSecond }) => messagesPerSecond),
    megabytesPerSecond: each((run) => (run.messagesPerSecond * run.bytes) / run.messages / 1e6).median,
    cpuPerMillion: each((run) => (run.cpuSeconds / run.measuredMessages) * 1e6),
    cores: each((run) => run.cpuSeconds / run.seconds),
    peakRssMiB: each(({ peakRssKiB }) => peakRssKiB / 1024),
    latencyMs: medians(runs.map(({ latencyMs }) => latencyMs)),
    loopDelayMs: medians(runs.map(({ loopDelayMs }) => loopDelayMs)),
    mostPending: first.mostPending === undefined ? undefined : each((run) => run.mostPending ?? 0).most,
  }
}

/** Of each member over the runs. */
function medians<T extends object>(all: readonly (T | undefined)[]): T | undefined {
  const present = all.filter((one): one is T => one !== undefined)
  const [first] = present
  if (first === undefined) return undefined
  const names = Object.keys(first) as (keyof T)[]
  return Object.fromEntries(names.map((name) => [name, median(present.map((one) => one[name] as number))])) as T
}

export function isSame(a: Cell, b: Cell): boolean {
  return a.client === b.client && a.way === b.way && a.settings === b.settings
}

export function figuresIn({ cells }: VariationResult, cell: Cell): Figures | undefined {
  const found = cells.find((each) => isSame(each.cell, cell))
  return found && figuresOf(found)
}

export function ceilingOf(variation: VariationResult): Figures | undefined {
  return figuresIn(variation, CEILING)
}

export function pollCeilingOf(variation: VariationResult): Figures | undefined {
  return figuresIn(variation, POLL_CEILING)
}

export function variationOf(results: Results, trial: string, label: string): VariationResult | undefined {
  return results.trials.find(({ id }) => id === trial)?.variations.find(({ variation }) => variation.label === label)
}

/** `dedicated batches()`; of other packages their name, too, and their settings where both were run. */
export function nameOf({ client, way, settings }: Cell): string {
  const name = { 'raw-c': 'raw C', 'raw-c-mimalloc': 'raw C, mimalloc,' }[client] ?? client
  return `${name} ${way}${settings === 'best' ? ', tuned' : ''}`
}

// ---- as text ----

/** Three significant digits. */
export function rateText(value: number): string {
  if (value >= 999_500) return `${(value / 1e6).toFixed(2)} M`
  return value >= 1000
    ? `${(value / 1e3).toPrecision(3)} k`.replace(/^(\d)\.(\d)e\+(\d).*/, '$1$2 k')
    : value.toFixed(0)
}

export function ratioText(value: number, to: number | undefined): string {
  return to === undefined || !(to > 0) ? '–' : `${(value / to).toFixed(2)} ×`
}

export function spreadText({ least, most }: Spread, text: (value: number) => string): string {
  return `${text(least)} – ${text(most)}`
}

export const ms = (value: number): string => value.toFixed(value < 10 ? 3 : 1)
export const percent = (share: number): string => `${(100 * share).toFixed(share < 0.01 ? 3 : 1)} %`
