// Starts a fixture of this folder under the binary of Node that is asked for.
import type { ChildOptions, ChildResult, RunningChild } from '../helpers/child'
import { startFixture } from '../helpers/fixture'

export function startMember(
  name: string,
  parameters: object,
  { node = process.execPath, ...options }: ChildOptions & { node?: string | undefined } = {},
): RunningChild {
  return startFixture(name, parameters, { ...options, nodeFlags: ['--expose-gc'], execPath: node })
}

/** What became of a child, also where that is an error of its deadline. */
export async function outcomeOf(child: RunningChild): Promise<ChildResult | 'hung'> {
  try {
    return await child.result
  } catch (error) {
    if (error instanceof Error && /NEVER/.test(error.message)) return 'hung'
    throw error
  }
}

/** What it said last, for a violation; nothing of one that hung. */
export function lastWords(result: ChildResult | 'hung'): string {
  return result === 'hung' ? '' : `\n${result.stderr.slice(-1500)}`
}

/** How often which end was: `3 × exit code 7, 1 × hung`. */
export class Ends {
  readonly #times = new Map<string, number>()

  add(end: string): void {
    this.#times.set(end, (this.#times.get(end) ?? 0) + 1)
  }

  get count(): number {
    return [...this.#times.values()].reduce((sum, each) => sum + each, 0)
  }

  toString(): string {
    return [...this.#times].map(([end, times]) => `${times} × ${end}`).join(', ')
  }
}

/** `exit code 1`, `SIGSEGV`, `hung`. */
export function describeEnd(result: ChildResult | 'hung'): string {
  return result === 'hung' ? 'hung' : (result.signal ?? `exit code ${result.code}`)
}
