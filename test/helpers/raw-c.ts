// The raw C programs of benchmarks/raw-c, compiled once against the stock build of librdkafka.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ChildOptions, type RunningChild, startChild } from './child'
import { buildOnce, contentHash, depsDir, MissingPrerequisite, repositoryRoot, run } from './deps'
import { reportOf } from './fixture'

const sourceDir = join(repositoryRoot, 'benchmarks', 'raw-c')
const INSTALL = 'Raw C programs to compare with are compiled: install a C compiler (Debian: gcc), or set CC.'

export interface RawCReport {
  messages: number
  bytes: number
  seconds: number
  messagesPerSecond: number
}

export interface RawCConsumerReport extends RawCReport {
  checksum: number
  maxRssKiB: number
  /** Milliseconds, in mode latency. */
  latencyMs?: Latencies
}

export interface Latencies {
  messages: number
  p50: number
  p95: number
  p99: number
  p999: number
  max: number
}

/** Command-line options of the program by name, without `--`. */
export type RawCOptions = Readonly<Record<string, string | number | boolean>>

export interface RawC {
  start(program: 'consume' | 'produce', options: RawCOptions, child?: ChildOptions): RunningChild
  consume(options: RawCOptions, child?: ChildOptions): Promise<RawCConsumerReport>
  produce(options: RawCOptions, child?: ChildOptions): Promise<RawCReport>
}

/** Compiles what is missing: a few seconds the first time, then nothing. */
export async function rawC(): Promise<RawC> {
  const stock = join(depsDir(), 'stock')
  const programs = ['consume', 'produce'] as const
  const sources = ['options.h', 'pattern.h', ...programs.map((name) => `${name}.c`)].map((name) =>
    join(sourceDir, name),
  )
  const hash = contentHash(sources, stockBuild(stock), FLAGS.join(' '))
  const directory = await buildOnce(join(depsDir(), 'raw-c', hash), async (scratch) => {
    for (const name of programs) {
      const libraries = ['rdkafka', 'ssl', 'crypto', 'z', 'zstd'].map((library) =>
        join(stock, 'lib', `lib${library}.a`),
      )
      await run(
        process.env['CC'] ?? 'cc',
        [
          ...FLAGS,
          `-I${join(stock, 'include')}`,
          join(sourceDir, `${name}.c`),
          ...libraries,
          '-lpthread',
          '-ldl',
          '-lm',
          '-o',
          join(scratch, name),
        ],
        { install: INSTALL },
      )
    }
  })
  const start: RawC['start'] = (program, options, child = {}) =>
    startChild(join(directory, program), { ...child, args: [...argumentsOf(options), ...(child.args ?? [])] })
  return {
    start,
    consume: async (options, child) =>
      reportOf(await start('consume', options, child).result, 'consume') as RawCConsumerReport,
    produce: async (options, child) => reportOf(await start('produce', options, child).result, 'produce') as RawCReport,
  }
}

const FLAGS = ['-std=gnu11', '-O2', '-Wall']

function stockBuild(stock: string): string {
  try {
    return readFileSync(join(stock, 'build.json'), 'utf8')
  } catch (cause) {
    throw new MissingPrerequisite('There is no stock librdkafka to compare with: run `npm run setup`.', { cause })
  }
}

function argumentsOf(options: RawCOptions): string[] {
  return Object.entries(options).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, String(value)],
  )
}
