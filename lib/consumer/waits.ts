import { TimeoutError } from '../errors'

// Node's timers fire at once when told to wait longer.
const MAX_TIMER_MS = 0x7fffffff

/**
 * Rejects when `promise` takes longer; the promise itself goes on.
 *
 * @param keepsProcess False where something else keeps the process alive for as long as anybody cares.
 */
export async function within<T>(promise: Promise<T>, timeoutMs: number, what: string, keepsProcess = true): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        reject(new TimeoutError(`${what} took longer than ${timeoutMs} ms`))
      },
      Math.min(timeoutMs, MAX_TIMER_MS),
    )
    if (!keepsProcess) timer.unref()
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
    // It may have lost, and still fail.
    promise.catch(() => undefined)
  }
}

/** Rejects with the signal's reason when it aborts first; the promise itself goes on. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  // It may lose the race, or never be looked at.
  promise.catch(() => undefined)
  signal.throwIfAborted()
  let onAbort: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    onAbort = (): void => {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the caller's own reason
      reject(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort)
  }
}
