// The program by itself: its arguments, and its ends.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TemporaryDirectory } from '../helpers/guard'
import { groupOffsets } from '../helpers/groups'
import { kafkaBootstrap } from '../helpers/kafka/oracle'
import { seed } from '../helpers/produce'
import { uniqueName, useTopics } from '../helpers/topics'
import { check, consumedIn } from './check/rules'
import { InteropGroup } from './group'
import { type Arguments, readArguments } from './verifiable/arguments'
import { configOf } from './verifiable/config'

const REQUIRED = ['--bootstrap-server', 'a:1', '--topic', 't', '--group-id', 'g']

function read(...args: string[]): Arguments {
  const options = readArguments([...REQUIRED, ...args])
  if (options === undefined) throw new Error('it was not asked for help')
  return options
}

const config = (...args: string[]): Record<string, unknown> => configOf(read(...args), {}).toJSON()

describe('arguments', () => {
  it("have the defaults of Java's tool", () => {
    expect(config()).toMatchObject({
      'bootstrap.servers': 'a:1',
      'group.id': 'g',
      'group.protocol': 'classic',
      'partition.assignment.strategy': 'range',
      'auto.offset.reset': 'earliest',
      'enable.auto.commit': false,
    })
    expect(String(config()['performance.tier'])).toBe('dedicated')
    expect(read().maxMessages).toBe(Infinity)
    expect(read('--max-messages', '-1').maxMessages).toBe(Infinity)
  })

  it("name assignors by Java's classes, several of them, or by librdkafka's names", () => {
    const assignors = (list: string): unknown => config('--assignment-strategy', list)['partition.assignment.strategy']
    const java = 'org.apache.kafka.clients.consumer'
    expect(assignors(`${java}.RoundRobinAssignor`)).toBe('roundrobin')
    expect(assignors(`${java}.CooperativeStickyAssignor`)).toBe('cooperative-sticky')
    expect(assignors(`${java}.RangeAssignor,${java}.RoundRobinAssignor`)).toBe('range,roundrobin')
    expect(assignors('cooperative-sticky')).toBe('cooperative-sticky')
    expect(() => assignors(`${java}.StickyAssignor`)).toThrow(/^--assignment-strategy: expected .*, got .*Sticky/)
  })

  it('name the group protocol, its assignor and its member', () => {
    const properties = config(
      ...['--group-protocol', 'CONSUMER', '--group-remote-assignor', 'uniform', '--group-instance-id', 'i'],
    )
    expect(properties).toMatchObject({
      'group.protocol': 'consumer',
      'group.remote.assignor': 'uniform',
      'group.instance.id': 'i',
    })
    expect(properties).not.toHaveProperty('partition.assignment.strategy')
    // As Java's consumer has it: then the brokers decide.
    expect(() => config('--group-protocol', 'consumer', '--session-timeout', '6000')).toThrow(/^session\.timeout\.ms:/)
  })

  it('take properties from a file, over which the command line wins', () => {
    const directory = new TemporaryDirectory('properties')
    const file = join(directory.path, 'consumer.properties')
    writeFileSync(file, '# comment\nheartbeat.interval.ms = 500\nsession.timeout.ms=9000\ncheck.crcs: true\n\n')
    for (const option of ['--command-config', '--consumer.config']) {
      expect(config(option, file, '--session-timeout', '8000')).toMatchObject({
        'heartbeat.interval.ms': 500,
        'session.timeout.ms': 8000,
        'check.crcs': true,
      })
    }
    directory.remove()
  })

  it.each([
    [['--reset-policy', 'none'], { reset: 'error' }],
    [['--reset-policy', 'LATEST'], { reset: 'latest' }],
    [['--enable-autocommit', '--verbose'], { autoCommits: true, verbose: true }],
    [['--tier', 'legacy', '--max-messages', '7'], { tier: 'legacy', maxMessages: 7 }],
  ])('%j', (args, expected) => {
    expect(read(...args)).toMatchObject(expected)
  })

  it('that cannot be are refused with one sentence', () => {
    expect(() => readArguments(REQUIRED.slice(0, 4))).toThrow('--group-id: expected a value, got none')
    expect(() => read('--tier', 'fast')).toThrow(/^--tier: expected standard or .*, got fast$/)
    expect(() => read('--max-messages', 'many')).toThrow(/^--max-messages: expected an integer/)
    expect(() => read('--reset-policy', 'never')).toThrow(/^--reset-policy: expected/)
    expect(() => read('--unknown')).toThrow(/--unknown/)
  })
})

describe('the end', () => {
  const PARTITIONS = 2
  const MESSAGES = 3000

  const topics = useTopics()
  let directory: TemporaryDirectory
  let topic: string

  beforeAll(async () => {
    directory = new TemporaryDirectory('interop-program')
    topic = await topics.create({ prefix: 'program', partitions: PARTITIONS })
    await seed(topic, { count: MESSAGES, size: 20, partitions: PARTITIONS })
  })

  afterAll(() => {
    directory.remove()
  })

  function newGroup(): InteropGroup {
    return new InteropGroup({
      ...{ bootstrap: kafkaBootstrap(), topic, partitions: PARTITIONS, group: uniqueName('group'), protocol: 'range' },
      ...{ directory: directory.path, sessionTimeoutMs: 10_000 },
    })
  }

  it.each(['SIGTERM', 'SIGINT'] as const)('on %s is a clean one', async (signal) => {
    const group = newGroup()
    const member = await group.start({ kind: 'dedicated' })
    await member.said('offsets_committed')
    member.signal(signal)
    expect(await member.result).toMatchObject({ code: 0, signal: null, stderr: '' })
    expect(member.events.slice(-2).map(({ name }) => name)).toEqual(['partitions_revoked', 'shutdown_complete'])
    expect(check(group.logs, [])).toEqual([])
  })

  it.each([
    ['standard', false],
    ['buffered', true],
    ['dedicated', false],
    ['legacy', true],
  ] as const)('comes after --max-messages: %s, auto-commit %s', async (kind, autoCommits) => {
    const group = newGroup()
    const first = await group.start({ kind, autoCommits, args: ['--max-messages', '700'] })
    expect(await first.result).toMatchObject({ code: 0, stderr: '' })
    expect(consumedIn([first]).reduce((sum, { count }) => sum + count, 0)).toBe(700)
    const offsets = (await groupOffsets(group.options.group))[topic] ?? {}
    expect(Object.values(offsets).reduce((sum, { offset }) => sum + offset, 0)).toBe(700)
    expect(check(group.logs, [])).toEqual([])
  })

  it('is exit code 1 and one sentence where the arguments cannot be', async () => {
    const member = await newGroup().start({ kind: 'dedicated', args: ['--reset-policy', 'never'] })
    expect(await member.result).toMatchObject({ code: 1, signal: null, stdout: '' })
    expect((await member.result).stderr).toMatch(/^error: --reset-policy: expected .*, got never$/)
  })
})
