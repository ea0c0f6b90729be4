// A soak: one member of each tier, in a group and a process of its own, a producer, and a disturbance now and then.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Brokers } from '../chaos/brokers'
import type { EnduranceSoakParameters, SoakEvent, SoakSample } from '../fixtures/endurance-soak'
import type { RunningChild } from '../helpers/child'
import { type Mode, TIERS } from '../helpers/consumer'
import { TemporaryDirectory } from '../helpers/guard'
import type { KafkaCluster } from '../helpers/kafka'
import { Random } from '../helpers/random'
import { createTopic, deleteTopic, listOffsets, uniqueName } from '../helpers/topics'
import { waitFor } from '../helpers/wait'
import { Marks } from './marks'
import { SoakProducer } from './soak-producer'
import { judgeMember, type MemberHistory, type MemberVerdict, type SoakLimits } from './soak-verdict'
import { describeEnd, outcomeOf, startMember } from './start'

export interface SoakOptions {
  bootstrap: string
  /** Restarted now and then; undefined where they are not ours to stop. */
  cluster: KafkaCluster | undefined
  durationMs: number
  seed: number
  /** Messages a second. */
  rate: number
  sampleMs: number
  /** From the end of a disturbance to the next. */
  everyMs: readonly [least: number, most: number]
  limits: SoakLimits
  /** Bytes that each member keeps with every sample. */
  leakBytes?: number
  node?: string
  log: (line: string) => void
}

export interface SoakOutcome {
  acked: number
  unknown: number
  inLog: number
  disturbances: Record<string, number>
  members: { history: MemberHistory; verdict: MemberVerdict }[]
  violations: string[]
}

const PARTITIONS = 6
const SESSION_MS = 10_000
/** What a disturbance sets off may come this much later. */
const AFTERMATH_MS = SESSION_MS + 5000
const DRAIN_MS = 60_000
const GUEST_MS = [1000, 5000] as const

export async function runSoak(options: SoakOptions): Promise<SoakOutcome> {
  const { bootstrap, durationMs, rate } = options
  const topic = await createTopic({ prefix: 'soak', partitions: PARTITIONS, bootstrap })
  const directory = new TemporaryDirectory('soak')
  const soak = new Soak(options, topic, directory.path)
  try {
    await soak.begin()
    const producer = new SoakProducer({ bootstrap, topic, partitions: PARTITIONS, rate })
    const disturbances = await soak.disturb(durationMs)
    await producer.stop()
    return { ...(await soak.finish(producer)), disturbances }
  } finally {
    soak.dispose()
    directory.remove()
    await deleteTopic(topic, { bootstrap })
  }
}

/** A member's process, and what it told when. */
class Member {
  readonly samples: { atMs: number; sample: SoakSample }[] = []
  readonly rebalancesMs: number[] = []
  readonly closesMs: number[] = []
  #looked = 0

  constructor(
    readonly mode: Mode,
    readonly child: RunningChild,
    readonly marks: Marks,
  ) {}

  /** Takes what was told since the last time as told at `atMs`. */
  look(atMs: number, log: (line: string) => void): void {
    const events = this.child.events as readonly SoakEvent[]
    for (; this.#looked < events.length; this.#looked++) {
      const event = events[this.#looked] as SoakEvent
      if ('sample' in event) this.samples.push({ atMs, sample: event.sample })
      else if ('assigned' in event || 'revoked' in event || 'lost' in event) this.rebalancesMs.push(atMs)
      else if ('closed' in event) this.closesMs.push(event.closed)
      if ('lost' in event || 'warning' in event)
        log(`${(atMs / 1000).toFixed(1)} s ${this.mode}: ${JSON.stringify(event)}`)
    }
  }

  /** Resolves when it has done what it was told. */
  async obey(command: string): Promise<void> {
    const name = command.split(' ')[0]
    const count = (): number =>
      (this.child.events as readonly SoakEvent[]).filter((event) => 'done' in event && event.done === name).length
    const before = count()
    this.child.send(command)
    await waitFor(() => count() > before, { deadlineMs: DRAIN_MS, describe: `${this.mode} to ${command}` })
  }
}

class Soak {
  readonly #options: SoakOptions
  readonly #random: Random
  readonly #windows: [number, number][] = []
  readonly #violations: string[] = []
  #members: Member[] = []
  #looking: NodeJS.Timeout | undefined
  #began = 0

  constructor(
    options: SoakOptions,
    readonly topic: string,
    readonly directory: string,
  ) {
    this.#options = options
    this.#random = new Random(options.seed)
  }

