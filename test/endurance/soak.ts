// A soak of members of every tier:
//
//   npm run test:soak                                   10 minutes on three brokers
//   npm run test:soak -- --minutes 1440 --seed 4711     a day, and the same disturbances again
//   npm run test:soak -- --brokers 1 --minutes 5
//
// It ends with exit code 1 when anything was violated; soak-verdict.ts says what that is.
import { parseArgs } from 'node:util'
import { startKafka } from '../helpers/kafka'
import { withOracle } from '../helpers/kafka/oracle'
import { number, oneOf } from '../helpers/options'
import { newSeed } from '../helpers/random'
import { printSoak } from './soak-report'
import { runSoak } from './soak-run'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(newSeed()) },
    brokers: { type: 'string', default: '3' },
    rate: { type: 'string', default: '2000' },
    node: { type: 'string' },
    'leak-bytes': { type: 'string', default: '0' },
  },
})
const minutes = number('minutes', values.minutes, 0.1)
const seed = number('seed', values.seed, 0)
const brokers = oneOf('brokers', values.brokers, ['1', '3']) === '1' ? 1 : 3
const rate = number('rate', values.rate, 1)
const leakBytes = number('leak-bytes', values['leak-bytes'], 0)
const { node } = values

const SAMPLE_MS = 10_000
const EVERY_MS = [60_000, 120_000] as const
/** In a run of a few minutes something is to happen, too. */
const LEAST_DISTURBANCES = 4
const LOOP_P99_MS = 20

const log = (line: string): void => void process.stdout.write(`${line}\n`)

async function main(): Promise<void> {
  const durationMs = minutes * 60_000
  const again = `npm run test:soak -- --minutes ${minutes} --brokers ${brokers} --rate ${rate} --seed ${seed}`
  log(`Seed ${seed}. To repeat it: ${again}`)
  const violations = await withOracle(async () => {
    await using cluster = await startKafka({ brokers, ownProcesses: true })
    log(cluster.description)
    const { bootstrap } = cluster
    const share = Math.min(1, durationMs / LEAST_DISTURBANCES / EVERY_MS[1])
    const outcome = await runSoak({
      bootstrap,
      cluster,
      durationMs,
      seed,
      rate,
      sampleMs: Math.min(SAMPLE_MS, durationMs / 40),
      everyMs: [Math.round(EVERY_MS[0] * share), Math.round(EVERY_MS[1] * share)],
      limits: { loopP99Ms: LOOP_P99_MS },
      ...(node !== undefined && { node }),
      ...(leakBytes > 0 && { leakBytes }),
      log,
    })
    printSoak(`Soak of ${minutes} minutes, ${rate} messages a second, seed ${seed}`, outcome)
    return outcome.violations.length
  })
  log(violations === 0 ? 'Nothing was violated.' : `${violations} violations. To repeat it: ${again}`)
  process.exitCode = violations === 0 ? 0 : 1
}

void main()
