// Scripts of test/fixtures, each run in a process of its own, with its parameters as one JSON argument.
import { join } from 'node:path'
import { type ChildOptions, type ChildResult, type RunningChild, startNode } from './child'
import { repositoryRoot, REGISTER } from './deps'

/** Starts `test/fixtures/<name>.ts`, which reads its parameters by `fixtureParameters`. */
export function startFixture(name: string, parameters: object, options: ChildOptions = {}): RunningChild {
  return startNode(join(repositoryRoot, 'test', 'fixtures', `${name}.ts`), {
    ...options,
    nodeFlags: [...REGISTER, ...(options.nodeFlags ?? [])],
    args: [JSON.stringify(parameters)],
  })
}

/** Runs a fixture to its end; its last event is its report. Rejects when it ended otherwise than with exit code 0. */
export async function runFixture(name: string, parameters: object, options: ChildOptions = {}): Promise<unknown> {
  return reportOf(await startFixture(name, parameters, options).result, name)
}

/** The last event of a child that was to end well. */
export function reportOf(result: ChildResult, name: string): unknown {
  const report = result.events.at(-1)
  if (result.code !== 0 || report === undefined) {
    throw new Error(`${name} ended with ${result.signal ?? `exit code ${result.code}`}\n${result.stderr}`)
  }
  return report
}

/** Inside a fixture: what it was started with. */
export function fixtureParameters(): unknown {
  return JSON.parse(process.argv[2] ?? '{}')
}

/** Inside a fixture: one event, or the report at its end. */
export function tell(event: object): void {
  process.stdout.write(`${JSON.stringify(event)}\n`)
}