  async begin(): Promise<void> {
    const { bootstrap, durationMs, sampleMs, leakBytes, node, log } = this.#options
    this.#members = TIERS.map((mode, index) => {
      const marks = join(this.directory, mode)
      const parameters: EnduranceSoakParameters = {
        reader: {
          mode,
          how: index === 1 ? 'batches' : 'stream',
          bootstrap,
          topic: this.topic,
          groupId: uniqueName(`soak-${mode}`),
          config: {
            'enable.auto.commit': true,
            'auto.commit.interval.ms': 1000,
            'session.timeout.ms': SESSION_MS,
          },
        },
        marks,
        partitions: PARTITIONS,
        sampleMs,
        ...(leakBytes !== undefined && { leakBytes }),
      }
      const child = startMember('endurance-soak', parameters, { node, deadlineMs: durationMs + 10 * DRAIN_MS })
      return new Member(mode, child, new Marks(marks, PARTITIONS))
    })
    await Promise.all(
      this.#members.map(({ child }) => child.event<{ assigned?: number }>(({ assigned }) => assigned === PARTITIONS)),
    )
    this.#began = performance.now()
    this.#look()
    // What came before is the beginning.
    this.#windows.push([-Infinity, this.#now])
    this.#looking = setInterval(() => this.#look(), 50)
    log('all members have their partitions')
  }

  /** Until the time is over; tells how often what was done. */
  async disturb(durationMs: number): Promise<Record<string, number>> {
    const { everyMs, cluster, log } = this.#options
    const kinds = [
      ...(cluster === undefined ? [] : (['broker restarted'] as const)),
      ...(['member restarted', 'guest'] as const),
    ]
    const counts: Record<string, number> = {}
    for (;;) {
      const pauseMs = this.#random.integer(...everyMs)
      const leftMs = durationMs - this.#now
      await sleep(Math.max(0, Math.min(pauseMs, leftMs)))
      if (pauseMs >= leftMs) return counts
      const kind = this.#random.pick(kinds)
      const from = this.#now
      const window: [number, number] = [from, Infinity]
      this.#windows.push(window)
      try {
        await this.#disturbBy(kind, durationMs - from)
      } catch (error) {
        this.#violations.push(`${kind}: ${String(error)}`)
      }
      counts[kind] = (counts[kind] ?? 0) + 1
      window[1] = this.#now + AFTERMATH_MS
      log(`${(from / 1000).toFixed(1)} s: ${kind}, ${((this.#now - from) / 1000).toFixed(1)} s`)
    }
  }

  async finish(producer: SoakProducer): Promise<Omit<SoakOutcome, 'disturbances'>> {
    const { bootstrap, limits } = this.#options
    const ends = await listOffsets(this.topic, 'latest', { bootstrap })
    const inLog = Object.values(ends).reduce((sum, end) => sum + end, 0)
    const unseen = ({ marks }: Member): number =>
      marks.refresh().nextToHandle.reduce((sum, next, partition) => sum + Math.max(0, (ends[partition] ?? 0) - next), 0)
    await waitFor(() => this.#members.every((member) => unseen(member) === 0), {
      deadlineMs: DRAIN_MS,
      describe: 'all to be processed',
    }).catch((error: unknown) => this.#violations.push(String(error)))
    // Leaving is planned.
    this.#windows.push([this.#now, Infinity])
    const durationMs = this.#now
    const members = await Promise.all(
      this.#members.map(async (member) => {
        member.child.send('stop')
        const end = describeEnd(await outcomeOf(member.child))
        if (end !== 'exit code 0') this.#violations.push(`${member.mode}: it ended with ${end}`)
        this.#look()
        const ended = (member.child.events as readonly SoakEvent[]).find((event) => 'ended' in event)
        const history: MemberHistory = {
          name: member.mode,
          samples: member.samples,
          tally: member.marks.refresh().tally,
          unseen: unseen(member),
          rebalancesMs: member.rebalancesMs,
          closesMs: member.closesMs,
          loopP99Ms: ended?.loopP99Ms ?? NaN,
        }
        return { history, verdict: judgeMember(history, durationMs, this.#windows, limits) }
      }),
    )
    const { acked, unknown } = producer
    if (inLog < acked || inLog > acked + unknown) {
      this.#violations.push(`${inLog} messages are in the log, ${acked} were acknowledged, ${unknown} of unknown fate`)
    }
    const violations = [...this.#violations, ...members.flatMap(({ verdict }) => verdict.violations)]
    return { acked, unknown, inLog, members, violations }
  }

  dispose(): void {
    clearInterval(this.#looking)
    for (const { child, marks } of this.#members) {
      child.kill()
      marks.close()
    }
  }

  get #now(): number {
    return performance.now() - this.#began
  }

  #look(): void {
    for (const member of this.#members) member.look(this.#now, this.#options.log)
  }

  async #disturbBy(kind: 'broker restarted' | 'member restarted' | 'guest', leftMs: number): Promise<void> {
    const { cluster } = this.#options
    if (kind === 'member restarted') {
      await this.#random.pick(this.#members).obey('restart')
    } else if (kind === 'guest') {
      const member = this.#random.pick(this.#members)
      await member.obey(`guest ${Math.round(Math.min(leftMs, this.#random.integer(...GUEST_MS)))}`)
    } else if (cluster !== undefined) {
      const brokers = new Brokers(cluster)
      const broker = this.#random.pick(brokers.all)
      await broker.kill(this.#random.pick(['SIGTERM', 'SIGKILL'] as const))
      await broker.restart()
      await brokers.whole(this.topic)
    }
  }
}
