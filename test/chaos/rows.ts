// One fault, again and again: each row is what is done, what has to hold at once, and how little may be repeated.
import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultyProxies, FaultyProxy } from '../helpers/faulty-proxy'
import type { KafkaCluster } from '../helpers/kafka'
import { median, percentile, printTable } from '../helpers/statistics'
import { type Group, type Protocol, PROTOCOLS } from './group'
import { now } from './ledger'
import { Random } from '../helpers/random'
import { type Outcome, Scenario } from './scenario'

interface Run {
  scenario: Scenario
  random: Random
  /** From 0. */
  turn: number
  /** Of rows that go through them. */
  proxies: readonly FaultyProxy[]
  /** Notes a time; above the limit it is a violation. */
  took: (what: string, ms: number, group?: Group) => void
}

interface Row {
  what: string
  turn(run: Run): Promise<void>
  members?: number
  partitions?: number
  sessionTimeoutMs?: number
  /** Nobody goes without a word: everything is processed once. */
  noDuplicates?: true
  /** What is noted and how long it may take. */
  limitsMs?: Readonly<Record<string, number>>
  /** Members reach brokers through proxies. */
  isProxied?: true
  /** With all groups at once it would be more processes than a small machine can serve. */
  groupsAtOnce?: number
}

const SESSION_MS = 6000
const PARTITIONS = 6
const RATE = 200
const RESUMED = 'all committed after the restart'
const RECOVERED = 'all committed after the fault'
const FAULT_MS = 10_000

/** What happens to the connections of one broker. */
const NETWORK_FAULTS: readonly ((proxy: FaultyProxy, random: Random) => Promise<void>)[] = [
  (proxy) => {
    proxy.reset()
    return Promise.resolve()
  },
  async (proxy, random) => {
    proxy.isSilent = true
    await sleep(random.integer(1000, 20_000))
    // Nobody remembers them when they speak again.
    proxy.reset()
    proxy.isSilent = false
  },
  async (proxy) => {
    proxy.delayMs = 200
    await sleep(FAULT_MS)
    proxy.delayMs = 0
  },
  async (proxy) => {
    proxy.lossShare = 0.01
    await sleep(FAULT_MS)
    proxy.lossShare = 0
  },
]

export const ROWS = {
  G1: {
    what: 'SIGKILL the leader of a partition, restart it',
    limitsMs: { [RESUMED]: 15_000 },
    async turn({ scenario, random, took }) {
      const leader = await scenario.brokers.leader(scenario.topic, random.integer(0, PARTITIONS - 1))
      await leader.kill('SIGKILL')
      await sleep(random.integer(500, 5000))
      await leader.restart()
      took(RESUMED, await scenario.allCaughtUp())
      await scenario.brokers.whole(scenario.topic)
    },
  },
  G2: {
    what: 'SIGSTOP the leader of a partition for 5 to 40 s',
    limitsMs: { [RESUMED]: 15_000 },
    async turn({ scenario, random, took }) {
      const leader = await scenario.brokers.leader(scenario.topic, random.integer(0, PARTITIONS - 1))
      await scenario.brokers.pause(leader)
      await sleep(random.integer(5000, 40_000))
      await scenario.brokers.resume(leader)
      took(RESUMED, await scenario.allCaughtUp())
      await scenario.brokers.whole(scenario.topic)
    },
  },
  G3: {
    what: 'SIGKILL the coordinator of a group, restart it',
    limitsMs: { [RESUMED]: 15_000 },
    async turn({ scenario, random, turn, took }) {
      const group = scenario.groups[turn % scenario.groups.length] as Group
      const coordinator = await scenario.brokers.coordinator(group.id)
      await coordinator.kill('SIGKILL')
      await sleep(random.integer(500, 5000))
      await coordinator.restart()
      took(RESUMED, await scenario.allCaughtUp())
      await scenario.brokers.whole(scenario.topic)
    },
  },
  G4: {
    what: 'restart all brokers, one after the other',
    sessionTimeoutMs: 30_000,
    noDuplicates: true,
    async turn({ scenario, took }) {
      const began = now()
      for (const broker of scenario.brokers.all) {
        await broker.kill('SIGTERM')
        await broker.restart()
        await scenario.brokers.whole(scenario.topic)
      }
      took(RESUMED, await scenario.allCaughtUp())
      scenario.strictness.noRebalances.push([began, now()])
    },
  },
  G5: {
    what: 'all brokers down for 30 s',
    sessionTimeoutMs: 60_000,
    noDuplicates: true,
    async turn({ scenario, took }) {
      await Promise.all(scenario.brokers.all.map((broker) => broker.kill('SIGKILL')))
      await sleep(30_000)
      await scenario.brokers.heal(scenario.topic)
      took(RESUMED, await scenario.allCaughtUp())
    },
  },
  G6: {
    what: 'SIGKILL one member of three',
    limitsMs: { 'others took over': SESSION_MS + 5000 },
    async turn({ scenario, random, turn, took }) {
      await Promise.all(
        scenario.groups.map(async (group) => {
          const victim = random.pick([...group.members].filter(([, { isGone }]) => !isGone).map(([number]) => number))
          group.member(victim).kill()
          took('others took over', await scenario.takenOver(group), group)
          // The same number, so that the same combination comes back; its ledger goes on.
          await group.start(victim)
        }),
      )
      if (turn % 10 === 9) await scenario.brokers.whole(scenario.topic)
    },
  },
  G7: {
    what: 'close one member of three; it joins again',
    noDuplicates: true,
    limitsMs: { 'close()': 2000 },
    async turn({ scenario, random, took }) {
      await Promise.all(
        scenario.groups.map(async (group) => {
          const member = group.member(random.pick([...group.members.keys()]))
          took('close()', await member.close(), group)
          await scenario.caughtUp(group)
          await member.join()
          await scenario.caughtUp(group)
        }),
      )
    },
  },
  G10: {
    what: 'members of eight join and leave without a pause',
    members: 8,
    partitions: 64,
    groupsAtOnce: 1,
    async turn({ scenario, random }) {
      await Promise.all(
        scenario.groups.map(async (group) => {
          // Several at once, each at a time of its own: a rebalance meets the one before it.
          const numbers = [...group.members.keys()].sort(() => random.next() - 0.5).slice(0, random.integer(1, 3))
          await Promise.all(
            numbers.map(async (number) => {
              await sleep(random.integer(0, 1000))
              await group.member(number).bounce()
            }),
          )
        }),
      )
    },
  },
  G13: {
    what: 'connections to a broker: reset, silent for up to 20 s, 200 ms late, lost at 1 % of what they carry',
    isProxied: true,
    limitsMs: { [RECOVERED]: 30_000 },
    async turn({ scenario, proxies, random, turn, took }) {
      const fault = NETWORK_FAULTS[turn % NETWORK_FAULTS.length] as (typeof NETWORK_FAULTS)[number]
      await fault(random.pick(proxies), random)
      took(RECOVERED, await scenario.allCaughtUp())
    },
  },
} satisfies Record<string, Row>

