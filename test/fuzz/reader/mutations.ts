// What may befall the bytes of a block.
import type { Block } from '../../../lib/message/block'
import type { Random } from '../../helpers/random'

const HEAD_INTS = [0, 4, 8, 12]
const HEAD_BYTES = 16
const COLUMNS = 7
const INTS = [0, 1, -1, 2, -2, 4, -4, 7, -7, 8, -8, -9, -12, 16, 255, 256, 65_536, 2 ** 31 - 1, 2 ** 31 - 8, -(2 ** 31)]

/** Where counts, lengths and starts lie, in bytes. */
export interface Integers {
  /** Of the block, of each row, and of each header. */
  readonly all: readonly number[]
  /** Counts of headers; behind each lie the lengths of the first one. */
  readonly lists: readonly number[]
}

export function integersOf(block: Block, rows: number): Integers {
  const all = [...HEAD_INTS]
  const lists: number[] = []
  const columns = HEAD_BYTES + 16 * block.capacity
  for (let column = 0; column < COLUMNS; column++) {
    for (let row = 0; row < rows; row++) all.push(columns + 4 * (column * block.capacity + row))
  }
  for (let row = 0; row < rows; row++) {
    if (!block.hasHeaders(row)) continue
    const integers = integersOfHeaders(block, row)
    all.push(...integers)
    if (integers.length > 1) lists.push(integers[0] as number)
  }
  return { all, lists }
}

function integersOfHeaders(block: Block, row: number): number[] {
  let at = block.valueStart(row) + Math.max(0, block.valueLength(row))
  const integers = [at]
  const count = block.bytes.readInt32LE(at)
  at += 4
  for (let i = 0; i < count; i++) {
    integers.push(at, at + 4)
    at += 8 + block.bytes.readInt32LE(at) + Math.max(0, block.bytes.readInt32LE(at + 4))
  }
  return integers
}

/** A copy with one to four things wrong. */
export function mutated(random: Random, original: ArrayBuffer, integers: Integers): ArrayBuffer {
  // The last to be done, or there would be little left to be wrong.
  const end = random.next() < 0.2 ? random.integer(0, original.byteLength) : original.byteLength
  const bytes = Buffer.from(original.slice(0))
  for (let left = random.integer(end < original.byteLength ? 0 : 1, 4); left > 0; left--) {
    mutate(random, bytes, integers)
  }
  return bytes.buffer.slice(0, end)
}

function mutate(random: Random, bytes: Buffer, integers: Integers): void {
  const anywhere = (): number => random.integer(0, bytes.length - 1)
  const kind = random.next()
  if (kind < 0.1 && integers.lists.length > 0) {
    mutateList(random, bytes, random.pick(integers.lists))
  } else if (kind < 0.5) {
    bytes.writeInt32LE(hostileInt(random, bytes), random.pick(integers.all))
  } else if (kind < 0.6) {
    bytes.writeInt32LE(hostileInt(random, bytes), random.integer(0, bytes.length - 4))
  } else if (kind < 0.75) {
    const at = anywhere()
    bytes[at] = (bytes[at] as number) ^ (1 << random.integer(0, 7))
  } else if (kind < 0.85) {
    bytes[anywhere()] = random.integer(0, 255)
  } else if (kind < 0.95) {
    const from = anywhere()
    bytes.copy(bytes, anywhere(), from, from + random.integer(0, 64))
  } else {
    const from = anywhere()
    bytes.fill(random.pick([0, 0xff, 0x7f]), from, Math.min(bytes.length, from + random.integer(0, 200)))
  }
}

/** Very many headers, of which the first leads back to where it begins, or nearly so. */
function mutateList(random: Random, bytes: Buffer, at: number): void {
  bytes.writeInt32LE(random.pick([2 ** 31 - 1, 1_000_000, 255]), at)
  bytes.writeInt32LE(random.next() < 0.3 ? -8 : random.integer(-40, 8), at + 4)
  bytes.writeInt32LE(random.integer(-2, 8), at + 8)
}

function hostileInt(random: Random, bytes: Buffer): number {
  const kind = random.next()
  if (kind < 0.5) return random.pick(INTS)
  if (kind < 0.7) return bytes.length + random.integer(-9, 9)
  // Near to what is there, and anything.
  if (kind < 0.85) return random.integer(-40, 40)
  return random.integer(-(2 ** 31), 2 ** 31 - 1)
}
