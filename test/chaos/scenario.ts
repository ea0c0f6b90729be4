// The stage of a run: a topic, its producer of truth, groups of members, somebody who asks brokers what is committed;
// and the end of it: all healed, everything consumed, the ledgers judged.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ChaosProducerEvent, ChaosProducerParameters } from '../fixtures/chaos-producer'
import type { RunningChild } from '../helpers/child'
import { startFixture } from '../helpers/fixture'
import { describeGroup, groupOffsets } from '../helpers/groups'
import { TemporaryDirectory } from '../helpers/guard'
import type { KafkaCluster } from '../helpers/kafka'
import { checkPattern } from '../helpers/pattern'
import { readTopic } from '../helpers/read'
import { addPartitions, createTopic, describeTopic, listOffsets, uniqueName } from '../helpers/topics'
import { waitFor } from '../helpers/wait'
import { Brokers } from './brokers'
import { check, type Rule, type Strictness, type Verdict, type Violation } from './checker'
import { Group, type Protocol } from './group'
import { type ProducerEntry, readLedger, type Row } from './ledger'

export interface ScenarioOptions {
  name: string
  protocols: readonly Protocol[]
  /** In each group, at first. */
  members: number
  partitions: number
  /** Messages a second. */
  rate: number
  sessionTimeoutMs: number
  /** Where members go; brokers are asked without a detour. Default: where the cluster is. */
  memberBootstrap?: string
}

export interface Outcome extends Verdict {
  acked: number
  /** Messages whose fate the producer does not know. */
  unknown: number
  inLog: number
  groups: readonly Group[]
}

const QUESTION_MS = 5000
const DRAIN_MS = 120_000
const OBSERVE_MS = 250

export class Scenario {
  readonly brokers: Brokers
  readonly groups: readonly Group[]
  /** Set by rows that allow less. */
  readonly strictness: Strictness & { noRebalances: [number, number][] } = { noRebalances: [] }
  readonly #cluster: KafkaCluster
  readonly #directory: TemporaryDirectory
  readonly #violations: Violation[] = []
  readonly #observing = new AbortController()
  #producer: RunningChild | undefined
  #observers: Promise<void>[] = []

