// The checker is only worth something if it finds each fault: made-up logs, each with one.
import { instability, type LogEvent, type MemberLog, merged, ownedBy } from './check/log'
import { check, type Rule } from './check/rules'
import type { ConsumerBody, Consumed, Sent } from './verifiable/protocol'

const topic = 't'

type Body = ConsumerBody | { name: 'killed' }

const started: ConsumerBody = { name: 'startup_complete' }
const ended: ConsumerBody = { name: 'shutdown_complete' }
const killed = { name: 'killed' } as const

function assigned(...partitions: number[]): ConsumerBody {
  return { name: 'partitions_assigned', partitions: partitions.map((partition) => ({ topic, partition })) }
}

function revoked(...partitions: number[]): ConsumerBody {
  return { name: 'partitions_revoked', partitions: partitions.map((partition) => ({ topic, partition })) }
}

function consumed(partition: number, minOffset: number, maxOffset: number, count?: number): ConsumerBody {
  const range: Consumed = { topic, partition, count: count ?? maxOffset - minOffset + 1, minOffset, maxOffset }
  return { name: 'records_consumed', count: range.count, partitions: [range] }
}

function committed(partition: number, offset: number): ConsumerBody {
  return { name: 'offsets_committed', offsets: [{ topic, partition, offset }], success: true }
}

function refused(partition: number, offset: number): ConsumerBody {
  return { name: 'offsets_committed', offsets: [{ topic, partition, offset }], error: 'refused', success: false }
}

function record(partition: number, offset: number, value: string): ConsumerBody {
  return { name: 'record_data', key: null, value, topic, partition, offset }
}

/** The first messages of partition 0, as they were sent. */
function sent(count: number): Sent[] {
  return Array.from({ length: count }, (_, offset) => ({
    ...{ name: 'producer_send_success', key: null, value: `value ${offset}`, offset, topic, partition: 0 },
  }))
}

/** One event each millisecond, `from` a time on. */
function member(name: string, from: number, events: readonly Body[], traits: Partial<MemberLog> = {}): MemberLog {
  return {
    ...{ name, rebalances: 'eager', autoCommits: false, commitsAgain: false, ...traits },
    events: events.map((event, index): LogEvent => ({ timestamp: from + index, ...event })),
  }
}

/** The rules that are broken, each once. */
function broken(logs: readonly MemberLog[], messages: readonly Sent[] = []): Rule[] {
  return [...new Set(check(logs, messages).map(({ rule }) => rule))]
}

const begin = [started, assigned(0)]
const five = [consumed(0, 0, 4), committed(0, 5)]
const nextFive = [consumed(0, 5, 9), committed(0, 10)]
const end = [revoked(0), ended]

describe('no rule is broken by', () => {
  it('one member, from its start to its end', () => {
    const records = [record(0, 0, 'value 0'), ...five, ...nextFive]
    const log = member('a', 0, [started, assigned(0, 1), ...records, revoked(0, 1), ended])
    expect(check([log], sent(10))).toEqual([])
  })

  it('a partition that goes on at its next owner where the last one ended', () => {
    const a = member('a', 0, [...begin, ...five, ...end])
    const b = member('b', 10, [...begin, ...nextFive, ...end])
    expect(check([b, a], sent(10))).toEqual([])
  })

  it('the next owner after a SIGKILL, which begins anywhere from the last known commit on', () => {
    const a = member('a', 0, [...begin, ...five, consumed(0, 5, 7), killed])
    for (const first of [5, 6, 8]) {
      const b = member('b', 10, [...begin, consumed(0, first, 9), committed(0, 10), ...end])
      expect(check([a, b], sent(10))).toEqual([])
    }
  })

  it('records that come twice because their commit was refused, and no more of them', () => {
    const a = member('a', 0, [...begin, ...five, consumed(0, 5, 7), refused(0, 8), ...end])
    const b = member('b', 10, [...begin, ...nextFive, ...end])
    expect(check([a, b], sent(10))).toEqual([])
    const c = member('c', 10, [...begin, consumed(0, 4, 9), committed(0, 10), ...end])
    expect(broken([a, c], sent(10))).toEqual(['first offset', 'total'])
  })

  it('an incremental rebalance, which takes one partition while the other flows on', () => {
    const log = member('a', 0, [started, assigned(0, 1), revoked(1), ...five, ...end], { rebalances: 'incremental' })
    expect(check([log], sent(5))).toEqual([])
    expect(broken([{ ...log, rebalances: 'eager' }], sent(5))).toEqual(['joined'])
  })

  it('a member that commits by itself, and has committed all it consumed when partitions are revoked', () => {
    const a = member('a', 0, [...begin, consumed(0, 0, 4), ...end], { autoCommits: true })
    const b = member('b', 10, [...begin, consumed(0, 5, 9), ...end], { autoCommits: true })
    expect(check([a, b], sent(10))).toEqual([])
    expect(broken([{ ...a, autoCommits: false }, b], sent(10))).toContain('commit')
  })

  it('a partition that is revoked here and assigned there in the same millisecond', () => {
    const a = member('a', 0, [...begin, ...end])
    const b = member('b', 1, [...begin, ...end])
    expect(check([b, a], [])).toEqual([])
  })
})

