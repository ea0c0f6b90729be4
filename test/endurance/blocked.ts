// G12: the event loop of a member stands still for three times max.poll.interval.ms. The group gives it up meanwhile; it is
// told that its partitions were lost, joins again, and nothing is left out.
import { join } from 'node:path'
import type { EnduranceBlockedEvent, EnduranceBlockedParameters } from '../fixtures/endurance-blocked'
import type { RunningChild } from '../helpers/child'
import { waitForGroup } from '../helpers/groups'
import { TemporaryDirectory } from '../helpers/guard'
import { seed as fill } from '../helpers/produce'
import { Random } from '../helpers/random'
import { median } from '../helpers/statistics'
import { createTopic, deleteTopic, uniqueName } from '../helpers/topics'
import { waitFor } from '../helpers/wait'
import type { ReaderMode } from './clients'
import { readMarks, violationsOf } from './marks'
import { mergeReports, modesOf, type RowOptions, type RowReport, share } from './row'
import { describeEnd, lastWords, outcomeOf, startMember } from './start'

const PARTITIONS = 4
const MESSAGES_EACH_TURN = 400
const MAX_POLL_MS = 1500
const BLOCK_MS = 3 * MAX_POLL_MS
const BACK_MS = 20_000
const HOWS = ['stream', 'batches'] as const

/** All modes at once: they stand still most of the time. */
export async function runBlocked(options: RowOptions): Promise<RowReport> {
  const { count } = options
  const modes = modesOf(options)
  return mergeReports(
    await Promise.all(modes.map((mode, index) => runMode(options, mode, share(count, modes.length, index), index))),
  )
}

async function runMode(options: RowOptions, mode: ReaderMode, turns: number, index: number): Promise<RowReport> {
  const { bootstrap, node, seed, log } = options
  const topic = await createTopic({ prefix: 'blocked', partitions: PARTITIONS, bootstrap })
  const directory = new TemporaryDirectory('blocked')
  const parameters: EnduranceBlockedParameters = {
    reader: {
      mode,
      how: HOWS[index % HOWS.length] ?? 'stream',
      bootstrap,
      topic,
      groupId: uniqueName(`blocked-${mode}`),
      config: {
        'session.timeout.ms': MAX_POLL_MS,
        'heartbeat.interval.ms': 300,
        'max.poll.interval.ms': MAX_POLL_MS,
        'enable.auto.commit': true,
        'auto.commit.interval.ms': 100,
      },
    },
    marks: join(directory.path, 'marks'),
    partitions: PARTITIONS,
  }
  const child = startMember('endurance-blocked', parameters, { node, deadlineMs: 60_000 + turns * 60_000 })
  const run = new Blocked(options, parameters, child, new Random(seed + index))
  try {
    for (let turn = 0; turn < turns && run.isAlive; turn++) {
      await run.turn(turn)
      log(`${mode}: ${turn + 1} of ${turns}`)
    }
    return await run.finish(turns)
  } finally {
    child.kill()
    directory.remove()
    await deleteTopic(topic, { bootstrap })
  }
}

class Blocked {
  readonly #violations: string[] = []
  readonly #evictedMs: number[] = []
  readonly #backMs: number[] = []
  #told = 0
  #produced = 0
  isAlive = true

  constructor(
    readonly options: RowOptions,
    readonly parameters: EnduranceBlockedParameters,
    readonly child: RunningChild,
    readonly random: Random,
  ) {
    void child.result.then(
      () => (this.isAlive = false),
      () => (this.isAlive = false),
    )
  }