  private constructor(
    cluster: KafkaCluster,
    readonly topic: string,
    readonly options: ScenarioOptions,
  ) {
    this.#cluster = cluster
    this.brokers = new Brokers(cluster)
    this.#directory = new TemporaryDirectory(`chaos-${options.name}`)
    this.groups = options.protocols.map((protocol, shift) => {
      const directory = join(this.#directory.path, protocol)
      mkdirSync(directory)
      const { sessionTimeoutMs, memberBootstrap: bootstrap = cluster.bootstrap } = options
      const id = uniqueName(`chaos-${protocol}`)
      return new Group({ protocol, id, bootstrap, topic, sessionTimeoutMs, directory, shift })
    })
  }

  static async start(cluster: KafkaCluster, options: ScenarioOptions): Promise<Scenario> {
    const { bootstrap } = cluster
    const topic = await createTopic({ partitions: options.partitions, prefix: `chaos-${options.name}`, bootstrap })
    const scenario = new Scenario(cluster, topic, options)
    await scenario.#start()
    return scenario
  }

  report(rule: Rule, group: string, what: string): void {
    this.#violations.push({ rule, group, what })
  }

  async addPartitions(total: number): Promise<void> {
    const options = { bootstrap: this.#cluster.bootstrap, deadlineMs: QUESTION_MS }
    await waitFor(
      async () => {
        // Brokers may do it and not live to tell.
        if ((await describeTopic(this.topic, options)).length < total) await addPartitions(this.topic, total, options)
        return true
      },
      { deadlineMs: 120_000, intervalMs: 200, describe: `${total} partitions` },
    )
    this.#producer?.send(String(total))
  }

  /** How far the topic is written now. */
  ends(): Promise<Map<number, number>> {
    const { bootstrap } = this.#cluster
    return waitFor(
      async () => {
        const ends = await listOffsets(this.topic, 'latest', { bootstrap, deadlineMs: QUESTION_MS })
        return new Map(Object.entries(ends).map(([partition, offset]) => [Number(partition), offset]))
      },
      { deadlineMs: 60_000, describe: 'the ends of the partitions' },
    )
  }

  /** Resolves when the group has committed all that is written now; with how many milliseconds that took. */
  async caughtUp(group: Group, deadlineMs = 60_000): Promise<number> {
    const ends = await this.ends()
    const started = performance.now()
    const behind = (): string[] => {
      const committed = group.committed()
      return [...ends]
        .filter(([partition, end]) => (committed.get(partition) ?? 0) < end)
        .map(([partition, end]) => `[${partition}] ${committed.get(partition) ?? 0} of ${end}`)
    }
    await waitFor(() => behind().length === 0, {
      deadlineMs,
      intervalMs: 50,
      describe: () => `${group.protocol} to commit all; ${behind().join(', ')}`,
    })
    return performance.now() - started
  }

  /** The same, of at least one message more of each partition: whoever has it now reads. */
  async takenOver(group: Group): Promise<number> {
    const started = performance.now()
    const before = await this.ends()
    await waitFor(
      async () => {
        const ends = await this.ends()
        return [...before].every(([partition, end]) => (ends.get(partition) ?? 0) > end)
      },
      { deadlineMs: 60_000, intervalMs: 50, describe: 'a message more of each partition' },
    )
    await this.caughtUp(group)
    return performance.now() - started
  }

  /** The slowest group's time. */
  async allCaughtUp(deadlineMs?: number): Promise<number> {
    return Math.max(...(await Promise.all(this.groups.map((group) => this.caughtUp(group, deadlineMs)))))
  }

  /** Heals everything, lets the groups finish, and judges what they did. */
  async finish(): Promise<Outcome> {
    for (const { members } of this.groups) for (const member of members.values()) member.thaw()
    await this.brokers.heal(this.topic)
    await this.#stopProducer()
    for (const group of this.groups) {
      await this.caughtUp(group, DRAIN_MS).catch(async (error: unknown) => {
        const { bootstrap } = this.#cluster
        const state = await describeGroup(group.id, { bootstrap }).catch(String)
        this.report('unseen', group.protocol, `not drained: ${String(error)}; ${JSON.stringify(state)}`)
      })
    }
    await Promise.all(this.groups.map((group) => endMembers(group)))
    this.#observing.abort()
    await Promise.all(this.#observers)
    // Once more, after the last commits.
    await Promise.all(this.groups.map((group) => this.#observe(group)))
    return this.#judge()
  }

  /** Ends what still runs, however far it came. */
  dispose(): void {
    this.#observing.abort()
    this.#producer?.kill()
    for (const { members } of this.groups) for (const member of members.values()) member.kill()
    this.#directory.remove()
  }

  async #start(): Promise<void> {
    const { members, partitions, rate } = this.options
    const parameters: ChaosProducerParameters = {
      bootstrap: this.#cluster.bootstrap,
      topic: this.topic,
      partitions,
      rate,
      ledger: this.#producerLedger,
    }
    this.#producer = startFixture('chaos-producer', parameters, { deadlineMs: 24 * 3_600_000 })
    await this.#producer.event<Partial<{ producing: number }>>(({ producing }) => producing === partitions)
    const numbers = Array.from({ length: members }, (_, number) => number)
    await Promise.all(this.groups.flatMap((group) => numbers.map((number) => group.start(number))))
    this.#observers = this.groups.map((group) => this.#observeAll(group))
    await this.allCaughtUp()
  }

  get #producerLedger(): string {
    return join(this.#directory.path, 'producer.ledger')
  }

  async #stopProducer(): Promise<void> {
    const producer = this.#producer
    if (producer === undefined) return
    producer.send('stop')
    // A message may be under way for as long as its delivery may take.
    await producer.event<ChaosProducerEvent>((event) => 'stopped' in event, 200_000)
    await producer.result
    this.#producer = undefined
  }

  async #observeAll(group: Group): Promise<void> {
    const { signal } = this.#observing
    while (!signal.aborted) {
      // No answer while brokers are down: the next one comes.
      await this.#observe(group).catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, OBSERVE_MS))
    }
  }

  async #observe(group: Group): Promise<void> {
    const offsets = await groupOffsets(group.id, { bootstrap: this.#cluster.bootstrap, deadlineMs: QUESTION_MS })
    group.observe(offsets[this.topic] ?? {})
  }

  async #judge(): Promise<Outcome> {
    const entries = readLedger<ProducerEntry>(this.#producerLedger)
    const acked = entries.flatMap((entry) => (entry.kind === 'acked' ? entry.rows : []))
    const unknown = entries.flatMap((entry) => (entry.kind === 'unknown' ? entry.messages : []))
    const messages = await readTopic(this.topic, { bootstrap: this.#cluster.bootstrap, deadlineMs: 120_000 })
    const log = messages.map(({ partition, offset, value }): Row => {
      const found = value === null ? 'null' : checkPattern(value)
      return [partition, offset, typeof found !== 'string' && found.partition === partition ? found.sequence : -1]
    })
    const history = { acked, log, groups: this.groups.map((group) => group.history()) }
    const { violations, counts } = check(history, this.strictness)
    for (const group of this.groups) {
      for (const { rule, what } of group.problems) this.report(rule, group.protocol, what)
    }
    return {
      violations: [...this.#violations, ...violations],
      counts,
      acked: acked.length,
      unknown: unknown.length,
      inLog: log.length,
      groups: this.groups,
    }
  }
}

/** Closes and ends all members that are there. */
async function endMembers(group: Group): Promise<void> {
  await Promise.all(
    [...group.members.values()].map(async (member) => {
      if (member.isGone) return
      try {
        await member.close()
        await member.end()
      } catch (error) {
        member.problem({ rule: 'process', what: `${member.name} did not close: ${String(error)}` })
      }
    }),
  )
}
