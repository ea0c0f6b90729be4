// Processes and threads that come and go while consumers are open: children, signals, rejections, and the end when
// there is nothing more to do. Each in a process of its own; the brokers are this one's.
import type { MockCluster } from '../../lib/testing'
import * as testing from '../../lib/testing'
import { TIERS } from '../helpers/consumer'
import { startFixture } from '../helpers/fixture'
import { patient } from '../helpers/wait'
import { filledCluster, PARTITIONS } from '../fixtures/support/filled'
import type { ChildResult, RunningChild } from '../helpers/child'

const MESSAGES = 4000
/** What "at once" may take. */
const AT_ONCE_MS = 2000
const SIGNALS = ['SIGTERM', 'SIGINT'] as const

let cluster: MockCluster

beforeAll(async () => {
  cluster = await filledCluster(MESSAGES, testing)
})

afterAll(() => cluster.close())

function start(fixture: 'process-life' | 'worker-life', mode: string, how: string): RunningChild {
  return startFixture(fixture, { mode, how, bootstrap: cluster.bootstrapServers, messages: MESSAGES })
}

const ending = ({ code, signal, stderr }: ChildResult): object => ({ code, signal, stderr })
const WELL = { code: 0, signal: null, stderr: '' }

/** It reads the topic again and again. */
async function atWork(child: RunningChild): Promise<void> {
  await child.event(({ rounds }: { rounds?: number }) => rounds === 2)
}

describe.each(TIERS)('%s', (mode) => {
  it.each(['fork', 'cluster'])(
    'consumes while children of the process do, and all end by themselves: %s',
    async (how) => {
      const result = await startFixture('children', { mode, how }).result
      expect(ending(result)).toEqual(WELL)
      expect(result.events).toEqual([
        { children: TIERS.map(() => [0, null]) },
        { read: expect.any(Number) as number, clients: 0 },
      ])
    },
  )

  it.each(SIGNALS)('lets %s end the process at once while it is at work', async (name) => {
    const child = start('process-life', mode, 'work')
    await atWork(child)
    const began = performance.now()
    child.kill(name)
    expect(ending(await child.result)).toEqual({ code: null, signal: name, stderr: '' })
    expect(performance.now() - began).toBeLessThan(patient(AT_ONCE_MS))
  })

  it.each(SIGNALS)('closes in a handler of %s, and the process ends by itself', async (name) => {
    const child = start('process-life', mode, 'close on signal')
    await atWork(child)
    child.kill(name)
    const result = await child.result
    expect(ending(result)).toEqual(WELL)
    expect(result.events.at(-1)).toEqual({ closedOn: name })
  })

  it('lets a rejection that nobody hears end the process with its message', async () => {
    const { code, signal, stderr } = await start('process-life', mode, 'reject').result
    expect({ code, signal }).toEqual({ code: 1, signal: null })
    expect(stderr).toMatch(/Error: on purpose/)
  })

  it('holds a process that has nothing more to do while it is open, and no longer after unref()', async () => {
    const hows = ['idle', 'wait', 'idle, unref', 'wait, unref']
    const results = await Promise.all(hows.map((how) => start('process-life', mode, how).result))
    expect(results.map(ending)).toEqual(hows.map(() => WELL))
    const isHeld = ({ events }: ChildResult): boolean => events.some((event) => 'held' in (event as object))
    expect(results.map(isHeld)).toEqual([true, true, false, false])
  })

  it('is collected, and its client ends, when nobody holds it, but not while it is subscribed', async () => {
    const unused = 10
    const parameters = { mode, bootstrap: cluster.bootstrapServers, messages: MESSAGES, unused }
    const result = await startFixture('unheld', parameters, { nodeFlags: ['--expose-gc'] }).result
    expect(ending(result)).toEqual(WELL)
    expect(result.events).toEqual([
      { clientsBefore: unused, clientsAfter: 0, threadsAfter: 0, read: MESSAGES, end: MESSAGES / PARTITIONS },
    ])
  })

  it('goes with a worker thread that ends by itself and never closed it', async () => {
    const hows = ['unref', 'exit', 'throw', 'hold']
    const results = await Promise.all(hows.map((how) => start('worker-life', mode, how).result))
    expect(results.map(ending)).toEqual(hows.map(() => WELL))
    const nothing = { clients: 0, pumps: 0 }
    expect(results.map(({ events }) => events)).toEqual([
      [{ code: 0, seen: [], ...nothing }],
      [{ code: 3, seen: [], ...nothing }],
      [{ code: 1, seen: [{ error: 'on purpose' }], ...nothing }],
      [{ code: 0, seen: [{ held: true }], ...nothing }],
    ])
  })
})
