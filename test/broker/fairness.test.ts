// Partitions that all have a backlog are read side by side, however many there are, and an answer of a broker has room for
// a few of them only.
import { TIERS, useConsumers } from '../helpers/consumer'
import { kafkaBootstrap } from '../helpers/kafka/oracle'
import { rawC } from '../helpers/raw-c'
import { useTopics } from '../helpers/topics'

const PARTITIONS = 16
/** Some six times what librdkafka asks for of one partition at a time, which is 1 MiB. */
const OF_EACH = 60_000
const SIZE = 100

const topics = useTopics()
const consumers = useConsumers()
let topic: string

beforeAll(async () => {
  topic = await topics.create({ prefix: 'fairness', partitions: PARTITIONS })
  const c = await rawC()
  await c.produce(
    { bootstrap: kafkaBootstrap(), topic, count: PARTITIONS * OF_EACH, size: SIZE, partitions: PARTITIONS },
    { deadlineMs: 60_000 },
  )
}, 90_000)

it.each(TIERS)('%s: no partition waits for the others', async (tier) => {
  const consumer = consumers.create(tier)
  await consumer.subscribe([topic])
  const counts = Array.from({ length: PARTITIONS }, () => 0)
  let count = 0
  for await (const batch of consumer.batches()) {
    for (let i = 0; i < batch.length; i++) {
      const partition = batch.partition(i)
      counts[partition] = (counts[partition] ?? 0) + 1
    }
    count += batch.length
    if (count >= (PARTITIONS * OF_EACH) / 2) break
  }
  // Half of what they have on average. Read one behind the other, some would not have begun.
  expect(Math.min(...counts)).toBeGreaterThan(OF_EACH / 4)
})
