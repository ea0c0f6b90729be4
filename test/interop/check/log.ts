// What the members of one group said, and what is known of their ends: all that the checker looks at.
import type { ConsumerEvent, Partition } from '../verifiable/protocol'

/** One process, from its start to its end. */
export interface MemberLog {
  name: string
  /** Eager: every rebalance takes all partitions away. Incremental: it takes and gives single ones. */
  rebalances: 'eager' | 'incremental'
  /** It commits by itself, without saying so: what it had consumed when partitions were revoked. */
  autoCommits: boolean
  /**
   * What it failed to commit it commits when the partition is revoked. Java's tool does not; and Java's consumer refuses
   * to commit during a cooperative rebalance, so what it consumed then may come again.
   */
  commitsAgain: boolean
  events: readonly LogEvent[]
}

/** `killed`: by SIGKILL, so nothing follows. */
export type LogEvent = ConsumerEvent | { timestamp: number; name: 'killed' }

/** A partition as the key of a map. */
export function keyOf({ topic, partition }: Partition): string {
  return `${topic}[${partition}]`
}

/** What a member owns at the end of its log. */
export function ownedBy({ events }: Pick<MemberLog, 'events'>): string[] {
  const owned = new Set<string>()
  for (const event of events) {
    if (event.name === 'partitions_assigned') for (const each of event.partitions) owned.add(keyOf(each))
    else if (event.name === 'partitions_revoked') for (const each of event.partitions) owned.delete(keyOf(each))
    else if (event.name === 'shutdown_complete' || event.name === 'killed') owned.clear()
  }
  return [...owned].sort()
}

/** Why a group is not stable as its members tell it: a partition without an owner, or with two, or an idle member. */
export function instability(logs: readonly MemberLog[], partitions: readonly string[]): string[] {
  const owners = new Map<string, string[]>(partitions.map((partition) => [partition, []]))
  const faults: string[] = []
  for (const log of logs) {
    const owned = ownedBy(log)
    if (owned.length === 0) faults.push(`${log.name} owns nothing`)
    for (const partition of owned) owners.set(partition, [...(owners.get(partition) ?? []), log.name])
  }
  for (const [partition, names] of owners) {
    if (names.length !== 1) faults.push(`${partition} is owned by ${names.join(' and ') || 'nobody'}`)
  }
  return faults
}

/** All events in the order in which they happened; each member's own order is kept. */
export function merged(logs: readonly MemberLog[]): { log: MemberLog; event: LogEvent }[] {
  const queues = logs.map((log) => ({ log, at: 0 }))
  const result: { log: MemberLog; event: LogEvent }[] = []
  for (;;) {
    let first: { log: MemberLog; at: number } | undefined
    for (const queue of queues) {
      if (queue.at < queue.log.events.length && (first === undefined || isBefore(head(queue), head(first)))) {
        first = queue
      }
    }
    if (first === undefined) return result
    result.push({ log: first.log, event: head(first) })
    first.at++
  }
}

function head({ log, at }: { log: MemberLog; at: number }): LogEvent {
  return log.events[at] as LogEvent
}

/** In the same millisecond, what ends an ownership comes before what needs its end. */
function isBefore(a: LogEvent, b: LogEvent): boolean {
  return a.timestamp < b.timestamp || (a.timestamp === b.timestamp && rank(a) < rank(b))
}

function rank({ name }: LogEvent): number {
  return name === 'partitions_assigned' || name === 'records_consumed' ? 1 : 0
}
