// Each rule of the checker, on ledgers made up for it: what is as it should be passes, and what is not is found.
import { check, type History, type MemberHistory, type Rule, type Strictness } from './checker'
import { type MemberEntry, parseLedger, type Row } from './ledger'

/** Offsets 0 to 9 of partition 0, each with its own number as value. */
const LOG: readonly Row[] = Array.from({ length: 10 }, (_, offset): Row => [0, offset, offset])

const joined: MemberEntry = { kind: 'joined', at: 0, mode: 'standard', how: 'stream', commits: 'timer' }
const assigned = (at: number): MemberEntry => ({ kind: 'assigned', at, partitions: [0] })
const revoked = (at: number): MemberEntry => ({ kind: 'revoked', at, partitions: [0] })
const committed = (at: number, offset: number): MemberEntry => ({ kind: 'committed', at, offsets: [[0, offset]] })

/** Delivered and processed at once, from the first to the last offset. */
function read(at: number, first: number, last: number): MemberEntry[] {
  const rows = LOG.filter(([, offset]) => offset >= first && offset <= last)
  return [
    { kind: 'delivered', at, rows },
    { kind: 'processed', at },
  ]
}

function member(name: string, ...entries: (MemberEntry | MemberEntry[])[]): MemberHistory {
  return { name, entries: [joined, ...entries.flat()] }
}

function history(members: MemberHistory[], more: Partial<History> = {}): History {
  return { acked: LOG, log: LOG, groups: [{ name: 'group', members, observed: [] }], ...more }
}

function broken(of: History, strictness?: Strictness): Rule[] {
  return [...new Set(check(of, strictness).violations.map(({ rule }) => rule))]
}

const whole = [
  member('first', assigned(1), read(10, 0, 5), committed(11, 4), revoked(12)),
  member('second', assigned(20), read(30, 4, 9), committed(31, 10)),
]

test('a group in which one takes over what the other did not commit is as it should be', () => {
  const { violations, counts } = check(history(whole))
  expect(violations).toEqual([])
  expect(counts['group']).toEqual({
    delivered: 12,
    processed: 12,
    duplicates: 2,
    ownerships: 2,
    lost: 0,
    commits: 2,
    refused: 0,
    known: 0,
  })
})

test('gaps that the log itself has are no gaps', () => {
  const log = LOG.filter(([, offset]) => offset !== 3 && offset !== 4)
  const rows = [...log]
  const entries: MemberEntry[] = [assigned(1), { kind: 'delivered', at: 2, rows }, { kind: 'processed', at: 2 }]
  expect(broken(history([member('only', entries)], { log, acked: log }))).toEqual([])
})

test('a message that was acknowledged and is not in the log', () => {
  expect(broken(history(whole, { acked: [...LOG, [0, 10, 10]] }))).toEqual(['not in the log', 'unseen'])
})

test('a value that differs from what was acknowledged, or from the log, or that is damaged', () => {
  const swapped: Row[] = [...LOG.slice(0, 9), [0, 9, 8]]
  expect(broken(history(whole, { acked: swapped }))).toEqual(['value'])
  const all = [assigned(1), { kind: 'delivered', at: 2, rows: swapped } as const, { kind: 'processed', at: 2 } as const]
  expect(broken(history([member('only', all)]))).toEqual(['value'])
  const damaged: Row[] = [...LOG.slice(0, 9), [0, 9, -1]]
  expect(broken(history(whole, { acked: [], log: damaged }))).toContain('value')
})

test('a value at two offsets of the log', () => {
  const log: Row[] = [...LOG, [0, 10, 9]]
  const rest: MemberEntry[] = [
    { kind: 'delivered', at: 40, rows: [[0, 10, 9]] },
    { kind: 'processed', at: 40 },
  ]
  expect(broken(history([member('only', assigned(1), read(2, 0, 9), rest)], { log }))).toEqual(['value twice'])
})

test('a message never processed, and one with nothing after it', () => {
  const skipping = member('only', assigned(1), read(2, 0, 2), revoked(3), assigned(4), read(5, 4, 9))
  expect(broken(history([skipping]))).toEqual(['lost write', 'begin ahead'])
  expect(broken(history([member('only', assigned(1), read(2, 0, 8))]))).toEqual(['unseen'])
})

test('what was delivered and not processed counts as not processed', () => {
  const inHand: MemberEntry = { kind: 'delivered', at: 3, rows: [[0, 9, 9]] }
  expect(broken(history([member('killed', assigned(1), read(2, 0, 8), inHand)]))).toEqual(['unseen'])
})

test('in the log, though nobody acknowledged it, and never processed', () => {
  expect(broken(history([member('only', assigned(1), read(2, 0, 8))], { acked: LOG.slice(0, 9) }))).toEqual(['unseen'])
})

test('an offset that comes again, or goes back, within an ownership', () => {
  const again = member('only', assigned(1), read(2, 0, 5), read(3, 5, 9))
  expect(broken(history([again]))).toEqual(['nonmonotonic'])
})

