import { randomBytes } from 'node:crypto'
import { Progress, table } from './display'
import { Unavailable } from './fork'
import type { Output } from './main'
import type { Figures, MeasureJob, OnProgress } from './measure'
import type { BenchOptions } from './options'
import { recommendation } from './recommend'
import { reasonOf } from '../reason'

export type MeasureTier = (job: MeasureJob, onProgress: OnProgress) => Promise<Figures>

/** What came of a tier: its figures of each round, or why there are none. */
export interface Row {
  tier: string
  rounds: Figures[]
  failure?: string
  unavailable?: string
}

/** Measures, shows, recommends; resolves with whether every tier that is available gave figures. */
export async function bench(options: BenchOptions, out: Output, measureTier: MeasureTier): Promise<boolean> {
  const rows = options.tiers.map((tier): Row => ({ tier, rounds: [] }))
  for (let round = 1; round <= options.rounds; round++) {
    for (const row of shuffled(rows)) {
      // What failed once would fail again.
      if (row.failure === undefined && row.unavailable === undefined)
        await measureRow(row, round, options, out, measureTier)
    }
  }
  out.write(`\n${table(rows)}\n\n`)
  for (const { tier, failure, unavailable } of rows) {
    if (failure !== undefined) out.write(`${tier} FAILED: ${failure}\n`)
    if (unavailable !== undefined) out.write(`${tier} is not available: ${unavailable}\n`)
  }
  const measured = rows.filter(({ rounds }) => rounds.length > 0)
  if (measured.length > 0) out.write(`${recommendation(measured)}\n`)
  return measured.length > 0 && rows.every(({ failure }) => failure === undefined)
}

async function measureRow(
  row: Row,
  round: number,
  { topic, properties, reading, messages, seconds, rounds }: BenchOptions,
  out: Output,
  measureTier: MeasureTier,
): Promise<void> {
  const progress = new Progress(out, `${row.tier} ${round}/${rounds}`)
  const job: MeasureJob = {
    topic,
    // One group each time: what is left of an ended member must not hold up the next.
    properties: { 'group.id': `rdkafka-tiers-bench-${randomBytes(6).toString('hex')}`, ...properties },
    tier: row.tier,
    reading,
    messages,
    seconds,
  }
  try {
    const figures = await measureTier(job, (count, total) => progress.update(count, total))
    row.rounds.push(figures)
    progress.stop(`${Math.round(figures.messages / figures.seconds).toLocaleString('en-US')} messages a second`)
  } catch (error) {
    const reason = reasonOf(error)
    if (error instanceof Unavailable) row.unavailable = reason
    else row.failure = reason
    progress.stop(error instanceof Unavailable ? 'not available' : 'failed')
  }
}

/** In random order: what slows one round must not always meet the same tier. */
function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((value) => ({ value, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value)
}
