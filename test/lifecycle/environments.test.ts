// What ends an environment, or the process, while consumers are at work. Each in a process of its own: the fault would be
// a crash.
import { TIERS } from '../helpers/consumer'
import { runFixture, startFixture } from '../helpers/fixture'

describe('worker threads', () => {
  it('may end in the middle of consuming, again and again', async () => {
    const workers = 45
    const report = await runFixture('worker-storm', { workers, modes: TIERS }, { deadlineMs: 120_000 })
    expect(report).toEqual({
      started: workers,
      counters: { clients: 0, pumps: 0, batchBytes: expect.any(Number) as number, rdkafkaThreads: 0 },
    })
  }, 130_000)
})

describe.each(TIERS)('%s', (mode) => {
  it('lets process.exit() end the process at once, with its code', async () => {
    const child = startFixture('process-end', { mode, how: 'exit' })
    await child.event(({ count }: { count: number }) => count === 1000)
    const began = performance.now()
    const { code, signal, stderr } = await child.result
    expect({ code, signal, stderr }).toEqual({ code: 7, signal: null, stderr: '' })
    expect(performance.now() - began).toBeLessThan(2000)
  })

  it('lets an uncaught exception end the process with its message', async () => {
    const { code, signal, stderr } = await startFixture('process-end', { mode, how: 'throw' }).result
    expect({ code, signal }).toEqual({ code: 1, signal: null })
    expect(stderr).toMatch(/Error: on purpose/)
  })

  it.each(['close', 'unref'])('lets the process end by itself after %s()', async (how) => {
    const { code, signal, stderr } = await startFixture('process-end', { mode, how }).result
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
  })
})
