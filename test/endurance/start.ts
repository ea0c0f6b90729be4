// Starts a fixture of this folder under the binary of Node that is asked for.
import { join } from 'node:path'
import { type ChildOptions, type ChildResult, type RunningChild, startChild } from '../helpers/child'
import { repositoryRoot } from '../helpers/deps'

export function startMember(
  name: string,
  parameters: object,
  { node = process.execPath, ...options }: ChildOptions & { node?: string | undefined } = {},
): RunningChild {
  const test = join(repositoryRoot, 'test')
  const flags = ['--expose-gc', '--require', join(test, 'helpers', 'register.js')]
  return startChild(node, {
    ...options,
    args: [...flags, join(test, 'fixtures', `${name}.ts`), JSON.stringify(parameters)],
  })
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

/** `exit code 1`, `SIGSEGV`, `hung`. */
export function describeEnd(result: ChildResult | 'hung'): string {
  return result === 'hung' ? 'hung' : (result.signal ?? `exit code ${result.code}`)
}
