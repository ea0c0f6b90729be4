// What reaches the process: in one of its own.
import { join } from 'node:path'
import { runNode } from '../../helpers/child'
import { ensureDist } from '../package/support'

beforeAll(ensureDist, 130_000)

describe('a listener and a logger that throw', () => {
  it('do not stop what follows; their errors are the process’s', async () => {
    const { code, events, stderr } = await runNode(join(__dirname, 'fixtures', 'listener-errors.cjs'))
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(events.slice(0, 2)).toEqual([{ event: 'statistics' }, { event: 'end' }])
    expect(events.slice(2)).toEqual([{ uncaught: 'of the listener' }, { uncaught: 'of the logger' }])
  })
})

describe('a call whose options are refused', () => {
  it('leaves no rejection unheard', async () => {
    const { events, stderr } = await runNode(join(__dirname, 'fixtures', 'refused-options.cjs'))
    expect(stderr).toBe('')
    expect(events).toEqual([{ refused: Array.from({ length: 4 }, () => 'ArgumentError'), unheard: [] }])
  })
})

describe('a close() that runs out of time', () => {
  it('does not hold the process', async () => {
    const began = performance.now()
    const { code, events, stderr } = await runNode(join(__dirname, 'fixtures', 'late-close.cjs'))
    expect(stderr).toBe('')
    expect(events).toEqual([{ closed: true }])
    expect(code).toBe(0)
    expect(performance.now() - began).toBeLessThan(20_000)
  })
})
