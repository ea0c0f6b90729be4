// The demo as its user runs it: what it prints and how it ends. It loads the package from dist/, which `npm test` builds.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { type ChildOptions, type ChildResult, type RunningChild, runNode, startNode } from '../helpers/child'
import { kafkaBootstrap } from '../helpers/kafka/oracle'
import { produce, seed } from '../helpers/produce'
import { describeTopic, uniqueName, useTopics } from '../helpers/topics'
import { waitFor } from '../helpers/wait'

const DEMO = join(__dirname, '..', '..', 'demo', 'index.js')
const ALL = ['legacy', 'standard', 'buffered:32', 'dedicated']

const topics = useTopics()

function demo(...args: string[]): Promise<ChildResult> {
  return runNode(DEMO, { args, deadlineMs: 50_000 })
}

function demoWith(fixture: string, ...args: string[]): Promise<ChildResult> {
  const env: ChildOptions['env'] = { NODE_OPTIONS: `--require ${join(__dirname, 'fixtures', fixture)}` }
  return runNode(DEMO, { args, env, deadlineMs: 50_000 })
}

/** The cells of the table: a row for each mode, without its head. */
function rows({ stdout }: ChildResult): string[][] {
  const lines = stdout.split('\n').filter((line) => line.startsWith('│'))
  return lines.slice(1).map((line) =>
    line
      .split('│')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

/** What it says, as one line. */
function prose({ stdout }: ChildResult): string {
  return stdout.replace(/\s+/g, ' ')
}

/** All figures are there, and the count is right. */
function expectFigures(result: ChildResult, modes: readonly string[], messages: string): void {
  expect(result).toMatchObject({ code: 0, stderr: '' })
  const table = rows(result)
  expect(table.map(([mode]) => mode)).toEqual(modes)
  for (const [, reads, count, perSecond, cpu, memory] of table) {
    expect(reads).toMatch(/^(stream|batches)\(\)$/)
    expect(count).toBe(messages)
    expect(perSecond).toMatch(/^[\d,]*[1-9][\d,]*$/)
    expect(cpu).toMatch(/^\d+\.\d\d µs$/)
    expect(memory).toMatch(/^[1-9][\d,]* MiB$/)
  }
  expect(prose(result)).toContain(`each of the ${messages} messages came once and in order within its partition`)
}

/** The topic that the demo made for itself. */
function topicOf({ stdout }: ChildResult): string {
  return / in topic (\S+) at /.exec(stdout)?.[1] ?? ''
}

async function expectDeleted(topic: string): Promise<void> {
  expect(topic).toMatch(/^rdkafka-tiers-demo-/)
  await waitFor(
    () =>
      describeTopic(topic).then(
        () => false,
        (error: unknown) => String(error).includes('UnknownTopicOrPartition'),
      ),
    { describe: `${topic} to be deleted` },
  )
}

function childrenOf(pid: number): number[] {
  const processes = execFileSync('ps', ['-eo', 'pid=,ppid=,comm='], { encoding: 'utf8' }).trim().split('\n')
  return processes
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, command]) => Number(parent) === pid && command !== 'ps')
    .map(([child]) => Number(child))
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('on a mock cluster', () => {
  it('consumes the same messages in every mode and shows a row for each', async () => {
    const result = await demo('--messages', '50000')
    expectFigures(result, ALL, '50,000')
    expect(result.stdout).toContain('50,000 messages of 100 bytes over 4 partitions')
  })

  it('spreads what one partition of the mock cluster could not keep', async () => {
    const result = await demo('--messages', '3000', '--size', '20000', '--tiers', 'dedicated')
    expectFigures(result, ['dedicated'], '3,000')
    expect(result.stdout).toContain('3,000 messages of 20000 bytes over 15 partitions')
  })

  it('takes any batch size, and the modes in the order given', async () => {
    const result = await demo('--messages', '1', '--size', '8', '--tiers', 'buffered:7,standard')
    expectFigures(result, ['buffered:7', 'standard'], '1')
  })

  it('does not let RDKAFKA_TIERS_TIER change what is compared', async () => {
    const env = { RDKAFKA_TIERS_TIER: 'no such tier' }
    const args = ['--messages', '1000', '--tiers', 'standard']
    expectFigures(await runNode(DEMO, { args, env }), ['standard'], '1,000')
  })

  it('goes on without legacy, and says why, when node-rdkafka is not installed', async () => {
    const result = await demoWith('without-node-rdkafka.js', '--messages', '1000')
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(rows(result).map(([mode, words]) => [mode, words])).toEqual([
      ['legacy', 'not available'],
      ['standard', 'stream()'],
      ['buffered:32', 'batches()'],
      ['dedicated', 'batches()'],
    ])
    expect(prose(result)).toMatch(/legacy is not available: .*node-rdkafka/)
    expect(prose(result)).toContain('Checked in standard, buffered:32 and dedicated:')
  })

  it('fails and says which mode lost a message', async () => {
    const result = await demoWith('loses-a-message.js', '--messages', '1000', '--tiers', 'standard,dedicated')
    expect(result).toMatchObject({ code: 1, stderr: '' })
    expect(rows(result).map(([mode, words]) => [mode, words])).toEqual([
      ['standard', 'failed'],
      ['dedicated', 'batches()'],
    ])
    expect(prose(result)).toMatch(/standard FAILED: partition \d gave 249 of its 250 messages/)
    expect(prose(result)).toContain('Checked in dedicated:')
  })
})

