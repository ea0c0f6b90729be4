// What was to be reached: FR-081-11's own targets, and the speed that this package set itself. Data; outcome.ts judges.
import type { Results } from '../types'
import {
  atLeastRate,
  atLeastRatio,
  atMostCpu,
  atMostCpuRatio,
  best,
  cell,
  everyOwn,
  latency,
  ours,
  type Outcome,
  type Target,
  UNKNOWN,
} from './outcome'
import { ms, nameOf, percent, variationOf } from './figures'

const BACKLOG = ['sizes', '100 B'] as const
const at = (rate: string) => ['latency', `${rate} messages a second`] as const
const FEWER_FETCHES = ['fewer-fetches', '8,192'] as const
const LOAD = ['target-load', '100,000 messages a second'] as const

const inAllSettings = (client: string, way: string) => [cell(client, way), cell(client, way, 'best')]
const RAW_BATCH = inAllSettings('raw-c', 'batch')
const RAW_POLL = inAllSettings('raw-c', 'poll')
const LEGACY = inAllSettings('rdkafka-tiers', 'legacy stream()')
const FLOWING = inAllSettings('node-rdkafka', "'data'")
const FRANZ_GO = inAllSettings('franz-go', 'PollFetches')

const STANDARD = ours('standard stream()')
const BUFFERED = ours('buffered:32 stream()')
const DEDICATED = ours('dedicated stream()')
const DEDICATED_BATCHES = ours('dedicated batches()')

/** Performance targets and success metrics of FR-081-11. */
export const documentTargets: readonly Target[] = [
  atLeastRate('Standard: 10K+ messages/s', BACKLOG, STANDARD, 10_000),
  atLeastRate('Buffered: 50K+ messages/s', BACKLOG, BUFFERED, 50_000),
  atLeastRate('Dedicated: 100K+ messages/s', BACKLOG, DEDICATED, 100_000),
  atLeastRatio('Buffered: 5 × legacy', BACKLOG, BUFFERED, LEGACY, 5),
  atLeastRatio('Dedicated: 10 × legacy', BACKLOG, DEDICATED, LEGACY, 10),
  latency('Standard: ~1 ms, at 10K/s', at('10,000'), STANDARD, ({ p50 }) => p50 <= 1),
  latency('Buffered: ~1 ms, at 50K/s', at('50,000'), BUFFERED, ({ p50 }) => p50 <= 1),
  latency('Dedicated: < 1 ms, at 100K/s', LOAD, DEDICATED, ({ p50 }) => p50 < 1),
  latency('Standard: p95 < 2 ms, p99 < 5 ms, at 10K/s', at('10,000'), STANDARD, isQuick),
  latency('Buffered: p95 < 2 ms, p99 < 5 ms, at 50K/s', at('50,000'), BUFFERED, isQuick),
  latency('Dedicated: p95 < 2 ms, p99 < 5 ms, at 100K/s', LOAD, DEDICATED, isQuick),
  atMostCpu('Standard: CPU 2–5 %, at 10K/s', at('10,000'), STANDARD, 0.05),
  atMostCpu('Buffered: CPU 3–8 %, at 50K/s', at('50,000'), BUFFERED, 0.08),
  atMostCpu('Dedicated: CPU < 15 %, at 100K/s', LOAD, DEDICATED, 0.15),
]

function isQuick({ p95, p99 }: { p95: number; p99: number }): boolean {
  return p95 < 2 && p99 < 5
}

/** What is read as a tier's, at 1k and 10k messages a second. */
const TIERS = { Standard: STANDARD, Buffered: BUFFERED, Dedicated: DEDICATED }

