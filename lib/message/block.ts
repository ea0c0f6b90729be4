// Reads and writes one block, as drawn in native/batch.h. The only TypeScript that knows the layout.
import { Buffer } from 'node:buffer'
import * as workers from 'node:worker_threads'

const HEADER_BYTES = 16
const ROW_BYTES = 2 * 8 + 7 * 4

const { markAsUntransferable, isMarkedAsUntransferable: isMarked = () => false } = workers as typeof workers & {
  /** Node 20 does not have it. */
  isMarkedAsUntransferable?: (value: object) => boolean
}

/** One header of a message. Names may repeat; the order is the producer's. */
export interface MessageHeader {
  name: string
  value: Buffer | null
}

/** What a block holds of one message. */
export interface Row {
  offset: number
  /** Milliseconds, -1 none. */
  timestamp: number
  /** 0 none, 1 create time, 2 log append time. */
  timestampType: number
  slot: number
  leaderEpoch: number
  key: Uint8Array | null
  value: Uint8Array | null
  headers: readonly { name: string; value: Uint8Array | null }[] | null
}

/**
 * Typed views over one block of rows.
 *
 * Every accessor takes a row's index and reads it straight from the block; nothing is made until asked for.
 */
export class Block {
  readonly bytes: Buffer
  readonly capacity: number
  readonly epoch: number
  readonly #buffer: ArrayBuffer
  readonly #ints: Int32Array
  // Where each column begins, in int32s.
  readonly #timestamp: number
  readonly #slot: number
  readonly #start: number
  readonly #keyLength: number
  readonly #valueLength: number
  readonly #headersLength: number
  readonly #leaderEpoch: number
  readonly #timestampType: number

  constructor(buffer: ArrayBuffer) {
    // A value's `buffer` is the whole block: transferred to a worker, it would take the other rows away.
    // External ones are marked already by Node 22 and newer, and Node 24 aborts at its end when they are marked again.
    if (!isMarked(buffer)) markAsUntransferable(buffer)
    this.#buffer = buffer
    this.bytes = Buffer.from(buffer)
    const ints = new Int32Array(buffer, 0, buffer.byteLength >> 2)
    const capacity = ints[0] ?? 0
    this.#ints = ints
    this.capacity = capacity
    this.epoch = ints[2] ?? 0
    this.#timestamp = HEADER_BYTES / 4 + 2 * capacity
    this.#slot = this.#timestamp + 2 * capacity
    this.#start = this.#slot + capacity
    this.#keyLength = this.#start + capacity
    this.#valueLength = this.#keyLength + capacity
    this.#headersLength = this.#valueLength + capacity
    this.#leaderEpoch = this.#headersLength + capacity
    this.#timestampType = this.#leaderEpoch + capacity
  }

  /** Rows of a block that was handed over complete; 0 while it still grows. */
  get count(): number {
    return this.#ints[1] as number
  }

  slot(row: number): number {
    return this.#ints[this.#slot + row] as number
  }

