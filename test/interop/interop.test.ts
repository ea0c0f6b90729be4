// Groups of Java's consumer and ours, by the rules of Kafka's own system tests.
import { TemporaryDirectory } from '../helpers/guard'
import { groupOffsets } from '../helpers/groups'
import { type KafkaCluster, startKafka } from '../helpers/kafka'
import { createTopic, uniqueName } from '../helpers/topics'
import { waitFor } from '../helpers/wait'
import { ownedBy } from './check/log'
import { check, consumedIn, missingOf } from './check/rules'
import { InteropGroup, type Member, type MemberOptions, type Protocol, startProducer } from './group'
import type { Sent } from './verifiable/protocol'

const PARTITIONS = 6
const MESSAGES_PER_SECOND = 80
/** How long a group waits for a member that was killed: a test waits for it, too. */
const SESSION_TIMEOUT_MS = 6000

let kafka: KafkaCluster
let directory: TemporaryDirectory
const groups: InteropGroup[] = []

beforeAll(async () => {
  directory = new TemporaryDirectory('interop')
  kafka = await startKafka({ configOverrides: { 'group.consumer.session.timeout.ms': SESSION_TIMEOUT_MS } })
}, 90_000)

afterAll(async () => {
  await kafka.stop()
  directory.remove()
})

async function newGroup(protocol: Protocol): Promise<InteropGroup> {
  const { bootstrap } = kafka
  const topic = await createTopic({ prefix: 'interop', partitions: PARTITIONS, bootstrap })
  const group = new InteropGroup({
    ...{ bootstrap, topic, protocol },
    ...{ partitions: PARTITIONS, group: uniqueName('group'), directory: directory.path },
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
  })
  groups.push(group)
  return group
}

/** The members' shares, as they and the coordinator have them. */
async function shares(group: InteropGroup): Promise<number[]> {
  await group.stable()
  return group.live.map(({ log }) => ownedBy(log).length).sort()
}

/** Everything sent is consumed and all members end cleanly: then the rules are asked. */
async function finish(group: InteropGroup, sent: readonly Sent[]): Promise<void> {
  await waitFor(() => missingOf(group.logs, sent).length === 0, {
    deadlineMs: 20_000,
    intervalMs: 50,
    describe: () => `all ${sent.length} messages to be consumed; ${missingOf(group.logs, sent).length} are missing`,
  })
  await Promise.all(group.live.map((member) => member.stop()))
  expect(check(group.logs, sent)).toEqual([])
  expect(await committedEnds(group)).toEqual(consumedEnds(group))
}

/** What the coordinator has committed, by partition. */
async function committedEnds(group: InteropGroup): Promise<Record<string, number>> {
  const { bootstrap, topic, group: name } = group.options
  const committed = (await groupOffsets(name, { bootstrap }))[topic] ?? {}
  return Object.fromEntries(Object.entries(committed).map(([partition, { offset }]) => [partition, offset]))
}

function consumedEnds(group: InteropGroup): Record<string, number> {
  const ends: Record<string, number> = {}
  for (const { partition, maxOffset } of consumedIn(group.logs)) {
    ends[partition] = Math.max(ends[partition] ?? 0, maxOffset + 1)
  }
  return ends
}

const CASES: readonly { protocol: Protocol; members: readonly [MemberOptions, MemberOptions, MemberOptions] }[] = [
  { protocol: 'range', members: [{ kind: 'java' }, { kind: 'standard' }, { kind: 'dedicated' }] },
  {
    protocol: 'cooperative-sticky',
    members: [{ kind: 'dedicated', autoCommits: true }, { kind: 'java' }, { kind: 'buffered' }],
  },
  { protocol: 'consumer', members: [{ kind: 'buffered', autoCommits: true }, { kind: 'java' }, { kind: 'legacy' }] },
]

type Case = (typeof CASES)[number]

/** Replaces one member after the other; between two of them the group is stable and goes on. */
async function roll(
  group: InteropGroup,
  replaced: readonly Member[],
  end: (member: Member) => Promise<void>,
): Promise<void> {
  for (const member of replaced) {
    await end(member)
    await group.start(member.options)
    expect(await shares(group)).toEqual([2, 2, 2])
    await group.progress()
  }
}

async function joinAndLeave({ protocol, members }: Case): Promise<void> {
  const group = await newGroup(protocol)
  const producer = await startProducer(group.options, MESSAGES_PER_SECOND)
  for (const [index, member] of members.entries()) {
    await group.start(member)
    expect(await shares(group)).toEqual([[6], [3, 3], [2, 2, 2]][index])
    await group.progress()
  }
  await roll(group, group.live, async (member) => {
    await member.stop()
    expect(await shares(group)).toEqual([3, 3])
  })
  await finish(group, await producer.stop())
}

async function killed({ protocol, members }: Case): Promise<void> {
  const group = await newGroup(protocol)
  const producer = await startProducer(group.options, MESSAGES_PER_SECOND)
  for (const member of members) await group.start(member)
  await group.stable()
  await group.progress()
  // One of Java's and one of ours: for each the group waits a whole session timeout.
  await roll(group, group.live.slice(0, 2), (member) => member.kill())
  await finish(group, await producer.stop())
}

describe.each([
  { what: 'members join one by one, leave and come back: nothing is lost, nothing comes twice', run: joinAndLeave },
  { what: 'members are killed and come back: nothing is lost, what comes twice was not committed', run: killed },
])('$what', ({ run }) => {
  const outcomes = new Map<Case, PromiseSettledResult<void>>()

  beforeAll(async () => {
    // At the same time: most of it is waiting.
    const settled = await Promise.allSettled(CASES.map(run))
    for (const [index, each] of CASES.entries()) outcomes.set(each, settled[index] as PromiseSettledResult<void>)
  }, 300_000)

  afterAll(async () => {
    await Promise.all(groups.splice(0).flatMap(({ live }) => live.map((member) => member.kill())))
  })

  it.each(CASES)('$protocol: $members.0.kind, $members.1.kind, $members.2.kind', (each) => {
    const outcome = outcomes.get(each)
    if (outcome?.status === 'rejected') throw outcome.reason
    expect(outcome?.status).toBe('fulfilled')
  })
})
