import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BenchOptions, OptionError, readBenchOptions } from '../../../../lib/cli/options'

const REQUIRED = ['--bootstrap', 'a:1', '--topic', 't']

const read = (...args: string[]): BenchOptions => readBenchOptions([...REQUIRED, ...args]) as BenchOptions

let directory: string
beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'rdkafka-tiers-cli-'))))
afterAll(() => rmSync(directory, { recursive: true }))

test('a cluster and a topic are enough', () => {
  expect(read()).toEqual({
    topic: 't',
    properties: { 'bootstrap.servers': 'a:1' },
    tiers: ['legacy', 'standard', 'buffered:32', 'buffered:1000', 'dedicated'],
    reading: 'stream',
    messages: 1_000_000,
    seconds: 5,
    rounds: 3,
  })
})

test('properties come from a file, from -X over it, and from options over both', () => {
  const file = join(directory, 'config.yaml')
  writeFileSync(file, 'bootstrap.servers: b:2\nsasl.username: alice\nsession.timeout.ms: 7000\n')
  const { properties } = read(
    '--config',
    file,
    '-X',
    'sasl.username=b=b',
    '-X',
    'session.timeout.ms=6000',
    '--group',
    'g',
  )
  expect(properties).toEqual({
    'bootstrap.servers': 'a:1',
    'sasl.username': 'b=b',
    'session.timeout.ms': 6000,
    'group.id': 'g',
  })
})

test("the group and the tier of a file are its program's own; other names of a property are the same property", () => {
  const file = join(directory, 'program.yaml')
  const lines = [
    'metadata.broker.list: b:2',
    'group.id: orders',
    'group.instance.id: one',
    'performance_tier: dedicated',
  ]
  writeFileSync(file, [...lines, 'sasl.mechanisms: GSSAPI'].join('\n'))
  expect(read('--config', file, '-X', 'sasl.mechanism=PLAIN').properties).toEqual({
    'bootstrap.servers': 'a:1',
    'sasl.mechanism': 'PLAIN',
  })
})

test.each([
  ['-X', 'sasl.password:hunter2'],
  ['-X', 'sasl.password=x', 'hunter2'],
])('%s %s: what may be a secret is not in the message', (...args) => {
  let message = ''
  try {
    read(...args)
  } catch (error) {
    message = (error as Error).message
  }
  expect(message).toMatch(/expected/)
  expect(message).not.toContain('hunter2')
})

test('JSON is a file of properties, too, and may name the cluster', () => {
  const file = join(directory, 'config.json')
  writeFileSync(file, '{ "bootstrap.servers": "b:2" }')
  expect(readBenchOptions(['--topic', 't', '--config', file])).toMatchObject({
    properties: { 'bootstrap.servers': 'b:2' },
  })
})

test('all else can be chosen', () => {
  const args = ['--tiers', 'buffered:7, dedicated', '--batches', '--messages', '9', '--seconds', '8', '--rounds', '7']
  expect(read(...args)).toMatchObject({
    tiers: ['buffered:7', 'dedicated'],
    reading: 'batches',
    messages: 9,
    seconds: 8,
    rounds: 7,
  })
})

test('--help is answered without anything else', () => {
  expect(readBenchOptions(['--help'])).toBe('help')
})

test.each([
  [['--bootstrap', 'a:1'], '--topic: expected the name of a topic, got nothing'],
  [['--topic', 't'], '--bootstrap: expected HOST:PORT, got nothing'],
  [[...REQUIRED, '--tiers', 'fast'], '--tiers: expected "standard"'],
  [[...REQUIRED, '--tiers', 'buffered:0'], '--tiers: batch size: expected an integer from 1 to 10000, got 0'],
  [[...REQUIRED, '--tiers', 'standard,standard'], '--tiers: expected each tier once, got standard twice'],
  [[...REQUIRED, '--rounds', '0'], '--rounds: expected an integer from 1 to 100, got "0"'],
  [[...REQUIRED, '-X', 'group.id=orders'], '-X: expected none of group.id, group.instance.id, performance.tier'],
  [[...REQUIRED, '-X', 'check.crcs'], '-X: expected NAME=VALUE, got "check.crcs"'],
  [[...REQUIRED, '--config', '/nowhere'], '--config: /nowhere cannot be read: ENOENT'],
  [[...REQUIRED, '--commit'], "Unknown option '--commit'; --help lists the options"],
])('%j is refused', (args, message) => {
  const attempt = (): unknown => readBenchOptions(args)
  expect(attempt).toThrow(OptionError)
  expect(attempt).toThrow(message)
})
