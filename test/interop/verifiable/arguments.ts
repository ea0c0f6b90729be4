// The command line of Kafka's VerifiableConsumer, and `--tier`.
import { parseArgs } from 'node:util'

export interface Arguments {
  bootstrap: string
  topic: string
  group: string
  instance: string | undefined
  protocol: 'classic' | 'consumer'
  /** group.remote.assignor, with protocol `consumer`. */
  remoteAssignor: string | undefined
  /** librdkafka's names, with protocol `classic`. */
  assignors: string
  sessionTimeoutMs: number | undefined
  autoCommits: boolean
  /** Infinity: until a signal comes. */
  maxMessages: number
  /** auto.offset.reset, in librdkafka's words. */
  reset: 'earliest' | 'latest' | 'error'
  verbose: boolean
  /** File of properties; the command line wins over it. */
  commandConfig: string | undefined
  /** performance.tier */
  tier: string
}

export const USAGE = `usage: verifiable-consumer --bootstrap-server HOST:PORT[,HOST:PORT] --topic TOPIC --group-id GROUP
  [--group-instance-id ID] [--group-protocol classic|consumer] [--group-remote-assignor NAME]
  [--assignment-strategy CLASS[,CLASS]] [--session-timeout MS] [--enable-autocommit] [--max-messages N]
  [--reset-policy earliest|latest|none] [--verbose] [--command-config FILE] [--tier standard|buffered|dedicated|legacy]
`

const OPTIONS = {
  'bootstrap-server': { type: 'string' },
  topic: { type: 'string' },
  'group-id': { type: 'string' },
  'group-instance-id': { type: 'string' },
  'group-protocol': { type: 'string', default: 'classic' },
  'group-remote-assignor': { type: 'string' },
  'assignment-strategy': { type: 'string', default: 'org.apache.kafka.clients.consumer.RangeAssignor' },
  'session-timeout': { type: 'string' },
  'enable-autocommit': { type: 'boolean', default: false },
  'max-messages': { type: 'string', default: '-1' },
  'reset-policy': { type: 'string', default: 'earliest' },
  verbose: { type: 'boolean', default: false },
  'command-config': { type: 'string' },
  // Its name before Kafka 4.2.
  'consumer.config': { type: 'string' },
  tier: { type: 'string', default: 'dedicated' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** Undefined: help was asked for. Throws with one sentence where an argument cannot be. */
export function readArguments(args: readonly string[]): Arguments | undefined {
  const { values } = parseArgs({ args: joined(args), options: OPTIONS, strict: true, allowPositionals: false })
  if (values.help) return undefined
  const sessionTimeout = values['session-timeout']
  const maxMessages = integer('--max-messages', values['max-messages'], -1)
  return {
    bootstrap: required('--bootstrap-server', values['bootstrap-server']),
    topic: required('--topic', values.topic),
    group: required('--group-id', values['group-id']),
    instance: values['group-instance-id'],
    protocol: oneOf('--group-protocol', values['group-protocol'].toLowerCase(), ['classic', 'consumer']),
    remoteAssignor: values['group-remote-assignor'],
    assignors: values['assignment-strategy'].split(',').map(assignor).join(),
    sessionTimeoutMs: sessionTimeout === undefined ? undefined : integer('--session-timeout', sessionTimeout, 1),
    autoCommits: values['enable-autocommit'],
    maxMessages: maxMessages < 0 ? Infinity : maxMessages,
    reset: resetPolicy(values['reset-policy']),
    verbose: values.verbose,
    commandConfig: values['command-config'] ?? values['consumer.config'],
    tier: oneOf('--tier', values.tier, ['standard', 'buffered', 'dedicated', 'legacy']),
  }
}

/** Java's parser takes `--max-messages -1`; node's takes a value that begins with a hyphen only behind `=`. */
function joined(args: readonly string[]): string[] {
  const result: string[] = []
  for (const arg of args) {
    const option = result.at(-1)
    if (/^-\d+$/.test(arg) && option?.startsWith('--') === true) result[result.length - 1] = `${option}=${arg}`
    else result.push(arg)
  }
  return result
}

const ASSIGNORS: Readonly<Record<string, string>> = {
  RangeAssignor: 'range',
  RoundRobinAssignor: 'roundrobin',
  CooperativeStickyAssignor: 'cooperative-sticky',
}

/** Java's class, whatever its package, or librdkafka's own name. */
function assignor(name: string): string {
  const known = ASSIGNORS[name.trim().replace(/^org\.apache\.kafka\.clients\.consumer\./, '')]
  if (known !== undefined) return known
  if (Object.values(ASSIGNORS).includes(name)) return name
  throw new Error(`--assignment-strategy: expected ${Object.keys(ASSIGNORS).join(', ')}, got ${name}`)
}

function resetPolicy(policy: string): Arguments['reset'] {
  const checked = oneOf('--reset-policy', policy.toLowerCase(), ['earliest', 'latest', 'none'])
  return checked === 'none' ? 'error' : checked
}

function required(option: string, value: string | undefined): string {
  if (value === undefined || value === '') throw new Error(`${option}: expected a value, got none`)
  return value
}

function oneOf<Value extends string>(option: string, value: string, values: readonly Value[]): Value {
  const found = values.find((each) => each === value)
  if (found === undefined) throw new Error(`${option}: expected ${values.join(' or ')}, got ${value}`)
  return found
}

function integer(option: string, text: string, least: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < least) {
    throw new Error(`${option}: expected an integer from ${least} on, got ${text}`)
  }
  return value
}
