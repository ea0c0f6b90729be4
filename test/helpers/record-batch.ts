// Record batches of Kafka's protocol, version 2, byte by byte: with what no producer writes.
import { gzipSync } from 'node:zlib'
import { int16, int32, int64 } from './wire'

const MAGIC = 2
const CODEC_BITS = { none: 0, gzip: 1 } as const

export type BatchCodec = keyof typeof CODEC_BITS

export interface BatchRecord {
  key: Buffer | null
  value: Buffer | null
  /** Names as bytes, for not all of them are text. */
  headers: readonly (readonly [name: Buffer, value: Buffer | null])[]
  /** Milliseconds, -1 none. */
  timestamp: number
}

/** CRC-32C, as record batches have it. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

export interface BatchOptions {
  codec?: BatchCodec
  /** Of its first record: a broker gives it another. */
  offset?: number
  leaderEpoch?: number
}

/** A record batch as it is sent and stored. */
export function recordBatch(
  messages: readonly BatchRecord[],
  { codec = 'none', offset = 0, leaderEpoch = -1 }: BatchOptions = {},
): Buffer {
  const base = messages[0]?.timestamp ?? 0
  const plain = Buffer.concat(messages.map((message, index) => recordOf(message, index, base)))
  const checked = Buffer.concat([
    int16(CODEC_BITS[codec]),
    int32(messages.length - 1),
    int64(base),
    int64(Math.max(...messages.map(({ timestamp }) => timestamp))),
    ...[int64(-1), int16(-1), int32(-1)], // no idempotence
    int32(messages.length),
    codec === 'gzip' ? gzipSync(plain) : plain,
  ])
  const head = Buffer.concat([int32(leaderEpoch), Buffer.from([MAGIC]), int32(crc32c(checked) | 0)])
  return Buffer.concat([int64(offset), int32(head.length + checked.length), head, checked])
}

function recordOf({ key, value, headers, timestamp }: BatchRecord, index: number, base: number): Buffer {
  const parts = [Buffer.from([0]), varint(timestamp - base), varint(index), ...field(key), ...field(value)]
  parts.push(varint(headers.length))
  for (const [name, content] of headers) parts.push(...field(name), ...field(content))
  const record = Buffer.concat(parts)
  return Buffer.concat([varint(record.length), record])
}

function field(bytes: Buffer | null): Buffer[] {
  return bytes === null ? [varint(-1)] : [varint(bytes.length), bytes]
}

/** Zigzag: small numbers of either sign are short. */
function varint(value: number): Buffer {
  let left = BigInt(value) >= 0n ? BigInt(value) * 2n : BigInt(value) * -2n - 1n
  const bytes: number[] = []
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128)
  bytes.push(Number(left))
  return Buffer.from(bytes)
}

function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = ((CRC_TABLE[(crc ^ byte) & 255] as number) ^ (crc >>> 8)) >>> 0
  return (crc ^ 0xffffffff) >>> 0
}
