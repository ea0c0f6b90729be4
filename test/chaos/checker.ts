// Judges the ledgers of a run: pure functions over what was acknowledged, what the log holds, and what each group did.
import { CommitCheck, GroupLog } from './group-log'
import type { MemberEntry, Observation, Row } from './ledger'

/** What may not happen, and what each rule says. */
export const RULES = {
  'not in the log': 'acknowledged, and the log has no such offset: the cluster lost it',
  value: 'an offset has another value, or a damaged one, somewhere',
  'value twice': 'the log has one value at two offsets',
  'lost write': 'never processed, while later ones of its partition were',
  unseen: 'never processed, nor anything after it',
  nonmonotonic: 'delivered at or below what was delivered before it, within one ownership',
  skip: 'left out between two deliveries of one ownership',
  'begin ahead': 'an ownership began above a message that nobody had processed',
  'begin behind': 'an ownership began below a commit that had been answered before it',
  'commit ahead': 'committed, and not everything before it was processed by then',
  'after revoke': 'delivered of a partition that was not assigned (any more)',
  duplicate: 'processed twice, where the row allows none',
  rebalance: 'assigned anew, where the row allows no rebalance',
  failed: 'an iteration ended with an error',
  process: 'a member crashed, hung, or did not close in time',
  slow: 'took longer than the row allows',
} as const

export type Rule = keyof typeof RULES

export interface Violation {
  rule: Rule
  /** Of which group; empty: of the cluster. */
  group: string
  what: string
}

export interface MemberHistory {
  name: string
  entries: readonly MemberEntry[]
}

export interface GroupHistory {
  name: string
  members: readonly MemberHistory[]
  observed: readonly Observation[]
  /** Rules that its client is known to break: counted, not held against it. */
  known?: readonly Rule[]
}

export interface History {
  acked: readonly Row[]
  /** The topic at the end, by Kafka's own consumer. */
  log: readonly Row[]
  groups: readonly GroupHistory[]
}

export interface Strictness {
  /** Every message at most once: nobody was killed or lost its partitions. */
  noDuplicates?: boolean
  /** No assignment within these times: `[from, to]`. */
  noRebalances?: readonly (readonly [number, number])[]
}

export interface GroupCounts {
  delivered: number
  processed: number
  /** Processed again. */
  duplicates: number
  /** How often a partition was assigned. */
  ownerships: number
  lost: number
  commits: number
  refused: number
  /** Violations of the rules that are `known` to be broken. */
  known: number
}

export interface Verdict {
  violations: Violation[]
  counts: Record<string, GroupCounts>
}

/** Every violation of every rule, and how much there was to judge. */
export function check(history: History, strictness: Strictness = {}): Verdict {
  const log = new LogIndex(history.log)
  const violations = [...checkLog(history.acked, log)]
  const counts: Record<string, GroupCounts> = {}
  for (const group of history.groups) {
    let known = 0
    const report = (rule: Rule, what: string): void => {
      if (group.known?.includes(rule) === true) known++
      else violations.push({ rule, group: group.name, what })
    }
    const found = checkGroup(group, log, history.acked, strictness, report)
    counts[group.name] = { ...found, known }
  }
  return { violations, counts }
}

/** The log by partition, offsets rising. */
export class LogIndex {
  readonly rows: readonly Row[]
  readonly #byPartition = new Map<number, Map<number, number>>()
  readonly #offsets = new Map<number, number[]>()

  constructor(rows: readonly Row[]) {
    this.rows = [...rows].sort((a, b) => a[0] - b[0] || a[1] - b[1])
    for (const [partition, offset, sequence] of this.rows) {
      const values = this.#byPartition.get(partition)
      if (values === undefined) {
        this.#byPartition.set(partition, new Map([[offset, sequence]]))
        this.#offsets.set(partition, [offset])
      } else {
        values.set(offset, sequence)
        this.#offsets.get(partition)?.push(offset)
      }
    }
  }

  get partitions(): IterableIterator<number> {
    return this.#offsets.keys()
  }

  /** All offsets there are, rising. */
  offsets(partition: number): readonly number[] {
    return this.#offsets.get(partition) ?? []
  }

  sequence(partition: number, offset: number): number | undefined {
    return this.#byPartition.get(partition)?.get(offset)
  }

