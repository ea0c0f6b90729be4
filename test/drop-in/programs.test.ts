// Whole programs, as users of node-rdkafka write them. Each runs on node-rdkafka, and with nothing changed but the module
// it imports on the drop-in, in each mode, against the same topic: what it prints must be equal.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ChildResult, runNode } from '../helpers/child'
import { repositoryRoot, REGISTER } from '../helpers/deps'
import { groupOffsets } from '../helpers/groups'
import { kafkaBootstrap } from '../helpers/kafka/oracle'
import { type OutgoingMessage, produce } from '../helpers/produce'
import { createTopic, deleteTopic, uniqueName } from '../helpers/topics'

const PARTITIONS = 3
const PER_PARTITION = 300
const MAX_LINES = 50
const MODES = ['legacy', 'standard', 'buffered', 'dedicated'] as const
const directory = join(__dirname, 'programs')
const programs = readdirSync(directory)

let topic: string

/** Orders of seven customers; some are cancelled (tombstones), some carry headers. */
function orders(): OutgoingMessage[] {
  const at = Date.UTC(2025, 0, 1)
  return Array.from({ length: PARTITIONS * PER_PARTITION }, (_, i) => ({
    partition: i % PARTITIONS,
    key: `customer-${i % 7}`,
    value: i % 31 === 30 ? null : JSON.stringify({ id: i, cents: (i * 37) % 1000, note: 'x'.repeat(i % 50) }),
    timestamp: at + i,
    ...(i % 100 === 99 && {
      headers: [
        ['trace', `t${i}`],
        ['empty', ''],
        ['trace', 'again'],
      ] as const,
    }),
  }))
}

async function run(
  program: string,
  mode: (typeof MODES)[number] | 'node-rdkafka',
  group: string,
): Promise<ChildResult> {
  const isOurs = mode !== 'node-rdkafka'
  return runNode(join(directory, program), {
    deadlineMs: 45_000,
    nodeFlags: isOurs ? REGISTER : [],
    env: {
      BROKERS: kafkaBootstrap(),
      TOPIC: topic,
      GROUP: group,
      MESSAGES: String(PARTITIONS * PER_PARTITION),
      RDKAFKA_MODULE: isOurs ? join(repositoryRoot, 'lib', 'node-rdkafka.ts') : 'node-rdkafka',
      RDKAFKA_TIERS_TIER: isOurs ? mode : undefined,
    },
  })
}

beforeAll(async () => {
  // They are old, and the broker must keep them.
  topic = await createTopic({ partitions: PARTITIONS, prefix: 'orders', config: { 'retention.ms': '-1' } })
  await produce(topic, orders())
})

afterAll(async () => {
  await deleteTopic(topic)
})

it('there are five programs, which know nothing of this package', () => {
  expect(programs).toEqual(['flowing.js', 'rebalance.js', 'stream.js', 'transactions.js', 'worker.js'])
  for (const program of programs) {
    const text = readFileSync(join(directory, program), 'utf8')
    expect(text.match(/require\((?!'node:)[^)]*\)/g)).toEqual(["require(process.env.RDKAFKA_MODULE ?? 'node-rdkafka')"])
    expect(text).not.toMatch(/tier/i)
  }
})

it.each(programs)(
  '%s prints the same on node-rdkafka and on the drop-in, in each mode',
  async (program) => {
    const runs = await Promise.all(
      (['node-rdkafka', ...MODES] as const).map(async (mode) => {
        const group = uniqueName('program')
        const { code, signal, stdout, stderr } = await run(program, mode, group)
        const committed = (await groupOffsets(group))[topic] ?? {}
        const offsets = Object.values(committed).map(({ offset }) => offset)
        // What a program that went wrong prints may be long, and Jest compares long lists for minutes.
        const [said, complained] = [stdout, stderr].map((text) => text.split('\n').slice(0, MAX_LINES))
        return { mode, outcome: { code, signal, said, complained, offsets } }
      }),
    )
    const [theirs, ...ours] = runs
    expect(theirs?.outcome).toMatchObject({ code: 0, complained: [''], offsets: Array(PARTITIONS).fill(PER_PARTITION) })
    for (let partition = 0; partition < PARTITIONS; partition++) {
      expect(theirs?.outcome.said).toContain(`committed ${partition} ${PER_PARTITION}`)
    }
    expect(ours.map(({ mode }) => mode)).toEqual(MODES)
    for (const { mode, outcome } of ours) expect({ mode, ...outcome }).toEqual({ mode, ...theirs?.outcome })
  },
  60_000,
)
