// A group of verifiable consumers, Java's and ours, each in a process of its own.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ChildResult, type RunningChild, startChild, startNode } from '../helpers/child'
import { repositoryRoot, REGISTER } from '../helpers/deps'
import { describeGroup, type GroupDescription } from '../helpers/groups'
import { kafkaJars } from '../helpers/kafka/jars'
import { waitFor } from '../helpers/wait'
import { instability, keyOf, type LogEvent, type MemberLog, ownedBy } from './check/log'
import { consumedIn } from './check/rules'
import type { ConsumerEvent, Partition, Sent } from './verifiable/protocol'

export type Kind = 'java' | 'standard' | 'buffered' | 'dedicated' | 'legacy'
export type Protocol = 'range' | 'cooperative-sticky' | 'consumer'

/** Longest that any process of a test may live. */
const LIFETIME_MS = 150_000
/** A JVM that starts in half a second instead of one. */
const JVM_OPTIONS = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx128m']
const JAVA_ASSIGNORS = {
  range: 'org.apache.kafka.clients.consumer.RangeAssignor',
  'cooperative-sticky': 'org.apache.kafka.clients.consumer.CooperativeStickyAssignor',
}

export interface GroupOptions {
  bootstrap: string
  topic: string
  partitions: number
  group: string
  protocol: Protocol
  /** Of protocol classic; otherwise the brokers decide it. */
  sessionTimeoutMs: number
  /** Of protocol classic. Default 300: a test waits for what members learn by it. */
  heartbeatIntervalMs?: number
  /** Where logs and configuration files may lie. */
  directory: string
}

export interface MemberOptions {
  kind: Kind
  instance?: string
  autoCommits?: boolean
  /** More of the command line. */
  args?: readonly string[]
}

export class Member {
  #killedAt: number | undefined
  #isOver = false

