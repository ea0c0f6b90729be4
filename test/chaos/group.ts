// A group of members, each a process of its own with a ledger; what is done to them, and whether they end as they should.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ChaosMemberParameters } from '../fixtures/chaos-member'
import type { RunningChild } from '../helpers/child'
import { type Mode, TIERS } from '../helpers/consumer'
import { startFixture } from '../helpers/fixture'
import { withDeadline } from '../helpers/wait'
import type { GroupHistory, MemberHistory, Rule } from './checker'
import { type Commits, type How, LedgerWriter, type MemberEntry, now, type Observation, readLedger } from './ledger'

/** How the members of a group agree on who gets what; legacy is node-rdkafka's flowing mode, with range. */
export const PROTOCOLS = ['range', 'cooperative-sticky', 'consumer', 'legacy'] as const
export type Protocol = (typeof PROTOCOLS)[number]

const COMMITS: readonly Commits[] = ['auto', 'timer', 'inline']
/**
 * node-rdkafka's librdkafka may begin a partition that was just added anew at its first message, while it stays assigned;
 * and node-rdkafka may answer a commit well that no broker has, when the coordinator goes away. Nothing is lost by either;
 * that messages come again is for its user to notice.
 */
const KNOWN_OF_LEGACY: readonly Rule[] = ['nonmonotonic', 'begin behind']
const START_MS = 60_000
/** close() takes 10 s at most, and a frozen member or a busy machine a little more. */
const CLOSE_MS = 40_000
const LIFE_MS = 24 * 3_600_000

export interface GroupSettings {
  protocol: Protocol
  id: string
  bootstrap: string
  topic: string
  sessionTimeoutMs: number
  /** Folder of ledgers. */
  directory: string
  /** So that groups do not all begin with the same combination. */
  shift: number
}

export interface Problem {
  rule: Rule
  what: string
}

export class Member {
  readonly child: RunningChild
  readonly name: string
  /** It was killed, or told to end. */
  #mayEnd = false
  #frozen: NodeJS.Timeout | undefined
  #joins = 0
  /** Joining or closing, under way. */
  #busy: Promise<unknown> = Promise.resolve()

  constructor(
    name: string,
    parameters: ChaosMemberParameters,
    readonly problem: (problem: Problem) => void,
  ) {
    this.name = name
    this.child = startFixture('chaos-member', parameters, { deadlineMs: LIFE_MS })
    void this.child.result.then(({ code, signal, stderr }) => {
      if (this.#mayEnd && (signal === 'SIGKILL' || code === 0)) return
      problem({ rule: 'process', what: `${name} ended with ${signal ?? `exit code ${code}`}\n${stderr}` })
    })
  }

  /** It was killed, or told to end. */
  get isGone(): boolean {
    return this.#mayEnd
  }

  /** What it is told is done in turn: nothing is begun before what came earlier is over. */
  join(): Promise<void> {
    return this.#inTurn(() => this.#join())
  }

  /** How long close() took, in milliseconds. */
  close(): Promise<number> {
    return this.#inTurn(() => this.#close())
  }

  /** Closes and joins again in the same process, with another consumer; how long close() took. */
  bounce(): Promise<number> {
    return this.#inTurn(async () => {
      const tookMs = await this.#close()
      if (!this.isGone) await this.#join()
      return tookMs
    })
  }

  /** After close(): the process is to end by itself. */
  async end(): Promise<void> {
    this.#mayEnd = true
    this.child.send('end')
    await withDeadline(this.child.result, CLOSE_MS, `${this.name} is closed and does not end`).catch(
      (error: unknown) => {
        this.problem({ rule: 'process', what: String(error) })
        this.child.kill('SIGKILL')
      },
    )
  }

  kill(): void {
    this.#mayEnd = true
    clearTimeout(this.#frozen)
    this.child.kill('SIGKILL')
  }

  freeze(forMs: number): void {
    this.child.kill('SIGSTOP')
    clearTimeout(this.#frozen)
    this.#frozen = setTimeout(() => {
      this.thaw()
    }, forMs)
  }

  thaw(): void {
    clearTimeout(this.#frozen)
    this.#frozen = undefined
    this.child.kill('SIGCONT')
  }

  async #join(): Promise<void> {
    const join = ++this.#joins
    this.child.send('join')
    await this.child.event<Partial<{ joined: number }>>(({ joined }) => joined === join, START_MS)
  }

  async #close(): Promise<number> {
    const join = this.#joins
    this.child.send('close')
    const { tookMs = NaN } = await this.child.event<Partial<{ closed: number; tookMs: number }>>(
      ({ closed }) => closed === join,
      CLOSE_MS,
    )
    return tookMs
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#busy.then(work)
    this.#busy = turn.catch(() => undefined)
    return turn
  }
}

export class Group {
  readonly members = new Map<number, Member>()
  readonly observed: Observation[] = []
  readonly problems: Problem[] = []
  readonly #settings: GroupSettings
  /** For reading afterwards, beside the ledgers of the members. */
  readonly #observations: LedgerWriter<Observation>

  constructor(settings: GroupSettings) {
    this.#settings = settings
    this.#observations = new LedgerWriter(join(settings.directory, 'observed'))
  }

  get protocol(): Protocol {
    return this.#settings.protocol
  }

  get id(): string {
    return this.#settings.id
  }

  member(number: number): Member {
    const member = this.members.get(number)
    if (member === undefined) throw new Error(`${this.protocol}: member ${number} is not there`)
    return member
  }

  /** Starts a process and joins. Its number decides on its tier, on how it reads and how it commits. */
  async start(number: number): Promise<Member> {
    const { shift, bootstrap, topic, id, directory, sessionTimeoutMs } = this.#settings
    const turn = number + shift
    const mode: Mode = this.protocol === 'legacy' ? 'legacy' : (TIERS[number % TIERS.length] as Mode)
    const how: How = turn % 2 === 0 ? 'stream' : 'batches'
    // One of the first two of every group commits by hand.
    const commits = COMMITS[Math.floor((turn + 1) / 2) % COMMITS.length] as Commits
    const name = `${this.protocol}-${number} ${mode} ${how} ${commits}`
    const parameters: ChaosMemberParameters = {
      mode,
      how,
      commits,
      bootstrap,
      group: id,
      topic,
      protocol: this.protocol,
      sessionTimeoutMs,
      ledger: join(directory, `${name}.ledger`),
    }
    const member = new Member(name, parameters, (problem) => {
      this.problems.push(problem)
    })
    this.members.set(number, member)
    await member.join()
    return member
  }

  observe(offsets: Record<number, { offset: number }>): void {
    const list = Object.entries(offsets).map(([partition, { offset }]): [number, number] => [Number(partition), offset])
    const observation: Observation = { at: now(), offsets: list }
    this.observed.push(observation)
    this.#observations.write(observation)
  }

  /** Next offset of each partition as a broker last told it. */
  committed(): Map<number, number> {
    return new Map(this.observed.at(-1)?.offsets)
  }

  /** After the members have ended. */
  history(): GroupHistory {
    const { directory } = this.#settings
    const files = readdirSync(directory).filter((file) => file.endsWith('.ledger'))
    const members = files.map((file): MemberHistory => ({
      name: file.replace(/\.ledger$/, ''),
      entries: readLedger<MemberEntry>(join(directory, file)),
    }))
    return {
      name: this.protocol,
      members,
      observed: this.observed,
      known: this.protocol === 'legacy' ? KNOWN_OF_LEGACY : [],
    }
  }
}
