// Goes through the events of a group in their order and knows at each what every member has, and what is committed.
import type { Committed, Consumed, Partition } from '../verifiable/protocol'
import { keyOf, type LogEvent, type MemberLog } from './log'
import type { Rule, Violation } from './rules'

interface Member {
  state: 'new' | 'started' | 'joined' | 'rebalancing' | 'ended'
  /** Position of each partition that it owns; undefined before its first record. */
  positions: Map<string, number | undefined>
  /** Partitions whose last commit failed. */
  failed: Set<string>
}

export class Replay {
  readonly violations: Violation[] = []
  /** By partition: records that were given back without a commit, as it had failed. They come again. */
  readonly repeatable = new Map<string, number>()
  readonly #members = new Map<MemberLog, Member>()
  readonly #committed = new Map<string, number>()
  /** What was owned by a member that was killed: it may have committed up to here without having said so. */
  readonly #mayBeCommitted = new Map<string, number>()

  play(log: MemberLog, event: LogEvent): void {
    const member = this.#member(log)
    if (member.state === 'ended') this.#found('clean end', log, `${event.name} after its end`)
    switch (event.name) {
      case 'startup_complete':
        member.state = 'started'
        break
      case 'partitions_assigned':
        for (const each of event.partitions) this.#assigned(log, member, each)
        member.state = 'joined'
        break
      case 'partitions_revoked':
        for (const each of event.partitions) this.#revoked(log, member, each)
        if (log.rebalances === 'eager') member.state = 'rebalancing'
        break
      case 'records_consumed':
        // Java says so, too, when a poll brought nothing.
        if (event.partitions.length > 0 && member.state !== 'joined') {
          this.#found('joined', log, `records while it is ${member.state}`)
        }
        for (const each of event.partitions) this.#consumed(log, member, each)
        break
      case 'record_data':
        if (!member.positions.has(keyOf(event))) this.#found('assigned', log, `a record of ${keyOf(event)}`)
        break
      case 'offsets_committed':
        for (const each of event.offsets) {
          if (event.success) this.#commit(log, member, each)
          else member.failed.add(keyOf(each))
        }
        break
      case 'shutdown_complete':
        this.#shutdown(log, member)
        break
      case 'killed':
        for (const [key, position] of member.positions) {
          this.#mayBeCommitted.set(key, Math.max(position ?? 0, this.#mayBeCommitted.get(key) ?? 0))
        }
        member.positions.clear()
        member.state = 'ended'
    }
  }

  #member(log: MemberLog): Member {
    let member = this.#members.get(log)
    if (member === undefined) {
      member = { state: 'new', positions: new Map(), failed: new Set() }
      this.#members.set(log, member)
    }
    return member
  }

  #assigned(log: MemberLog, member: Member, partition: Partition): void {
    const key = keyOf(partition)
    if (member.positions.has(key)) this.#found('assignment', log, `${key} is assigned, and was already`)
    for (const [other, { positions }] of this.#members) {
      if (other !== log && positions.has(key)) this.#found('one owner', log, `${key} is still owned by ${other.name}`)
    }
    member.positions.set(key, undefined)
  }

  #revoked(log: MemberLog, member: Member, partition: Partition): void {
    const key = keyOf(partition)
    if (!member.positions.has(key)) this.#found('assignment', log, `${key} is revoked, and was not assigned`)
    const position = member.positions.get(key)
    member.positions.delete(key)
    if (position === undefined) return
    if (log.autoCommits) this.#committed.set(key, position)
    const committed = this.#committed.get(key) ?? 0
    if (committed >= position) return
    if (member.failed.has(key) && !log.commitsAgain) {
      this.repeatable.set(key, (this.repeatable.get(key) ?? 0) + position - committed)
    } else {
      this.#found('commit', log, `${key} is revoked at position ${position}, of which ${committed} is committed`)
    }
  }

  #consumed(log: MemberLog, member: Member, { minOffset, maxOffset, count, ...partition }: Consumed): void {
    const key = keyOf(partition)
    const range = `${key} @ ${minOffset} to ${maxOffset}`
    if (!member.positions.has(key)) {
      this.#found('assigned', log, `records of ${key}`)
      return
    }
    const position = member.positions.get(key)
    if (position === undefined) this.#begin(log, key, minOffset)
    else if (minOffset !== position) this.#found('next offset', log, `${range}: expected ${position}`)
    if (count !== maxOffset - minOffset + 1) this.#found('next offset', log, `${range}: ${count} records`)
    member.positions.set(key, maxOffset + 1)
  }

  /** The first records of an ownership. */
  #begin(log: MemberLog, key: string, offset: number): void {
    const least = this.#committed.get(key) ?? 0
    const most = Math.max(least, this.#mayBeCommitted.get(key) ?? 0)
    if (offset < least || offset > most) {
      const expected = least === most ? String(least) : `${least} to ${most}`
      this.#found('first offset', log, `${key} begins at ${offset}: expected ${expected}`)
    }
    // Now it is known.
    this.#mayBeCommitted.delete(key)
    this.#committed.set(key, offset)
  }

  #commit(log: MemberLog, member: Member, { offset, ...partition }: Committed): void {
    const key = keyOf(partition)
    const position = member.positions.get(key)
    if (!member.positions.has(key)) {
      this.#found('assigned', log, `a commit of ${key}`)
    } else if (position === undefined || offset > position) {
      this.#found('commit', log, `${key} @ ${offset}: its position is ${String(position)}`)
    }
    this.#committed.set(key, offset)
    member.failed.delete(key)
  }

  #shutdown(log: MemberLog, member: Member): void {
    for (const key of member.positions.keys()) this.#found('clean end', log, `${key} was not revoked`)
    member.positions.clear()
    member.state = 'ended'
  }

  #found(rule: Rule, { name }: MemberLog, what: string): void {
    this.violations.push({ rule, what: `${name}: ${what}` })
  }
}
