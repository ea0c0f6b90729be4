// Finding the addon, in a copy of the package that has none.
import { cpSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runNode } from '../../helpers/child'
import { repositoryRoot } from '../../helpers/deps'
import { TemporaryDirectory } from '../../helpers/guard'
import { dist, ensureDist } from './support'

const BINARY = join(repositoryRoot, 'build', 'Release', 'rdkafka_tiers.node')

let copy: TemporaryDirectory

beforeAll(async () => {
  await ensureDist()
  copy = new TemporaryDirectory('load')
  cpSync(dist, join(copy.path, 'dist'), { recursive: true })
}, 130_000)

afterAll(() => {
  copy.remove()
})

async function load(binary: string | undefined): Promise<Record<string, unknown>> {
  const { code, events, stderr } = await runNode(join(__dirname, 'fixtures', 'load.cjs'), {
    args: [copy.path],
    env: { RDKAFKA_TIERS_BINARY: binary, NODE_PATH: join(repositoryRoot, 'node_modules') },
  })
  expect([code, stderr]).toEqual([0, ''])
  return events[0] as Record<string, unknown>
}

describe('without a binary, the package', () => {
  it('says what it tried and what to do', async () => {
    const { name, code, message, isLoadError } = await load(undefined)
    expect({ name, code, isLoadError }).toEqual({ name: 'LoadError', code: 'ERR_KAFKA_LOAD', isLoadError: true })
    expect(message).toContain(`no working binary for ${process.platform}-${process.arch}`)
    expect(message).toContain(`Node ${process.version}`)
    expect(message).toContain(`\`npm run build:addon\` in ${copy.path}`)
    expect(message).toContain(`${join(copy.path, 'build', 'Release', 'rdkafka_tiers.node')}: not there`)
    expect(message).toContain(join(copy.path, 'prebuilds'))
  })

  it('says of one that cannot be loaded why not', async () => {
    const unusable = join(copy.path, 'unusable.node')
    writeFileSync(unusable, 'this is no shared library')
    const { code, message } = await load(unusable)
    expect(code).toBe('ERR_KAFKA_LOAD')
    expect(message).toContain(`${unusable}: `)
    expect(message).not.toContain(`${unusable}: not there`)
    // The system's own words.
    expect(String(message).split(unusable).at(-1)).toMatch(/\w/)
  })

  it('says of one that is not there that it is not there', async () => {
    const missing = join(copy.path, 'missing.node')
    expect((await load(missing))['message']).toContain(`${missing}: not there`)
  })

  it('takes one it is told', async () => {
    expect(existsSync(BINARY)).toBe(true)
    expect(await load(BINARY)).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string })
  })
})
