import { ConfigError } from '../errors'
import { describe, isPlainObject } from './describe'
import { LIBRDKAFKA_PROPERTIES, type LibrdkafkaProperty } from './librdkafka-properties'
import { optionOf, OPTIONS, type PackageOptions } from './options'
import { refusalOf, type RefusedName } from './refused'
import { MASK, SECRETS } from './secrets'
import { didYouMean } from './suggest'
import { parseTier, type ConsumerTierInput } from './tier'

type Table = typeof LIBRDKAFKA_PROPERTIES

type ValueOf<Property> = Property extends { readonly kind: 'boolean' }
  ? boolean
  : Property extends { readonly kind: 'integer' | 'float' }
    ? number
    : Property extends { readonly kind: 'enum'; readonly values: readonly (infer Value extends string)[] }
      ? Value | Uppercase<Value>
      : string

type IsRefused<Name extends keyof Table> = Name extends RefusedName
  ? true
  : Table[Name] extends { readonly scope: 'P' } | { readonly kind: 'native' }
    ? true
    : false

/** librdkafka's properties that a consumer may have, with their types. librdkafka's CONFIGURATION.md describes them. */
export type LibrdkafkaConsumerProperties = {
  -readonly [Name in keyof Table as IsRefused<Name> extends true ? never : Name]?: ValueOf<Table[Name]>
}

/**
 * A plain configuration: librdkafka's property names verbatim, `performance.tier`, and the package's own options in
 * camelCase. `bootstrap.servers` and `group.id` are required. An undefined value counts as not given.
 */
export interface ConsumerProperties
  extends Omit<LibrdkafkaConsumerProperties, 'enable.auto.offset.store'>, PackageOptions {
  /** How the consumer polls; without it, legacy. The environment variable RDKAFKA_TIERS_TIER overrides it. */
  'performance.tier'?: ConsumerTierInput | undefined
  /** Always false: offsets are stored when messages were processed, not when they were polled. */
  'enable.auto.offset.store'?: false | undefined
}

/** Values by name; undefined takes a value back that was given earlier. */
export type PropertyMap = ReadonlyMap<string, unknown>

export const TIER = 'performance.tier'
/** Spelt like a variable, as files and languages without quoted keys want it. */
const TIER_ALIAS = 'performance_tier'

/** Narrower than librdkafka's table: it checks these when the consumer is made. */
const LIMITS: Readonly<Record<string, { readonly max?: number; readonly min?: number }>> = {
  // The table's limits are those of share consumers.
  'fetch.min.bytes': { min: 1, max: 100_000_000 },
}

/** librdkafka's property of that name, when a consumer may have it. */
export function librdkafkaProperty(name: string): LibrdkafkaProperty | undefined {
  if (!Object.hasOwn(LIBRDKAFKA_PROPERTIES, name) || refusalOf(name) !== undefined) return undefined
  const property: LibrdkafkaProperty = LIBRDKAFKA_PROPERTIES[name as keyof Table]
  return property.scope === 'P' || property.kind === 'native' ? undefined : property
}

/** Every name that a configuration may have. */
export const PROPERTY_NAMES: readonly string[] = [
  ...Object.keys(LIBRDKAFKA_PROPERTIES).filter((name) => librdkafkaProperty(name) !== undefined),
  TIER,
  ...Object.keys(OPTIONS),
]

/** Names with one value, such as bootstrap.servers and metadata.broker.list, have one of these. */
export function identity(name: string): string {
  if (name === TIER_ALIAS) return TIER
  return librdkafkaProperty(name)?.alias ?? name
}

/** The later ones win, whichever of a property's names they use. */
export function merged(
  earlier: Iterable<readonly [string, unknown]>,
  later: Iterable<readonly [string, unknown]>,
): Record<string, unknown> {
  const winners = [...later]
  const replaced = new Set(winners.map(([name]) => identity(name)))
  return Object.fromEntries([...[...earlier].filter(([name]) => !replaced.has(identity(name))), ...winners])
}

/**
 * Checks each property by itself. Tiers come out parsed, under `performance.tier`.
 *
 * @throws ConfigError a name or a value that cannot be
 */
