// Two members of a group on eight partitions, one of which joins and leaves again and again while messages arrive; each in
// a process of its own, through the drop-in. Nothing stays unprocessed, and only what was not committed is processed twice.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readLedger } from '../chaos/ledger'
import type { GroupMemberEvent, GroupMemberParameters, LedgerEntry } from '../fixtures/group-member'
import type { RunningChild } from '../helpers/child'
import { startFixture } from '../helpers/fixture'
import { groupOffsets, waitForGroup } from '../helpers/groups'
import { TemporaryDirectory } from '../helpers/guard'
import { kafkaBootstrap } from '../helpers/kafka/oracle'
import { seed } from '../helpers/produce'
import { printTable } from '../helpers/statistics'
import { createTopic, deleteTopic, uniqueName } from '../helpers/topics'
import { waitFor } from '../helpers/wait'

type Mode = GroupMemberParameters['mode']
type Entry<Kind extends LedgerEntry['kind']> = Extract<LedgerEntry, { kind: Kind }>

const PARTITIONS = 8
const TIERS: readonly Mode[] = ['standard', 'buffered', 'dedicated']
/**
 * How the second member goes, time after time: gives its partitions back and disconnects, disconnects at once, or is
 * killed, which leaves it in the group for the session's timeout of 6 seconds.
 *
 * node-rdkafka's own flowing mode does not free what it has not delivered, and so never ends a disconnect at once.
 */
const ways = (mode: Mode): readonly ('leave' | 'drop' | 'kill')[] =>
  mode === 'legacy' ? ['leave', 'leave', 'leave', 'leave', 'kill'] : ['leave', 'drop', 'leave', 'drop', 'kill']
const JOINS = 5

const directory = new TemporaryDirectory('group')
const rows: string[][] = []

afterAll(() => {
  printTable(
    'Two members, one of which comes and goes',
    ['mode', 'assignor', 'commits', 'messages', 'begun', 'committed', 'twice', 'late'],
    rows,
  )
  directory.remove()
})

/** Messages that keep arriving, as fast as one request after the other brings them, until it is stopped. */
function load(topic: string): { stop: () => Promise<number> } {
  const perRequest = 25
  const controller = new AbortController()
  const loading = (async () => {
    let sequence = 0
    while (!controller.signal.aborted) {
      await seed(topic, { count: perRequest * PARTITIONS, size: 100, partitions: PARTITIONS, firstSequence: sequence })
      sequence += perRequest
      await sleep(20)
    }
    return sequence
  })()
  loading.catch(() => undefined)
  return {
    stop: () => {
      controller.abort()
      return loading
    },
  }
}

class Group {
  readonly id = uniqueName('group')
  readonly #ledgers: string[] = []

  constructor(
    readonly mode: Mode,
    private readonly parameters: Pick<GroupMemberParameters, 'assignor' | 'commits' | 'topic' | 'sessionTimeoutMs'>,
  ) {}

  start(name: string): RunningChild {
    const ledger = join(directory.path, `${this.id}-${name}`)
    this.#ledgers.push(ledger)
    const parameters: GroupMemberParameters = {
      ...this.parameters,
      mode: this.mode,
      bootstrap: kafkaBootstrap(),
      group: this.id,
      ledger,
    }
    return startFixture('group-member', parameters, { deadlineMs: 90_000 })
  }

  /** Of all members, or of one, whose entries are in order. */
  entries(name = ''): LedgerEntry[] {
    const files = this.#ledgers.filter((file) => file.endsWith(name))
    return files.flatMap((file) => readLedger<LedgerEntry>(file))
  }

  entriesOf<Kind extends LedgerEntry['kind']>(kind: Kind): Entry<Kind>[] {
    return this.entries().filter((entry): entry is Entry<Kind> => entry.kind === kind)
  }
}

async function churn(group: Group): Promise<RunningChild> {
  const [first, second] = [group.start('first'), group.start('second')]
  const hasAll = (): boolean => {
    const last = (first.events as GroupMemberEvent[]).filter((event) => 'owned' in event).at(-1)
    return last?.owned === PARTITIONS
  }
  const ended = first.result.then(({ code, stderr }) => {
    throw new Error(`${group.mode}: the first member ended with exit code ${code}\n${stderr}`)
  })
  ended.catch(() => undefined)
  const waitForAll = async (): Promise<void> => {
    const all = waitFor(hasAll, {
      deadlineMs: 30_000,
      describe: () => `${group.mode}: the first member to have all; ${JSON.stringify(first.events)}`,
    })
    await Promise.race([all, ended])
  }
  first.send('join')
  await waitForAll()
  for (const [index, way] of ways(group.mode).entries()) {
    second.send('join')
    await second.event<{ working?: number }>(({ working }) => working === index + 1, 30_000)
    if (way === 'kill') second.kill('SIGKILL')
    else {
      second.send(way)
      await second.event<{ left?: number }>(({ left }) => left === index + 1, 30_000)
    }
    await waitForAll()
  }
  return first
}

async function offsetsOf(group: Group, topic: string): Promise<number[]> {
  return Object.values((await groupOffsets(group.id))[topic] ?? {}).map(({ offset }) => offset)
}

