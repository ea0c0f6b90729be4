// The rules by which Kafka's system tests judge a group of VerifiableConsumers (kafkatest's verifiable_consumer.py and
// consumer_test.py), and a few that they leave to the reader of a log.
import type { Committed, Consumed, Sent } from '../verifiable/protocol'
import { keyOf, type MemberLog, merged } from './log'
import { Replay } from './replay'

export type Rule =
  /** Records come only to a member that has joined: after its assignment, and not between a revocation and the next. */
  | 'joined'
  /** Records and commits only of partitions that are assigned. */
  | 'assigned'
  /** What is revoked was assigned, and nothing is assigned twice. */
  | 'assignment'
  /** Never two members with the same partition. */
  | 'one owner'
  /** The first offset of an ownership is the committed one, or 0. After a SIGKILL the last commit may not be known. */
  | 'first offset'
  /** Within an ownership each record follows the one before it. */
  | 'next offset'
  /** A commit is never ahead of what was consumed; nor behind it when the partition is given back, unless it failed. */
  | 'commit'
  /** A clean end gives all partitions back, and nothing follows it. */
  | 'clean end'
  /** Without a SIGKILL or a failed commit nothing is consumed twice; with one, no more is counted consumed than was. */
  | 'total'
  /** Everything that the brokers took is consumed. */
  | 'missing'
  /** Each record has the value that was sent. */
  | 'value'

export interface Violation {
  rule: Rule
  what: string
}

/** Every violation of a run that is over; none where it was as it should be. */
export function check(logs: readonly MemberLog[], sent: readonly Sent[]): Violation[] {
  const { violations, repeatable } = replayed(logs)
  return [...violations, ...checkTotals(logs, repeatable), ...checkSent(logs, sent)]
}

function replayed(logs: readonly MemberLog[]): Replay {
  const replay = new Replay()
  for (const { log, event } of merged(logs)) replay.play(log, event)
  return replay
}

/**
 * Position against the sum of everything consumed, as consumer_test.py has it.
 *
 * @param repeatable By partition: how many records come twice because their commit failed.
 */
function checkTotals(logs: readonly MemberLog[], repeatable: ReadonlyMap<string, number>): Violation[] {
  const wasKilled = logs.some(({ events }) => events.some(({ name }) => name === 'killed'))
  const positions = new Map<string, number>()
  const totals = new Map<string, number>()
  for (const range of consumedIn(logs)) {
    const key = keyOf(range)
    positions.set(key, Math.max(positions.get(key) ?? 0, range.maxOffset + 1))
    totals.set(key, (totals.get(key) ?? 0) + range.count)
  }
  const violations: Violation[] = []
  for (const [key, position] of positions) {
    const total = totals.get(key) ?? 0
    if (wasKilled ? position > total : position + (repeatable.get(key) ?? 0) !== total) {
      violations.push({ rule: 'total', what: `${key}: position ${position}, ${total} consumed` })
    }
  }
  return violations
}

/** What was sent against what was consumed. */
function checkSent(logs: readonly MemberLog[], sent: readonly Sent[]): Violation[] {
  const missing = missingOf(logs, sent)
  const violations: Violation[] = missing.map((each) => ({
    rule: 'missing',
    what: `${keyOf(each)} @ ${each.offset} (${each.value})`,
  }))
  const values = new Map(sent.map((each) => [at(each), each.value]))
  for (const { name, events } of logs) {
    for (const event of events) {
      if (event.name !== 'record_data') continue
      const expected = values.get(at(event))
      // What was taken although it was never acknowledged has no value to be compared with.
      if (expected === undefined || expected === event.value) continue
      violations.push({ rule: 'value', what: `${name}: ${at(event)}: ${String(event.value)}, ${expected} was sent` })
    }
  }
  return violations
}

/** Of what was sent, that which nobody has consumed. */
export function missingOf(logs: readonly MemberLog[], sent: readonly Sent[]): Sent[] {
  const seen = new Set<string>()
  for (const { minOffset, maxOffset, ...partition } of consumedIn(logs)) {
    for (let offset = minOffset; offset <= maxOffset; offset++) seen.add(at({ ...partition, offset }))
  }
  return sent.filter((each) => !seen.has(at(each)))
}

export function consumedIn(logs: readonly Pick<MemberLog, 'events'>[]): Consumed[] {
  return logs.flatMap(({ events }) =>
    events.flatMap((each) => (each.name === 'records_consumed' ? each.partitions : [])),
  )
}

function at(place: Committed): string {
  return `${keyOf(place)}@${place.offset}`
}
