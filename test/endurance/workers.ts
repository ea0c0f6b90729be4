// G9: worker threads that hold a member are terminated at random times. The process lives on, its threads, descriptors
// and memory are what they were, and the next worker of the group goes on where the last commit was.
import { join } from 'node:path'
import type { EnduranceWorkersParameters, EnduranceWorkersReport } from '../fixtures/endurance-workers'
import { TemporaryDirectory } from '../helpers/guard'
import { seed as fill } from '../helpers/produce'
import { createTopic, deleteTopic, uniqueName } from '../helpers/topics'
import { readMarks, totals, violationsOf } from './marks'
import { growth } from './resources'
import { modesOf, type RowOptions, type RowReport } from './row'
import { describeEnd, Ends, lastWords, outcomeOf, startMember } from './start'
import { showKib } from './theil-sen'

const PARTITIONS = 4
/** At least what a worker reads before it is ended, most often. */
const MESSAGES_EACH = 20_000
const MOST_MESSAGES = 10_000_000
const WORKER_MS = 8000
const KIB = 1024
/**
 * glibc gives each new thread one of its arenas, up to eight a processor, and they fill to some 3 MiB one after the other:
 * with all of them the memory of 1,000 workers grows like a leak, and is none.
 */
const ENV = { MALLOC_ARENA_MAX: '2' }

export async function runWorkers(options: RowOptions): Promise<RowReport> {
  const { bootstrap, client, count } = options
  const modes = modesOf(options)
  const topic = await createTopic({ prefix: 'workers', partitions: PARTITIONS, bootstrap })
  await fill(topic, {
    count: Math.min(MOST_MESSAGES, count * MESSAGES_EACH),
    size: 100,
    partitions: PARTITIONS,
    bootstrap,
  })
  const directory = new TemporaryDirectory('workers')
  try {
    const members = modes.map((mode) => ({
      reader: {
        mode,
        bootstrap,
        topic,
        groupId: uniqueName(`workers-${mode}`),
        config: { 'group.instance.id': 'the one', 'statistics.interval.ms': 5 },
        commitEvery: 500,
      },
      marks: join(directory.path, mode),
      partitions: PARTITIONS,
    }))
    const run = client === 'tiers' ? inOneProcess : inProcessesOfTheirOwn
    return await run(options, members)
  } finally {
    directory.remove()
    await deleteTopic(topic, { bootstrap })
  }
}

type Members = EnduranceWorkersParameters['members']

async function inOneProcess(options: RowOptions, members: Members): Promise<RowReport> {
  const { count, seed, node, leakBytes, log } = options
  const parameters: EnduranceWorkersParameters = {
    members,
    workers: count,
    seed,
    counts: true,
    ...(leakBytes !== undefined && { leakBytes }),
  }
  const child = startMember('endurance-workers', parameters, {
    node,
    env: ENV,
    deadlineMs: 30_000 + count * WORKER_MS,
  })
  const result = await outcomeOf(child)
  const report = (result === 'hung' ? undefined : result.events.at(-1)) as EnduranceWorkersReport | undefined
  const tallies = members.map(({ marks }) => readMarks(marks, PARTITIONS).tally)
  const violations = tallies.flatMap((tally, index) =>
    violationsOf(tally).map((each) => `${members[index]?.reader.mode ?? ''}: ${each}`),
  )
  const title = `G9: worker.terminate() at random times, seed ${seed}`
  if (result === 'hung' || result.code !== 0 || report?.samples === undefined) {
    const ended = result === 'hung' ? 0 : result.events.length
    violations.push(`the process ended with ${describeEnd(result)} after ${ended} workers${lastWords(result)}`)
    return { title, header: HEADER, rows: [], violations }
  }
  const { rss, limit, before, after, violations: grown } = growth(report.samples)
  violations.push(...grown)
  const { clients, pumps, rdkafkaThreads } = report.counters ?? { clients: NaN, pumps: NaN, rdkafkaThreads: NaN }
  if (clients !== 0 || pumps !== 0 || rdkafkaThreads !== 0) {
    violations.push(`left: ${clients} clients, ${pumps} pumps, ${rdkafkaThreads} threads of librdkafka`)
  }
  log(`${count} workers in ${report.node}, ${report.reading} of them reading; ${(limit / KIB).toFixed(1)} KiB allowed`)
  const row = [
    `the tiers, Node ${report.node}`,
    String(count),
    'all in one process',
    showKib(rss),
    `${before.threads} to ${after.threads}`,
    `${before.fds} to ${after.fds}`,
    ...totals(tallies),
  ]
  return { title, header: HEADER, rows: [row], violations }
}

const HEADER = ['', 'workers', 'ends', 'RSS, KiB a worker', 'threads', 'fds', 'lost', 'again', 'rewound', 'disordered']

/** A crash takes the process along: one for each worker. */
async function inProcessesOfTheirOwn(options: RowOptions, members: Members): Promise<RowReport> {
  const { count, seed, node, log } = options
  const ends = new Map(members.map(({ reader: { mode } }) => [mode, new Ends()]))
  const violations: string[] = []
  for (let index = 0; index < count; index++) {
    const member = members[index % members.length]
    if (member === undefined) break
    const parameters: EnduranceWorkersParameters = { members: [member], workers: 1, seed: seed + index, counts: false }
    const result = await outcomeOf(startMember('endurance-workers', parameters, { node, deadlineMs: WORKER_MS * 2 }))
    const { mode } = member.reader
    const end = describeEnd(result)
    ends.get(mode)?.add(end)
    if (result === 'hung' || result.code !== 0) {
      const why = result === 'hung' ? '' : ` ${result.stderr.trim().split('\n').at(-1) ?? ''}`
      violations.push(`${mode}, worker ${index}: the process ended with ${end}${why}`)
    }
    log(`${mode}: ${end}`)
  }
  const rows = members.map(({ reader: { mode }, marks }) => {
    const own = ends.get(mode) ?? new Ends()
    return [mode, String(own.count), String(own), '', '', '', ...totals([readMarks(marks, PARTITIONS).tally])]
  })
  return { title: `G9: worker.terminate() at random times, seed ${seed}`, header: HEADER, rows, violations }
}
