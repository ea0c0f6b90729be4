// Faults of brokers, and what it takes for a cluster to be whole again.
import { describeGroup } from '../helpers/groups'
import type { Broker, KafkaCluster } from '../helpers/kafka'
import { describeTopic } from '../helpers/topics'
import { waitFor } from '../helpers/wait'

/** One question to a broker that may be down; the next one follows at once. */
const QUESTION_MS = 5000
const WHOLE_MS = 120_000

/** What the brokers of a run are told: members of every protocol are missed after the same time. */
export const BROKER_CONFIG = { 'group.consumer.session.timeout.ms': 6000 }

export class Brokers {
  readonly #cluster: KafkaCluster
  readonly #paused = new Set<Broker>()

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster
  }

  get all(): readonly Broker[] {
    return this.#cluster.brokers
  }

  /** From 1. */
  broker(id: number): Broker {
    const found = this.all.find(({ nodeId }) => nodeId === id)
    if (found === undefined) throw new Error(`broker: expected 1 to ${this.all.length}, got ${id}`)
    return found
  }

  async pause(broker: Broker): Promise<void> {
    this.#paused.add(broker)
    await broker.kill('SIGSTOP')
  }

  async resume(broker: Broker): Promise<void> {
    this.#paused.delete(broker)
    await broker.kill('SIGCONT')
  }

  /** Whatever state each is in, it runs afterwards, and the topic has all its replicas again. */
  async heal(topic: string): Promise<void> {
    for (const broker of this.#paused) await this.resume(broker)
    // Together: one alone has no majority and would wait for the others.
    await Promise.all(this.all.filter(({ pid }) => pid === undefined).map((broker) => broker.restart()))
    await this.whole(topic)
  }

  /** Resolves when every partition, of the topic and of the groups' offsets, has a leader and all its replicas. */
  async whole(topic: string): Promise<void> {
    let state = ''
    await waitFor(
      async () => {
        const lists = await Promise.all([topic, '__consumer_offsets'].map((name) => this.#describe(name)))
        state = JSON.stringify(lists)
        return lists.flat().every(({ leader, replicas, isr }) => leader > 0 && isr.length === replicas.length)
      },
      { deadlineMs: WHOLE_MS, intervalMs: 200, describe: () => `all replicas in sync; ${state}` },
    )
  }

  async leader(topic: string, partition: number): Promise<Broker> {
    return this.#known(async () => (await this.#describe(topic))[partition]?.leader, `a leader of ${topic}`)
  }

  async coordinator(group: string): Promise<Broker> {
    const { bootstrap } = this.#cluster
    return this.#known(
      async () => (await describeGroup(group, { bootstrap, deadlineMs: QUESTION_MS })).coordinator,
      `the coordinator of ${group}`,
    )
  }

  async #known(ask: () => Promise<number | undefined>, what: string): Promise<Broker> {
    const id = await waitFor(
      async () => {
        const found = await ask()
        return found !== undefined && found > 0 && found
      },
      { deadlineMs: 30_000, intervalMs: 100, describe: what },
    )
    return this.broker(id)
  }

  #describe(topic: string): ReturnType<typeof describeTopic> {
    return describeTopic(topic, { bootstrap: this.#cluster.bootstrap, deadlineMs: QUESTION_MS })
  }
}
