import { POLL_EVENT, POLL_NEW_BUFFER, POLL_NOTHING, type NativeEvent } from '../binding'
import { packRows, type Row } from '../message/block'
import type { RdkafkaMessage } from './node-rdkafka'

/** A block is closed at either: as in the addon, it stays in the processor's cache. */
const BLOCK_ROWS = 1000
const BLOCK_BYTES = 256 << 10

type Entry = { buffer: ArrayBuffer; rows: number; bytes: number } | { event: NativeEvent }

/**
 * Rows and what is ordered with them, between node-rdkafka's callbacks and `poll()`.
 *
 * Rows are packed as soon as they fill a block, not when they are asked for: node-rdkafka makes an object with three
 * Buffers of each message, which takes several times the room of its bytes.
 */
export class RowQueue {
  readonly #entries: Entry[] = []
  readonly #urgent: NativeEvent[] = []
  /** Not packed yet, all of one epoch. */
  #rows: Row[] = []
  #rowsBytes = 0
  #epoch = 0
  #buffer: ArrayBuffer | undefined
  #event: NativeEvent | undefined
  /** Rows that wait, and their bytes. */
  messages = 0
  bytes = 0

  /** Returns its bytes. */
  addMessage(message: RdkafkaMessage, slot: number, epoch: number): number {
    if (epoch !== this.#epoch) {
      this.#pack()
      this.#epoch = epoch
    }
    const headers = headersOf(message)
    let size = (message.key?.length ?? 0) + (message.value?.length ?? 0)
    for (const { name, value } of headers ?? []) size += name.length + value.length
    const { offset, timestamp, key, value } = message
    this.#rows.push({ offset, timestamp, timestampType: 0, slot, leaderEpoch: -1, key, value, headers })
    this.#rowsBytes += size
    this.messages++
    this.bytes += size
    if (this.#rows.length >= BLOCK_ROWS || this.#rowsBytes >= BLOCK_BYTES) this.#pack()
    return size
  }

  /** Comes in order with the rows. */
  addEvent(event: NativeEvent): void {
    this.#pack()
    this.#entries.push({ event })
  }

  /** Overtakes the rows. */
  addUrgent(event: NativeEvent): void {
    this.#urgent.push(event)
  }

  get hasUrgent(): boolean {
    return this.#urgent.length > 0
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0 && this.#rows.length === 0
  }

  /** As NativeConsumer.poll, of urgent events alone or of everything. */
  poll(isUrgentOnly: boolean): number {
    this.#event = this.#urgent.shift()
    if (this.#event !== undefined) return POLL_EVENT
    if (isUrgentOnly) return POLL_NOTHING
    if (this.#entries.length === 0) this.#pack()
    const entry = this.#entries.shift()
    if (entry === undefined) return POLL_NOTHING
    if ('event' in entry) {
      this.#event = entry.event
      return POLL_EVENT
    }
    this.messages -= entry.rows
    this.bytes -= entry.bytes
    this.#buffer = entry.buffer
    return entry.rows | POLL_NEW_BUFFER
  }

  takeBuffer(): ArrayBuffer {
    const buffer = this.#buffer
    if (buffer === undefined) throw new RangeError('takeBuffer: the last poll() found no rows')
    this.#buffer = undefined
    return buffer
  }

  takeEvent(): NativeEvent {
    const event = this.#event
    if (event === undefined) throw new RangeError('takeEvent: the last poll() found no event')
    this.#event = undefined
    return event
  }

  /** Forgets all rows and what is ordered with them. */
  clear(): void {
    this.#entries.length = 0
    this.#rows = []
    this.#rowsBytes = this.messages = this.bytes = 0
  }

  #pack(): void {
    if (this.#rows.length === 0) return
    this.#entries.push({ buffer: packRows(this.#rows, this.#epoch), rows: this.#rows.length, bytes: this.#rowsBytes })
    this.#rows = []
    this.#rowsBytes = 0
  }
}

function headersOf(message: RdkafkaMessage): { name: string; value: Buffer }[] | null {
  return message.headers?.map(headerOf) ?? null
}

function headerOf(header: Record<string, Buffer>): { name: string; value: Buffer } {
  for (const name in header) {
    if (Object.hasOwn(header, name)) return { name, value: header[name] as Buffer }
  }
  // node-rdkafka assigns to the header's name: `__proto__` becomes the object's prototype instead of its property.
  return { name: '__proto__', value: Object.getPrototypeOf(header) as Buffer }
}
