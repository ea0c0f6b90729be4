// G19: connect, read 10,000 messages, close; again and again in one process. Nothing of it may stay behind.
import type { EnduranceCycle, EnduranceCyclesParameters } from '../fixtures/endurance-cycles'
import { seed as fill } from '../helpers/produce'
import { median } from '../helpers/statistics'
import { createTopic, deleteTopic, uniqueName } from '../helpers/topics'
import type { ReaderMode } from './clients'
import { growth } from './resources'
import { mergeReports, modesOf, type RowOptions, type RowReport, share } from './row'
import { describeEnd, lastWords, outcomeOf, startMember } from './start'
import { showKib } from './theil-sen'

const PARTITIONS = 4
const MESSAGES = 10_000
const CYCLE_MS = 10_000
const KIB = 1024

export async function runCycles(options: RowOptions): Promise<RowReport> {
  const { bootstrap, count } = options
  const modes = modesOf(options)
  const topic = await createTopic({ prefix: 'cycles', partitions: PARTITIONS, bootstrap })
  await fill(topic, { count: MESSAGES, size: 100, partitions: PARTITIONS, bootstrap })
  try {
    const run = (mode: ReaderMode, index: number): Promise<RowReport> =>
      runMode(options, mode, share(count, modes.length, index), topic)
    return mergeReports(await Promise.all(modes.map(run)))
  } finally {
    await deleteTopic(topic, { bootstrap })
  }
}

async function runMode(options: RowOptions, mode: ReaderMode, cycles: number, topic: string): Promise<RowReport> {
  const { bootstrap, client, seed, node, leakBytes, log } = options
  const parameters: EnduranceCyclesParameters = {
    reader: {
      mode,
      bootstrap,
      topic,
      groupId: uniqueName(`cycles-${mode}`),
      how: 'stream',
      config: { 'enable.auto.commit': false },
    },
    messages: MESSAGES,
    cycles,
    counts: client === 'tiers',
    ...(leakBytes !== undefined && { leakBytes }),
  }
  const child = startMember('endurance-cycles', parameters, { node, deadlineMs: 30_000 + cycles * CYCLE_MS })
  const result = await outcomeOf(child)
  const done = (child.events as EnduranceCycle[]).filter(({ cycle }) => Number.isInteger(cycle))
  const violations: string[] = []
  const ended = describeEnd(result)
  if (result === 'hung' || result.code !== 0 || done.length < cycles) {
    violations.push(`${mode}: ${ended} after ${done.length} of ${cycles} cycles${lastWords(result)}`)
  }
  const title = `G19: connect, read ${MESSAGES} messages, close; seed ${seed}`
  if (done.length < 2) return { title, header: HEADER, rows: [[mode, String(done.length), ended]], violations }

  const { rss, limit, before, after, warmUp, violations: grown } = growth(done.map((each) => each.after))
  violations.push(...grown.map((each) => `${mode}: ${each}`))
  const left = Math.max(...done.map((each) => each.left))
  if (left > 0) violations.push(`${mode}: ${left} native clients, pumps and threads were left after a close`)
  log(`${mode}: ${done.length} cycles, ${warmUp} of them warm-up; ${(limit / KIB).toFixed(1)} KiB a cycle allowed`)
  const row = [
    mode,
    String(done.length),
    ended,
    showKib(rss),
    (after.rss / KIB / KIB).toFixed(0),
    `${before.threads} to ${after.threads}`,
    `${before.fds} to ${after.fds}`,
    String(left),
    ...[median(done.map(({ readMs }) => readMs)), median(done.map(({ closeMs }) => closeMs))].map((ms) =>
      ms.toFixed(0),
    ),
  ]
  return { title, header: HEADER, rows: [row], violations }
}

const HEADER = [
  '',
  'cycles',
  'end',
  'RSS, KiB a cycle',
  'RSS, MiB',
  'threads',
  'fds',
  'left',
  'ms to read',
  'ms to close',
]