  async turn(turn: number): Promise<void> {
    const { child } = this
    const { bootstrap } = this.options
    const { groupId } = this.parameters.reader
    try {
      await this.#fill()
      const from = this.#produced - this.random.integer(1, MESSAGES_EACH_TURN / 2)
      await this.#handled(from)
      const [assigned, lost, begun] = [this.#count('assigned'), this.#count('lost'), this.#count('blocked')]
      child.send(`block ${BLOCK_MS}`)
      await this.#until('blocked', begun, 10_000)
      const began = performance.now()
      const evicted = await waitForGroup(groupId, 0, { bootstrap, deadlineMs: BLOCK_MS }).catch(() => undefined)
      if (evicted === undefined) this.#violate(turn, 'the group did not give it up')
      else this.#evictedMs.push(performance.now() - began)
      await this.#until('blocked', begun + 1, BLOCK_MS + 10_000)
      const ended = performance.now()
      await this.#fill()
      if (evicted !== undefined) await this.#until('assigned', assigned, BACK_MS)
      this.#backMs.push(performance.now() - ended)
      if (this.#count('lost') > lost) this.#told++
      else this.#violate(turn, 'it was not told that its partitions were lost')
      await this.#handled(this.#produced)
    } catch (error) {
      this.#violate(turn, String(error))
    }
  }

  async finish(turns: number): Promise<RowReport> {
    const { mode } = this.parameters.reader
    this.child.send('close')
    const result = await Promise.race([outcomeOf(this.child), this.#tooLate()])
    const end = describeEnd(result)
    if (end !== 'exit code 0') {
      this.#violations.push(`${mode}: it ended with ${end}${lastWords(result)}`)
    }
    const { tally } = readMarks(this.parameters.marks, PARTITIONS)
    this.#violations.push(...violationsOf(tally).map((each) => `${mode}: ${each}`))
    const ms = (values: readonly number[]): string =>
      values.length === 0 ? '' : `${median(values).toFixed(0)}, at most ${Math.max(...values).toFixed(0)}`
    const { lost, again, rewound, disordered, stale } = tally
    return {
      title: `G12: the event loop blocked for ${BLOCK_MS} ms, max.poll.interval.ms ${MAX_POLL_MS}; seed ${this.options.seed}`,
      header: [
        '',
        'turns',
        'end',
        'given up',
        'told',
        'ms until given up',
        'ms until back',
        'lost',
        'again',
        'rewound',
        'disordered',
        'stale',
      ],
      rows: [
        [
          mode,
          String(turns),
          end,
          String(this.#evictedMs.length),
          String(this.#told),
          ms(this.#evictedMs),
          ms(this.#backMs),
          ...[lost, again, rewound, disordered, stale].map(String),
        ],
      ],
      violations: this.#violations,
    }
  }

  async #tooLate(): Promise<'hung'> {
    await waitFor(() => false, { deadlineMs: BACK_MS, describe: 'the end' }).catch(() => undefined)
    return 'hung'
  }

  async #fill(): Promise<void> {
    const { topic, bootstrap } = this.parameters.reader
    const firstSequence = this.#produced / PARTITIONS
    await fill(topic, { count: MESSAGES_EACH_TURN, size: 50, partitions: PARTITIONS, firstSequence, bootstrap })
    this.#produced += MESSAGES_EACH_TURN
  }

  async #handled(count: number): Promise<void> {
    const handled = (): number =>
      readMarks(this.parameters.marks, PARTITIONS).nextToHandle.reduce((sum, next) => sum + next, 0)
    await waitFor(() => handled() >= count, {
      deadlineMs: BACK_MS,
      describe: () => `${count} messages; ${handled()} are processed`,
    })
  }

  #count(kind: 'assigned' | 'lost' | 'blocked'): number {
    return (this.child.events as EnduranceBlockedEvent[]).filter((event) => kind in event).length
  }

  async #until(kind: 'assigned' | 'lost' | 'blocked', before: number, deadlineMs: number): Promise<void> {
    await waitFor(() => this.#count(kind) > before, { deadlineMs, describe: `the member to tell "${kind}"` })
  }

  #violate(turn: number, what: string): void {
    this.#violations.push(`${this.parameters.reader.mode}, turn ${turn}: ${what}`)
  }
}
