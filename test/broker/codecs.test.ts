// Every codec Kafka has is read: proof by consuming, of batches that the broker holds in that very codec.
import { features, librdkafkaVersion } from '../../lib/versions'
import { type Mode, MODES, take, useConsumers } from '../helpers/consumer'
import { type Codec, seed } from '../helpers/produce'
import { digestTopic, type PartitionSummary, TopicDigest } from '../helpers/read'
import { recordBatches } from '../helpers/record-batches'
import { useTopics } from '../helpers/topics'

const CODECS: readonly Codec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
/** What a client is not built with: node-rdkafka, beneath the legacy mode, knows no zstd as it is installed. */
const LACKING: Readonly<Record<string, readonly Codec[]>> = { legacy: ['zstd'] }
const COUNT = 5000
const SIZE = 1000

const topics = useTopics()
const consumers = useConsumers()
const seeded = new Map<Codec, { topic: string; digest: Record<number, PartitionSummary> }>()

beforeAll(async () => {
  for (const codec of CODECS) {
    const topic = await topics.create({ prefix: codec })
    await seed(topic, { count: COUNT, size: SIZE, partitions: 1, keyed: true, headers: true, codec })
    seeded.set(codec, { topic, digest: await digestTopic(topic) })
  }
})

function of(codec: Codec): { topic: string; digest: Record<number, PartitionSummary> } {
  const found = seeded.get(codec)
  if (found === undefined) throw new Error(codec)
  return found
}

it.each(CODECS)('the broker holds %s', async (codec) => {
  const batches = await recordBatches(of(codec).topic, 0)
  expect(new Set(batches.map((batch) => batch.codec))).toEqual(new Set([codec]))
  expect(batches.reduce((sum, { records }) => sum + records, 0)).toBe(COUNT)
  const bytes = batches.reduce((sum, batch) => sum + batch.bytes, 0)
  if (codec === 'none') expect(bytes).toBeGreaterThan(COUNT * SIZE)
  else expect(bytes).toBeLessThan((COUNT * SIZE) / 2)
})

const cells = MODES.flatMap((mode): [Mode, Codec][] =>
  CODECS.filter((codec) => LACKING[mode]?.includes(codec) !== true).map((codec) => [mode, codec]),
)

it.each(cells)('%s reads %s byte for byte', async (mode, codec) => {
  const { topic, digest: expected } = of(codec)
  const consumer = consumers.create(mode)
  consumer.assign([{ topic, partition: 0, offset: 0 }])
  const digest = new TopicDigest()
  for (const message of await take(consumer, COUNT)) {
    const { partition, offset, timestamp = -1, key, value } = message
    const headers = message.headers.map((header) => [header.name, header.value] as const)
    digest.add({ partition, offset, timestamp, key, value, headers })
  }
  expect(digest.result()).toEqual(expected)
})

it('features() and librdkafkaVersion() say what is built in', () => {
  expect(features()).toEqual(expect.arrayContaining(['gzip', 'snappy', 'lz4', 'zstd', 'ssl', 'sasl']))
  expect(features()).toEqual(expect.arrayContaining(['sasl_plain', 'sasl_scram', 'sasl_oauthbearer']))
  const [major = 0, minor = 0, patch = 0] = librdkafkaVersion()
    .split('.')
    .map((part) => parseInt(part))
  // Before 2.13.2 batches moved the position past what they delivered.
  expect(major * 10_000 + minor * 100 + patch).toBeGreaterThanOrEqual(21_302)
})