  constructor(
    readonly name: string,
    readonly options: MemberOptions,
    private readonly child: RunningChild,
    private readonly rebalances: MemberLog['rebalances'],
  ) {
    const over = (): void => void (this.#isOver = true)
    child.result.then(over, over)
  }

  /** Its process runs, and nobody has told it to end. */
  get isLive(): boolean {
    return !this.#isOver && this.#killedAt === undefined
  }

  get pid(): number {
    return this.child.pid
  }

  get events(): readonly ConsumerEvent[] {
    return this.child.events as readonly ConsumerEvent[]
  }

  get result(): Promise<ChildResult> {
    return this.child.result
  }

  get log(): MemberLog {
    const { name, rebalances, events, options } = this
    const traits = { autoCommits: options.autoCommits ?? false, commitsAgain: options.kind !== 'java' }
    if (this.#killedAt === undefined) return { name, rebalances, ...traits, events }
    // What it said just before may be stamped with the same millisecond, or be read later.
    const timestamp = Math.max(this.#killedAt, events.at(-1)?.timestamp ?? 0)
    return { name, rebalances, ...traits, events: [...events, { timestamp, name: 'killed' } satisfies LogEvent] }
  }

  /** Resolves with the first event of that name, past or future. */
  said(name: ConsumerEvent['name'], deadlineMs = 30_000): Promise<ConsumerEvent> {
    return this.child.event<ConsumerEvent>((event) => event.name === name, deadlineMs)
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** By SIGTERM, and cleanly. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM')
    const { code, signal, stderr } = await this.child.result
    // A JVM ends so on SIGTERM, its shutdown hooks done.
    const clean = this.options.kind === 'java' ? 143 : 0
    if (code !== clean || this.events.at(-1)?.name !== 'shutdown_complete') {
      throw new Error(`${this.name} ended with ${signal ?? `exit code ${code}`} on SIGTERM\n${stderr}`)
    }
  }

  async kill(): Promise<void> {
    this.#killedAt = Date.now()
    this.child.kill('SIGKILL')
    await this.child.result
  }
}

export class InteropGroup {
  readonly members: Member[] = []
  #started = 0

  constructor(readonly options: GroupOptions) {}

  get logs(): MemberLog[] {
    return this.members.map(({ log }) => log)
  }

  get live(): Member[] {
    return this.members.filter(({ isLive }) => isLive)
  }

  async start(options: MemberOptions): Promise<Member> {
    const name = `${options.kind} ${++this.#started}`
    const args = this.#arguments(options)
    const child =
      options.kind === 'java'
        ? await startJava('VerifiableConsumer', args, this.options.directory)
        : startNode(join(repositoryRoot, 'test', 'interop', 'verifiable-consumer.ts'), {
            nodeFlags: REGISTER,
            args: [...args, '--tier', options.kind],
            deadlineMs: LIFETIME_MS,
          })
    const member = new Member(name, options, child, this.options.protocol === 'range' ? 'eager' : 'incremental')
    this.members.push(member)
    return member
  }

  /** Resolves when all live members, and the coordinator, agree that each partition has exactly one owner. */
  async stable(): Promise<GroupDescription> {
    const { bootstrap, group, topic, partitions } = this.options
    const all = Array.from({ length: partitions }, (_, partition) => keyOf({ topic, partition }))
    let seen: GroupDescription | undefined
    const faults = (): string[] =>
      instability(
        this.live.map(({ log }) => log),
        all,
      )
    return waitFor(
      async () => {
        if (faults().length > 0) return false
        seen = await describeGroup(group, { bootstrap })
        const assigned = seen.members.map(({ assignment }) => assignedIn(assignment).join()).sort()
        const owned = this.live.map(({ log }) => ownedBy(log).join()).sort()
        return seen.state === 'Stable' && assigned.join(';') === owned.join(';') && seen
      },
      {
        deadlineMs: 40_000,
        intervalMs: 50,
        describe: () => `a stable group: ${faults().join('; ')}; the coordinator has ${JSON.stringify(seen)}`,
      },
    )
  }

  /** Resolves when something more came from every partition, to whoever owns it now. */
  async progress(): Promise<void> {
    const before = this.live.map(({ events }) => events.length)
    const fresh = (): Set<string> =>
      new Set(
        consumedIn(this.live.map(({ events }, index) => ({ events: events.slice(before[index] ?? 0) }))).map(keyOf),
      )
    await waitFor(() => fresh().size === this.options.partitions, {
      deadlineMs: 20_000,
      describe: () => `records of ${this.options.partitions} partitions; they came of ${[...fresh()].join()}`,
    })
  }

  #arguments({ kind, instance, autoCommits = false, args = [] }: MemberOptions): string[] {
    const { bootstrap, topic, group, protocol, sessionTimeoutMs, heartbeatIntervalMs = 300, directory } = this.options
    const common = ['--bootstrap-server', bootstrap, '--topic', topic, '--group-id', group, '--verbose', ...args]
    if (instance !== undefined) common.push('--group-instance-id', instance)
    if (autoCommits) common.push('--enable-autocommit')
    if (protocol === 'consumer') return [...common, '--group-protocol', protocol]
    const properties = join(directory, 'consumer.properties')
    writeFileSync(properties, `heartbeat.interval.ms=${heartbeatIntervalMs}\n`)
    common.push('--session-timeout', String(sessionTimeoutMs), '--assignment-strategy', JAVA_ASSIGNORS[protocol])
    return [...common, kind === 'java' ? '--consumer.config' : '--command-config', properties]
  }
}

/** Java's VerifiableProducer: as many messages a second as it is told, with keys, so that each partition gets some. */
export async function startProducer(
  { bootstrap, topic, directory }: Pick<GroupOptions, 'bootstrap' | 'topic' | 'directory'>,
  messagesPerSecond: number,
): Promise<{ sent(): Sent[]; stop(): Promise<Sent[]> }> {
  const args = ['--bootstrap-server', bootstrap, '--topic', topic]
  args.push('--throughput', String(messagesPerSecond), '--repeating-keys', '100')
  const child = await startJava('VerifiableProducer', args, directory)
  const sent = (): Sent[] =>
    (child.events as (Sent | ConsumerEvent)[]).filter((each) => each.name === 'producer_send_success')
  await waitFor(() => sent().length > 0, { deadlineMs: 30_000, describe: 'the first message to be sent' })
  return {
    sent,
    async stop() {
      child.kill('SIGTERM')
      await child.result
      return sent()
    },
  }
}

let javaProcesses = 0

async function startJava(tool: string, args: readonly string[], directory: string): Promise<RunningChild> {
  const jars = await kafkaJars()
  const command = jars.command(`org.apache.kafka.tools.${tool}`, {
    logFile: join(directory, `${tool}-${++javaProcesses}.log`),
    jvmOptions: JVM_OPTIONS,
  })
  return startChild('java', { args: [...command, ...args], deadlineMs: LIFETIME_MS })
}

function assignedIn(assignment: Readonly<Record<string, readonly number[]>>): string[] {
  const partitions: Partition[] = Object.entries(assignment).flatMap(([topic, numbers]) =>
    numbers.map((partition) => ({ topic, partition })),
  )
  return partitions.map(keyOf).sort()
}
