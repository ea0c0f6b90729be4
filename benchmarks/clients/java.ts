// Kafka's own consumer, in Java: from the jars that the tests' broker runs from.
import { join } from 'node:path'
import { run } from '../../test/helpers/deps'
import { kafkaJars } from '../../test/helpers/kafka/jars'
import { built, sourcesOf } from './build'
import type { ProgramClient } from './client'

const source = join(sourcesOf('java'), 'Consume.java')

export const javaClient: ProgramClient = {
  name: 'java',
  runtime: 'program',
  ways: ['poll'],
  settings: {
    default: {},
    best: { 'max.poll.records': 5000, 'fetch.min.bytes': 1, 'max.partition.fetch.bytes': 8 << 20 },
  },
  async prepare({ mayBuild }) {
    const jars = await kafkaJars()
    const command = jars.command('Consume', { logFile: '/dev/null', logLevel: 'ERROR', jvmOptions: ['-Xmx1g'] })
    const at = command.indexOf('-cp') + 1
    const classPath = command[at] ?? ''
    const path = await built('java', [source], mayBuild, async (scratch) => {
      await run('javac', ['--release', '17', '-cp', classPath, '-d', scratch, source], {
        install: 'no JDK is installed',
      })
    })
    command[at] = `${path}:${classPath}`
    return {
      version: jars.version,
      command: (job) => ({ command: 'java', args: [...command, JSON.stringify(job)] }),
    }
  },
}
