// The mixed run in short: members and brokers of a cluster of three come and go, and the ledgers tell what became of every
// message. For as long as one likes, and one fault at a time: `npm run test:chaos`, see run.ts.
import { type KafkaCluster, startKafka } from '../helpers/kafka'
import { BROKER_CONFIG } from './brokers'
import { PROTOCOLS } from './group'
import { runMixed } from './mixed'
import { newSeed } from '../helpers/random'
import { printOutcome } from './report'

const FAULTS_MS = 20_000

let cluster: KafkaCluster

beforeAll(async () => {
  cluster = await startKafka({ brokers: 3, ownProcesses: true, configOverrides: BROKER_CONFIG })
}, 120_000)

afterAll(async () => {
  await cluster.stop()
})

test('whatever happens to members and brokers, no message is lost, none is out of order, and commits are honest', async () => {
  const seed = newSeed()
  const lines: string[] = [`seed ${seed}`]
  const outcome = await runMixed(cluster, {
    seed,
    durationMs: FAULTS_MS,
    members: 2,
    maxMembers: 3,
    everyMs: [400, 1200],
    log: (line) => lines.push(line),
  })
  const { violations, counts, acked, unknown } = outcome
  if (violations.length > 0) process.stdout.write(`${lines.join('\n')}\n`)
  printOutcome(`Chaos for ${FAULTS_MS / 1000} s, seed ${seed}`, outcome)
  expect(violations).toEqual([])
  // There was something to lose, everybody worked, and was disturbed.
  expect(unknown).toBe(0)
  expect(acked).toBeGreaterThan(1000)
  for (const protocol of PROTOCOLS) {
    expect(counts[protocol]?.processed).toBeGreaterThanOrEqual(acked)
    expect(counts[protocol]?.ownerships).toBeGreaterThan(8)
    expect(counts[protocol]?.commits).toBeGreaterThan(0)
  }
}, 400_000)