  /** How many offsets of the partition lie below this one. */
  below(partition: number, offset: number): number {
    const offsets = this.offsets(partition)
    let [low, high] = [0, offsets.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((offsets[middle] as number) < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

function* checkLog(acked: readonly Row[], log: LogIndex): Generator<Violation> {
  const violation = (rule: Rule, what: string): Violation => ({ rule, group: '', what })
  for (const [partition, offset, sequence] of acked) {
    const inLog = log.sequence(partition, offset)
    if (inLog === undefined) yield violation('not in the log', `[${partition}] @ ${offset}, sequence ${sequence}`)
    else if (inLog !== sequence) {
      yield violation('value', `[${partition}] @ ${offset}: acknowledged ${sequence}, in the log ${inLog}`)
    }
  }
  const seen = new Map<string, number>()
  for (const [partition, offset, sequence] of log.rows) {
    if (sequence < 0) yield violation('value', `[${partition}] @ ${offset}: damaged in the log`)
    const key = `${partition}/${sequence}`
    const before = seen.get(key)
    if (before !== undefined) {
      yield violation('value twice', `[${partition}] sequence ${sequence} @ ${before} and @ ${offset}`)
    }
    seen.set(key, offset)
  }
}

function checkGroup(
  group: GroupHistory,
  log: LogIndex,
  acked: readonly Row[],
  strictness: Strictness,
  report: (rule: Rule, what: string) => void,
): Omit<GroupCounts, 'known'> {
  const done = new GroupLog(group.members, log)
  const commits = new CommitCheck(group)
  for (const { at, partition, offset, by } of commits.all) {
    const missing = done.missingBelow(partition, offset, at)
    if (missing !== undefined) {
      report('commit ahead', `[${partition}] @ ${offset} was committed (${by}), @ ${missing} not processed by then`)
    }
  }
  checkComplete(done, log, acked, report)
  const counts = { ...done.counts, ownerships: 0, lost: 0, commits: commits.answered, refused: 0 }
  for (const member of group.members) {
    const result = checkMember(member, log, done, commits, strictness, report)
    counts.ownerships += result.ownerships
    counts.lost += result.lost
    counts.refused += result.refused
  }
  if (strictness.noDuplicates === true) {
    for (const [partition, offset, times] of done.repeated()) {
      report('duplicate', `[${partition}] @ ${offset}: processed ${times} times`)
    }
  }
  return counts
}

/** Everything that was acknowledged, and all that is in the log without having been: a consumer must see that too. */
function checkComplete(
  done: GroupLog,
  log: LogIndex,
  acked: readonly Row[],
  report: (rule: Rule, what: string) => void,
): void {
  const wanted = [...log.rows, ...acked.filter(([partition, offset]) => log.sequence(partition, offset) === undefined)]
  for (const [partition, offset] of wanted) {
    if (done.has(partition, offset)) continue
    report(offset < done.highest(partition) ? 'lost write' : 'unseen', `[${partition}] @ ${offset}`)
  }
}

/** One ownership of one partition: from assigned to revoked or lost. */
interface Ownership {
  assignedAt: number
  /** -1 before its first message. */
  last: number
}

function checkMember(
  { name, entries }: MemberHistory,
  log: LogIndex,
  done: GroupLog,
  commits: CommitCheck,
  strictness: Strictness,
  report: (rule: Rule, what: string) => void,
): { ownerships: number; lost: number; refused: number } {
  const owned = new Map<number, Ownership>()
  const counts = { ownerships: 0, lost: 0, refused: 0 }

  const delivered = (at: number, [partition, offset, sequence]: Row): void => {
    const place = `${name}: [${partition}] @ ${offset}`
    if (sequence < 0) report('value', `${place}: damaged`)
    else if (sequence !== log.sequence(partition, offset)) {
      report('value', `${place}: got ${sequence}, in the log ${log.sequence(partition, offset) ?? 'nothing'}`)
    }
    const ownership = owned.get(partition)
    if (ownership === undefined) {
      report('after revoke', place)
      return
    }
    if (ownership.last < 0) {
      const missing = done.missingBelow(partition, offset, at)
      if (missing !== undefined) report('begin ahead', `${place}: @ ${missing} was not processed by then`)
      const committed = commits.before(partition, ownership.assignedAt)
      if (offset < committed) report('begin behind', `${place}: ${committed} was committed before it was assigned`)
    } else if (offset <= ownership.last) {
      report('nonmonotonic', `${place}, after @ ${ownership.last}`)
    } else {
      const between = log.below(partition, offset) - log.below(partition, ownership.last + 1)
      if (between > 0) report('skip', `${place}, after @ ${ownership.last}: ${between} of the log left out`)
    }
    ownership.last = Math.max(offset, ownership.last)
  }

  for (const entry of entries) {
    switch (entry.kind) {
      case 'joined':
        // A consumer of its own: what an earlier one had is gone.
        owned.clear()
        break
      case 'assigned':
        counts.ownerships += entry.partitions.length
        for (const partition of entry.partitions) owned.set(partition, { assignedAt: entry.at, last: -1 })
        for (const [from, to] of strictness.noRebalances ?? []) {
          if (entry.at > from && entry.at < to) report('rebalance', `${name}: ${entry.partitions.join(' ')}`)
        }
        break
      case 'revoked':
      case 'lost':
        if (entry.kind === 'lost') counts.lost += entry.partitions.length
        for (const partition of entry.partitions) owned.delete(partition)
        break
      case 'delivered':
        for (const row of entry.rows) delivered(entry.at, row)
        break
      case 'closed':
        owned.clear()
        break
      case 'refused':
        counts.refused++
        break
      case 'failed':
        report('failed', `${name}: ${entry.why}`)
        break
      case 'processed':
      case 'committed':
      case 'warning':
        break
    }
  }
  return counts
}
