// The schedule of a mixed run: what its seed repeats, and what it never does.
import { PROTOCOLS } from './group'
import { makeSchedule, type MemberAction, type ScheduleOptions } from './schedule'

const OPTIONS: ScheduleOptions = {
  seed: 1,
  durationMs: 600_000,
  groups: PROTOCOLS,
  members: 3,
  maxMembers: 4,
  partitions: 8,
  sessionTimeoutMs: 6000,
  everyMs: [700, 2500],
}

const SEEDS = [1, 2, 3, 4, 5]

test('the same seed gives the same schedule, another one another', () => {
  expect(makeSchedule(OPTIONS)).toEqual(makeSchedule(OPTIONS))
  expect(makeSchedule({ ...OPTIONS, seed: 2 })).not.toEqual(makeSchedule(OPTIONS))
})

test.each(SEEDS)('every kind of fault happens: seed %d', (seed) => {
  const { members, brokers } = makeSchedule({ ...OPTIONS, seed })
  expect(new Set(members.map(({ action }) => action.kind))).toEqual(
    new Set<MemberAction['kind']>(['start', 'close', 'bounce', 'kill', 'freeze', 'add partitions']),
  )
  // Of brokers, among the first five already.
  expect(new Set(brokers.slice(0, 5).map(({ kind }) => kind)).size).toBe(5)
})

test.each(SEEDS)('only members that are there are acted on, and one of each group is left awake: seed %d', (seed) => {
  const { members } = makeSchedule({ ...OPTIONS, seed })
  const live = new Map(OPTIONS.groups.map((group) => [group, new Set([0, 1, 2])]))
  const frozenUntil = new Map<string, number>()
  for (const { atMs, action } of members) {
    if (action.kind === 'add partitions') continue
    const { kind, group, member } = action
    const there = live.get(group) as Set<number>
    expect(there.has(member)).toBe(kind !== 'start')
    if (kind === 'start') there.add(member)
    if (kind === 'close' || kind === 'kill') there.delete(member)
    if (kind === 'freeze') frozenUntil.set(`${group}-${member}`, atMs + action.forMs)
    const awake = [...there].filter((each) => (frozenUntil.get(`${group}-${each}`) ?? 0) <= atMs)
    expect(awake.length).toBeGreaterThan(0)
  }
})
