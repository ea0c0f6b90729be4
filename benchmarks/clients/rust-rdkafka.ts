// rust-rdkafka: librdkafka in Rust. Its StreamConsumer and BaseConsumer are the two that the tiers were named after.
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { depsDir, run } from '../../test/helpers/deps'
import { built, sourcesOf } from './build'
import type { ProgramClient } from './client'

const directory = sourcesOf('rust-rdkafka')
const NAME = 'rust-rdkafka-consumer'

export const rustRdkafka: ProgramClient = {
  name: 'rust-rdkafka',
  runtime: 'program',
  ways: ['BaseConsumer', 'StreamConsumer'],
  settings: { default: {}, best: { 'fetch.queue.backoff.ms': 10 } },
  async prepare({ mayBuild }) {
    const files = ['Cargo.toml', join('src', 'main.rs')].map((name) => join(directory, name))
    const path = await built('rust-rdkafka', files, mayBuild, async (scratch) => {
      // Kept, for librdkafka and all else compiles in minutes.
      const target = join(depsDir(), 'benchmarks', 'rust-target')
      await run('cargo', ['build', '--release', '--quiet', '--target-dir', target], {
        cwd: directory,
        install: 'no Rust toolchain is installed',
        deadlineMs: 1_800_000,
      })
      copyFileSync(join(target, 'release', NAME), join(scratch, 'consume'))
    })
    const version = /^rdkafka = .*"=([\d.]+)"/m.exec(readFileSync(join(directory, 'Cargo.toml'), 'utf8'))?.[1]
    return {
      version: version ?? 'unknown',
      command: (job) => ({ command: join(path, 'consume'), args: [JSON.stringify(job)] }),
    }
  },
}
