// Waiting on a condition with a deadline; tests never sleep for a fixed time and hope.

/** Deadlines are this many times as long: on a busy machine, or under a sanitizer. */
const PATIENCE = Number(process.env['RDKAFKA_TIERS_PATIENCE'] ?? 1)

/** How long to wait here for what may take that long on a machine that is not busy. */
export function patient(deadlineMs: number): number {
  return deadlineMs * PATIENCE
}

export interface WaitOptions {
  /** When to give up, on a machine that is not busy. Default 10 000 ms. */
  deadlineMs?: number
  /** Pause between two looks. Default 10 ms. */
  intervalMs?: number
  /** What is waited for, and the state it is in: called once, for the message of the failure. */
  describe: string | (() => string)
}

/**
 * Resolves with the first truthy value `condition` gives.
 *
 * A condition that throws counts as not met; what it threw is part of the failure, so an assertion may serve as one:
 * `await waitFor(() => { expect(seen).toHaveLength(3); return true }, …)`.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions,
): Promise<Exclude<T, false | 0 | '' | null | undefined>> {
  const deadlineMs = patient(options.deadlineMs ?? 10_000)
  const end = performance.now() + deadlineMs
  let last: unknown
  for (;;) {
    try {
      const value = await within(Promise.resolve(condition()), Math.max(1, end - performance.now()), 'still pending')
      if (value) return value as Exclude<T, false | 0 | '' | null | undefined>
      last = undefined
    } catch (error) {
      last = error
    }
    if (performance.now() >= end) break
    await pause(options.intervalMs ?? 10)
  }
  const what = typeof options.describe === 'function' ? options.describe() : options.describe
  const why = last === undefined ? '' : `; last: ${last instanceof Error ? last.message : 'something that is no error'}`
  throw new Error(`waited ${deadlineMs} ms in vain: ${what}${why}`, { cause: last })
}

/** The promise's own outcome, or a rejection naming what took too long. The promise itself goes on. */
export function withDeadline<T>(promise: Promise<T>, deadlineMs: number, what: string | (() => string)): Promise<T> {
  return within(promise, patient(deadlineMs), what)
}

async function within<T>(promise: Promise<T>, ms: number, what: string | (() => string)): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${typeof what === 'function' ? what() : what} (after ${Math.round(ms)} ms)`))
    }, ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
