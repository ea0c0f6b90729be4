import { binding } from '../../../lib/binding'
import { LIBRDKAFKA_PROPERTIES, type LibrdkafkaProperty } from '../../../lib/config/librdkafka-properties'
import { dump } from './support'

const PROPERTIES = Object.entries<LibrdkafkaProperty>(LIBRDKAFKA_PROPERTIES)
const SETTABLE = PROPERTIES.filter(([, { kind }]) => kind !== 'native')

// librdkafka has them and does not document them.
const UNDOCUMENTED = [
  'client.software.name',
  'enable.sparse.connections',
  'enable_sasl_queue',
  'metadata.request.timeout.ms',
  'test.mock.broker.rtt',
  'test.mock.num.brokers',
]

/** librdkafka's objection to a value; undefined when it takes it. */
function objection(name: string, value: string): string | undefined {
  try {
    binding().dumpConfiguration([name, value])
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** This build of librdkafka has no OIDC: it knows the names and takes no value. */
function isInBuild([name, property]: readonly [string, LibrdkafkaProperty]): boolean {
  return objection(name, valueOf(property))?.includes('not supported in this build') !== true
}

/** Some value that the property can have. */
function valueOf({ kind, values, min, default: fallback }: LibrdkafkaProperty): string {
  if (fallback !== undefined) return String(fallback)
  return values?.[0] ?? (kind === 'string' ? 'x' : String(min))
}

describe('the table of librdkafka properties', () => {
  test('holds every name that librdkafka dumps', () => {
    // One property of topics makes librdkafka dump all of them.
    const names = [...dump({ 'auto.offset.reset': 'latest' }).keys()]
    expect(names.length).toBeGreaterThan(100)
    expect(names.filter((name) => !Object.hasOwn(LIBRDKAFKA_PROPERTIES, name)).sort()).toEqual(UNDOCUMENTED)
  })

  test('has the defaults that librdkafka has', () => {
    const dumped = dump({})
    const ofTopics = dump({ 'auto.offset.reset': 'largest' })
    for (const [name, { default: fallback, alias }] of SETTABLE) {
      // What this build can do.
      if (name === 'builtin.features') continue
      const inForce = dumped.get(alias ?? name) ?? ofTopics.get(alias ?? name) ?? ''
      expect(`${name}=${inForce}`).toBe(`${name}=${String(fallback ?? '')}`)
    }
  })

  test('has no name that librdkafka does not know', () => {
    const isUnknown = (name: string, value: string): boolean =>
      objection(name, value)?.includes('No such configuration property') === true
    expect(SETTABLE.filter(([name, property]) => isUnknown(name, valueOf(property)))).toEqual([])
    expect(isUnknown('no.such.property', 'x')).toBe(true)
  })

  test('has the ranges that librdkafka has', () => {
    const integers = PROPERTIES.filter(([, { kind }]) => kind === 'integer').filter(isInBuild)
    expect(integers.length).toBeGreaterThan(60)
    for (const [name, { min = 0, max = 0 }] of integers) {
      const accepted = [min - 1, min, max, max + 1].filter((value) => objection(name, String(value)) === undefined)
      expect([name, ...accepted]).toEqual([name, min, max])
    }
  })

  test('has the values that librdkafka has', () => {
    const enums = PROPERTIES.filter(([, { kind }]) => kind === 'enum').filter(isInBuild)
    expect(enums.length).toBeGreaterThan(10)
    for (const [name, { values = [] }] of enums) {
      const accepted = [...values, 'nonsense'].filter((value) => objection(name, value) === undefined)
      expect([name, ...accepted]).toEqual([name, ...values])
    }
  })

  test('names as aliases what librdkafka takes for the same property', () => {
    const aliases = SETTABLE.filter(([, { alias, scope }]) => alias !== undefined && scope !== 'P').filter(isInBuild)
    expect(aliases.length).toBeGreaterThanOrEqual(4)
    for (const [name, { alias = '', kind, min = 0 }] of aliases) {
      const value = kind === 'integer' ? String(min + 1) : 'probe'
      expect([name, dump({ [name]: value }).get(alias)]).toEqual([name, value])
    }
  })
})
