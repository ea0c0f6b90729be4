// Installs the Node.js rivals (rivals/package.json) outside of the repository's own node_modules.
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { run } from '../../test/helpers/deps'
import { built, sourcesOf } from './build'

const CONFLUENT = join('node_modules', '@confluentinc', 'kafka-javascript')
const REASON_FILE = 'confluent-not-built.txt'

/** The folder in which rivals are installed. */
export async function installRivals({ mayBuild }: { mayBuild: boolean }): Promise<string> {
  const files = ['package.json', 'package-lock.json']
  return built(
    'node',
    files.map((name) => join(sourcesOf('rivals'), name)),
    mayBuild,
    async (scratch) => {
      for (const name of files) copyFileSync(join(sourcesOf('rivals'), name), join(scratch, name))
      const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
      await run('npm', args, { cwd: scratch, install: 'rivals are installed with npm' })
      try {
        await buildConfluent(join(scratch, CONFLUENT))
      } catch (error) {
        writeFileSync(join(scratch, REASON_FILE), error instanceof Error ? error.message : String(error))
      }
    },
  )
}

/** Why confluent's addon is not there, or undefined. */
export function confluentReason(rivals: string): string | undefined {
  const file = join(rivals, REASON_FILE)
  if (!existsSync(file)) return undefined
  const [first] = readFileSync(file, 'utf8').trim().split('\n').slice(-1)
  return `its addon was not built, for which it needs the headers of OpenSSL, zlib, zstd and curl (Debian: libssl-dev zlib1g-dev libzstd-dev libcurl4-openssl-dev): ${first}`
}

export function installedVersion(rivals: string, name: string): string {
  const file = join(rivals, 'node_modules', ...name.split('/'), 'package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

/**
 * Its prebuilt binary comes from where not everybody may fetch, and a static build downloads its libraries: so from its
 * own sources of librdkafka, with the system's libraries.
 */
async function buildConfluent(directory: string): Promise<void> {
  const prefix = dirname(dirname(process.execPath))
  const headers = existsSync(join(prefix, 'include', 'node', 'node_api.h')) ? [`--nodedir=${prefix}`] : []
  const nodeGyp = require.resolve('node-gyp/bin/node-gyp.js')
  // One job: its makefile configures librdkafka and compiles it without saying that one comes after the other.
  const env = ['CKJS_LINKING=dynamic', 'JOBS=1']
  await run('env', [...env, process.execPath, nodeGyp, 'rebuild', '--loglevel=error', ...headers], {
    cwd: directory,
    install: 'env is missing',
    deadlineMs: 1_800_000,
  })
}
