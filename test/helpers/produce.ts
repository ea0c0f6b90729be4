// Messages of every shape in a real topic, through Kafka's own Java producer: acks=all, idempotent, delivery awaited.
// (node-rdkafka's producer can write neither a null header value nor zstd.)
import { ask, type OracleOptions } from './kafka/oracle'

/** Null is Kafka's null, an empty string is empty; strings are written as UTF-8. */
export type Bytes = Buffer | string | null

export interface OutgoingMessage {
  /** Default: by key, or any. */
  partition?: number
  key?: Bytes
  value?: Bytes
  /** In order; names may repeat. */
  headers?: readonly (readonly [name: string, value: Bytes])[]
  /** Milliseconds. Default: now. */
  timestamp?: number
}

export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

export interface ProduceOptions extends OracleOptions {
  codec?: Codec
  /** Properties of the Java producer, such as `linger.ms` or `batch.size`. */
  producerConfig?: Readonly<Record<string, string>>
  /** One given by `beginTransaction`. */
  transactionalId?: string
}

export interface DeliveryReport {
  partition: number
  offset: number
  timestamp: number
}

/** Resolves when the brokers have all of them; reports are in the order of the messages. */
export function produce(
  topic: string,
  messages: readonly OutgoingMessage[],
  options: ProduceOptions = {},
): Promise<DeliveryReport[]> {
  return ask('produce', { ...producerParameters(options), topic, messages: messages.map(encode) }, options)
}

export interface SeedOptions extends ProduceOptions {
  /** Messages in all; message i goes to partition i modulo `partitions`. */
  count: number
  /** Bytes of a value, at least 12. */
  size: number
  partitions: number
  /** Sequence number of the first message of each partition. Default 0. */
  firstSequence?: number
  /** Keys `k0`, `k1`, … by sequence number. Default: null keys. */
  keyed?: boolean
  /** Three headers on each message. Default: none. */
  headers?: boolean
}

/** Fills a topic with pattern messages (pattern.ts): into an empty topic, the offset is the sequence number. */
export async function seed(topic: string, options: SeedOptions): Promise<void> {
  const { count, size, partitions, firstSequence, keyed, headers } = options
  if (size < 12) throw new Error(`size: expected at least 12 bytes, got ${size}`)
  await ask(
    'seed',
    { ...producerParameters(options), topic, count, size, partitions, firstSequence, keyed, headers },
    { deadlineMs: 120_000, ...options },
  )
}

/** Begins a transaction; `produce` with this id writes inside it. */
export async function beginTransaction(transactionalId: string, options: ProduceOptions = {}): Promise<void> {
  await ask('beginTransaction', { ...producerParameters(options), transactionalId }, options)
}

/** Ends the transaction and forgets the id. */
export async function endTransaction(
  transactionalId: string,
  how: 'commit' | 'abort',
  options: OracleOptions = {},
): Promise<void> {
  await ask('endTransaction', { transactionalId, commit: how === 'commit' }, options)
}

function producerParameters(options: ProduceOptions): object {
  return { codec: options.codec, producer: options.producerConfig, transactionalId: options.transactionalId }
}

function encode(message: OutgoingMessage): object {
  return {
    partition: message.partition,
    timestamp: message.timestamp,
    key: base64(message.key ?? null),
    value: base64(message.value ?? null),
    headers: (message.headers ?? []).map(([name, value]) => [name, base64(value)]),
  }
}

function base64(bytes: Bytes): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('base64')
}
