// Reads all that can be read of a block, and says what must not come of it whatever the block holds.
import { isDeepStrictEqual } from 'node:util'
import { Block, type Row } from '../../../lib/message/block'
import { type Message, type MessageContext } from '../../../lib/message/message'
import { MessageBatch } from '../../../lib/message/message-batch'
import { bytes, json, string } from '../../../lib/serde'

/** Around the bytes of a copied row: its head, its columns, and what makes it a multiple of eight. */
const FRAME_BYTES = 16 + 44 + 7

const slots = {
  topic: (slot: number): string => `t${slot}`,
  partition: (slot: number): number => slot,
}
const CONTEXTS: readonly MessageContext<unknown, unknown>[] = [
  { slots, keyDeserializer: bytes(), valueDeserializer: bytes() },
  { slots, keyDeserializer: string(), valueDeserializer: json() },
  // One without a range of its own: it is given a view, and the headers.
  { slots, keyDeserializer: string(), valueDeserializer: { deserialize: (data) => data.length } },
]

export interface Tally {
  values: number
  errors: number
}

/** What must not be. */
export class Violation extends Error {
  override name = 'Violation'
}

export class Reading {
  readonly #buffer: ArrayBuffer
  readonly #block: Block
  readonly #tally: Tally

  /** Undefined where the block is refused as a whole. */
  static of(buffer: ArrayBuffer, tally: Tally): Reading | undefined {
    let block: Block
    try {
      block = new Block(buffer)
    } catch (error) {
      expectRangeError('new Block', error)
      tally.errors++
      return undefined
    }
    return new Reading(buffer, block, tally)
  }

  private constructor(buffer: ArrayBuffer, block: Block, tally: Tally) {
    this.#buffer = buffer
    this.#block = block
    this.#tally = tally
    limitReads(block)
  }

  /** Every accessor of these rows. */
  rows(rows: number): void {
    this.#value('capacity', () => this.#block.capacity)
    this.#value('count', () => this.#block.count)
    this.#value('epoch', () => this.#block.epoch)
    for (let row = 0; row < rows; row++) this.#row(row)
  }

  /** The same as users have it. */
  messages(rows: number, context: number): void {
    const chosen = CONTEXTS[context % CONTEXTS.length] as MessageContext<unknown, unknown>
    const batch = new MessageBatch(this.#block, 0, rows, chosen, undefined)
    this.#batch(batch)
    let iterated = 0
    for (const message of batch) {
      this.#message(message)
      iterated++
    }
    if (iterated !== rows) throw new Violation(`the batch of ${rows} gave ${iterated}`)
  }

  /** A row that is not there: nobody asks for it, and nothing may come of it. */
  stranger(row: number): void {
    this.#row(row)
  }

  #row(row: number): void {
    const block = this.#block
    const numbers = ['slot', 'offset', 'timestamp', 'timestampType', 'leaderEpoch', 'keyLength', 'keyStart'] as const
    for (const name of numbers) this.#number(name, () => block[name](row))
    for (const name of ['valueLength', 'valueStart'] as const) this.#number(name, () => block[name](row))
    this.#value('offsetBigInt', () => block.offsetBigInt(row))
    this.#value('hasHeaders', () => block.hasHeaders(row))
    this.#view('key', () => block.key(row))
    this.#view('value', () => block.value(row))
    this.#headers('headers', () => block.headers(row))
    const copy = this.#value('copyRow', () => block.copyRow(row))
    if (copy === undefined) return
    if (copy.bytes.buffer === this.#buffer) throw new Violation('copyRow: it shares the memory of the block')
    if (copy.bytes.byteLength > this.#buffer.byteLength + FRAME_BYTES) {
      throw new Violation(`copyRow: ${copy.bytes.byteLength} bytes of a block of ${this.#buffer.byteLength}`)
    }
    const inside = new Reading(copy.bytes.buffer as ArrayBuffer, copy, this.#tally)
    inside.#view('key of a copy', () => copy.key(0))
    inside.#view('value of a copy', () => copy.value(0))
    inside.#headers('headers of a copy', () => copy.headers(0))
  }

  #batch(batch: MessageBatch<unknown, unknown>): void {
    for (let index = 0; index < batch.length; index++) {
      this.#value('batch.topic', () => batch.topic(index))
      this.#value('batch.partition', () => batch.partition(index))
      this.#number('batch.offset', () => batch.offset(index))
      this.#view('batch.keyBytes', () => batch.keyBytes(index))
      this.#view('batch.valueBytes', () => batch.valueBytes(index))
    }
  }

  #message(message: Message<unknown, unknown>): void {
    for (const name of ['topic', 'partition', 'offset', 'offsetBigInt', 'timestamp', 'timestampType'] as const) {
      this.#value(name, () => message[name])
    }
    this.#value('leaderEpoch', () => message.leaderEpoch)
    this.#number('size', () => message.size)
    this.#view('keyBytes', () => message.keyBytes)
    this.#view('valueBytes', () => message.valueBytes)
    this.#headers('message.headers', () => message.headers)
    this.#value('header', () => message.header('h1'))
    // Deserializers have errors of their own.
    this.#value('key', () => message.key, Error)
    this.#value('value', () => message.value, Error)
    this.#value('toJSON', () => message.toJSON(), Error)
    const copy = this.#value('copy', () => message.copy())
    if (copy === undefined) return
    this.#value('copy.keyBytes', () => copy.keyBytes)
    this.#value('copy.valueBytes', () => copy.valueBytes)
    this.#value('copy.headers', () => copy.headers)
  }

