// Raw C (benchmarks/raw-c), the ceiling: librdkafka as its users get it, and with the allocator this package gives it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PREFETCH } from '../../lib/config/prefetch'
import { buildOnce, contentHash, depsDir, MissingPrerequisite, repositoryRoot, run } from '../../test/helpers/deps'
import type { Program, ProgramClient } from './client'
import type { Job, Settings } from '../types'

const sources = join(repositoryRoot, 'benchmarks', 'raw-c')
const FLAGS = ['-std=gnu11', '-O2', '-Wall']
const LIBRARIES = ['rdkafka', 'ssl', 'crypto', 'z', 'zstd']
const INSTALL = 'raw C is compiled: install a C compiler (Debian: gcc), or set CC'

/** Those of the tiers: 3 to 7 % faster than a backoff of 10 ms alone. */
const settings = { default: {}, best: PREFETCH } as const

export const rawC: ProgramClient = {
  name: 'raw-c',
  runtime: 'program',
  // And `batch(N)` for any other size.
  ways: ['batch', 'poll', 'wake'],
  settings,
  prepare: () => prepare('stock', LIBRARIES),
}

export const rawCMimalloc: ProgramClient = {
  name: 'raw-c-mimalloc',
  runtime: 'program',
  ways: ['batch', 'poll', 'wake'],
  settings,
  prepare: () => prepare('tiers', [...LIBRARIES, 'mimalloc']),
}

/** It takes half a second: also where nothing else may be built. */
async function prepare(variant: 'stock' | 'tiers', libraries: readonly string[]): Promise<Program> {
  const built = join(depsDir(), variant)
  const { librdkafka, allocator } = buildOf(built)
  const source = join(sources, 'consume.c')
  const inputs = ['consume.c', 'options.h', 'pattern.h'].map((name) => join(sources, name))
  const hash = contentHash([...inputs, join(built, 'build.json')], FLAGS.join(' '))
  const directory = await buildOnce(join(depsDir(), 'benchmarks', `raw-c-${variant}-${hash}`), async (scratch) => {
    const archives = libraries.map((name) => join(built, 'lib', `lib${name}.a`))
    const tail = ['-lpthread', '-ldl', '-lm', '-o', join(scratch, 'consume')]
    await run(process.env['CC'] ?? 'cc', [...FLAGS, `-I${join(built, 'include')}`, source, ...archives, ...tail], {
      install: INSTALL,
    })
  })
  return {
    version: `librdkafka ${librdkafka}, ${allocator}`,
    command: (job) => ({ command: join(directory, 'consume'), args: argumentsOf(job) }),
  }
}

function buildOf(directory: string): { librdkafka: string; allocator: string } {
  try {
    return JSON.parse(readFileSync(join(directory, 'build.json'), 'utf8')) as { librdkafka: string; allocator: string }
  } catch (cause) {
    throw new MissingPrerequisite('there is no librdkafka to link with: run `npm run setup`', { cause })
  }
}

function argumentsOf(job: Job): string[] {
  const { kind, bootstrap, topic, count, warmUp } = job
  const batch = /^batch\((\d+)\)$/.exec(job.way)
  const mode = kind === 'paced' ? 'latency' : kind === 'idle' ? 'poll' : batch ? 'batch' : job.way
  const options: Settings = {
    bootstrap,
    topic,
    count,
    mode,
    'warm-up': warmUp,
    ...(batch && { 'batch-size': Number(batch[1]) }),
    ...(kind === 'idle' && { 'idle-ms': 600_000 }),
  }
  return [
    ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ...Object.entries(job.settings).flatMap(([name, value]) => ['-X', `${name}=${value}`]),
  ]
}
