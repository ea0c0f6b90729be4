// The mixed run: members and brokers come and go by a schedule, at the same time.
import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaCluster } from '../helpers/kafka'
import { type Protocol, PROTOCOLS } from './group'
import { type Outcome, Scenario } from './scenario'
import { type BrokerStep, makeSchedule, type MemberAction } from './schedule'

export interface MixedOptions {
  seed: number
  durationMs: number
  protocols?: readonly Protocol[]
  members?: number
  maxMembers?: number
  everyMs?: readonly [number, number]
  log: (line: string) => void
}

const SESSION_MS = 6000
const PARTITIONS = 8
const RATE = 200

export async function runMixed(cluster: KafkaCluster, options: MixedOptions): Promise<Outcome> {
  const { seed, durationMs, protocols = PROTOCOLS, members = 3, maxMembers = 4, everyMs = [700, 2500], log } = options
  const schedule = makeSchedule({
    seed,
    durationMs,
    groups: protocols,
    members,
    maxMembers,
    partitions: PARTITIONS,
    sessionTimeoutMs: SESSION_MS,
    everyMs,
  })
  const scenario = await Scenario.start(cluster, {
    name: 'mixed',
    protocols,
    members,
    partitions: PARTITIONS,
    rate: RATE,
    sessionTimeoutMs: SESSION_MS,
  })
  try {
    const began = performance.now()
    const elapsed = (): number => Math.round(performance.now() - began)
    const say = (what: string): void => {
      log(`${(elapsed() / 1000).toFixed(1).padStart(6)} s  ${what}`)
    }
    log('faults begin')
    const pending: Promise<void>[] = []
    const disturbMembers = async (): Promise<void> => {
      for (const { atMs, action } of schedule.members) {
        await sleep(Math.max(0, atMs - elapsed()))
        if (elapsed() > durationMs) return
        say(describe(action))
        pending.push(act(scenario, action))
      }
    }
    const disturbBrokers = async (): Promise<void> => {
      for (const step of schedule.brokers) {
        await sleep(step.afterMs)
        if (elapsed() + step.forMs > durationMs) return
        await disturb(scenario, step, say)
        say('the cluster is whole again')
      }
    }
    await Promise.all([disturbMembers(), disturbBrokers()])
    await Promise.all(pending)
    say('all is healed; the groups finish')
    const outcome = await scenario.finish()
    say('finished')
    return outcome
  } finally {
    scenario.dispose()
  }
}

function describe(action: MemberAction): string {
  if (action.kind === 'add partitions') return `partitions: ${action.total}`
  const { kind, group, member } = action
  return `${kind} ${group}-${member}${action.kind === 'freeze' ? ` for ${action.forMs} ms` : ''}`
}

/** Resolves when it is done; what goes wrong then belongs to the member, and is reported with its group. */
async function act(scenario: Scenario, action: MemberAction): Promise<void> {
  if (action.kind === 'add partitions') return scenario.addPartitions(action.total)
  const group = scenario.groups.find(({ protocol }) => protocol === action.group)
  if (group === undefined) throw new Error(`${action.group}: there is no such group`)
  try {
    switch (action.kind) {
      case 'start':
        await group.start(action.member)
        return
      case 'close': {
        const member = group.member(action.member)
        await member.close()
        await member.end()
        return
      }
      case 'bounce':
        await group.member(action.member).bounce()
        return
      case 'kill':
        group.member(action.member).kill()
        return
      case 'freeze':
        group.member(action.member).freeze(action.forMs)
        return
    }
  } catch (error) {
    // Killed meanwhile: that was the schedule, too.
    if (group.members.get(action.member)?.isGone === true) return
    group.problems.push({ rule: 'process', what: `${describe(action)}: ${String(error)}` })
  }
}

async function disturb(
  { brokers, groups, topic }: Scenario,
  step: BrokerStep,
  say: (what: string) => void,
): Promise<void> {
  const { kind, forMs } = step
  const group = groups.find(({ protocol }) => protocol === step.group)
  const broker =
    kind === 'kill coordinator' && group !== undefined
      ? await brokers.coordinator(group.id)
      : brokers.broker(step.broker)
  say(
    `${kind === 'kill two' ? 'kill all but' : kind}: broker ${broker.nodeId}${kind === 'restart' ? '' : `, ${forMs} ms`}`,
  )
  switch (kind) {
    case 'pause':
      await brokers.pause(broker)
      await sleep(forMs)
      await brokers.resume(broker)
      break
    case 'restart':
      await broker.kill('SIGTERM')
      break
    case 'kill':
    case 'kill coordinator':
      await broker.kill('SIGKILL')
      await sleep(forMs)
      break
    case 'kill two':
      await Promise.all(brokers.all.filter((each) => each !== broker).map((each) => each.kill('SIGKILL')))
      await sleep(forMs)
      break
  }
  await brokers.heal(topic)
}
