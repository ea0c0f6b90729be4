import { isMainThread as isMain } from 'node:worker_threads'

import { LoadError } from '../errors'
import type { Rdkafka } from './node-rdkafka'
import { reasonOf } from '../reason'

/** Who needs node-rdkafka, and what else would do, for the messages. */
export interface Need {
  readonly why: string
  /** Empty: nothing. */
  readonly or: string
  readonly inWorker: string
}

const LEGACY_CONSUMER: Need = {
  why: "No 'performance.tier' is configured, so this consumer is legacy, which runs on the package node-rdkafka",
  or: "or set 'performance.tier', which needs no node-rdkafka",
  inWorker: "make the consumer on the main thread, or set 'performance.tier', which works in workers",
}

/** How node-rdkafka gets its binary when its install script did not run, which npm 12 and others block by default. */
const REBUILD =
  'build it with `npm rebuild node-rdkafka`; where npm blocks install scripts (npm 12 does), allow its script first ' +
  'with `npm approve-scripts node-rdkafka`'

/**
 * node-rdkafka, which is an optional peer dependency: loaded when the first legacy consumer is made, never before.
 *
 * @param load for tests
 * @throws LoadError with what to do
 */
export function loadNodeRdkafka(
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an optional package is loaded when it is needed
  load: () => unknown = () => require('node-rdkafka'),
  isMainThread: boolean = isMain,
  need: Need = LEGACY_CONSUMER,
): Rdkafka {
  if (!isMainThread) {
    // Refused before it is tried: it loads only once in a process, and where the worker is the first to load it, its
    // callbacks still run on the main thread's event loop, where they crash the process.
    throw new LoadError(`${need.why}, and that works on the main thread only, not in a worker thread: ${need.inWorker}`)
  }
  try {
    return load() as Rdkafka
  } catch (error) {
    throw explain(error, need)
  }
}

function explain(error: unknown, { why, or }: Need): LoadError {
  const message = reasonOf(error)
  if (isMissing(error, message)) {
    return new LoadError(`${why}: install that with \`npm install node-rdkafka\`${after(', ', or)}`, error)
  }
  if (message.includes('Could not locate the bindings file')) {
    return new LoadError(`${why}. It is installed but has no binary: ${REBUILD}${after('; ', or)}`, error)
  }
  return new LoadError(`${why}. It is installed but cannot be loaded (${message}): ${REBUILD}${after('; ', or)}`, error)
}

function after(separator: string, text: string): string {
  return text === '' ? '' : separator + text
}

/** Not there itself; a package that node-rdkafka needs may be missing, too, which another sentence explains. */
function isMissing(error: unknown, message: string): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return code === 'MODULE_NOT_FOUND' && /Cannot find module 'node-rdkafka'/.test(message)
}
