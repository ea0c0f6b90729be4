import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { ConsumerProperties } from '../config'
import { identity, merged, TIER } from '../config/properties'
import { valueOf } from '../config/text'
import { parseTier } from '../config/tier'
import { readYaml } from '../config/yaml'

/** A command line that cannot be; its message says all there is to say. */
export class OptionError extends Error {}

/** How the messages of each tier are asked for. */
export type Reading = 'stream' | 'batches'

export interface BenchOptions {
  topic: string
  /** Servers, security and whatever else the user gave. */
  properties: ConsumerProperties
  /** As `performance.tier` has them, in the order of the table. */
  tiers: string[]
  reading: Reading
  /** At most so many messages each time. */
  messages: number
  /** At most so long each time. */
  seconds: number
  /** How often each tier is measured. */
  rounds: number
}

const DEFAULT_TIERS = 'legacy,standard,buffered:32,buffered:1000,dedicated'
/** Of the program whose configuration it is: its group would rebalance, and its member be fenced. */
const NOT_GIVEN = ['group.id', 'group.instance.id', TIER]
const DEFAULT_MESSAGES = 1_000_000
const DEFAULT_SECONDS = 5
const DEFAULT_ROUNDS = 3

export const HELP = `Compares the tiers on your cluster and topic, and recommends one.

Usage: npx rdkafka-tiers bench --bootstrap HOST:PORT --topic NAME [options]

  --bootstrap HOST:PORT,…  brokers (or bootstrap.servers in --config)
  --topic NAME             what is read, from its beginning; nothing is written or committed
  --config FILE            properties of the consumer, YAML or JSON: security and the like (not its group)
  -X NAME=VALUE            one property, over those of the file; may be repeated
  --group ID               the consumer group, which has to be one of its own (default rdkafka-tiers-bench-RANDOM)
  --tiers LIST             (default ${DEFAULT_TIERS})
  --batches                read with batches() instead of stream()
  --messages N             at most so many each time (default ${DEFAULT_MESSAGES.toLocaleString('en-US')})
  --seconds N              at most so long each time (default ${DEFAULT_SECONDS})
  --rounds N               how often each tier is measured, in shuffled order (default ${DEFAULT_ROUNDS})
  --help                   this text

Each time is a fresh process. The figures are medians.
`

export function readBenchOptions(args: readonly string[]): BenchOptions | 'help' {
  const values = parse(args)
  if (values.help) return 'help'
  const { topic } = values
  if (topic === undefined || topic === '') throw new OptionError('--topic: expected the name of a topic, got nothing')
  const named = Object.fromEntries((values.X ?? []).map(pair))
  const ours = Object.keys(named).find((name) => NOT_GIVEN.includes(identity(name)))
  if (ours !== undefined) {
    throw new OptionError(`-X: expected none of ${NOT_GIVEN.join(', ')} (see --group and --tiers), got ${ours}`)
  }
  const properties = [
    values.config !== undefined ? readFile(values.config) : {},
    named,
    values.bootstrap !== undefined ? { 'bootstrap.servers': values.bootstrap } : {},
    values.group !== undefined ? { 'group.id': values.group } : {},
  ].reduce((earlier, later) => merged(Object.entries(earlier), Object.entries(later)))
  if (properties['bootstrap.servers'] === undefined && properties['metadata.broker.list'] === undefined) {
    throw new OptionError('--bootstrap: expected HOST:PORT, got nothing')
  }
  return {
    topic,
    properties,
    tiers: tiers(values.tiers ?? DEFAULT_TIERS),
    reading: values.batches ? 'batches' : 'stream',
    messages: integer('messages', values.messages, DEFAULT_MESSAGES, 1_000_000_000),
    seconds: integer('seconds', values.seconds, DEFAULT_SECONDS, 3600),
    rounds: integer('rounds', values.rounds, DEFAULT_ROUNDS, 100),
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        bootstrap: { type: 'string' },
        topic: { type: 'string' },
        config: { type: 'string' },
        X: { type: 'string', short: 'X', multiple: true },
        group: { type: 'string' },
        tiers: { type: 'string' },
        batches: { type: 'boolean' },
        messages: { type: 'string' },
        seconds: { type: 'string' },
        rounds: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    // It may be the rest of a password with a space.
    if ((error as NodeJS.ErrnoException).code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') {
      throw new OptionError('expected options alone, got an argument that is none; a value with spaces wants quotes')
    }
    // Node's message goes on with advice on positional arguments, of which there are none here.
    const [sentence] = (error as Error).message.split(/\.\s/)
    throw new OptionError(`${sentence ?? ''}; --help lists the options`)
  }
}

function readFile(file: string): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new OptionError(`--config: ${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
  }
  // JSON is YAML.
  const properties = readYaml(text)
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !NOT_GIVEN.includes(identity(name))))
}

function pair(text: string): [string, unknown] {
  const at = text.indexOf('=')
  if (at < 1) {
    // What follows the name may be a secret.
    const name = /^[\w.-]*/.exec(text)?.[0] ?? ''
    throw new OptionError(`-X: expected NAME=VALUE, got "${name === text ? text : `${name}…`}"`)
  }
  const name = text.slice(0, at)
  return [name, valueOf(name, text.slice(at + 1))]
}

function tiers(list: string): string[] {
  const all = list.split(',').map((name) => name.trim())
  for (const name of all) {
    try {
      parseTier(name, '--tiers')
    } catch (error) {
      throw new OptionError((error as Error).message)
    }
  }
  const twice = all.find((name, index) => all.indexOf(name) < index)
  if (twice !== undefined) throw new OptionError(`--tiers: expected each tier once, got ${twice} twice`)
  return all
}

function integer(name: string, text: string | undefined, otherwise: number, max: number): number {
  if (text === undefined) return otherwise
  const value = /^\d+$/.test(text) ? Number(text) : NaN
  if (value >= 1 && value <= max) return value
  throw new OptionError(`--${name}: expected an integer from 1 to ${max}, got "${text}"`)
}
