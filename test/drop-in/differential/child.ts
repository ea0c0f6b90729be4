// Runs scenarios against one module, one after the other, and prints the trace of each as a line of JSON. A process of
// its own: node-rdkafka can crash.
import { join } from 'node:path'
import { runNode } from '../../helpers/child'
import { REGISTER } from '../../helpers/deps'
import { fixtureParameters, tell } from '../../helpers/fixture'
import { uniqueName } from '../../helpers/topics'
import { Kit, type Mode, type Module, type Scenarios, type Topics } from './kit'

export interface ChildParameters {
  mode: Mode
  /** Of scenarios, from here. */
  file: string
  bootstrap: string
  topics: Topics
  only?: string
}

/** Rejects when the process ended otherwise than by itself. */
export async function runScenarios(parameters: ChildParameters): Promise<Map<string, ScenarioTrace>> {
  const { events, code, signal, stderr } = await runNode(__filename, {
    nodeFlags: REGISTER,
    args: [JSON.stringify(parameters)],
    deadlineMs: 120_000,
    // Reads that wait hold threads of the pool in node-rdkafka.
    env: { UV_THREADPOOL_SIZE: '16', RDKAFKA_TIERS_TIER: undefined },
  })
  const traces = new Map((events as ScenarioTrace[]).map((trace) => [trace.scenario, trace]))
  if (code !== 0) {
    const ended = `${parameters.mode} ended with ${signal ?? `exit code ${code}`} after "${[...traces.keys()].at(-1)}"`
    throw new Error(`${ended}\n${stderr}`)
  }
  return traces
}

export interface ScenarioTrace {
  scenario: string
  lines: [where: string, ...values: unknown[]][]
  ms: number
}

function load(name: string): unknown {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- which one is known here alone
  return require(name)
}

async function main(): Promise<void> {
  const { mode, file, bootstrap, topics, only } = fixtureParameters() as ChildParameters
  const module = load(mode === 'node-rdkafka' ? mode : join(__dirname, '../../../lib/node-rdkafka')) as Module
  const { scenarios } = load(join(__dirname, file)) as { scenarios: Scenarios }
  for (const [scenario, run] of Object.entries(scenarios)) {
    if (only !== undefined && !scenario.includes(only)) continue
    const began = performance.now()
    const kit = new Kit({ mode, module, bootstrap, topics, scenario, unique: uniqueName('differential') })
    const onUncaught = (error: unknown): void => {
      kit.trace('uncaught', error)
    }
    process.on('uncaughtException', onUncaught)
    try {
      await run(kit)
    } catch (error) {
      kit.trace('the scenario failed', error)
    }
    await kit.end().catch((error: unknown) => {
      kit.trace('the scenario did not end', error)
    })
    process.off('uncaughtException', onUncaught)
    const trace: ScenarioTrace = { scenario, lines: kit.lines, ms: Math.round(performance.now() - began) }
    tell(trace)
  }
  process.exit(0)
}

if (require.main === module) void main()
