// Messages that can be checked by themselves. `seed` (Java) and benchmarks/raw-c/produce (C) write them, any reader can
// compute what each must contain:
//
//     byte 0   8        12
//          ├───┼────────┼──────────────────────────────────┤
//          │seq│  part. │ table[(seq*17 + partition*31 + i) mod 65536], i = 0, 1, …
//
// Sequence number (uint64) and partition (uint32) are little endian; the sequence counts from 0 within each partition,
// so in a topic filled once it is the offset. The table holds 64 printable characters in a fixed pseudo-random order;
// neighbouring messages overlap in it, which makes them compress as well as typical JSON does.
//
// Paced messages (latency) have CLOCK_MONOTONIC nanoseconds in bytes 0–7 and the sequence number in bytes 12–19.

const PERIOD = 65_536
const HEADER_BYTES = 12
const table = makeTable()

/** The value of message `sequence` of `partition`. */
export function patternPayload(partition: number, sequence: number, size: number): Buffer {
  const bytes = Buffer.alloc(size)
  bytes.writeBigUInt64LE(BigInt(sequence), 0)
  bytes.writeUInt32LE(partition, 8)
  let from = (sequence * 17 + partition * 31) % PERIOD
  for (let to = HEADER_BYTES; to < size;) {
    const length = Math.min(size - to, PERIOD - from)
    table.copy(bytes, to, from, from + length)
    to += length
    from = 0
  }
  return bytes
}

/** What is in a pattern message, or one sentence saying why it is none. */
export function checkPattern(value: Uint8Array): { partition: number; sequence: number } | string {
  if (value.length < HEADER_BYTES) return `expected at least ${HEADER_BYTES} bytes, got ${value.length}`
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  const sequence = Number(bytes.readBigUInt64LE(0))
  const partition = bytes.readUInt32LE(8)
  const expected = patternPayload(partition, sequence, bytes.length)
  if (!expected.equals(bytes)) return `bytes differ from the pattern of partition ${partition}, sequence ${sequence}`
  return { partition, sequence }
}

/** The key of message `sequence` of a keyed topic. */
export function patternKey(sequence: number): string {
  return `k${sequence}`
}

/** The headers of message `sequence` of a topic with headers. */
export function patternHeaders(sequence: number): [name: string, value: Buffer][] {
  const number = Buffer.alloc(8)
  number.writeBigUInt64LE(BigInt(sequence))
  return [
    ['source', Buffer.from('rdkafka-tiers')],
    ['sequence', number],
    ['trace', patternPayload(0, sequence, 24)],
  ]
}

function makeTable(): Buffer {
  const bytes = Buffer.alloc(PERIOD)
  for (let k = 0; k < PERIOD; k++) {
    let x = Math.imul(k + 1, 0x9e3779b1)
    x ^= x >>> 15
    x = Math.imul(x, 0x85ebca6b)
    x ^= x >>> 13
    bytes[k] = 32 + (x & 63)
  }
  return bytes
}
