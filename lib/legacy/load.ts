import { isMainThread as isMain } from 'node:worker_threads'

import { LoadError } from '../errors'
import type { Rdkafka } from './node-rdkafka'

const WITHOUT_TIER =
  "No 'performance.tier' is configured, so this consumer is legacy, which runs on the package node-rdkafka"
const OR_TIER = "or set 'performance.tier', which needs no node-rdkafka"

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
): Rdkafka {
  if (!isMainThread) {
    // Refused before it is tried: it loads only once in a process, and where the worker is the first to load it, its
    // callbacks still run on the main thread's event loop, where they crash the process.
    throw new LoadError(
      `${WITHOUT_TIER}, and that works on the main thread only, not in a worker thread: ` +
        "make the consumer on the main thread, or set 'performance.tier', which works in workers",
    )
  }
  try {
    return load() as Rdkafka
  } catch (error) {
    throw explain(error)
  }
}

function explain(error: unknown): LoadError {
  const message = error instanceof Error ? error.message : String(error)
  if (isMissing(error, message)) {
    return new LoadError(`${WITHOUT_TIER}: install that with \`npm install node-rdkafka\`, ${OR_TIER}`, error)
  }
  if (message.includes('Could not locate the bindings file')) {
    return new LoadError(`${WITHOUT_TIER}. It is installed but has no binary: ${REBUILD}; ${OR_TIER}`, error)
  }
  return new LoadError(
    `${WITHOUT_TIER}. It is installed but cannot be loaded (${message}): ${REBUILD}; ${OR_TIER}`,
    error,
  )
}

/** Not there itself; a package that node-rdkafka needs may be missing, too, which another sentence explains. */
function isMissing(error: unknown, message: string): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return code === 'MODULE_NOT_FOUND' && /Cannot find module 'node-rdkafka'/.test(message)
}
