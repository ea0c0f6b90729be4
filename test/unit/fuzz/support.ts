// One of the fuzzers in a process of its own: what hangs or takes all memory there is told of here.
import { join } from 'node:path'
import { runNode } from '../../helpers/child'
import { repositoryRoot, REGISTER } from '../../helpers/deps'
import { newSeed } from '../../helpers/random'

/** Its report, after it has ended well. */
export async function fuzz<Report>(what: string, count: number, deadlineMs: number): Promise<Report> {
  const seed = newSeed()
  const { code, signal, events, stderr } = await runNode(join(repositoryRoot, 'test', 'fuzz', 'run.ts'), {
    nodeFlags: ['--expose-gc', ...REGISTER],
    args: ['--what', what, '--count', String(count), '--seed', String(seed)],
    deadlineMs,
  })
  const ended = { seed, code, signal, stderr: stderr.slice(-4000) }
  expect(ended).toEqual({ seed, code: 0, signal: null, stderr: '' })
  return events.at(-1) as Report
}
