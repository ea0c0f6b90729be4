// Requests of Kafka's protocol by hand: for what no client asks, or none tells.
import { once } from 'node:events'
import { connect } from 'node:net'

const TIMEOUT_MS = 20_000
const CORRELATION_ID = 7

/** What the broker at `address` (host and port) answers, behind the correlation id. Header of version 1. */
export async function ask(address: string, apiKey: number, version: number, body: Buffer): Promise<Buffer> {
  const request = Buffer.concat([int16(apiKey), int16(version), int32(CORRELATION_ID), int16(-1), body]) // no client id
  const [host = '', port] = address.split(':')
  const socket = connect({ host, port: Number(port), timeout: TIMEOUT_MS })
  socket.once('timeout', () => socket.destroy(new Error(`API ${apiKey}: no answer in ${TIMEOUT_MS} ms`)))
  try {
    await once(socket, 'connect')
    socket.write(Buffer.concat([int32(request.length), request]))
    let received = Buffer.alloc(0)
    for await (const data of socket) {
      received = Buffer.concat([received, data as Buffer])
      if (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) return received.subarray(8)
    }
    throw new Error(`API ${apiKey}: the broker closed the connection`)
  } finally {
    socket.destroy()
  }
}

export function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([int16(bytes.length), bytes])
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

export function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}
