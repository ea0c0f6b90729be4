// In short; for long: npm run test:fuzz.
import { join } from 'node:path'
import { runNode } from '../../helpers/child'
import { repositoryRoot, REGISTER } from '../../helpers/deps'
import { newSeed } from '../../helpers/random'

const CALLS = 20_000

it(`${CALLS} calls of the addon that nobody means bring JavaScript errors, and nothing else`, async () => {
  const seed = newSeed()
  const { code, signal, events, stderr } = await runNode(join(repositoryRoot, 'test', 'fuzz', 'binding.ts'), {
    nodeFlags: ['--expose-gc', ...REGISTER],
    args: ['--calls', String(CALLS), '--seed', String(seed)],
    deadlineMs: 100_000,
  })
  const ended = { seed, code, signal, stderr: stderr.slice(-4000) }
  expect(ended).toEqual({ seed, code: 0, signal: null, stderr: '' })
  const report = events.at(-1) as {
    calls: number
    thrown: number
    returned: number
    callbacks: number
    functions: number
  }
  expect(report.calls).toBeGreaterThanOrEqual(CALLS)
  // Neither was everything refused, nor was nothing.
  expect(report.thrown).toBeGreaterThan(CALLS / 20)
  expect(report.returned).toBeGreaterThan(CALLS / 20)
  expect(report.callbacks).toBeGreaterThan(0)
  expect(report.functions).toBeGreaterThan(50)
}, 120_000)
