// franz-go: Kafka's protocol in Go. A way is how often user code is called: once for a poll's records, or once for each.
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../test/helpers/deps'
import { built, sourcesOf } from './build'
import type { ProgramClient } from './client'

const directory = sourcesOf('franz-go')

export const franzGo: ProgramClient = {
  name: 'franz-go',
  runtime: 'program',
  ways: ['PollFetches'],
  settings: { default: {}, best: { fetchMaxBytes: 100 << 20, fetchMaxPartitionBytes: 10 << 20 } },
  async prepare({ mayBuild }) {
    const files = ['main.go', 'go.mod', 'go.sum'].map((name) => join(directory, name))
    const path = await built('franz-go', files, mayBuild, async (scratch) => {
      for (const file of files) copyFileSync(file, join(scratch, file.slice(directory.length + 1)))
      await run('go', ['build', '-o', join(scratch, 'consume'), '.'], {
        cwd: scratch,
        install: 'no Go toolchain is installed',
      })
    })
    const version = /franz-go v(\S+)/.exec(readFileSync(join(directory, 'go.mod'), 'utf8'))?.[1] ?? 'unknown'
    return {
      version,
      command: (job) => ({ command: join(path, 'consume'), args: [JSON.stringify(job)] }),
    }
  },
}