export function readProperties(properties: unknown): PropertyMap {
  if (!isPlainObject(properties)) {
    throw new ConfigError(`configuration: expected a plain object of properties, got ${describe(properties)}`)
  }
  const values = new Map<string, unknown>()
  const given = new Map<string, string>()
  for (const [name, value] of Object.entries(properties)) {
    checkName(name)
    const twin = given.get(identity(name))
    if (twin !== undefined && value !== undefined) {
      throw new ConfigError(`${name}: expected one of "${twin}" and "${name}", which are the same property, got both`)
    }
    if (value !== undefined) given.set(identity(name), name)
    else if (twin !== undefined) continue
    if (name === TIER || name === TIER_ALIAS) {
      values.set(TIER, parseTier(value, name))
    } else {
      if (value !== undefined) checkValue(name, value)
      values.set(name, value)
    }
  }
  return values
}

function checkName(name: string): void {
  if (name === TIER || name === TIER_ALIAS || optionOf(name) !== undefined || librdkafkaProperty(name) !== undefined) {
    return
  }
  // In YAML, `{name:value}` is all name.
  throw new ConfigError(`${/^[\w.-]+(?=:)/.exec(name)?.[0] ?? name}: ${whyNoName(name)}`)
}

/** The value is not in the message: the name may be a misspelt secret's. */
function whyNoName(name: string): string {
  const refusal = refusalOf(name)
  if (refusal !== undefined) return refusal
  if (Object.hasOwn(LIBRDKAFKA_PROPERTIES, name)) {
    const { scope } = LIBRDKAFKA_PROPERTIES[name as keyof Table]
    if (scope === 'P') return 'is of producers; a consumer has no such property'
    return 'cannot be set: it takes a C function or pointer'
  }
  return `is no property of a consumer${didYouMean(name, PROPERTY_NAMES)}`
}

function checkValue(name: string, value: unknown): void {
  const property = librdkafkaProperty(name)
  const option = optionOf(name)
  const expected = property === undefined ? option?.expected : expectation(name, property)
  const isValid = property === undefined ? option?.check(value) : isValue(name, property, value)
  if (isValid === true) return
  throw new ConfigError(`${name}: expected ${expected ?? ''}, got ${shown(name, value)}${hint(property, value)}`)
}

/** A value for a message. */
export function shown(name: string, value: unknown): string {
  return SECRETS.has(name) ? MASK : describe(value)
}

function hint(property: LibrdkafkaProperty | undefined, value: unknown): string {
  return property?.kind === 'enum' && typeof value === 'string' ? didYouMean(value, property.values ?? []) : ''
}

function expectation(name: string, property: LibrdkafkaProperty): string {
  switch (property.kind) {
    case 'boolean':
      return name === STORE ? 'false, as offsets are stored when messages were processed' : 'true or false'
    case 'integer': {
      const [min, max] = limits(name, property)
      return `an integer from ${min} to ${max}`
    }
    case 'enum':
      return `one of ${(property.values ?? []).join(', ')}`
    case 'flags':
      return `a comma separated list of ${(property.values ?? []).join(', ')}`
    case 'string':
    case 'float':
    case 'native':
      if (SECRETS.has(name)) return 'a string that is the secret itself'
      return REQUIRED.has(name) ? 'a string that is not blank' : 'a string without NUL characters'
  }
}

const STORE = 'enable.auto.offset.store'
const REQUIRED: ReadonlySet<string> = new Set(['bootstrap.servers', 'metadata.broker.list', 'group.id'])

function isValue(name: string, property: LibrdkafkaProperty, value: unknown): boolean {
  switch (property.kind) {
    case 'boolean':
      return name === STORE ? value === false : typeof value === 'boolean'
    case 'integer': {
      const [min, max] = limits(name, property)
      return Number.isInteger(value) && (value as number) >= min && (value as number) <= max
    }
    case 'enum':
      // librdkafka ignores case, and security.protocol is often written as Java wants it.
      return (
        typeof value === 'string' && (property.values ?? []).some((each) => each.toLowerCase() === value.toLowerCase())
      )
    case 'flags':
      // Empty is librdkafka's way to say none.
      return (
        typeof value === 'string' && (value === '' || value.split(',').every((flag) => isFlag(property, flag.trim())))
      )
    case 'string':
    case 'float':
    case 'native':
      // librdkafka takes C strings: what follows a NUL would be dropped without a word.
      if (typeof value !== 'string' || value.includes('\0')) return false
      // The mask comes from a configuration that was printed, not saved.
      if (SECRETS.has(name)) return value !== MASK
      return !REQUIRED.has(name) || value.trim() !== ''
  }
}

function isFlag({ values = [] }: LibrdkafkaProperty, flag: string): boolean {
  return values.includes(flag)
}

function limits(name: string, property: LibrdkafkaProperty): [min: number, max: number] {
  const { min = property.min, max = property.max } = LIMITS[name] ?? {}
  return [min ?? -Infinity, max ?? Infinity]
}
