// Every scenario on node-rdkafka, and on the drop-in without a tier and in each: the traces are equal, but for what
// allowed-differences.ts names.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { kafkaBootstrap } from '../../helpers/kafka/oracle'
import { useTopics } from '../../helpers/topics'
import { ALLOWED_DIFFERENCES } from './allowed-differences'
import { runScenarios, type ScenarioTrace } from './child'
import { differences, type Difference } from './differences'
import { COMPARED, type Mode, type Scenarios, type Topics } from './kit'
import { seedTopics } from './topics'

const FILES = readdirSync(join(__dirname, 'scenarios'))
  .map((name) => name.replace(/\.ts$/, ''))
  .sort()

const topics = useTopics()
let seeded: Topics

beforeAll(async () => {
  seeded = await seedTopics((options) => topics.create(options))
}, 60_000)

function run(mode: Mode, file: string): Promise<Map<string, ScenarioTrace>> {
  return runScenarios({ mode, file: `scenarios/${file}`, bootstrap: kafkaBootstrap(), topics: seeded })
}

function allowedIn(file: string, scenario: string, mode: Mode): string[] {
  return ALLOWED_DIFFERENCES.filter(
    (each) => each.file === file && each.scenario === scenario && (each.modes?.includes(mode) ?? mode !== 'legacy'),
  ).map(({ where }) => where)
}

describe.each(FILES)('%s', (file) => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- one file of scenarios after the other
  const { scenarios } = require(`./scenarios/${file}`) as { scenarios: Scenarios }
  const traces = new Map<Mode, Map<string, ScenarioTrace>>()

  beforeAll(async () => {
    const modes: Mode[] = ['node-rdkafka', ...COMPARED]
    // At the same time: they wait more than they work.
    const results = await Promise.all(modes.map((mode) => run(mode, file)))
    modes.forEach((mode, index) => traces.set(mode, results[index] as Map<string, ScenarioTrace>))
  }, 150_000)

  const linesOf = (mode: Mode, scenario: string): ScenarioTrace['lines'] => {
    const trace = traces.get(mode)?.get(scenario)
    if (trace === undefined) throw new Error(`${mode} has no trace of it`)
    return trace.lines
  }

  describe.each(Object.keys(scenarios))('%s', (scenario) => {
    it('comes to its end on node-rdkafka', () => {
      const lines = linesOf('node-rdkafka', scenario)
      expect(lines.filter(([where]) => where.startsWith('the scenario'))).toEqual([])
      expect(lines.length).toBeGreaterThan(0)
    })

    it.each(COMPARED)('is the same in %s', (mode) => {
      const found = differences(linesOf('node-rdkafka', scenario), linesOf(mode, scenario))
      const allowed = allowedIn(file, scenario, mode)
      const unexpected = found.filter(({ where }) => !allowed.includes(where))
      expect(unexpected).toEqual<Difference[]>([])
      const occurring = found.map(({ where }) => where)
      expect(allowed.filter((where) => !occurring.includes(where))).toEqual([])
    })
  })
})

it('the allowed differences are of scenarios that there are, and each has a reason', () => {
  for (const { file, scenario, reason } of ALLOWED_DIFFERENCES) {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
    const { scenarios } = require(`./scenarios/${file}`) as { scenarios: Scenarios }
    expect(Object.keys(scenarios)).toContain(scenario)
    expect(reason).toMatch(/\w+ \w+/)
  }
})
