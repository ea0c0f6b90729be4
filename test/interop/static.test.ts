// Members with a group.instance.id, Java's and ours: they come back to their partitions, and there is one of each.
import { TemporaryDirectory } from '../helpers/guard'
import { kafkaBootstrap } from '../helpers/kafka/oracle'
import { seed } from '../helpers/produce'
import { uniqueName, useTopics } from '../helpers/topics'
import { waitFor } from '../helpers/wait'
import { ownedBy } from './check/log'
import { check, consumedIn } from './check/rules'
import { InteropGroup, type Kind, type Member, type Protocol } from './group'

const PARTITIONS = 6
const MESSAGES = 600

const topics = useTopics()
const groups: InteropGroup[] = []
let directory: TemporaryDirectory

beforeAll(() => {
  directory = new TemporaryDirectory('interop-static')
})

afterEach(async () => {
  await Promise.all(groups.splice(0).flatMap(({ live }) => live.map((member) => member.kill())))
})

afterAll(() => {
  directory.remove()
})

async function newGroup(protocol: Protocol): Promise<InteropGroup> {
  const topic = await topics.create({ prefix: 'static', partitions: PARTITIONS })
  const group = new InteropGroup({
    ...{ bootstrap: kafkaBootstrap(), topic, partitions: PARTITIONS, group: uniqueName('group'), protocol },
    ...{ directory: directory.path, sessionTimeoutMs: 30_000 },
  })
  groups.push(group)
  return group
}

/** More messages, until the group has consumed `total`. */
async function consumeMore(group: InteropGroup, total: number): Promise<void> {
  await seed(group.options.topic, { count: MESSAGES, size: 20, partitions: PARTITIONS })
  const consumed = (): number => consumedIn(group.logs).reduce((sum, { count }) => sum + count, 0)
  await waitFor(() => consumed() >= total, {
    deadlineMs: 30_000,
    describe: () => `${total} messages to be consumed; ${consumed()} were`,
  })
}

const rebalances = ({ events }: Member): number =>
  events.filter(({ name }) => name === 'partitions_assigned' || name === 'partitions_revoked').length

describe.each(['range', 'consumer'] as const)('%s', (protocol) => {
  it('a static member that is restarted has its partitions again, and the others notice nothing', async () => {
    const group = await newGroup(protocol)
    for (const [index, kind] of (['java', 'dedicated', 'standard'] as const).entries()) {
      await group.start({ kind, instance: `instance-${index}` })
    }
    await group.stable()
    await consumeMore(group, MESSAGES)
    let total = MESSAGES
    for (const member of group.live.slice(0, 2)) {
      const partitions = ownedBy(member.log)
      const survivors = group.live.filter((each) => each !== member)
      const before = survivors.map(rebalances)
      await member.stop()
      const restarted = await group.start(member.options)
      await restarted.said('partitions_assigned')
      await group.stable()
      total += MESSAGES
      await consumeMore(group, total)
      expect(survivors.map(rebalances)).toEqual(before)
      expect(ownedBy(restarted.log)).toEqual(partitions)
    }
    await Promise.all(group.live.map((member) => member.stop()))
    expect(check(group.logs, [])).toEqual([])
  })
})

describe('two members with one group.instance.id', () => {
  const cases: readonly (readonly [older: Kind, newer: Kind])[] = [
    ['dedicated', 'java'],
    ['java', 'standard'],
    ['legacy', 'buffered'],
  ]

  it.each(cases)(
    'classic: the older one (%s) is fenced, says so and ends; the newer one (%s) goes on',
    async (...kinds) => {
      const group = await newGroup('range')
      const [older, newer] = await startTwo(group, kinds)
      await expectRefused(older, /static consumer fenced by other consumer/i)
      await group.stable()
      await consumeMore(group, MESSAGES)
      await newer.stop()
    },
  )

  it('consumer: the newer one is refused, says so and ends; the older one goes on', async () => {
    const group = await newGroup('consumer')
    const [older, newer] = await startTwo(group, ['java', 'dedicated'])
    await expectRefused(newer, /instance id .*(unreleased|in use)|ERR_UNRELEASED_INSTANCE_ID/i)
    await group.stable()
    await consumeMore(group, MESSAGES)
    await older.stop()
  })

  async function startTwo(group: InteropGroup, [first, second]: readonly [Kind, Kind]): Promise<[Member, Member]> {
    const older = await group.start({ kind: first, instance: 'the-same' })
    await group.stable()
    const newer = await group.start({ kind: second, instance: 'the-same' })
    return [older, newer]
  }

  async function expectRefused(member: Member, reason: RegExp): Promise<void> {
    const { code: exitCode, signal, stderr } = await member.result
    expect(member.events.at(-1)).toMatchObject({ name: 'shutdown_complete' })
    expect(signal).toBeNull()
    // Java's tool writes the error to its log, and ends as if nothing had been.
    if (member.options.kind === 'java') return
    // node-rdkafka keeps the reason of a fatal error to itself.
    expect(stderr).toMatch(member.options.kind === 'legacy' ? /^error: .*fatal error/im : reason)
    expect(stderr).toMatch(/^error: /m)
    expect(exitCode).toBe(1)
  }
})
