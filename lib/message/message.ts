import type { Deserializer } from '../serde'
import type { Block, MessageHeader } from './block'

/** Topic and partition of each slot, as far as known. */
export interface SlotNames {
  topic(slot: number): string
  partition(slot: number): number
}

/** What the messages of one consumer have in common. */
export interface MessageContext<K, V> {
  readonly slots: SlotNames
  readonly keyDeserializer: Deserializer<K>
  readonly valueDeserializer: Deserializer<V>
}

/** Not deserialized yet: a deserializer may give undefined or null. */
const UNREAD = Symbol('unread')

const TIMESTAMP_TYPES = ['none', 'create', 'append'] as const

/** Who set a message's timestamp: the producer (`create`), the broker (`append`), or nobody. */
export type TimestampType = (typeof TIMESTAMP_TYPES)[number]

/**
 * One Kafka message: a view into the batch it came in.
 *
 * Nothing is read before it is asked for, so an untouched field costs nothing; but key and value are deserialized
 * before the message is handed out, unless their deserializer is `infallible` (of ours `bytes()`). Keeping a message
 * keeps its whole batch (about 256 KiB); `copy()` gives one that keeps only itself.
 *
 * @see `rd_kafka_message_t`; Java `ConsumerRecord`
 */
export class Message<K = Buffer, V = Buffer> {
  readonly #block: Block
  readonly #row: number
  readonly #context: MessageContext<K, V>
  #key: K | null | typeof UNREAD = UNREAD
  #value: V | null | typeof UNREAD = UNREAD

  /** @internal */
  constructor(block: Block, row: number, context: MessageContext<K, V>) {
    this.#block = block
    this.#row = row
    this.#context = context
  }

  get topic(): string {
    return this.#context.slots.topic(this.#block.slot(this.#row))
  }

  get partition(): number {
    return this.#context.slots.partition(this.#block.slot(this.#row))
  }

  /** Exact up to 2^53. */
  get offset(): number {
    return this.#block.offset(this.#row)
  }

  get offsetBigInt(): bigint {
    return this.#block.offsetBigInt(this.#row)
  }

  /** Milliseconds since 1970, or undefined where the message carries none. */
  get timestamp(): number | undefined {
    const timestamp = this.#block.timestamp(this.#row)
    return timestamp < 0 ? undefined : timestamp
  }

  get timestampType(): TimestampType {
    return TIMESTAMP_TYPES[this.#block.timestampType(this.#row)] ?? 'none'
  }

  /** Epoch of the partition's leader, or undefined where the broker gives none. */
  get leaderEpoch(): number | undefined {
    const epoch = this.#block.leaderEpoch(this.#row)
    return epoch < 0 ? undefined : epoch
  }

  /** The key as the key deserializer gives it; null where the message has none. An empty key is not null. */
  get key(): K | null {
    return this.#key === UNREAD ? this.decodeKey() : this.#key
  }

  /** The value as the value deserializer gives it; null for a tombstone. An empty value is not null. */
  get value(): V | null {
    return this.#value === UNREAD ? this.decodeValue() : this.#value
  }

  /** @internal Of the poll that brought it. */
  get epoch(): number {
    return this.#block.epoch
  }

  /** @internal */
  decodeKey(): K | null {
    return (this.#key = this.#read(this.#context.keyDeserializer, true))
  }

  /** @internal */
  decodeValue(): V | null {
    return (this.#value = this.#read(this.#context.valueDeserializer, false))
  }

  /** The key's bytes: a view into the batch. */
  get keyBytes(): Buffer | null {
    return this.#block.key(this.#row)
  }

  /** The value's bytes: a view into the batch. */
  get valueBytes(): Buffer | null {
    return this.#block.value(this.#row)
  }

  /** Length of the value in bytes; 0 for a tombstone. */
  get size(): number {
    return Math.max(0, this.#block.valueLength(this.#row))
  }

  /** Headers in the producer's order, repeated names included. Empty where there are none. */
  get headers(): MessageHeader[] {
    return this.#block.headers(this.#row)
  }

  /** Value of the last header of that name; undefined where there is none, null where its value is null. */
  header(name: string): Buffer | null | undefined {
    return this.headers.reverse().find((header) => header.name === name)?.value
  }

  /** The same message in memory of its own. */
  copy(): Message<K, V> {
    const copy = new Message(this.#block.copyRow(this.#row), 0, this.#context)
    copy.#key = this.#key instanceof Uint8Array ? UNREAD : this.#key
    copy.#value = this.#value instanceof Uint8Array ? UNREAD : this.#value
    return copy
  }

  toJSON(): Record<string, unknown> {
    const { topic, partition, offset, timestamp, key, value, headers } = this
    return { topic, partition, offset, timestamp, key, value, headers }
  }

  #read<T>(deserializer: Deserializer<T>, isKey: boolean): T | null {
    const block = this.#block
    const row = this.#row
    const length = isKey ? block.keyLength(row) : block.valueLength(row)
    if (length < 0) return null
    if (deserializer.deserializeRange !== undefined) {
      const start = isKey ? block.keyStart(row) : block.valueStart(row)
      return deserializer.deserializeRange(block.bytes, start, start + length)
    }
    const bytes = (isKey ? block.key(row) : block.value(row)) as Buffer
    const { topic, partition, offset } = this
    return deserializer.deserialize(bytes, { topic, partition, offset, isKey, headers: this.headers })
  }
}
