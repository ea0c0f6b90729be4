// Micro-benchmarks, each in a process of its own.
import { join } from 'node:path'
import { runNode } from '../../test/helpers/child'
import { REGISTER } from '../../test/helpers/deps'
import { reportOf } from '../../test/helpers/fixture'
import type { MicroResult, Results } from '../types'

/** How long each function is measured. */
const SECONDS: Record<Results['mode'], number> = { full: 3, quick: 0.5, smoke: 0.05 }
const DEADLINE_MS = 60_000

export async function runMicro(mode: Results['mode'], say: (line: string) => void): Promise<MicroResult[]> {
  const { names } = (await runOne([])) as { names: string[] }
  const results: MicroResult[] = []
  // One is enough to see that it works.
  for (const name of mode === 'smoke' ? names.slice(0, 1) : names) {
    const result = (await runOne([name, String(SECONDS[mode])])) as MicroResult
    say(`${name}: ${result.nsPerOperation.toFixed(1)} ns`)
    results.push(result)
  }
  return results
}

async function runOne(args: readonly string[]): Promise<unknown> {
  const result = await runNode(join(__dirname, 'run.ts'), {
    nodeFlags: REGISTER,
    args,
    deadlineMs: DEADLINE_MS,
  })
  return reportOf(result, `micro-benchmark ${args[0] ?? ''}`)
}
