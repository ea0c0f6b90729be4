// Messages of every shape, as a producer that changes its mind at each of them would send them.
import type { Random } from '../../helpers/random'
import type { BatchRecord } from '../../helpers/record-batch'
import { NAMES, orNull, randomBytes } from '../reader/rows'

export type Sent = BatchRecord

const LARGEST_BYTES = 65_536
const TIMESTAMPS = [0, 1, 2 ** 31, 2 ** 32 + 1, 1_700_000_000_123, 4_102_444_799_999]
/** A producer of text writes none of these. */
const LONE_SURROGATE = /\p{Surrogate}/u
const TEXT_NAMES = NAMES.filter((name) => !LONE_SURROGATE.test(name))

export interface SentOptions {
  /** Names that are no UTF-8, and messages without a timestamp. */
  isRaw: boolean
}

export function randomSent(random: Random, { isRaw }: SentOptions): Sent {
  return {
    key: orNull(random, () => randomBytes(random, random.pick([40, LARGEST_BYTES]))),
    value: orNull(random, () => randomBytes(random, LARGEST_BYTES)),
    headers: Array.from({ length: headerCount(random) }, () => [
      isRaw ? rawName(random) : Buffer.from(textName(random)),
      orNull(random, () => randomBytes(random, 300)),
    ]),
    timestamp: isRaw && random.next() < 0.1 ? -1 : timestamp(random),
  }
}

function headerCount(random: Random): number {
  if (random.next() < 0.3) return 0
  return random.next() < 0.05 ? random.integer(100, 400) : random.integer(1, 6)
}

/** A few that come again, and others. */
function textName(random: Random): string {
  return random.next() < 0.6 ? `h${random.integer(0, 5)}` : random.pick(TEXT_NAMES)
}

function rawName(random: Random): Buffer {
  return random.next() < 0.5 ? Buffer.from(textName(random)) : randomBytes(random, 40)
}

function timestamp(random: Random): number {
  return random.next() < 0.5 ? random.pick(TIMESTAMPS) : random.integer(0, 4_000_000_000_000)
}
