// Other versions of Node, for tests of the one binary in all of them. npm carries Node itself, a package for each
// platform; each is fetched once and kept.
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { withLock } from '../../scripts/support/lock'
import { buildOnce, depsDir, run } from './deps'

const INSTALL_NPM = 'npm, which comes with Node.js, is needed to fetch other versions of Node'
const INSTALL_TAR = 'tar is needed to unpack other versions of Node: install it (Debian: tar)'
const FETCH_MS = 300_000

/** The binary of the newest Node of a major version, as of when it was first asked for. */
export async function nodeBinary(major: number): Promise<string> {
  const root = join(depsDir(), 'nodes')
  const directory = join(root, String(major))
  const binary = join(directory, process.platform === 'win32' ? 'node.exe' : 'node')
  if (existsSync(binary)) return binary
  await withLock(root, String(major), () => buildOnce(directory, (scratch) => fetchNode(major, scratch)))
  return binary
}

async function fetchNode(major: number, scratch: string): Promise<void> {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const { stdout } = await run(
    'npm',
    ['pack', `${name}@${major}`, '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', scratch],
    { install: INSTALL_NPM, deadlineMs: FETCH_MS },
  )
  const [packed] = JSON.parse(stdout) as { filename: string }[]
  if (packed === undefined) throw new Error(`npm pack ${name}@${major} named no file: ${stdout}`)
  const archive = join(scratch, packed.filename)
  // Of `package/bin/`, the binary alone: the rest (headers, npm) is not needed, and large.
  const file = `package/bin/${process.platform === 'win32' ? 'node.exe' : 'node'}`
  await run('tar', ['-xzf', archive, '-C', scratch, '--strip-components=2', file], { install: INSTALL_TAR })
  await rm(archive)
}
