import { parseDocument, stringify, visit } from 'yaml'
import { ConfigError } from '../errors'
import { describe } from './describe'
import { librdkafkaProperty, shown } from './properties'
import { booleanOf } from './text'
import type { ConsumerTier } from './tier'

/**
 * The properties of a YAML 1.2 map with flat keys.
 *
 * @throws ConfigError no such map
 */
export function readYaml(text: unknown): Record<string, unknown> {
  if (typeof text !== 'string') throw new ConfigError(`YAML: expected a string, got ${describe(text)}`)
  // The parser's messages quote the text, where a secret may stand: only place and kind of a mistake are passed on.
  const document = parseDocument(text, { prettyErrors: false })
  const [mistake] = [...document.errors, ...document.warnings]
  if (mistake !== undefined) {
    throw new ConfigError(`YAML: expected a map of properties, got ${mistake.code} in ${lineOf(text, mistake.pos[0])}`)
  }
  // An alias of what it stands in has no end, and many of them take the parser for ever. Properties need none.
  visit(document, {
    Collection: (_key, { anchor }) => {
      if (anchor === undefined) return
      throw new ConfigError('YAML: expected a map of properties, got an anchor of a map or a list')
    },
  })
  const properties = new Map<string, unknown>()
  for (const [name, value] of entriesOf(toValue(document))) {
    if (typeof name !== 'string') {
      throw new ConfigError(`YAML: expected names of properties as keys, got ${kindOf(name)}`)
    }
    properties.set(name, valueIn(name, value))
  }
  return Object.fromEntries(properties)
}

function lineOf(text: string, position: number): string {
  return `line ${text.slice(0, position).split('\n').length}`
}

function toValue(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ mapAsMap: true })
  } catch (error) {
    // An alias without anchor, or so many aliases that they are an attack.
    throw new ConfigError('YAML: expected a map of properties, got aliases that cannot be resolved')
  }
}

function entriesOf(value: unknown): Iterable<[unknown, unknown]> {
  if (value instanceof Map) return value as Map<unknown, unknown>
  throw new ConfigError(`YAML: expected a map of properties, got ${kindOf(value)}`)
}

/** The value itself is not shown: with a colon forgotten, it is a line with a secret in it. */
function kindOf(value: unknown): string {
  if (value === null) return 'nothing'
  return typeof value === 'object' ? describe(value) : `a ${typeof value}`
}

function valueIn(name: string, value: unknown): unknown {
  if (typeof value === 'string') return booleanOf(name, value)
  if (!(value instanceof Map)) return value
  if (name === 'performance.tier' || name === 'performance_tier') return toObject(value)
  const path = flatName(name, value)
  const example = librdkafkaProperty(path) === undefined ? 'session.timeout.ms' : path
  throw new ConfigError(`${name}: expected a plain value, got a map; keys are written flat, such as "${example}"`)
}

/** session: { timeout: { ms: 6000 } } is an attempt at session.timeout.ms. */
function flatName(name: string, value: unknown): string {
  if (!(value instanceof Map)) return name
  const [entry] = value as Map<unknown, unknown>
  return entry === undefined ? name : flatName(`${name}.${String(entry[0])}`, entry[1])
}

function toObject(value: unknown): unknown {
  if (!(value instanceof Map)) return value
  return Object.fromEntries([...(value as Map<unknown, unknown>)].map(([key, each]) => [String(key), toObject(each)]))
}

/** @throws ConfigError a value that YAML cannot hold: a function, a logger */
export function writeYaml(entries: Iterable<readonly [string, unknown]>): string {
  const properties = new Map<string, unknown>()
  for (const [name, value] of entries) {
    if (name === 'performance.tier') {
      properties.set(name, (value as ConsumerTier).toJSON())
    } else if (typeof value === 'object' || typeof value === 'function') {
      throw new ConfigError(
        `${name}: expected a boolean, a number or a string, as YAML has nothing else, got ${shown(name, value)}`,
      )
    } else {
      properties.set(name, value)
    }
  }
  // All strings in double quotes: none is taken for a number, a boolean or a block of lines when it is read back.
  return stringify(properties, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 })
}
