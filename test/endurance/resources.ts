// What a process holds, by the kernel; and whether it holds more and more.
import { readdirSync, readFileSync } from 'node:fs'
import { showKib, theilSen, type Trend } from './theil-sen'

export interface Resources {
  /** Bytes. */
  rss: number
  fds: number
  threads: number
}

/** Of this process; collected first, where `--expose-gc` allows it. */
export function resources(): Resources {
  // Twice: what a finalizer lets go of is garbage only then.
  globalThis.gc?.()
  globalThis.gc?.()
  const status = readFileSync('/proc/self/status', 'utf8')
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1])
  return {
    rss: field('VmRSS') * 1024,
    // Less the one that reads the directory.
    fds: readdirSync('/proc/self/fd').length - 1,
    threads: field('Threads'),
  }
}

/** A goal for many turns, G19's: 1 KiB a turn over 4,500 turns after 500 of warm-up. */
const GOAL_BYTES_PER_TURN = 1024
const GOAL_TURNS = 4500
/** A tenth is warm-up, as in the goal; in few turns what is set up once would still count. */
const WARM_UP_SHARE = 0.1
const WARM_UP_LEAST = 5

export interface Growth {
  warmUp: number
  /** Bytes a turn. */
  rss: Trend
  limit: number
  before: Resources
  after: Resources
  violations: string[]
}

/**
 * Whether something stays behind with each turn; `samples` were taken after each.
 *
 * In fewer turns than the goal's, the process may grow as much in all as the goal allows in all: 4.4 MiB, so the limit
 * of a turn is higher. It is passed when even the lower end of what the slope may be lies above it.
 */
export function growth(samples: readonly Resources[]): Growth {
  const warmUp = Math.min(samples.length - 1, Math.max(WARM_UP_LEAST, Math.floor(samples.length * WARM_UP_SHARE)))
  const measured = samples.slice(warmUp)
  const [before, after] = [measured[0], measured.at(-1)]
  if (before === undefined || after === undefined) throw new Error('growth: there are no samples')
  const rss = theilSen(
    measured.map((_, index) => index),
    measured.map((each) => each.rss),
  )
  const limit = GOAL_BYTES_PER_TURN * Math.max(1, GOAL_TURNS / measured.length)
  const violations: string[] = []
  const kib = (bytes: number): string => (bytes / 1024).toFixed(1)
  if (rss.low > limit) {
    violations.push(`resident memory grows by ${showKib(rss)} KiB a turn; ${kib(limit)} allowed`)
  }
  for (const what of ['fds', 'threads'] as const) {
    if (after[what] > before[what]) violations.push(`${what}: ${before[what]} after warm-up, ${after[what]} at the end`)
  }
  return { warmUp, rss, limit, before, after, violations }
}