  /** What is given, or undefined where an error of that class is thrown. */
  #value<T>(name: string, read: () => T, expected: typeof Error = RangeError): T | undefined {
    try {
      const value = read()
      this.#tally.values++
      return value
    } catch (error) {
      if (error instanceof Violation || !(error instanceof expected)) {
        throw new Violation(`${name}: ${error instanceof Error ? error.message : 'what is no error'}`, { cause: error })
      }
      this.#tally.errors++
      return undefined
    }
  }

  #number(name: string, read: () => number): void {
    const value: unknown = this.#value(name, read)
    // Undefined: the block ends before that column.
    if (value !== undefined && typeof value !== 'number') throw new Violation(`${name}: a ${typeof value}`)
  }

  #view(name: string, read: () => Buffer | null): number {
    const value = this.#value(name, read)
    if (value === undefined || value === null) return 0
    if (value.buffer !== this.#buffer) throw new Violation(`${name}: memory outside of the block`)
    return value.length
  }

  #headers(name: string, read: () => Row['headers']): void {
    let held = 0
    for (const header of this.#value(name, read) ?? []) {
      if (typeof header.name !== 'string') throw new Violation(`${name}: a name that is none`)
      held += header.name.length + this.#view(name, () => header.value as Buffer | null)
    }
    if (held > this.#buffer.byteLength) {
      throw new Violation(`${name}: ${held} bytes out of a block of ${this.#buffer.byteLength}`)
    }
  }
}

/**
 * A list of headers in N bytes has at most N / 4 integers: whoever reads more in one list goes round and round. Counted,
 * as a loop that does not end cannot be timed from within.
 */
function limitReads(block: Block): void {
  const own = block.bytes
  const most = own.length / 4 + 1
  const headers = block.headers.bind(block)
  const readInt32LE = own.readInt32LE.bind(own)
  let reads = 0
  own.readInt32LE = (at) => {
    if (++reads > most) throw new Violation(`more than ${most} integers read of a block of ${own.length} bytes`)
    return readInt32LE(at)
  }
  block.headers = (row) => {
    reads = 0
    return headers(row)
  }
}

/** An index that is none is refused, whatever the block holds. */
function expectBounds(batch: MessageBatch): void {
  for (const index of [-1, batch.length, 0.5, NaN, 2 ** 31]) {
    if (batch.at(index) !== undefined) throw new Violation(`at(${index}) gave a message`)
    try {
      batch.valueBytes(index)
    } catch (error) {
      expectRangeError('valueBytes', error)
      continue
    }
    throw new Violation(`valueBytes(${index}) of ${batch.length} was read`)
  }
}

function expectRangeError(name: string, error: unknown): void {
  if (!(error instanceof RangeError)) throw new Violation(`${name}: ${String(error)}`, { cause: error })
}

/** Nothing was mutated: each row comes back, from the block, from its copy, and as a message. */
export function expectRows(buffer: ArrayBuffer, rows: readonly Row[], epoch: number): void {
  const block = new Block(buffer)
  const batch = new MessageBatch(block, 0, rows.length, CONTEXTS[0] as MessageContext<Buffer, Buffer>, undefined)
  expectSame('count, capacity, epoch', [block.count, block.capacity, block.epoch], [rows.length, rows.length, epoch])
  expectBounds(batch)
  rows.forEach((row, index) => {
    // A lone surrogate has no UTF-8.
    const headers = row.headers?.map(({ name, value }) => ({ name: Buffer.from(name).toString(), value })) ?? null
    const expected = { ...row, headers }
    expectSame('a row', rowOf(block, index), expected)
    expectSame('a copy', rowOf(block.copyRow(index), 0), expected)
    const message = batch.at(index) as Message
    expectSame('a message', shownOf(message), {
      ...{ topic: `t${row.slot}`, partition: row.slot, offset: row.offset, offsetBigInt: BigInt(row.offset) },
      timestamp: row.timestamp < 0 ? undefined : row.timestamp,
      timestampType: ['none', 'create', 'append'][row.timestampType],
      leaderEpoch: row.leaderEpoch < 0 ? undefined : row.leaderEpoch,
      ...{ key: row.key, value: row.value, size: row.value?.length ?? 0, headers: headers ?? [] },
    })
    expectSame('a copied message', shownOf(message.copy()), shownOf(message))
  })
}

function rowOf(block: Block, row: number): Row {
  return {
    offset: block.offset(row),
    timestamp: block.timestamp(row),
    timestampType: block.timestampType(row),
    slot: block.slot(row),
    leaderEpoch: block.leaderEpoch(row),
    key: block.key(row),
    value: block.value(row),
    headers: block.hasHeaders(row) ? block.headers(row) : null,
  }
}

function shownOf(message: Message): Record<string, unknown> {
  const { topic, partition, offset, offsetBigInt, timestamp, timestampType, leaderEpoch, size, headers } = message
  const { key, value } = message
  return { topic, partition, offset, offsetBigInt, timestamp, timestampType, leaderEpoch, key, value, size, headers }
}

function expectSame(what: string, got: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(got, expected)) throw new Violation(`${what} is not what was packed`)
}
