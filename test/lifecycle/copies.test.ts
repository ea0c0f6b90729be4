// More than one of the package in a process: in two folders, loaded again and again, and beside node-rdkafka, which brings
// another librdkafka. Each in a process of its own: the fault would be a crash.
import { startFixture } from '../helpers/fixture'
import { TemporaryDirectory } from '../helpers/guard'
import { copyPackage } from '../fixtures/support/copy'
import { ensureDist } from '../unit/package/support'

// Beyond 10 listeners of one event Node warns of a leak.
const LOADS = 12

const directories: TemporaryDirectory[] = []

beforeAll(async () => {
  await ensureDist()
  for (const name of ['first', 'second']) {
    const directory = new TemporaryDirectory(name)
    directories.push(directory)
    copyPackage(directory.path)
  }
}, 200_000)

afterAll(() => {
  for (const directory of directories) directory.remove()
})

const paths = (): string[] => directories.map(({ path }) => path)

describe('two copies of the package in one process', () => {
  it('consume at the same time, in every tier; one closes, and the other goes on until it closes', async () => {
    const { code, events, stderr } = await startFixture('copies', { directories: paths(), how: 'close' }).result
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(events).toEqual([
      { areApart: true },
      { first: 3, second: 3 },
      { second: { clients: 0, pumps: 0 }, isFirstAtWork: true },
      { first: { clients: 0, pumps: 0 } },
    ])
  })

  it('let process.exit() end the process at once while both are at work', async () => {
    const child = startFixture('copies', { directories: paths(), how: 'exit' })
    await child.event(({ second }: { second?: number }) => second === 3)
    const began = performance.now()
    const { code, signal, stderr } = await child.result
    expect({ code, signal, stderr }).toEqual({ code: 7, signal: null, stderr: '' })
    expect(performance.now() - began).toBeLessThan(2000)
  })
})

describe('one package, loaded again and again in one process', () => {
  it.each([
    ['with the cache of modules emptied', 'cache'],
    ['into contexts with their own globals, the addon once', 'contexts'],
    ['into contexts with their own globals, the addon for each', 'fresh contexts'],
  ])('works each time, and all at once, without a warning: %s', async (_, how) => {
    const { code, events, stderr } = await startFixture('reload', { directory: paths()[0], how, times: LOADS }).result
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(events).toEqual([{ loads: LOADS, ownErrors: true, clients: 0, pumps: 0 }])
  })
})

describe('beside node-rdkafka in one process', () => {
  it.each(['rdkafka-tiers', 'node-rdkafka'])(
    'every tier and node-rdkafka consume at the same time, and each goes on without the other; first: %s',
    async (first) => {
      const { code, events, stderr } = await startFixture('beside-node-rdkafka', { first }).result
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(events).toEqual([
        { ours: [8000, 8000, 8000], theirs: 8000 },
        { clients: 0, pumps: 0 },
      ])
    },
  )
})
