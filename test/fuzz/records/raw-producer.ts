// Writes records with a Produce request of our own: every producer there is has text for names of headers, and a broker
// takes any bytes.
import { gzipSync } from 'node:zlib'
import { ask, int16, int32, int64, text } from '../../helpers/wire'
import type { Sent } from './sent'

const PRODUCE = 0
const VERSION = 3
const MAGIC = 2
const TIMEOUT_MS = 20_000
const CODEC_BITS = { none: 0, gzip: 1 } as const

/** CRC-32C, as record batches have it. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

export type RawCodec = keyof typeof CODEC_BITS

/** One batch into partition 0. `broker` is its leader: host and port. */
export async function produceRaw(
  broker: string,
  topic: string,
  messages: readonly Sent[],
  codec: RawCodec,
): Promise<void> {
  const batch = batchOf(messages, codec)
  const name = text(topic)
  const body = Buffer.concat([
    ...[int16(-1), int16(-1), int32(TIMEOUT_MS)], // no transaction, acks of all
    ...[int32(1), name, int32(1), int32(0), int32(batch.length), batch],
  ])
  const response = await ask(broker, PRODUCE, VERSION, body)
  // Count of topics, topic, count of partitions, partition, error.
  const error = response.readInt16BE(4 + name.length + 4 + 4)
  if (error !== 0) throw new Error(`Produce: error ${error}`)
}

function batchOf(messages: readonly Sent[], codec: RawCodec): Buffer {
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
  const head = Buffer.concat([int32(-1), Buffer.from([MAGIC]), int32(crc32c(checked) | 0)])
  return Buffer.concat([int64(0), int32(head.length + checked.length), head, checked])
}

function recordOf({ key, value, headers, timestamp }: Sent, index: number, base: number): Buffer {
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