export type RowName = keyof typeof ROWS

export interface RowOptions {
  name: RowName
  count: number
  seed: number
  protocols?: readonly Protocol[]
  /** In front of the cluster, for rows that need them. */
  proxies?: FaultyProxies
  log: (line: string) => void
}

export function needsProxies(name: RowName): boolean {
  const { isProxied }: Row = ROWS[name]
  return isProxied === true
}

/** All turns of a row; its groups at once, unless the row says otherwise. */
export async function runRow(cluster: KafkaCluster, options: RowOptions): Promise<Outcome[]> {
  const { name, protocols = PROTOCOLS } = options
  const { groupsAtOnce = protocols.length }: Row = ROWS[name]
  const outcomes: Outcome[] = []
  for (let from = 0; from < protocols.length; from += groupsAtOnce) {
    outcomes.push(await runGroups(cluster, options, protocols.slice(from, from + groupsAtOnce)))
  }
  return outcomes
}

async function runGroups(
  cluster: KafkaCluster,
  { name, count, seed, proxies, log }: RowOptions,
  protocols: readonly Protocol[],
): Promise<Outcome> {
  const row: Row = ROWS[name]
  const random = new Random(seed)
  const scenario = await Scenario.start(cluster, {
    name,
    protocols,
    members: row.members ?? 3,
    partitions: row.partitions ?? PARTITIONS,
    rate: RATE,
    sessionTimeoutMs: row.sessionTimeoutMs ?? SESSION_MS,
    ...(row.isProxied && proxies !== undefined && { memberBootstrap: proxies.bootstrap }),
  })
  if (row.noDuplicates === true) scenario.strictness.noDuplicates = true
  const times = new Map<string, number[]>()
  try {
    for (let turn = 0; turn < count; turn++) {
      const took: Run['took'] = (what, ms, group) => {
        const key = group === undefined ? what : `${what}, ${group.protocol}`
        times.set(key, [...(times.get(key) ?? []), ms])
        const limit = row.limitsMs?.[what]
        if (limit !== undefined && !(ms <= limit)) {
          scenario.report('slow', group?.protocol ?? '', `turn ${turn}: ${what} took ${Math.round(ms)} ms of ${limit}`)
        }
      }
      const began = performance.now()
      await row.turn({ scenario, random, turn, proxies: proxies?.all ?? [], took })
      log(`${name} ${turn + 1} of ${count}: ${((performance.now() - began) / 1000).toFixed(1)} s`)
    }
    printTimes(`${name}: ${row.what}`, times)
    return await scenario.finish()
  } finally {
    scenario.dispose()
  }
}

function printTimes(title: string, times: ReadonlyMap<string, readonly number[]>): void {
  const figures = (values: readonly number[]): string[] =>
    [values.length, median(values), percentile(values, 0.99), Math.max(...values)].map((each) => each.toFixed(0))
  printTable(
    title,
    ['milliseconds', 'count', 'median', 'p99', 'max'],
    [...times].map(([what, values]) => [what, ...figures(values)]),
  )
}