test('an offset left out within an ownership, also when somebody else has it', () => {
  const skipping = member('first', assigned(1), read(2, 0, 2), read(3, 4, 9), revoked(4))
  const other = member('second', assigned(5), read(6, 3, 9))
  expect(broken(history([skipping, other]))).toEqual(['skip'])
})

test('an ownership that begins above what nobody has processed yet', () => {
  const early = member('first', assigned(1), read(10, 4, 9), revoked(12))
  const late = member('second', assigned(20), read(30, 0, 9))
  expect(broken(history([early, late]))).toEqual(['begin ahead'])
})

test('an ownership that begins below a commit answered before it', () => {
  const second = member('second', assigned(20), read(30, 3, 9))
  const first = whole[0] as MemberHistory
  expect(broken(history([first, second]))).toEqual(['begin behind'])
  const later = member('first', assigned(1), read(10, 0, 5), revoked(12), committed(21, 4))
  // Answered only after the other had it: it may begin before.
  expect(broken(history([later, second]))).toEqual([])
})

test('the same, when it was a broker that told what is committed', () => {
  const members = [
    member('first', assigned(1), read(10, 0, 5), revoked(12)),
    member('second', assigned(20), read(30, 3, 9)),
  ]
  expect(broken(history(members))).toEqual([])
  const observed = [{ at: 15, offsets: [[0, 4] as [number, number]] }]
  expect(broken(history(members, { groups: [{ name: 'group', members, observed }] }))).toEqual(['begin behind'])
})

test('a commit ahead of what was processed by then', () => {
  const ahead = member('only', assigned(1), read(10, 0, 5), committed(11, 7), read(12, 6, 9))
  expect(broken(history([ahead]))).toEqual(['commit ahead'])
  const observed = [{ at: 11, offsets: [[0, 7] as [number, number]] }]
  const honest = [member('only', assigned(1), read(10, 0, 5), read(12, 6, 9))]
  expect(broken(history(honest, { groups: [{ name: 'group', members: honest, observed }] }))).toEqual(['commit ahead'])
  expect(broken(history([member('only', assigned(1), read(10, 0, 9), committed(11, 12))]))).toEqual(['commit ahead'])
})

test('a message in hand is not processed when it is committed', () => {
  const inHand: MemberEntry = { kind: 'delivered', at: 10, rows: [[0, 9, 9]] }
  const done: MemberEntry = { kind: 'processed', at: 12 }
  const eager = member('only', assigned(1), read(5, 0, 8), inHand, committed(11, 10), done)
  expect(broken(history([eager]))).toEqual(['commit ahead'])
})

test('a message of a partition that was revoked, lost, or never assigned', () => {
  const late = member('first', assigned(1), read(2, 0, 5), revoked(3), read(4, 6, 9))
  expect(broken(history([late]))).toEqual(['after revoke'])
  const lost: MemberEntry = { kind: 'lost', at: 3, partitions: [0] }
  expect(broken(history([member('first', assigned(1), read(2, 0, 5), lost, read(4, 6, 9))]))).toEqual(['after revoke'])
  expect(broken(history([member('first', read(2, 0, 9))]))).toEqual(['after revoke'])
  // Another consumer in the same process: what the first one had is not its.
  expect(broken(history([member('first', assigned(1), read(2, 0, 5), joined, read(4, 6, 9))]))).toEqual([
    'after revoke',
  ])
})

test('duplicates and assignments, where a row allows none', () => {
  expect(broken(history(whole), { noDuplicates: true })).toEqual(['duplicate'])
  expect(broken(history(whole), { noRebalances: [[15, 25]] })).toEqual(['rebalance'])
  expect(broken(history(whole), { noRebalances: [[21, 25]] })).toEqual([])
})

test('what a client is known for is counted, and nothing else of it is excused', () => {
  const again = member('only', assigned(1), read(2, 0, 5), read(3, 3, 9))
  expect(broken(history([again]))).toEqual(['nonmonotonic'])
  const groups = [{ name: 'group', members: [again], observed: [], known: ['nonmonotonic' as const] }]
  const { violations, counts } = check(history([again], { groups }))
  expect(violations).toEqual([])
  expect(counts['group']?.known).toBe(3)
  const skipping = member('only', assigned(1), read(2, 0, 5), read(3, 7, 9))
  expect(
    broken(history([skipping], { groups: [{ ...groups[0], name: 'group', observed: [], members: [skipping] }] })),
  ).toContain('skip')
})

test('an iteration that ended with an error', () => {
  const failed: MemberEntry = { kind: 'failed', at: 40, why: 'broken' }
  expect(broken(history([member('only', assigned(1), read(2, 0, 9), failed)]))).toEqual(['failed'])
})

test('a last line that was cut short is left out', () => {
  expect(parseLedger('{"kind":"processed","at":1}\n{"kind":"proc')).toEqual([{ kind: 'processed', at: 1 }])
  expect(parseLedger('')).toEqual([])
})
