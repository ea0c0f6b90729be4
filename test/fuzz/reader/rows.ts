// Rows of every shape a message can have, and what comes of them when they are read back.
import type { Row } from '../../../lib/message/block'
import type { Random } from '../../helpers/random'

export const NAMES: readonly string[] = [
  ...['', 'h', 'trace-id', 'ümläut', '💥', '\0', 'a\0b', '__proto__', 'constructor', '\ud800', '\u2028', ' ', '0'],
  ...['n'.repeat(127), 'n'.repeat(128), 'n'.repeat(5000)],
]
const OFFSETS = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]
const TIMESTAMPS = [-1, 0, 1, 2 ** 31, 2 ** 32 + 1, 1_700_000_000_123, 2 ** 53 - 1, -(2 ** 40) - 5]
const TEXTS = ['{"a":[1,null]}', 'text', '[', '"\ud800"', '-0', 'null']

/** Empty, small, and now and then large; any byte. */
export function randomBytes(random: Random, most: number): Buffer {
  const kind = random.next()
  if (kind < 0.15) return Buffer.alloc(0)
  if (kind < 0.3) return Buffer.from(random.pick(TEXTS))
  const length = kind < 0.95 ? random.integer(1, Math.min(40, most)) : random.integer(0, most)
  const first = random.integer(0, 255)
  const step = random.integer(0, 255)
  return Buffer.from(Uint8Array.from({ length }, (_, index) => first + step * index + (index >> 8)))
}

export function orNull(random: Random, bytes: () => Buffer): Buffer | null {
  return random.next() < 0.2 ? null : bytes()
}

/** Mostly a few, sometimes hundreds; names come again. */
function randomHeaders(random: Random): Row['headers'] {
  if (random.next() < 0.3) return null
  const count = random.next() < 0.01 ? random.integer(100, 400) : random.integer(0, 4)
  return Array.from({ length: count }, () => ({
    name: random.next() < 0.7 ? `h${random.integer(0, 9)}` : random.pick(count > 10 ? NAMES.slice(0, -1) : NAMES),
    value: orNull(random, () => randomBytes(random, 100)),
  }))
}

export function randomRow(random: Random): Row {
  return {
    offset: random.next() < 0.5 ? random.integer(0, 1_000_000) : random.pick(OFFSETS),
    timestamp: random.pick(TIMESTAMPS),
    timestampType: random.integer(0, 2),
    slot: random.integer(0, 3),
    leaderEpoch: random.pick([-1, 0, 7, 2 ** 31 - 1]),
    key: orNull(random, () => randomBytes(random, 500)),
    value: orNull(random, () => randomBytes(random, 2000)),
    headers: randomHeaders(random),
  }
}

export function randomRows(random: Random): Row[] {
  const count = random.next() < 0.02 ? random.integer(0, 40) : random.integer(1, 3)
  return Array.from({ length: count }, () => randomRow(random))
}
