// How a target is judged, from results alone.
import type { Cell, Results, SettingsName, VariationResult } from '../types'
import { type Figures, figuresIn, figuresOf, ms, nameOf, percent, rateText, spreadText, variationOf } from './figures'

export interface Outcome {
  measured: string
  /** Undefined: not measured in these results. */
  isMet: boolean | undefined
  why: string
}

export interface Target {
  text: string
  judge(results: Results): Outcome
}

export const UNKNOWN: Outcome = { measured: 'not measured', isMet: undefined, why: 'these results do not have it' }

export type Where = readonly [trial: string, label: string]

export function cell(client: string, way: string, settings: SettingsName = 'default'): Cell {
  return { client, way, settings }
}

export const ours = (way: string): Cell => cell('rdkafka-tiers', way)

/** Of several cells the fastest: a rival is met at its best. */
export function best(variation: VariationResult | undefined, cells: readonly Cell[]): Figures | undefined {
  const all = cells.flatMap((each) => (variation && figuresIn(variation, each)) ?? [])
  return all.sort((a, b) => b.rate.median - a.rate.median)[0]
}

export function atLeastRate(text: string, where: Where, what: Cell, least: number): Target {
  return {
    text,
    judge(results) {
      const variation = variationOf(results, ...where)
      const figures = best(variation, [what])
      if (figures === undefined) return UNKNOWN
      return {
        measured: `${rateText(figures.rate.median)} messages/s`,
        isMet: figures.rate.median >= least,
        why: of(figures),
      }
    },
  }
}

/** Throughput of one cell beside that of others, at their best, in the same variation of the same run. */
export function atLeastRatio(text: string, where: Where, what: Cell, others: readonly Cell[], least: number): Target {
  return {
    text,
    judge(results) {
      const variation = variationOf(results, ...where)
      const [figures, other] = [best(variation, [what]), best(variation, others)]
      if (figures === undefined || other === undefined) return UNKNOWN
      const ratio = figures.rate.median / other.rate.median
      const isMet = ratio >= least
      const beside = `${of(figures)}; ${of(other)}`
      return {
        measured: `${ratio.toFixed(2)} ×`,
        isMet,
        why: isMet ? beside : `${beside}. ${bound(variation, figures)}`,
      }
    },
  }
}

export function atMostCpuRatio(text: string, where: Where, what: Cell, others: readonly Cell[], most: number): Target {
  return {
    text,
    judge(results) {
      const variation = variationOf(results, ...where)
      const [figures, ceiling] = [best(variation, [what]), best(variation, others)]
      if (figures === undefined || ceiling === undefined) return UNKNOWN
      const ratio = figures.cpuPerMillion.median / ceiling.cpuPerMillion.median
      const told = [figures, ceiling].map(
        (each) =>
          `${nameOf(each.cell)}: ${each.cpuPerMillion.median.toFixed(2)} CPU s a million (${spreadText(each.cpuPerMillion, (value) => value.toFixed(2))})`,
      )
      return { measured: `${ratio.toFixed(2)} ×`, isMet: ratio <= most, why: told.join('; ') }
    },
  }
}

/** CPU of one core, in share, at a steady rate or idle. */
export function atMostCpu(text: string, where: Where, what: Cell, most: number): Target {
  return {
    text,
    judge(results) {
      const variation = variationOf(results, ...where)
      const figures = best(variation, [what])
      if (variation === undefined || figures === undefined) return UNKNOWN
      const poll = best(variation, [cell('raw-c', 'poll', 'best')])
      const beside = poll === undefined ? '' : `; raw C: ${percent(poll.cores.median)}`
      return {
        measured: `${percent(figures.cores.median)} of a core`,
        isMet: figures.cores.median <= most,
        why: `${nameOf(figures.cell)}, ${figures.runs} runs, ${spreadText(figures.cores, percent)}${beside}`,
      }
    },
  }
}

export type LatencyCheck = (mine: NonNullable<Figures['latencyMs']>, rawC: NonNullable<Figures['latencyMs']>) => boolean

export function latency(text: string, where: Where, what: Cell, isMet: LatencyCheck): Target {
  return {
    text,
    judge(results) {
      const variation = variationOf(results, ...where)
      const mine = best(variation, [what])?.latencyMs
      const rawC = best(variation, [cell('raw-c', 'poll', 'best')])?.latencyMs
      if (mine === undefined || rawC === undefined) return UNKNOWN
      const told = (each: typeof mine): string => `p50 ${ms(each.p50)}, p95 ${ms(each.p95)}, p99 ${ms(each.p99)} ms`
      return { measured: told(mine), isMet: isMet(mine, rawC), why: `raw C in the same run: ${told(rawC)}` }
    },
  }
}

/** Cells of this package that were run anywhere, legacy not. */
export function everyOwn(results: Results): { where: string; figures: Figures }[] {
  return results.trials.flatMap(({ id, variations }) =>
    variations.flatMap((variation) =>
      variation.cells
        .filter(
          ({ cell: each }) => ['rdkafka-tiers', 'drop-in'].includes(each.client) && !each.way.startsWith('legacy'),
        )
        .flatMap((result) => {
          const figures = figuresOf(result)
          return figures ? [{ where: `${id}, ${variation.variation.label}`, figures }] : []
        }),
    ),
  )
}

function of({ cell: each, rate, runs }: Figures): string {
  return `${nameOf(each)}: ${rateText(rate.median)} (${spreadText(rate, rateText)}, ${runs} runs)`
}

/** What the same run tells of the limit: the allocator's share of it, and the processors'. */
function bound(variation: VariationResult | undefined, figures: Figures): string {
  const rawC = best(variation, [cell('raw-c-mimalloc', 'batch', 'best')])
  const ceiling = best(variation, [cell('raw-c', 'batch', 'best')])
  const cores = `While it was measured the process used ${figures.cores.median.toFixed(2)} cores`
  const cost =
    ceiling === undefined
      ? ''
      : `, and ${(figures.cpuPerMillion.median / ceiling.cpuPerMillion.median).toFixed(2)} × raw C's CPU a message`
  const allocator =
    rawC === undefined || ceiling === undefined
      ? ''
      : `; raw C with this package's allocator reached ${(rawC.rate.median / ceiling.rate.median).toFixed(2)} × stock raw C`
  return `${cores}${cost}${allocator}.`
}