describe('on a real cluster', () => {
  it('consumes a topic of its own in every mode, and deletes it', async () => {
    const result = await demo('--bootstrap', kafkaBootstrap(), '--messages', '50000')
    expectFigures(result, ALL, '50,000')
    await expectDeleted(topicOf(result))
  })

  it('reads an existing topic as it is', async () => {
    const topic = await topics.create({ partitions: 3 })
    await seed(topic, { count: 3000, size: 50, partitions: 3 })
    await produce(topic, [{ partition: 1, value: null }])
    const result = await demo('--bootstrap', kafkaBootstrap(), '--topic', topic)
    expectFigures(result, ALL, '3,001')
    expect(prose(result)).toContain('those of a first reading')
  })

  it('reads no more of an existing topic than it is told to', async () => {
    const topic = await topics.create({ partitions: 3 })
    await seed(topic, { count: 3000, size: 50, partitions: 3 })
    const result = await demo('--bootstrap', kafkaBootstrap(), '--topic', topic, '--messages', '1234')
    expectFigures(result, ALL, '1,234')
  })

  it('says in a sentence that a topic does not exist', async () => {
    const topic = uniqueName('absent')
    const result = await demo('--bootstrap', kafkaBootstrap(), '--topic', topic)
    expect(result.code).toBe(1)
    expect(result.stderr).toMatch(new RegExp(`^topic ${topic} cannot be read: .+$`))
  })

  it('says in a sentence that no broker answers', async () => {
    const result = await demo('--bootstrap', '127.0.0.1:1', '--messages', '10')
    expect(result).toMatchObject({ code: 1, stderr: 'no broker answered at 127.0.0.1:1 within 10 s' })
  })

  it('ends all of its processes and deletes its topic when it is interrupted', async () => {
    const args = ['--bootstrap', kafkaBootstrap(), '--messages', '100000', '--tiers', 'standard,dedicated']
    const running: RunningChild = startNode(DEMO, { args, deadlineMs: 50_000 })
    // The one that holds the topic, and one that consumes.
    const children = await waitFor(() => childrenOf(running.pid).length === 2 && childrenOf(running.pid), {
      describe: 'two processes of the demo',
      deadlineMs: 30_000,
    })
    running.kill('SIGINT')
    const result = await running.result
    expect(result).toMatchObject({ code: 130, stderr: '' })
    expect(children.filter(isRunning)).toEqual([])
    expect(result.stdout).toMatch(/standard +interrupted$/)
    await expectDeleted(topicOf(result))
  })
})

describe('the command line', () => {
  it('explains itself', async () => {
    const result = await demo('--help')
    expect(result).toMatchObject({ code: 0, stderr: '' })
    for (const option of ['--bootstrap HOST:PORT', '--topic NAME', '--messages N', '--size BYTES', '--tiers LIST']) {
      expect(result.stdout).toContain(option)
    }
  })

  it.each([
    [['--messages', 'many'], '--messages: expected an integer from 1 to 1000000000, got "many"'],
    [['--messages', '0'], '--messages: expected an integer from 1 to 1000000000, got "0"'],
    [['--size', '7'], '--size: expected an integer from 8 to 900000, got "7"'],
    [
      ['--messages', '600', '--size', '900000'],
      '--messages: expected at most 512 of 900000 bytes, as the mock cluster keeps them in memory, got 600; a real cluster (--bootstrap) takes more',
    ],
    [
      ['--tiers', 'standard,fast'],
      '--tiers: expected legacy, standard, buffered, buffered:<batch size> or dedicated, got "fast"',
    ],
    [['--tiers', 'buffered,buffered:32'], '--tiers: expected each mode once, got buffered:32 twice'],
    [['--bootstrap', 'localhost'], '--bootstrap: expected HOST:PORT, got "localhost"'],
    [['--topic', 'orders'], '--topic: expected together with --bootstrap, as a mock cluster begins empty'],
    [['--topic', 'a b', '--bootstrap', 'localhost:9092'], '--topic: expected the name of a topic, got "a b"'],
    [
      ['--topic', 'orders', '--bootstrap', 'localhost:9092', '--size', '10'],
      '--size: expected without --topic, as the messages of an existing topic have their sizes',
    ],
    [['--fast'], "Unknown option '--fast'; --help lists the options"],
    [['--size'], "Option '--size <value>' argument missing; --help lists the options"],
  ])('refuses %j with one sentence', async (args, sentence) => {
    expect(await demo(...args)).toMatchObject({ code: 2, stdout: '', stderr: sentence })
  })
})
