// Objects of properties, by every way in.
import { ConsumerConfig, ConsumerTier } from '../../../lib/config'
import type { ConsumerProperties } from '../../../lib/config'
import type { Random } from '../../helpers/random'
import { hostile } from '../hostile'
import type { Case } from './check'
import { randomName, valueFor } from './values'

const PRESETS = [
  'highThroughput',
  'lowLatency',
  'maxDurability',
  'development',
  'streaming',
  'batchProcessing',
] as const
const REQUIRED = { 'bootstrap.servers': 'localhost:9092', 'group.id': 'g' }

/** What getters and traps of these objects throw: anything. */
const THROWN: readonly unknown[] = [new Error('thrown by an argument'), 'text', undefined, null, Symbol('thrown'), 5]

function isOwn(error: unknown): boolean {
  if (THROWN.includes(error)) return true
  if (!(error instanceof Error)) return false
  return error.message === 'thrown by an argument'
}

export function objectCase(random: Random): Case {
  const properties = randomProperties(random)
  const given = random.next() < 0.05 ? hostile(random) : disguised(random, properties)
  const make = random.pick<(given: ConsumerProperties) => ConsumerConfig>([
    (each) => new ConsumerConfig(each),
    (each) => ConsumerConfig.from(each),
    (each) => ConsumerConfig[random.pick(PRESETS)](each),
    (each) => new ConsumerConfig(REQUIRED).with(each),
    (each) => {
      ConsumerTier.Buffered(each as never)
      return new ConsumerConfig(each)
    },
  ])
  return {
    make: () => make(given as ConsumerProperties),
    names: [...keysOf(given), 'ConsumerTier.Buffered: batchSize'],
    isMisplaced: false,
    isOwn,
  }
}

function keysOf(given: unknown): string[] {
  try {
    return Object.keys(given as object)
  } catch {
    return []
  }
}

function randomProperties(random: Random): Record<string, unknown> {
  const entries: [string, unknown][] = random.next() < 0.9 ? Object.entries(REQUIRED) : []
  const most = random.next() < 0.01 ? 200 : random.pick([1, 3, 6])
  for (let left = random.integer(0, most); left > 0; left--) {
    const name = randomName(random)
    entries.push([name, valueFor(random, name)])
  }
  // Defines, where an assignment to __proto__ would not.
  return Object.fromEntries(entries)
}

/** The same properties, in another kind of object. */
function disguised(random: Random, properties: Record<string, unknown>): unknown {
  const thrown = random.pick(THROWN)
  const thrower = (): never => {
    throw thrown
  }
  const target = random.next() < 0.5 ? properties : Object.assign(Object.create(null) as object, properties)
  const name = random.pick(Object.keys(properties).concat('client.id'))
  let reads = 0
  return random.pick<() => unknown>([
    ...Array.from({ length: 8 }, () => () => properties),
    () => Object.freeze(target),
    () => Object.create(properties) as object,
    () => ({ ...properties, [Symbol('s')]: 1, [Symbol.toPrimitive]: thrower, toJSON: thrower }),
    () => Object.defineProperty({ ...properties }, name, { get: thrower, enumerable: true }),
    // Another value each time it is asked.
    () => ({
      ...REQUIRED,
      'performance.tier': {
        get buffered(): unknown {
          return reads++ % 2 === 0 ? { batch_size: 3 } : null
        },
      },
    }),
    () => ({ ...REQUIRED, 'performance.tier': new Proxy({}, { ownKeys: thrower }) }),
    () => ({ ...REQUIRED, logger: new Proxy(console, { get: thrower }) }),
    () => new Proxy(properties, {}),
    () => new Proxy(properties, { ownKeys: thrower }),
    () => new Proxy(properties, { getPrototypeOf: thrower }),
    () => new Proxy(properties, { get: thrower }),
    () =>
      new Proxy(properties, { get: (of, key) => (reads++ % 3 === 0 ? undefined : (Reflect.get(of, key) as unknown)) }),
    () => new Date(0),
    () => new Map(Object.entries(properties)),
    () => Object.entries(properties),
    () => JSON.parse(`{"__proto__": {"polluted": 1}, "group.id": "g"}`) as unknown,
  ])()
}
