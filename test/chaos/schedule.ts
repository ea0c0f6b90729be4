// What happens in a mixed run, and when: a pure function of the seed.
import type { Protocol } from './group'
import { Random } from '../helpers/random'

export type MemberAction =
  | { kind: 'start' | 'close' | 'bounce' | 'kill'; group: Protocol; member: number }
  | { kind: 'freeze'; group: Protocol; member: number; forMs: number }
  | { kind: 'add partitions'; total: number }

export interface MemberStep {
  /** Since the beginning. */
  atMs: number
  action: MemberAction
}

/** One after the other: the next begins when the cluster is whole again. */
export interface BrokerStep {
  kind: 'kill' | 'pause' | 'restart' | 'kill two' | 'kill coordinator'
  /** From 1; of 'kill two' the one that stays. */
  broker: number
  group: Protocol
  /** How long it is down or paused. */
  forMs: number
  /** Since the cluster was whole. */
  afterMs: number
}

export interface ScheduleOptions {
  seed: number
  durationMs: number
  groups: readonly Protocol[]
  /** Members that each group begins with. */
  members: number
  /** The most a group may have. */
  maxMembers: number
  partitions: number
  sessionTimeoutMs: number
  /** Between two things that happen to members. */
  everyMs: readonly [number, number]
}

export interface Schedule {
  members: MemberStep[]
  brokers: BrokerStep[]
}

const MAX_PARTITIONS = 24

export function makeSchedule(options: ScheduleOptions): Schedule {
  const random = new Random(options.seed)
  return { brokers: brokerSteps(random, options), members: memberSteps(random, options) }
}

function brokerSteps(random: Random, { groups, durationMs }: ScheduleOptions): BrokerStep[] {
  // Each kind once before any comes again, whatever the seed; more than fit: the run ends somewhere among them.
  const steps: BrokerStep[] = []
  while (steps.length < 5 + durationMs / 10_000) {
    const kinds: BrokerStep['kind'][] = ['kill', 'pause', 'restart', 'kill coordinator', 'kill two']
    while (kinds.length > 0) {
      const [kind] = kinds.splice(random.integer(0, kinds.length - 1), 1) as [BrokerStep['kind']]
      steps.push({
        kind,
        broker: random.integer(1, 3),
        group: random.pick(groups),
        forMs: random.integer(1000, kind === 'pause' ? 14_000 : 6000),
        afterMs: random.integer(500, 4000),
      })
    }
  }
  return steps
}

/** The members of one group as they will be: what is done to whom depends on who is there. */
class Model {
  next: number
  readonly live = new Set<number>()
  /** Until when. */
  readonly frozen = new Map<number, number>()

  constructor(
    readonly group: Protocol,
    members: number,
  ) {
    this.next = members
    for (let number = 0; number < members; number++) this.live.add(number)
  }

  awake(atMs: number): number[] {
    return [...this.live].filter((number) => (this.frozen.get(number) ?? 0) <= atMs)
  }
}

function memberSteps(random: Random, options: ScheduleOptions): MemberStep[] {
  const models = options.groups.map((group) => new Model(group, options.members))
  const steps: MemberStep[] = []
  let total = options.partitions
  let atMs = random.integer(0, 1000)
  for (; atMs < options.durationMs; atMs += random.integer(...options.everyMs)) {
    if (total < MAX_PARTITIONS && random.next() < 0.08) {
      total += random.integer(1, 3)
      steps.push({ atMs, action: { kind: 'add partitions', total } })
    } else {
      steps.push({ atMs, action: memberAction(random, random.pick(models), atMs, options) })
    }
  }
  return steps
}

function memberAction(random: Random, model: Model, atMs: number, options: ScheduleOptions): MemberAction {
  const { group, live } = model
  const awake = model.awake(atMs)
  const start = (): MemberAction => {
    const member = model.next++
    live.add(member)
    return { kind: 'start', group, member }
  }
  // One that is awake stays, or nobody would go on.
  if (awake.length < 2) return start()
  const member = random.pick(awake)
  const luck = random.next()
  if (luck < 0.3 && live.size < options.maxMembers) return start()
  if (luck < 0.45) return { kind: 'bounce', group, member }
  if (luck < 0.6) {
    live.delete(member)
    return { kind: 'close', group, member }
  }
  if (luck < 0.8) {
    live.delete(member)
    return { kind: 'kill', group, member }
  }
  // Beyond its session's timeout, most often.
  const forMs = random.integer(options.sessionTimeoutMs * 0.5, options.sessionTimeoutMs * 2)
  model.frozen.set(member, atMs + forMs + 5000)
  return { kind: 'freeze', group, member, forMs }
}