  /** Exact up to 2^53, as Kafka's offsets are in practice. */
  offset(row: number): number {
    const at = HEADER_BYTES / 4 + 2 * row
    return (this.#ints[at + 1] as number) * 4294967296 + ((this.#ints[at] as number) >>> 0)
  }

  offsetBigInt(row: number): bigint {
    return this.bytes.readBigInt64LE(HEADER_BYTES + 8 * row)
  }

  timestamp(row: number): number {
    const at = this.#timestamp + 2 * row
    return (this.#ints[at + 1] as number) * 4294967296 + ((this.#ints[at] as number) >>> 0)
  }

  timestampType(row: number): number {
    return this.#ints[this.#timestampType + row] as number
  }

  leaderEpoch(row: number): number {
    return this.#ints[this.#leaderEpoch + row] as number
  }

  /** -1 where there is no key. */
  keyLength(row: number): number {
    return this.#ints[this.#keyLength + row] as number
  }

  keyStart(row: number): number {
    return this.#ints[this.#start + row] as number
  }

  /** -1 for a tombstone. */
  valueLength(row: number): number {
    return this.#ints[this.#valueLength + row] as number
  }

  valueStart(row: number): number {
    const keyLength = this.#ints[this.#keyLength + row] as number
    return (this.#ints[this.#start + row] as number) + (keyLength > 0 ? keyLength : 0)
  }

  /** A view, not a copy. */
  key(row: number): Buffer | null {
    const length = this.keyLength(row)
    return length < 0 ? null : this.#view(this.keyStart(row), length)
  }

  /** A view, not a copy. */
  value(row: number): Buffer | null {
    const length = this.valueLength(row)
    return length < 0 ? null : this.#view(this.valueStart(row), length)
  }

  hasHeaders(row: number): boolean {
    return (this.#ints[this.#headersLength + row] as number) >= 0
  }

  headers(row: number): MessageHeader[] {
    if (!this.hasHeaders(row)) return []
    const valueLength = this.valueLength(row)
    let at = this.valueStart(row) + (valueLength > 0 ? valueLength : 0)
    const count = this.bytes.readInt32LE(at)
    at += 4
    const headers: MessageHeader[] = []
    for (let i = 0; i < count; i++) {
      const nameLength = this.bytes.readInt32LE(at)
      const headerLength = this.bytes.readInt32LE(at + 4)
      at += 8
      // Backwards it would never end.
      this.assertWithin(at, nameLength)
      const name = this.bytes.toString('utf8', at, at + nameLength)
      at += nameLength
      headers.push({ name, value: headerLength < 0 ? null : this.#view(at, headerLength) })
      if (headerLength > 0) at += headerLength
    }
    return headers
  }

  /** Whoever copies bytes of a row must not take others', nor make room for what is not there. */
  assertWithin(start: number, length: number): void {
    if (length >= 0 && start >= 0 && start + length <= this.bytes.length) return
    throw new RangeError('a batch makes no sense: its lengths lead out of it')
  }

  // Cheaper than `subarray`, which looks up the species each time.
  #view(start: number, length: number): Buffer {
    return Buffer.from(this.#buffer, start, length)
  }

  /** The row in a block of its own, so that keeping it keeps nothing else. */
  copyRow(row: number): Block {
    const start = this.keyStart(row)
    const keyLength = Math.max(0, this.keyLength(row))
    const valueLength = Math.max(0, this.valueLength(row))
    const headersLength = Math.max(0, this.#ints[this.#headersLength + row] as number)
    const length = keyLength + valueLength + headersLength
    this.assertWithin(start, length)
    const at = HEADER_BYTES + ROW_BYTES
    const buffer = new ArrayBuffer((at + length + 7) & ~7)
    const ints = new Int32Array(buffer)
    ints[0] = 1
    ints[1] = 1
    ints[2] = this.epoch
    const source = HEADER_BYTES / 4 + 2 * row
    ints[4] = this.#ints[source] as number
    ints[5] = this.#ints[source + 1] as number
    ints[6] = this.#ints[this.#timestamp + 2 * row] as number
    ints[7] = this.#ints[this.#timestamp + 2 * row + 1] as number
    ints[8] = this.slot(row)
    ints[9] = at
    ints[10] = this.keyLength(row)
    ints[11] = this.valueLength(row)
    ints[12] = this.#ints[this.#headersLength + row] as number
    ints[13] = this.leaderEpoch(row)
    ints[14] = this.timestampType(row)
    Buffer.from(buffer).set(this.bytes.subarray(start, start + length), at)
    return new Block(buffer)
  }
}

/** Packs rows as the addon does: for legacy, whose messages come one by one as objects. */
export function packRows(rows: readonly Row[], epoch: number): ArrayBuffer {
  const capacity = rows.length
  const packed = rows.map((row) => ({ row, headers: row.headers === null ? null : packHeaders(row.headers) }))
  let length = HEADER_BYTES + ROW_BYTES * capacity
  for (const { row, headers } of packed) {
    length += (row.key?.length ?? 0) + (row.value?.length ?? 0) + (headers?.length ?? 0)
  }
  const buffer = new ArrayBuffer((length + 7) & ~7)
  const bytes = Buffer.from(buffer)
  const ints = new Int32Array(buffer)
  ints.set([capacity, capacity, epoch, 0])
  const slotColumn = HEADER_BYTES / 4 + 4 * capacity
  let at = HEADER_BYTES + ROW_BYTES * capacity
  packed.forEach(({ row, headers }, index) => {
    bytes.writeBigInt64LE(BigInt(row.offset), HEADER_BYTES + 8 * index)
    bytes.writeBigInt64LE(BigInt(row.timestamp), HEADER_BYTES + 8 * (capacity + index))
    const columns = [
      row.slot,
      at,
      row.key?.length ?? -1,
      row.value?.length ?? -1,
      headers?.length ?? -1,
      row.leaderEpoch,
      row.timestampType,
    ]
    columns.forEach((value, column) => {
      ints[slotColumn + column * capacity + index] = value
    })
    for (const part of [row.key, row.value, headers]) {
      if (part === null) continue
      bytes.set(part, at)
      at += part.length
    }
  })
  return buffer
}

function packHeaders(headers: NonNullable<Row['headers']>): Buffer {
  const parts: Uint8Array[] = [int32(headers.length)]
  for (const { name, value } of headers) {
    const nameBytes = Buffer.from(name)
    parts.push(int32(nameBytes.length), int32(value?.length ?? -1), nameBytes)
    if (value !== null) parts.push(value)
  }
  return Buffer.concat(parts)
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}
