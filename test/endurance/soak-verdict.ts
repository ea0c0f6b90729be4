// What a soak has shown: slopes of what its members held, what became of the messages, and whether that is good enough.
import type { SoakSample } from '../fixtures/endurance-soak'
import { median } from '../helpers/statistics'
import { violationsOf, type Tally } from './marks'
import { theilSen, type Trend } from './theil-sen'

/** What a member told in the course of a soak. */
export interface MemberHistory {
  name: string
  /** Milliseconds since the beginning, and what it held then. */
  samples: readonly { atMs: number; sample: SoakSample }[]
  tally: Tally
  /** Messages it was to process and did not. */
  unseen: number
  /** When its partitions came or went. */
  rebalancesMs: readonly number[]
  closesMs: readonly number[]
  /** Of the whole run. */
  loopP99Ms: number
}

export interface SoakLimits {
  /**
   * Of most samples. The p99 of the whole run may be 2.5 times as much: while a broker starts on the same machine, every
   * event loop waits for a processor.
   */
  loopP99Ms: number
}

const WHOLE_RUN = 2.5

export interface MemberVerdict {
  warmUpMs: number
  /** MiB an hour. */
  trends: Record<'rss' | 'heapUsed' | 'external', Trend>
  /** MiB an hour. */
  rssLimit: number
  fds: readonly [before: number, after: number]
  threads: readonly [before: number, after: number]
  unplanned: number
  violations: string[]
}

const MIB = 2 ** 20
const HOUR_MS = 3_600_000
/** The goal: 1 MiB a day after the first hour. */
const GOAL_MIB_PER_HOUR = 1 / 24
/**
 * In a short run nobody can tell a megabyte a day: the resident size goes up and down by megabytes with every collection
 * and every new client. There the process may grow by this much in all, after the first quarter.
 */
const SHORT_MIB = 8
/** From here on, the goal's own limit. */
const LONG_MS = 24 * HOUR_MS
/** Connections to brokers come and go with the faults; a client that stays behind has more of both. */
const MORE = 2

/** `windows`: from when to when things were disturbed on purpose, milliseconds since the beginning. */
export function judgeMember(
  { name, samples, tally, unseen, rebalancesMs, loopP99Ms }: MemberHistory,
  durationMs: number,
  windows: readonly (readonly [number, number])[],
  limits: SoakLimits,
): MemberVerdict {
  const warmUpMs = Math.min(HOUR_MS, durationMs / 4)
  const measured = samples.filter(({ atMs }) => atMs >= warmUpMs)
  const hours = measured.map(({ atMs }) => atMs / HOUR_MS)
  const trend = (what: 'rss' | 'heapUsed' | 'external'): Trend =>
    theilSen(
      hours,
      measured.map(({ sample }) => sample[what] / MIB),
    )
  const trends = { rss: trend('rss'), heapUsed: trend('heapUsed'), external: trend('external') }
  const measuredHours = (durationMs - warmUpMs) / HOUR_MS
  const rssLimit = durationMs >= LONG_MS ? GOAL_MIB_PER_HOUR : Math.max(GOAL_MIB_PER_HOUR, SHORT_MIB / measuredHours)
  // A guest has descriptors and threads of its own for as long as it is there.
  const alone = measured.filter(({ sample }) => sample.isAlone)
  const third = Math.max(1, Math.floor(alone.length / 3))
  const flat = (what: 'fds' | 'threads'): [number, number] => [
    median(alone.slice(0, third).map(({ sample }) => sample[what])),
    median(alone.slice(-third).map(({ sample }) => sample[what])),
  ]
  const [fds, threads] = [flat('fds'), flat('threads')]
  const unplanned = rebalancesMs.filter((atMs) => !windows.some(([from, to]) => from <= atMs && atMs <= to)).length

  const violations = violationsOf(tally)
  if (unseen > 0) violations.push(`unseen: ${unseen} messages`)
  // Even what the slope is at least is too much.
  if (trends.rss.low > rssLimit) {
    const [slope, least, limit] = [trends.rss.slope, trends.rss.low, rssLimit].map((value) => value.toFixed(2))
    violations.push(`resident memory grows by ${slope} MiB an hour, at least ${least}; ${limit} allowed`)
  }
  for (const [what, [before, after]] of Object.entries({ fds, threads })) {
    if (after > before + MORE) violations.push(`${what}: ${before} at first, ${after} at last`)
  }
  const usualP99Ms = median(measured.map(({ sample }) => sample.loopP99Ms))
  if (usualP99Ms >= limits.loopP99Ms || !(loopP99Ms < limits.loopP99Ms * WHOLE_RUN)) {
    const [usual, all] = [usualP99Ms, loopP99Ms].map((ms) => ms.toFixed(1))
    violations.push(
      `the event loop was late by ${usual} ms (p99) in most samples, ${all} in all; ${limits.loopP99Ms} allowed`,
    )
  }
  if (unplanned > 0) violations.push(`${unplanned} rebalances that nothing was the cause of`)
  if (measured.length === 0) violations.push('nothing was measured')
  else if (alone.length === 0) violations.push('it was never measured alone')
  return {
    warmUpMs,
    trends,
    rssLimit,
    fds,
    threads,
    unplanned,
    violations: violations.map((each) => `${name}: ${each}`),
  }
}
