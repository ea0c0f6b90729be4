// Values that no caller of the addon means to give it.
import type { Random } from '../helpers/random'

const thrower = (): never => {
  throw new Error('thrown by an argument')
}

const TRAPS: ProxyHandler<object> = {
  get: thrower,
  has: thrower,
  ownKeys: thrower,
  getOwnPropertyDescriptor: thrower,
  getPrototypeOf: thrower,
}

const NUMBERS = [
  ...[0, -0, 1, -1, 2, 3, 7, 0.5, -1.5, NaN, Infinity, -Infinity, 255, 256, 65_536],
  ...[2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 32, 2 ** 53, -(2 ** 53), 1e308, -1001, -1000, -2],
]
const STRINGS = [
  ...['', ' ', 't', 'topic', '^t.*', '^(', '\0', 'a\0b', '\ud800', '\udfff\ud800', '💥', '..', '%s%n%d', 'group.id'],
  ...['bootstrap.servers', 'x'.repeat(249), 'x'.repeat(250), 'x'.repeat(70_000), '-1', '__proto__'],
]

function detached(): Uint8Array {
  const buffer = new ArrayBuffer(16)
  const view = new Uint8Array(buffer)
  structuredClone(buffer, { transfer: [buffer] })
  return view
}

function objects(random: Random): unknown {
  const length = random.pick([-1, 0, 1, 5, 2 ** 32, NaN])
  return random.pick<() => unknown>([
    () => null,
    () => ({}),
    () => Object.create(null) as object,
    () => ({ length }),
    () => new Proxy({}, TRAPS),
    () => new Proxy([], TRAPS),
    () => ({ get length(): number { return thrower() } }), // prettier-ignore
    () => ({ toString: thrower, valueOf: thrower, [Symbol.toPrimitive]: thrower }),
    () => new Date(NaN),
    () => new Map(),
    () => /a/g,
    () => new Uint8Array(random.integer(0, 64)),
    () => Buffer.alloc(random.integer(0, 4096)),
    () => new Float64Array(4),
    () => new DataView(new ArrayBuffer(8)),
    () => new ArrayBuffer(8),
    () => new SharedArrayBuffer(8),
    () => new Uint8Array(new SharedArrayBuffer(8)),
    detached,
    () => Promise.resolve(1),
    () => thrower,
    () => () => undefined,
    () => Map,
    () => globalThis,
  ])()
}

/** Anything; arrays of it to a depth. */
export function hostile(random: Random, depth = 0): unknown {
  const kind = random.integer(0, depth > 2 ? 6 : 8)
  switch (kind) {
    case 0:
      return undefined
    case 1:
      return random.pick(NUMBERS)
    case 2:
      return random.pick(STRINGS)
    case 3:
      return random.next() < 0.5
    case 4:
      return random.pick([0n, -1n, 2n ** 63n, 2n ** 64n, -(2n ** 70n)])
    case 5:
      return random.pick([Symbol('s'), Symbol.iterator])
    case 6:
      return objects(random)
    case 7: {
      const array: unknown[] = Array.from({ length: random.integer(0, 12) }, () => hostile(random, depth + 1))
      // A hole.
      if (array.length > 2 && random.next() < 0.2) Reflect.deleteProperty(array, 1)
      return array
    }
    default:
      return flat(random)
  }
}

/** Nearly what the addon wants: topics, partitions, offsets, one after the other. */
function flat(random: Random): unknown[] {
  const record = random.pick<() => unknown[]>([
    () => ['t', random.integer(-2, 3)],
    () => ['t', random.integer(-2, 3), random.pick(NUMBERS), random.integer(-1, 5), ''],
    () => ['group.id', 'g', 'bootstrap.servers', '127.0.0.1:1'],
    () => [random.pick(STRINGS), random.pick(NUMBERS)],
    () => ['name', Buffer.from('v'), 'name', null],
  ])
  const list: unknown[] = Array.from({ length: random.integer(0, 4) }, record).flat()
  if (list.length > 0 && random.next() < 0.3) list[random.integer(0, list.length - 1)] = hostile(random, 3)
  if (random.next() < 0.2) list.pop()
  return list
}