/** How often each offset of a partition was processed, by these entries. */
function counts(entries: readonly LedgerEntry[], perPartition: number): Uint8Array[] {
  const all = Array.from({ length: PARTITIONS }, () => new Uint8Array(perPartition))
  for (const entry of entries) {
    if (entry.kind !== 'processed') continue
    for (const [partition, first, last] of entry.ranges) {
      const seen = all[partition] as Uint8Array
      for (let offset = first; offset <= last; offset++) seen[offset] = (seen[offset] ?? 0) + 1
    }
  }
  return all
}

/** Of each partition: how many offsets satisfy it. */
function howMany(
  of: readonly Uint8Array[],
  condition: (count: number, partition: number, offset: number) => boolean,
): number[] {
  return of.map((each, partition) => each.filter((count, offset) => condition(count, partition, offset)).length)
}

/** Where a member began, and the last commit that was answered before it got the partition. */
function begins(group: Group): { partition: number; offset: number; committed: number }[] {
  const commits = group.entriesOf('committed').sort((a, b) => a.at - b.at)
  return group.entriesOf('begin').map(({ partition, offset, assignedAt }) => {
    const before = commits.filter(({ at, offsets }) => at < assignedAt && offsets.some(([of]) => of === partition))
    const committed = before.at(-1)?.offsets.find(([of]) => of === partition)?.[1] ?? 0
    return { partition, offset, committed }
  })
}

describe.each(['range', 'cooperative-sticky'] as const)('%s', (assignor) => {
  it.each([
    { commits: 'by hand', modes: ['legacy', ...TIERS] as Mode[] },
    // node-rdkafka's own flowing mode counts what it has not delivered yet.
    { commits: 'automatic', modes: [...TIERS] },
  ] as const)(
    'commits $commits: every message is processed, and twice only what was not committed',
    async ({ commits, modes }) => {
      const topic = await createTopic({ partitions: PARTITIONS, prefix: 'group' })
      const groups = modes.map((mode) => new Group(mode, { assignor, commits, topic }))
      const producing = load(topic)
      const members = await Promise.all(groups.map(churn)).finally(() => producing.stop())
      const perPartition = await producing.stop()
      const complete = Array<number>(PARTITIONS).fill(perPartition)

      for (const [index, group] of groups.entries()) {
        await waitFor(async () => (await offsetsOf(group, topic)).every((offset) => offset === perPartition), {
          deadlineMs: 20_000,
          intervalMs: 100,
          describe: `${group.mode}: all ${perPartition} of each partition to be committed`,
        })
        const member = members[index] as RunningChild
        member.send('leave')
        await member.event<{ left?: number }>(({ left }) => left === 1, 20_000)
        member.send('end')
        expect((await member.result).code).toBe(0)
        expect(await offsetsOf(group, topic)).toEqual(complete)

        const none = { mode: group.mode, messages: Array<number>(PARTITIONS).fill(0) }
        const processed = counts(group.entries(), perPartition)
        expect({ mode: group.mode, messages: howMany(processed, (count) => count === 0) }).toEqual(none)
        const begun = begins(group)
        // The first member had all, then both had some, as often as the second one joined.
        expect(begun.length).toBeGreaterThanOrEqual(PARTITIONS + 2 * JOINS)
        expect(begun.filter(({ committed }) => committed > 0).length).toBeGreaterThanOrEqual(2 * JOINS)
        expect({ mode: group.mode, again: begun.filter(({ offset, committed }) => offset < committed) }).toEqual({
          mode: group.mode,
          again: [],
        })
        const late = group.entriesOf('late')
        if (group.mode !== 'legacy') {
          expect([...late, ...group.entriesOf('jump')]).toEqual([])
          // Whoever leaves in peace leaves nothing to be done again: only what the killed member had is.
          const second = group.entries('second')
          const killedAt = second.map(({ kind }) => kind).lastIndexOf('revoked')
          const killed = counts(second.slice(killedAt), perPartition)
          const others = howMany(
            processed,
            (count, partition, offset) => count > 1 && killed[partition]?.[offset] !== 1,
          )
          expect({ mode: group.mode, messages: others }).toEqual(none)
        }
        const twice = howMany(processed, (count) => count > 1).reduce((sum, each) => sum + each)
        rows.push(
          [
            group.mode,
            assignor,
            commits,
            perPartition * PARTITIONS,
            begun.length,
            group.entriesOf('committed').length,
            twice,
            late.length,
          ].map(String),
        )
      }
      await deleteTopic(topic)
    },
    110_000,
  )

  it.each(TIERS)(
    'a member that gave its partitions back leaves at once, whatever is still being committed: %s',
    async (mode) => {
      const topic = await createTopic({ partitions: PARTITIONS, prefix: 'group' })
      await seed(topic, { count: 8000, size: 100, partitions: PARTITIONS })
      const group = new Group(mode, { assignor, commits: 'automatic', topic, sessionTimeoutMs: 45_000 })
      const member = group.start('only')
      member.send('join')
      await member.event<{ working?: number }>(({ working }) => working === 1, 20_000)
      member.send('leave')
      await member.event<{ left?: number }>(({ left }) => left === 1, 20_000)
      await waitForGroup(group.id, 0, { deadlineMs: 10_000 })
      member.send('end')
      expect((await member.result).code).toBe(0)
      await deleteTopic(topic)
    },
    60_000,
  )
})
