// Whoever reads the lines of Java's VerifiableConsumer can read ours.
import { TemporaryDirectory } from '../helpers/guard'
import { kafkaBootstrap } from '../helpers/kafka/oracle'
import { type OutgoingMessage, produce } from '../helpers/produce'
import { uniqueName, useTopics } from '../helpers/topics'
import { waitFor } from '../helpers/wait'
import { consumedIn } from './check/rules'
import { InteropGroup, type Kind } from './group'
import { leaveGroup } from './leave-group'
import type { ConsumerEvent } from './verifiable/protocol'

const topics = useTopics()
let directory: TemporaryDirectory

beforeAll(() => {
  directory = new TemporaryDirectory('interop-shape')
})

afterAll(() => {
  directory.remove()
})

/** A life with every event there is: it joins, consumes, commits, fails to commit, ends. */
async function life(kind: Kind): Promise<readonly ConsumerEvent[]> {
  const topic = await topics.create({ prefix: 'shape' })
  const groupId = uniqueName('group')
  const group = new InteropGroup({
    ...{ bootstrap: kafkaBootstrap(), topic, partitions: 1, group: groupId, protocol: 'range' },
    directory: directory.path,
    // Long enough for it not to notice by a heartbeat that it is no member any more.
    ...{ sessionTimeoutMs: 30_000, heartbeatIntervalMs: 20_000 },
  })
  const member = await group.start({ kind })
  const consume = async (...messages: OutgoingMessage[]): Promise<void> => {
    const reports = await produce(topic, messages)
    const last = reports.at(-1)?.offset ?? 0
    await waitFor(() => consumedIn([member]).some(({ maxOffset }) => maxOffset >= last), {
      deadlineMs: 30_000,
      describe: () => `${kind} to consume up to offset ${last}; it said ${JSON.stringify(member.events)}`,
    })
  }
  await group.stable()
  await consume({ key: 'a key', value: 'a value' }, { key: null, value: null })
  await member.said('offsets_committed')
  await leaveGroup(groupId)
  await consume({ key: null, value: 'not committed' })
  await waitFor(() => member.events.some((event) => event.name === 'offsets_committed' && !event.success), {
    describe: () => `a commit of ${kind} that fails; it said ${JSON.stringify(member.events)}`,
  })
  await member.stop()
  return member.events
}

/** The different shapes in which each event came. Lists that were empty say nothing. */
function shapesOf(events: readonly ConsumerEvent[]): Record<string, string[]> {
  const found: Record<string, Set<string>> = {}
  for (const event of events) {
    const shape = shapeOf(event)
    if (!shape.includes('[nothing]')) (found[event.name] ??= new Set()).add(shape)
  }
  return Object.fromEntries(Object.entries(found).map(([name, shapes]) => [name, [...shapes].sort()]))
}

/** The keys in their order and the types of their values; of a list, its first element's. */
function shapeOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return `[${shapeOf(value[0])}]`
  if (typeof value !== 'object') return typeof value
  const entries = Object.entries(value).map(([key, each]) => `${key}: ${shapeOf(each)}`)
  return `{ ${entries.join(', ')} }`
}

it("every event of ours has the keys of Java's, in the same order and with the same types", async () => {
  const [java, ours, legacy] = await Promise.all([life('java'), life('dedicated'), life('legacy')])
  const shapes = shapesOf(java)
  expect(shapesOf(ours)).toEqual(shapes)
  expect(shapesOf(legacy)).toEqual(shapes)
  // All of them were seen.
  expect(Object.entries(shapes).map(([name, { length }]) => [name, length])).toEqual(
    expect.arrayContaining([
      ['startup_complete', 1],
      ['partitions_assigned', 1],
      // With a key and a value, and without either.
      ['record_data', 3],
      ['records_consumed', 1],
      // That succeeded, and that failed.
      ['offsets_committed', 2],
      ['partitions_revoked', 1],
      ['shutdown_complete', 1],
    ]),
  )
})
