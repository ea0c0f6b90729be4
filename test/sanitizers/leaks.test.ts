// What a process holds at its natural end must not depend on how many consumers it had, how much they read, nor how often
// their group rebalanced. Part of `npm run test:asan`: LeakSanitizer comes with AddressSanitizer.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Mode, TIERS } from '../helpers/consumer'
import { runFixture } from '../helpers/fixture'
import { TemporaryDirectory } from '../helpers/guard'

const LESS = 1
const MORE = 6
/** Of the addon or librdkafka in the stack of the allocation. */
const OURS = /rd_?kafka/

interface Leaked {
  bytes: number
  /** The stacks, by how much they leaked. */
  stacks: string[]
}

interface Options {
  modes?: readonly Mode[]
  isPlanted?: boolean
}

async function leakedAfter(cycles: number, { modes = TIERS, isPlanted = false }: Options = {}): Promise<Leaked> {
  const directory = new TemporaryDirectory('leaks')
  try {
    const options = `log_path=${join(directory.path, 'report')}:detect_leaks=1:exitcode=0:fast_unwind_on_malloc=0`
    await runFixture('leaks', { modes, cycles, isPlanted }, { env: { ASAN_OPTIONS: options }, deadlineMs: 300_000 })
    const reports = readdirSync(directory.path).map((file) => readFileSync(join(directory.path, file), 'utf8'))
    return read(reports.join('\n'))
  } finally {
    directory.remove()
  }
}

/** Of LeakSanitizer's report, what is ours. */
function read(report: string): Leaked {
  const leaked: Leaked = { bytes: 0, stacks: [] }
  for (const block of report.split(/\n\s*\n/)) {
    const bytes = /(?:Direct|Indirect) leak of (\d+) byte/.exec(block)?.[1]
    if (bytes === undefined || !OURS.test(block)) continue
    leaked.bytes += Number(bytes)
    leaked.stacks.push(block)
  }
  return leaked
}

test('a report is read: what is ours counts, and nothing else', () => {
  const report = [
    'Direct leak of 80 byte(s) in 2 object(s) allocated from:\n    #0 malloc\n    #1 node::Start',
    'Direct leak of 123 byte(s) in 1 object(s) allocated from:\n    #0 malloc\n    #1 Take (/x/rdkafka_tiers.node+0x1)',
    'Indirect leak of 7 byte(s) in 1 object(s) allocated from:\n    #0 malloc\n    #1 rd_kafka_new',
  ].join('\n\n')
  expect(read(report)).toMatchObject({ bytes: 130, stacks: { length: 2 } })
})

test('a leak that is planted is found', async () => {
  const modes = ['standard'] as const
  const less = await leakedAfter(LESS, { modes, isPlanted: true })
  const more = await leakedAfter(3, { modes, isPlanted: true })
  expect(more.bytes).toBeGreaterThan(less.bytes)
}, 600_000)

test('more consumers, batches and rebalances leave no more behind', async () => {
  const less = await leakedAfter(LESS)
  const more = await leakedAfter(MORE)
  process.stdout.write(`Left behind: ${less.bytes} bytes after ${LESS} round, ${more.bytes} after ${MORE}\n`)
  expect(more.bytes > less.bytes ? more.stacks : []).toEqual([])
}, 900_000)
