// Chaos on a cluster of three brokers, for as long and as often as one likes:
//
//   npm run test:chaos                                     the mixed run, 3 minutes
//   npm run test:chaos -- --minutes 30 --seed 4711         longer, and the same faults as in another run
//   npm run test:chaos -- --rows G1,G6 --count 200         one fault at a time
//
// It ends with exit code 1 when anything was violated.
import { parseArgs } from 'node:util'
import { FaultyProxies } from '../helpers/faulty-proxy'
import { type KafkaCluster, startKafka } from '../helpers/kafka'
import { withOracle } from '../helpers/kafka/oracle'
import { list, number } from '../helpers/options'
import { BROKER_CONFIG } from './brokers'
import { type Protocol, PROTOCOLS } from './group'
import { runMixed } from './mixed'
import { newSeed, Random } from '../helpers/random'
import { printOutcome } from './report'
import { needsProxies, type RowName, ROWS, runRow } from './rows'
import type { Outcome } from './scenario'

const BROKERS = 3

interface Arguments {
  seed: number
  minutes: number
  count: number
  rows: RowName[]
  groups: Protocol[]
}

const log = (line: string): void => void process.stdout.write(`${line}\n`)

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: String(newSeed()) },
      minutes: { type: 'string', default: '3' },
      count: { type: 'string', default: '5' },
      rows: { type: 'string', default: '' },
      groups: { type: 'string', default: PROTOCOLS.join() },
    },
  })
  return {
    seed: number('seed', values.seed, 0),
    minutes: number('minutes', values.minutes, 0.1),
    count: number('count', values.count, 1),
    rows: list('rows', values.rows, Object.keys(ROWS) as RowName[]),
    groups: list('groups', values.groups, PROTOCOLS),
  }
}

async function run(
  cluster: KafkaCluster,
  proxies: FaultyProxies | undefined,
  { seed, minutes, count, rows, groups }: Arguments,
): Promise<Outcome[]> {
  if (rows.length === 0) {
    const outcome = await runMixed(cluster, { seed, durationMs: minutes * 60_000, protocols: groups, log })
    printOutcome(`Mixed, seed ${seed}`, outcome)
    return [outcome]
  }
  const outcomes: Outcome[] = []
  for (const name of rows) {
    const options = { name, count, seed, protocols: groups, ...(proxies !== undefined && { proxies }), log }
    for (const outcome of await runRow(cluster, options)) {
      printOutcome(`${name}, ${count} times, seed ${seed}`, outcome)
      outcomes.push(outcome)
    }
  }
  return outcomes
}

async function main(): Promise<void> {
  const given = readArguments()
  const { seed, minutes, count, rows, groups } = given
  const what = rows.length === 0 ? `--minutes ${minutes}` : `--rows ${rows.join()} --count ${count}`
  const again = `npm run test:chaos -- ${what} --groups ${groups.join()} --seed ${seed}`
  log(`Seed ${seed}. To repeat it: ${again}`)
  let violations = 0
  await withOracle(async () => {
    using proxies = rows.some(needsProxies) ? await FaultyProxies.start(BROKERS, new Random(seed)) : undefined
    await using cluster = await startKafka({
      brokers: BROKERS,
      ownProcesses: true,
      configOverrides: BROKER_CONFIG,
      ...(proxies !== undefined && { listeners: proxies.listeners }),
    })
    proxies?.leadTo(cluster)
    log(cluster.description)
    for (const outcome of await run(cluster, proxies, given)) violations += outcome.violations.length
  })
  log(violations === 0 ? 'Nothing was violated.' : `${violations} violations. To repeat it: ${again}`)
  process.exitCode = violations === 0 ? 0 : 1
}

void main()
