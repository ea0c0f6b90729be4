// Values for properties: fitting ones, and others.
import { ConsumerTier } from '../../../lib/config'
import { LIBRDKAFKA_PROPERTIES, type LibrdkafkaProperty } from '../../../lib/config/librdkafka-properties'
import { optionOf } from '../../../lib/config/options'
import { PROPERTY_NAMES } from '../../../lib/config/properties'
import { MASK, SECRETS } from '../../../lib/config/secrets'
import type { Random } from '../../helpers/random'
import { hostile } from '../hostile'
import { SECRET } from './check'

const TABLE: Readonly<Record<string, LibrdkafkaProperty>> = LIBRDKAFKA_PROPERTIES
const ALL_NAMES = [...Object.keys(LIBRDKAFKA_PROPERTIES), 'performance_tier', 'max.poll.records', 'brokers']
const STRANGE_NAMES = [
  ...['', ' ', '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'group.id ', 'GROUP.ID', '0'],
  ...['\0', 'group.id\0', '\ud800', '💥', 'x'.repeat(100), 'session.timeout.ms.'.repeat(500), 'length', 'then'],
]
const TIERS = [
  ...['standard', 'dedicated', 'buffered', 'legacy', 'buffered:1', 'buffered:10000', ConsumerTier.Dedicated],
  ...['buffered:0', 'buffered:', 'buffered:1e3', 'Standard', 'bufered', { buffered: { batch_size: 7 } }],
  ...[{ buffered: { batchSize: 7 } }, { buffered: {} }, { buffered: { batch_size: NaN } }, { 'buffered,': 1 }, null],
]
const TEXTS = [
  ...['x', 'localhost:9092', '', ' ', 'ü💥', 'a: b', '# no comment', '- x', '"', "'", '\\', 'a\nb', '\ta', 'null', '~'],
  ...['true', '1', '0x10', '1e3', '*a', '&a b', '!tag', '%', '@', '`', '{', '[', '\u2028', '\ufeff', '\ud800', '\r\n'],
  ...['x\0y', MASK, 'y'.repeat(5000), '<<', '.nan', '2026-11-25', '...', '---'],
]

export function randomName(random: Random): string {
  const kind = random.next()
  if (kind < 0.8) return random.pick(PROPERTY_NAMES)
  if (kind < 0.9) return random.pick(ALL_NAMES)
  return kind < 0.95 ? random.pick(STRANGE_NAMES) : misspelt(random, random.pick(ALL_NAMES))
}

export function misspelt(random: Random, name: string): string {
  const at = random.integer(0, name.length)
  const insert = random.pick(['', '_', 'x', '.', name[at] ?? '', (name[at] ?? '').toUpperCase()])
  return name.slice(0, at) + insert + name.slice(at + random.integer(0, 1))
}

/** As text says it: what a variable or a line of YAML has. A secret's holds the secret, whatever else it has. */
export function textFor(random: Random, name: string): string {
  const text = random.next() < 0.7 ? String(fitting(random, name)) : random.pick(TEXTS)
  return isSecret(name) ? SECRET + text : text
}

export function valueFor(random: Random, name: string): unknown {
  if (isSecret(name)) return random.next() < 0.7 ? SECRET : secretIn(random)
  const kind = random.next()
  if (kind < 0.85) return fitting(random, name)
  if (kind < 0.9) return random.pick(TEXTS)
  // What stands in an object is not to be shown either.
  return kind < 0.93 ? { password: SECRET, toString: () => SECRET } : hostile(random)
}

/** Of a misspelt secret, too. */
function isSecret(name: string): boolean {
  return SECRETS.has(name) || !isKnown(name)
}

export function isKnown(name: string): boolean {
  return PROPERTY_NAMES.includes(name) || name === 'performance_tier'
}

function secretIn(random: Random): unknown {
  return random.pick<unknown>([
    ...[`${SECRET}\0`, [SECRET], { SECRET }, () => SECRET, Symbol(SECRET), new Map([[SECRET, SECRET]])],
    ...[Buffer.from(SECRET), new Error(SECRET), MASK, null, undefined, NaN, 5n],
  ])
}

function fitting(random: Random, name: string): unknown {
  if (name.startsWith('performance')) return random.pick<unknown>(TIERS)
  const property = TABLE[name]
  if (property === undefined) {
    const option = optionOf(name)
    if (typeof option?.default === 'number') return random.pick([option.default, 1, 1000, 100_000, 0, 2 ** 31])
    if (name === 'logger') return console
    return name === 'onDeserializationError' ? random.pick(['fail', 'skip', () => undefined]) : () => undefined
  }
  switch (property.kind) {
    case 'boolean':
      return random.next() < 0.5
    case 'integer': {
      const { min = 0, max = 1 } = property
      return random.next() < 0.8
        ? (property.default ?? random.integer(min, max))
        : random.pick([min, max, min - 1, max + 1, 0.5])
    }
    case 'enum':
    case 'flags':
      return random.pick([...(property.values ?? ['x']), 'X'])
    case 'string':
    case 'float':
    case 'native':
      return random.next() < 0.6 ? 'x' : random.pick(TEXTS)
  }
}
