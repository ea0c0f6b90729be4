// What lies in a partition, batch by batch, as the broker hands it out: asked with a Fetch request of our own, for no
// client tells which codec a message came in.
import type { Codec } from './produce'
import { describeCluster, describeTopic } from './topics'
import { ask, int32, text } from './wire'

const FETCH = 1
const VERSION = 4
const MAX_BYTES = 64 << 20
const CODECS: readonly Codec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
/** Where a record batch has its length, its attributes (the codec in the lowest three bits) and its record count. */
const BATCH = { length: 8, attributes: 21, recordCount: 57, header: 12 }

export interface RecordBatch {
  codec: Codec
  records: number
  bytes: number
}

/** Where the batch that begins there ends, also when less of it is there. */
export function batchEnd(records: Buffer, at: number): number {
  return at + BATCH.header + records.readInt32BE(at + BATCH.length)
}

export function recordCount(records: Buffer, at: number): number {
  return records.readInt32BE(at + BATCH.recordCount)
}

/** The batches of a partition from its beginning, at most 64 MiB of them. */
export async function recordBatches(topic: string, partition: number): Promise<RecordBatch[]> {
  const { nodes } = await describeCluster()
  const leader = (await describeTopic(topic)).find((each) => each.partition === partition)?.leader
  const response = await ask(nodes[leader ?? -1] ?? '', FETCH, VERSION, fetchRequest(topic, partition))
  const batches: RecordBatch[] = []
  const records = recordsOf(response)
  // The last one may be cut off.
  for (let at = 0; at + BATCH.header < records.length;) {
    const end = batchEnd(records, at)
    if (end > records.length) break
    const codec = CODECS[records.readInt16BE(at + BATCH.attributes) & 7]
    if (codec === undefined) throw new Error('a codec Kafka does not know')
    batches.push({ codec, records: recordCount(records, at), bytes: end - at })
    at = end
  }
  return batches
}

function fetchRequest(topic: string, partition: number): Buffer {
  return Buffer.concat([
    int32(-1), // no replica
    int32(1000), // longest wait
    int32(1), // least bytes
    int32(MAX_BYTES),
    Buffer.from([0]), // read uncommitted
    int32(1), // topics
    text(topic),
    int32(1), // partitions
    int32(partition),
    Buffer.alloc(8), // offset
    int32(MAX_BYTES),
  ])
}

/** The one partition's records in a response of version 4. */
function recordsOf(response: Buffer): Buffer {
  let at = 4 + 4 // throttle time, count of topics
  at += 2 + response.readInt16BE(at) // topic
  at += 4 + 4 // count of partitions, partition
  const error = response.readInt16BE(at)
  if (error !== 0) throw new Error(`Fetch: error ${error}`)
  at += 2 + 8 + 8 // error, high watermark, last stable offset
  at += 4 + 16 * Math.max(0, response.readInt32BE(at)) // aborted transactions
  const length = response.readInt32BE(at)
  return response.subarray(at + 4, at + 4 + length)
}
