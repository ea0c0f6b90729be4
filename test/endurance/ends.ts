// G8: the process of a member ends in the middle of its work. Its exit code is kept, it ends at once, and the group goes
// on where the last commit was: nothing is lost, and no more comes again than was not committed.
//
// The members of a group follow each other under one `group.instance.id`, so the next one has the partitions at once.
import { join } from 'node:path'
import type { EnduranceEndParameters } from '../fixtures/endurance-end'
import type { ChildResult } from '../helpers/child'
import { groupOffsets } from '../helpers/groups'
import { TemporaryDirectory } from '../helpers/guard'
import { seed as fill } from '../helpers/produce'
import { Random } from '../helpers/random'
import { median } from '../helpers/statistics'
import { createTopic, deleteTopic, uniqueName } from '../helpers/topics'
import { patient } from '../helpers/wait'
import type { ReaderMode } from './clients'
import { EXITS, type Exit, type HowItEnds } from './exits'
import { readMarks, type Tally, totals, violationsOf } from './marks'
import { mergeReports, modesOf, type RowOptions, type RowReport, share } from './row'
import { describeEnd, Ends, lastWords, outcomeOf, startMember } from './start'

const PARTITIONS = 4
const MOST_MESSAGES = 3000
/** From the last thing that JavaScript does to the end of the process. */
const END_MS = 1000
const HANGS_MS = 30_000
const COMMITS = ['auto', 'inline'] as const
const HOWS = ['stream', 'batches'] as const

interface Turn {
  how: HowItEnds
  commits: (typeof COMMITS)[number]
  reads: (typeof HOWS)[number]
  atMessage: number
}

/** Every way to end with every way to commit and to read, in an order that the seed says; then again. */
export function endTurns(count: number, seed: number): Turn[] {
  const random = new Random(seed)
  const turns: Turn[] = []
  while (turns.length < count) {
    const round = (Object.keys(EXITS) as HowItEnds[]).flatMap((how) =>
      COMMITS.flatMap((commits) =>
        HOWS.map((reads) => ({ how, commits, reads, atMessage: random.integer(1, MOST_MESSAGES) })),
      ),
    )
    while (round.length > 0) turns.push(...round.splice(random.integer(0, round.length - 1), 1))
  }
  return turns.slice(0, count)
}

export async function runEnds(options: RowOptions): Promise<RowReport> {
  const { bootstrap, count, seed } = options
  const modes = modesOf(options)
  const topic = await createTopic({ prefix: 'ends', partitions: PARTITIONS, bootstrap })
  const most = share(count, modes.length, 0)
  // The last of them has enough before it, too.
  await fill(topic, { count: (most + 1) * MOST_MESSAGES, size: 100, partitions: PARTITIONS, bootstrap })
  const directory = new TemporaryDirectory('ends')
  try {
    return mergeReports(
      await Promise.all(
        modes.map((mode, index) => {
          const turns = endTurns(share(count, modes.length, index), seed + index)
          return runChain({ options, mode, turns, topic, marks: join(directory.path, mode) })
        }),
      ),
    )
  } finally {
    directory.remove()
    await deleteTopic(topic, { bootstrap })
  }
}

interface Chain {
  options: RowOptions
  mode: ReaderMode
  turns: readonly Turn[]
  topic: string
  /** File. */
  marks: string
}

