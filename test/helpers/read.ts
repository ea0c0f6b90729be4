// What is in a topic according to Kafka's own Java consumer: the other side of a byte-for-byte comparison.
import { createHash } from 'node:crypto'
import { ask, type OracleOptions } from './kafka/oracle'

export interface ReadOptions extends OracleOptions {
  /** Default read_uncommitted. */
  isolation?: 'read_uncommitted' | 'read_committed'
}

export interface ReadMessage {
  partition: number
  offset: number
  timestamp: number
  timestampType: 'CreateTime' | 'LogAppendTime' | 'NoTimestampType'
  leaderEpoch: number | null
  key: Buffer | null
  value: Buffer | null
  headers: [name: string, value: Buffer | null][]
}

/** Every message of a topic. Order holds within a partition only. For many messages take `digestTopic`. */
export async function readTopic(topic: string, options: ReadOptions = {}): Promise<ReadMessage[]> {
  type Encoded = Omit<ReadMessage, 'key' | 'value' | 'headers'> & {
    key: string | null
    value: string | null
    headers: [string, string | null][]
  }
  const messages = await ask<Encoded[]>('read', { topic, isolation: options.isolation }, options)
  return messages.map((message) => ({
    ...message,
    key: decode(message.key),
    value: decode(message.value),
    headers: message.headers.map(([name, value]) => [name, decode(value)]),
  }))
}

export interface PartitionSummary {
  count: number
  firstOffset: number
  lastOffset: number
  /** Over offset, timestamp, key, value and headers of every message, in order. */
  sha256: string
}

/** One hash per partition over everything in it; compare with `TopicDigest`. */
export function digestTopic(topic: string, options: ReadOptions = {}): Promise<Record<number, PartitionSummary>> {
  return ask('digest', { topic, isolation: options.isolation }, { deadlineMs: 120_000, ...options })
}

export interface DigestedMessage {
  partition: number
  offset: number | bigint
  timestamp: number
  key: Buffer | null
  value: Buffer | null
  headers: readonly (readonly [name: string, value: Buffer | null])[]
}

/** The same hashes as `digestTopic`, over the messages a consumer under test delivered. */
export class TopicDigest {
  readonly #partitions = new Map<number, Omit<PartitionSummary, 'sha256'> & { hash: ReturnType<typeof createHash> }>()
  readonly #numbers = Buffer.alloc(16)

  add(message: DigestedMessage): void {
    const offset = Number(message.offset)
    let partition = this.#partitions.get(message.partition)
    if (!partition) {
      partition = { count: 0, firstOffset: offset, lastOffset: offset, hash: createHash('sha256') }
      this.#partitions.set(message.partition, partition)
    }
    partition.count++
    partition.lastOffset = offset
    this.#numbers.writeBigInt64LE(BigInt(message.offset), 0)
    this.#numbers.writeBigInt64LE(BigInt(message.timestamp), 8)
    const parts: Buffer[] = [Buffer.from(this.#numbers)]
    field(parts, message.key)
    field(parts, message.value)
    parts.push(int32(message.headers.length))
    for (const [name, value] of message.headers) {
      field(parts, Buffer.from(name))
      field(parts, value)
    }
    partition.hash.update(Buffer.concat(parts))
  }

  /** Ends the digest. */
  result(): Record<number, PartitionSummary> {
    return Object.fromEntries(
      [...this.#partitions]
        .sort(([a], [b]) => a - b)
        .map(([partition, { hash, ...summary }]) => [partition, { ...summary, sha256: hash.digest('hex') }]),
    )
  }
}

function field(parts: Buffer[], bytes: Buffer | null): void {
  parts.push(int32(bytes === null ? -1 : bytes.length))
  if (bytes !== null) parts.push(bytes)
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}

function decode(bytes: string | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes, 'base64')
}
