import { Buffer } from 'node:buffer'
import { markAsUntransferable } from 'node:worker_threads'
import type { Block } from '../message/block'
import type { SlotNames } from '../message/message'

/** A message as node-rdkafka delivers it: a plain object, its keys in this order. */
export interface PlainMessage {
  value: Buffer | null
  /** Only where there are any: each header an object with one key. */
  headers?: Record<string, Buffer>[]
  /** Bytes of the value. */
  size: number
  key: Buffer | null
  topic: string
  offset: number
  partition: number
  /** Milliseconds since 1970, -1 none. */
  timestamp: number
}

// As Node's own pool for small buffers, but larger: a message keeps no more than this alive beside itself.
const POOL_BYTES = 32 * 1024
const MAX_POOLED_BYTES = POOL_BYTES / 8
/** Less is left of a block: not worth memory of its own. */
const MIN_WINDOW_BYTES = POOL_BYTES / 8

/** Memory of several messages: transferred to a worker with one of them, it would take the others' away. */
function shared(length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length)
  markAsUntransferable(bytes.buffer)
  return bytes
}

/**
 * Makes messages that own their memory, as node-rdkafka's do: users keep them, and a view would keep the whole batch.
 *
 * Bytes are copied into a shared piece of memory first, for a Buffer of its own for each costs more than the copy; those
 * of consecutive messages at once where their block is complete, for a call for each costs more than the bytes.
 */
export class PlainMessages {
  #pool = shared(POOL_BYTES)
  #used = 0
  /** What of a block is copied already, and where it lies there. */
  #window: ArrayBufferLike = this.#pool.buffer
  #windowBlock: Block | undefined
  #windowStart = 0
  #windowEnd = 0

  constructor(private readonly slots: SlotNames) {}

  make(block: Block, row: number): PlainMessage {
    const valueLength = block.valueLength(row)
    const keyLength = block.keyLength(row)
    const value = valueLength < 0 ? null : this.#bytes(block, block.valueStart(row), valueLength)
    const key = keyLength < 0 ? null : this.#bytes(block, block.keyStart(row), keyLength)
    const size = valueLength < 0 ? 0 : valueLength
    const slot = block.slot(row)
    const topic = this.slots.topic(slot)
    const partition = this.slots.partition(slot)
    const offset = block.offset(row)
    const timestamp = block.timestamp(row)
    // Two literals, so that either kind of message has one shape.
    return block.hasHeaders(row)
      ? { value, headers: this.#headers(block, row), size, key, topic, offset, partition, timestamp }
      : { value, size, key, topic, offset, partition, timestamp }
  }

  #headers(block: Block, row: number): Record<string, Buffer>[] {
    return block.headers(row).map(({ name, value }) => ({
      // A null value is an empty one there.
      [name]: value === null ? Buffer.alloc(0) : this.#copy(value, 0, value.length),
    }))
  }

  #bytes(block: Block, start: number, length: number): Buffer {
    block.assertWithin(start, length)
    if (block !== this.#windowBlock || start < this.#windowStart || start + length > this.#windowEnd) {
      const left = block.bytes.length - start
      // A block that still grows has its later rows' bytes yet to come.
      if (block.count === 0 || length > MAX_POOLED_BYTES || left < MIN_WINDOW_BYTES) {
        return this.#copy(block.bytes, start, length)
      }
      const window = shared(Math.min(left, POOL_BYTES))
      block.bytes.copy(window, 0, start, start + window.length)
      this.#window = window.buffer
      this.#windowBlock = block
      this.#windowStart = start
      this.#windowEnd = start + window.length
    }
    return Buffer.from(this.#window, start - this.#windowStart, length)
  }

  #copy(source: Buffer, start: number, length: number): Buffer {
    if (length > MAX_POOLED_BYTES) {
      const own = Buffer.allocUnsafeSlow(length)
      source.copy(own, 0, start, start + length)
      return own
    }
    if (this.#used + length > POOL_BYTES) {
      this.#pool = shared(POOL_BYTES)
      this.#used = 0
    }
    const at = this.#used
    source.copy(this.#pool, at, start, start + length)
    this.#used = (at + length + 7) & ~7
    return Buffer.from(this.#pool.buffer, at, length)
  }
}