describe('one fault is found', () => {
  const cases: readonly [rules: Rule[], fault: string, logs: MemberLog[], messages?: Sent[]][] = [
    [
      ['joined'],
      'records between a revocation and the next assignment',
      [member('a', 0, [started, assigned(0, 1), revoked(1), ...five, ...end])],
    ],
    [['assigned'], 'records of another partition', [member('a', 0, [...begin, consumed(1, 0, 0), ...end])]],
    [['assigned'], 'a record of another partition', [member('a', 0, [...begin, record(1, 0, 'value'), ...end])]],
    [['assigned'], 'a commit of another partition', [member('a', 0, [...begin, committed(1, 0), ...end])]],
    [['assignment'], 'a partition that is assigned twice', [member('a', 0, [...begin, assigned(0), ...end])]],
    [['assignment'], 'a revoked partition that was not assigned', [member('a', 0, [...begin, revoked(1), ...end])]],
    [
      ['one owner'],
      'a partition that is assigned while another member has it',
      [member('a', 0, [...begin, ...five, ...end]), member('b', 2, [...begin, revoked(0), ended])],
    ],
    [
      ['first offset', 'total'],
      'a first ownership that does not begin at 0: less is consumed than the position says',
      [member('a', 0, [...begin, ...nextFive, ...end])],
    ],
    [
      ['first offset'],
      'an owner that begins behind the commit',
      [
        member('a', 0, [...begin, ...five, killed]),
        member('b', 10, [...begin, consumed(0, 4, 9), committed(0, 10), ...end]),
      ],
    ],
    [
      ['first offset', 'total'],
      'an owner that begins beyond what the one that was killed can have committed',
      [
        member('a', 0, [...begin, ...five, consumed(0, 5, 7), killed]),
        member('b', 10, [...begin, consumed(0, 9, 9), committed(0, 10), ...end]),
      ],
    ],
    [
      ['next offset'],
      'a record that comes twice within an ownership, and one that does not come',
      [member('a', 0, [...begin, ...five, consumed(0, 4, 4), consumed(0, 6, 6), committed(0, 7), ...end])],
    ],
    [
      ['next offset'],
      'a count that does not fit its offsets',
      [member('a', 0, [...begin, consumed(0, 0, 4, 4), consumed(0, 5, 5, 2), committed(0, 6), ...end])],
    ],
    [
      ['commit'],
      'a commit ahead of what was consumed',
      [member('a', 0, [...begin, consumed(0, 0, 4), committed(0, 6), ...end])],
    ],
    [
      ['commit'],
      'a partition that is given back although nobody tried to commit the last of it',
      [member('a', 0, [...begin, ...five, consumed(0, 5, 5), ...end])],
    ],
    [
      ['commit'],
      'a member that should have committed again when it gave the partition back',
      [member('a', 0, [...begin, ...five, consumed(0, 5, 5), refused(0, 6), ...end], { commitsAgain: true })],
    ],
    [['clean end'], 'a partition that is not given back', [member('a', 0, [...begin, ...five, ended])]],
    [['clean end'], 'something after the end', [member('a', 0, [...begin, ...end, started])]],
    [['missing'], 'a message that nobody consumes', [member('a', 0, [...begin, ...five, ...end])], sent(6)],
    [
      ['value'],
      'a record with another value than was sent',
      [member('a', 0, [...begin, record(0, 0, 'value 1'), ...five, ...end])],
      sent(5),
    ],
  ]

  const named = cases.map(([rules, fault, logs, messages = []]) => ({ rules: rules.join(), fault, logs, messages }))

  it.each(named)('$rules: $fault', ({ rules, logs, messages }) => {
    expect(broken(logs, messages).join()).toBe(rules)
  })

  it('of every rule there is', () => {
    const rules: Record<Rule, true> = {
      ...{ joined: true, assigned: true, assignment: true, 'one owner': true, 'first offset': true },
      ...{ 'next offset': true, commit: true, 'clean end': true, total: true, missing: true, value: true },
    }
    expect(new Set(cases.flatMap(([broken]) => broken))).toEqual(new Set(Object.keys(rules)))
  })
})

describe('a stable group', () => {
  const a = member('a', 0, [started, assigned(0, 1), revoked(0), assigned(2)])
  const b = member('b', 0, [started, assigned(0)])

  it('has one owner of each partition', () => {
    expect(ownedBy(a)).toEqual(['t[1]', 't[2]'])
    expect(instability([a, b], ['t[0]', 't[1]', 't[2]'])).toEqual([])
  })

  it('has no partition without an owner or with two, and nobody who is idle', () => {
    const idle = member('c', 0, [...begin, ended])
    const second = member('d', 0, [started, assigned(2)])
    expect(instability([a, b, idle, second], ['t[0]', 't[1]', 't[2]', 't[3]'])).toEqual([
      'c owns nothing',
      't[2] is owned by a and d',
      't[3] is owned by nobody',
    ])
  })
})

it('the events of all members are put in the order of their time, and each member keeps its own', () => {
  const a = member('a', 0, [started, assigned(0), revoked(0)])
  const b = member('b', 1, [started, assigned(0), ended])
  expect(merged([b, a]).map(({ log, event }) => `${log.name} ${event.name}`)).toEqual([
    ...['a startup_complete', 'b startup_complete', 'a partitions_assigned'],
    ...['a partitions_revoked', 'b partitions_assigned', 'b shutdown_complete'],
  ])
})
