// Writes records with a Produce request of our own: every producer there is has text for names of headers, and a broker
// takes any bytes.
import { type BatchCodec, recordBatch } from '../../helpers/record-batch'
import { ask, int16, int32, text } from '../../helpers/wire'
import type { Sent } from './sent'

const PRODUCE = 0
const VERSION = 3
const TIMEOUT_MS = 20_000

/** One batch into partition 0. `broker` is its leader: host and port. */
export async function produceRaw(
  broker: string,
  topic: string,
  messages: readonly Sent[],
  codec: BatchCodec,
): Promise<void> {
  const batch = recordBatch(messages, { codec })
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
