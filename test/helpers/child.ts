// Runs a fixture (a script in its own process, or in a worker thread) to its end, with a deadline, and reports what it
// said and how it ended. For everything that must not happen inside the test runner: crashes, exits, leaks.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { Worker } from 'node:worker_threads'
import { lastLines } from './deps'
import { guardProcess } from './guard'
import { patient, waitFor } from './wait'

export interface ChildOptions {
  args?: readonly string[]
  /** Added to this process's environment; `undefined` removes a variable. */
  env?: Readonly<Record<string, string | undefined>>
  /** Flags of node itself, such as `--expose-gc`. */
  nodeFlags?: readonly string[]
  /** Another Node's binary, for scripts. Default: this process's own. */
  execPath?: string
  /** The whole run, from start to exit. Default 30 000 ms. */
  deadlineMs?: number
  cwd?: string
}

/** How a fixture ended. */
export interface ChildResult {
  /** Exit code, or null when a signal ended it. */
  code: number | null
  signal: NodeJS.Signals | null
  /** Every line of its standard output that is JSON, in order (from a worker: every message it posted). */
  events: unknown[]
  stdout: string
  stderr: string
  durationMs: number
}

/** A fixture on its way. */
export interface RunningChild {
  readonly pid: number
  readonly events: readonly unknown[]
  /** Settles when it ended; rejects when it missed its deadline (it is killed then) or could not be started. */
  readonly result: Promise<ChildResult>
  /** Resolves with the first event, past or future, that satisfies the predicate. */
  event<T = unknown>(predicate: (event: T) => boolean, deadlineMs?: number): Promise<T>
  /** Writes one line to its standard input. */
  send(line: string): void
  kill(signal?: NodeJS.Signals): void
}

/** Starts `command` with arguments. Prefer `startNode` and `runNode` for scripts. */
export function startChild(command: string, options: ChildOptions = {}): RunningChild {
  const deadlineMs = options.deadlineMs ?? 30_000
  const started = performance.now()
  const isNode = command === (options.execPath ?? process.execPath)
  const child = spawn(command, options.args ?? [], {
    cwd: options.cwd,
    // A sanitizer's library is for processes of Node that load the addon.
    env: { ...process.env, ...(!isNode && { LD_PRELOAD: undefined }), ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  guardProcess(child)
  // Writing to a child that has just ended is no failure of the test: its end is reported anyway.
  child.stdin.on('error', () => undefined)

  const events: unknown[] = []
  const stdout: string[] = []
  const stderr: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    stdout.push(line)
    const event = parseEvent(line)
    if (event !== undefined) events.push(event)
  })
  createInterface({ input: child.stderr }).on('line', (line) => stderr.push(line))

  const state = (): string => {
    const said = stdout.at(-1)
    const began =
      said === undefined && stderr.length === 0
        ? `${command} NEVER STARTED: it wrote nothing`
        : `${command} started and NEVER EXITED; last line: ${said ?? '(none)'}`
    return stderr.length === 0 ? began : `${began}\n${lastLines(stderr.join('\n'), 20)}`
  }

  let ended = false
  const result = new Promise<ChildResult>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`${state()} (after ${patient(deadlineMs)} ms)`))
    }, patient(deadlineMs))
    child.once('error', (error) => {
      clearTimeout(timer)
      reject(new Error(`${command} could not be started: ${error.message}`, { cause: error }))
    })
    // 'close' and not 'exit': the last lines of output arrive after the exit.
    child.once('close', (code, signal) => {
      ended = true
      clearTimeout(timer)
      resolve({
        code,
        signal,
        events,
        stdout: stdout.join('\n'),
        stderr: stderr.join('\n'),
        durationMs: performance.now() - started,
      })
    })
  })
  // Whoever only waits for an event must not meet an unhandled rejection later.
  result.catch(() => undefined)

  return {
    pid: child.pid ?? -1,
    events,
    result,
    event: (predicate, eventDeadlineMs = deadlineMs) =>
      firstEvent(events, predicate, () => ended, state, eventDeadlineMs),
    send: (line) => void child.stdin.write(`${line}\n`),
    kill: (signal = 'SIGKILL') => void child.kill(signal),
  }
}

/** Starts a node script. */
export function startNode(script: string, options: ChildOptions = {}): RunningChild {
  return startChild(options.execPath ?? process.execPath, {
    ...options,
    args: [...(options.nodeFlags ?? []), script, ...(options.args ?? [])],
  })
}

/** Runs a node script to its end. */
export function runNode(script: string, options: ChildOptions = {}): Promise<ChildResult> {
  return startNode(script, options).result
}

/** Runs a script in a worker thread to its end: `events` are the messages it posted. */
export function runWorker(
  script: string,
  options: { workerData?: unknown; deadlineMs?: number; onEvent?: (event: unknown, worker: Worker) => void } = {},
): Promise<ChildResult & { error: unknown }> {
  const deadlineMs = patient(options.deadlineMs ?? 30_000)
  const started = performance.now()
  const worker = new Worker(script, { workerData: options.workerData, stdout: true, stderr: true })
  const events: unknown[] = []
  const stdout: string[] = []
  const stderr: string[] = []
  let online = false
  let error: unknown
  worker.stdout.on('data', (text) => stdout.push(String(text)))
  worker.stderr.on('data', (text) => stderr.push(String(text)))
  worker.on('online', () => (online = true))
  worker.on('error', (thrown) => (error = thrown))
  worker.on('message', (event: unknown) => {
    events.push(event)
    options.onEvent?.(event, worker)
  })
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const state = online ? `started and NEVER EXITED; events: ${JSON.stringify(events)}` : 'NEVER STARTED'
      void worker.terminate()
      reject(new Error(`worker ${script} ${state} (after ${deadlineMs} ms)\n${lastLines(stderr.join(''), 20)}`))
    }, deadlineMs)
    // 'exit' and not 'message': a worker that did its work and then never ends is a failure too.
    worker.once('exit', (code) => {
      clearTimeout(timer)
      const durationMs = performance.now() - started
      resolve({ code, signal: null, events, stdout: stdout.join(''), stderr: stderr.join(''), durationMs, error })
    })
  })
}

function firstEvent<T>(
  events: readonly unknown[],
  predicate: (event: T) => boolean,
  ended: () => boolean,
  state: () => string,
  deadlineMs: number,
): Promise<T> {
  let looked = 0
  let gone: Error | undefined
  return waitFor(
    () => {
      // Read before looking: an event may come with the very end.
      const over = ended()
      for (; looked < events.length; looked++) {
        if (predicate(events[looked] as T)) return { found: events[looked] as T }
      }
      if (over) gone = new Error(`exited without the event waited for; events: ${JSON.stringify(events)}`)
      return gone && { found: undefined }
    },
    { deadlineMs, describe: () => `an event; ${state()}` },
  ).then((hit) => {
    if (gone) throw gone
    return hit.found as T
  })
}

function parseEvent(line: string): unknown {
  if (!line.startsWith('{') && !line.startsWith('[')) return undefined
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