export const speedTargets: readonly Target[] = [
  atLeastRatio('dedicated batches(): 1.3 × raw C batch', BACKLOG, DEDICATED_BATCHES, RAW_BATCH, 1.3),
  atLeastRatio('dedicated batches(): 1.0 × franz-go', BACKLOG, DEDICATED_BATCHES, FRANZ_GO, 1),
  atLeastRatio('dedicated stream(): 1.0 × raw C batch', BACKLOG, DEDICATED, RAW_BATCH, 1),
  atLeastRatio('buffered(32) batches(): 1.0 × raw C batch', BACKLOG, ours('buffered:32 batches()'), RAW_BATCH, 1),
  atLeastRatio('buffered(1000) batches(): 1.1 × raw C batch', BACKLOG, ours('buffered:1000 batches()'), RAW_BATCH, 1.1),
  atLeastRatio('standard stream(): 0.9 × raw C poll', BACKLOG, STANDARD, RAW_POLL, 0.9),
  atLeastRatio(
    "drop-in 'data', dedicated: 1.0 × raw C batch",
    BACKLOG,
    cell('drop-in', "dedicated 'data'"),
    RAW_BATCH,
    1,
  ),
  atLeastRatio(
    "drop-in 'data', dedicated: 15 × node-rdkafka flowing",
    BACKLOG,
    cell('drop-in', "dedicated 'data'"),
    FLOWING,
    15,
  ),
  atMostCpuRatio('dedicated stream(): CPU a message ≤ 1.25 × raw C', BACKLOG, DEDICATED, RAW_BATCH, 1.25),
  atMostCpuRatio('dedicated batches(): CPU a message ≤ 1.25 × raw C', BACKLOG, DEDICATED_BATCHES, RAW_BATCH, 1.25),
  atLeastRatio('1 KiB, dedicated batches(): 1.25 × raw C', ['sizes', '1 KiB'], DEDICATED_BATCHES, RAW_BATCH, 1.25),
  atLeastRatio('10 KiB, dedicated batches(): 1.0 × raw C', ['sizes', '10 KiB'], DEDICATED_BATCHES, RAW_BATCH, 1),
  atLeastRatio('100 KiB, dedicated batches(): 1.0 × raw C', ['sizes', '100 KiB'], DEDICATED_BATCHES, RAW_BATCH, 1),
  atLeastRatio('lz4, dedicated batches(): 1.25 × raw C', ['codecs', 'lz4'], DEDICATED_BATCHES, RAW_BATCH, 1.25),
  atLeastRatio('zstd, dedicated batches(): 1.1 × raw C', ['codecs', 'zstd'], DEDICATED_BATCHES, RAW_BATCH, 1.1),
  ...Object.entries(TIERS).flatMap(([name, what]) =>
    ['1,000', '10,000'].map((rate) =>
      latency(
        `${name}, ${rate}/s: p50 ≤ raw C + 0.1 ms, p99 ≤ 1.25 × raw C`,
        at(rate),
        what,
        (mine, rawC) => mine.p50 <= rawC.p50 + 0.1 && mine.p99 <= 1.25 * rawC.p99,
      ),
    ),
  ),
  besideFewerFetches(atMostCpu('Dedicated: CPU at 50k messages/s ≤ 10 % of a core', at('50,000'), DEDICATED, 0.1)),
  atMostCpu('Dedicated, idle: ≤ 0.3 % of a core', ['idle', '10 s'], DEDICATED, 0.003),
  { text: 'peak RSS, any backlog, any handler: ≤ 150 MB', judge: peakRss },
  flat('CPU a message is flat from 1 to 16 partitions', 'partitions', ['1', '4', '16']),
  flat('CPU a message is flat from 100 k to 20 M messages', 'growth', [
    '100,000',
    '1,000,000',
    '5,000,000',
    '20,000,000',
  ]),
]

/** What the same load takes where answers wait for more than one message. */
function besideFewerFetches(target: Target): Target {
  return {
    text: target.text,
    judge(results) {
      const outcome = target.judge(results)
      const fewer = best(variationOf(results, ...FEWER_FETCHES), [DEDICATED])
      if (fewer?.latencyMs === undefined) return outcome
      const told = `${percent(fewer.cores.median)}, at p50 ${ms(fewer.latencyMs.p50)} ms`
      return { ...outcome, why: `${outcome.why}; with \`fetch.min.bytes\` ${FEWER_FETCHES[1]}: ${told}` }
    },
  }
}

const MAX_RSS_BYTES = 150e6

function peakRss(results: Results): Outcome {
  const all = everyOwn(results).map(({ where, figures }) => ({
    where,
    figures,
    bytes: figures.peakRssMiB.most * 2 ** 20,
  }))
  const worst = all.sort((a, b) => b.bytes - a.bytes)[0]
  if (worst === undefined) return UNKNOWN
  const above = all.filter(({ bytes }) => bytes > MAX_RSS_BYTES).length
  return {
    measured: `${(worst.bytes / 1e6).toFixed(0)} MB at most`,
    isMet: above === 0,
    why: `${nameOf(worst.figures.cell)} (${worst.where}); ${above} of ${all.length} figures are above`,
  }
}

/** Nothing grows faster than what is read: within a quarter, as runs differ by more than that only with the machine. */
const FLAT = 1.25

function flat(text: string, trial: string, labels: readonly string[]): Target {
  return {
    text: `dedicated batches(): ${text}`,
    judge(results) {
      const all = labels.flatMap((label) => {
        const figures = best(variationOf(results, trial, label), [DEDICATED_BATCHES])
        return figures ? [{ label, cpu: figures.cpuPerMillion.median }] : []
      })
      const [first, last] = [all[0], all.at(-1)]
      if (first === undefined || last === undefined || all.length < labels.length) return UNKNOWN
      const growth = last.cpu / first.cpu
      return {
        measured: `${growth.toFixed(2)} × from ${first.label} to ${last.label}`,
        isMet: growth <= FLAT,
        why: `CPU s a million: ${all.map(({ label, cpu }) => `${cpu.toFixed(2)} (${label})`).join(', ')}; flat is at most ${FLAT} ×`,
      }
    },
  }
}