async function runChain({ options, mode, turns, topic, marks }: Chain): Promise<RowReport> {
  const violations: string[] = []
  const ends = new Ends()
  const tookMs: number[] = []
  const tallies: Tally[] = []
  let [groupId, file] = [uniqueName(`ends-${mode}`), `${marks}-0`]
  let messagesTooFar = 0
  for (const [index, turn] of turns.entries()) {
    const { how, commits, reads, atMessage } = turn
    const what = `${mode}, turn ${index}: ${how} at message ${atMessage} of ${reads}, ${commits} commits`
    const { result, took } = await endOne(options, turn, { mode, topic, groupId, file })
    const end = describeEnd(result)
    ends.add(end)
    const expected: Exit = EXITS[how]
    if (result === 'hung' || result.code !== expected.code || result.signal !== expected.signal) {
      const wanted = expected.signal ?? `exit code ${expected.code}`
      violations.push(`${what}: it ended with ${end}, not with ${wanted}${lastWords(result)}`)
    }
    if (took > patient(END_MS)) violations.push(`${what}: it took ${Math.round(took)} ms to end`)
    if (!Number.isNaN(took)) tookMs.push(took)
    const wrong = await wrongCommits(groupId, topic, file, options.bootstrap)
    violations.push(...wrong.map((each) => `${what}: ${each.what}`))
    messagesTooFar += wrong.reduce((sum, { tooFar }) => sum + tooFar, 0)
    if (wrong.length > 0 || mode === 'flowing') {
      // All that follows would begin too far, or at the end, to which a flow runs: another group, from the beginning.
      tallies.push(readMarks(file, PARTITIONS).tally)
      ;[groupId, file] = [uniqueName(`ends-${mode}`), `${marks}-${index + 1}`]
    }
    if (index % 10 === 9) options.log(`${mode}: ${index + 1} of ${turns.length}`)
  }
  // What a member finds at its beginning it writes at once; the end of the last one is judged by its commits alone.
  tallies.push(readMarks(file, PARTITIONS).tally)
  violations.push(...tallies.flatMap(violationsOf).map((each) => `${mode}: ${each}`))
  return {
    title: `G8: the process ends with messages in hand, seed ${options.seed}`,
    header: ['', 'turns', 'ends', 'ms to end', 'most', 'lost', 'again', 'rewound', 'disordered', 'committed too far'],
    rows: [
      [
        mode,
        String(turns.length),
        String(ends),
        ...[median(tookMs), Math.max(...tookMs)].map((ms) => ms.toFixed(0)),
        ...totals(tallies),
        String(messagesTooFar),
      ],
    ],
    violations,
  }
}

/** How one process ended, and how long it took from the last thing that its JavaScript did. */
async function endOne(
  { bootstrap, node }: RowOptions,
  { how, commits, reads, atMessage }: Turn,
  { mode, topic, groupId, file }: { mode: ReaderMode; topic: string; groupId: string; file: string },
): Promise<{ result: ChildResult | 'hung'; took: number }> {
  const parameters: EnduranceEndParameters = {
    reader: {
      mode,
      how: reads,
      bootstrap,
      topic,
      groupId,
      config: {
        'group.instance.id': 'the one',
        ...(commits === 'auto' && { 'enable.auto.commit': true, 'auto.commit.interval.ms': 50 }),
      },
      ...(commits === 'inline' && { commitEvery: 50 }),
    },
    marks: file,
    partitions: PARTITIONS,
    how,
    atMessage,
  }
  const child = startMember('endurance-end', parameters, { node, deadlineMs: HANGS_MS })
  let toldAt = NaN
  try {
    await child.event<{ ending?: string }>(({ ending }) => ending !== undefined)
    toldAt = performance.now()
    if (how.startsWith('SIGTERM')) child.kill('SIGTERM')
  } catch {
    // What became of it is seen by its result.
  }
  return { result: await outcomeOf(child), took: performance.now() - toldAt }
}

/** What the group has committed lies between what was answered and what was processed. */
async function wrongCommits(
  group: string,
  topic: string,
  file: string,
  bootstrap: string,
): Promise<{ what: string; tooFar: number }[]> {
  const offsets = (await groupOffsets(group, { bootstrap }))[topic] ?? {}
  const { answeredCommits, nextToHandle } = readMarks(file, PARTITIONS)
  return nextToHandle.flatMap((next, partition) => {
    const committed = offsets[partition]?.offset ?? 0
    const answered = answeredCommits[partition] ?? 0
    if (committed >= answered && committed <= next) return []
    const what = `[${partition}] ${committed} is committed; ${answered} was answered, ${next} is next to process`
    return [{ what, tooFar: Math.max(0, committed - next) }]
  })
}
