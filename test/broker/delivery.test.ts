// Every message once, in order within its partition, byte for byte, by both ways of reading and in every mode.
import { HOWS, messagesOf, MODES, useConsumers } from '../helpers/consumer'
import { checkPattern } from '../helpers/pattern'
import { seed } from '../helpers/produce'
import { digestTopic, type PartitionSummary, TopicDigest } from '../helpers/read'
import { useTopics } from '../helpers/topics'

const COUNT = 200_000
const PARTITIONS = 4

const topics = useTopics()
const consumers = useConsumers()

let topic: string
let expected: Record<number, PartitionSummary>

beforeAll(async () => {
  topic = await topics.create({ prefix: 'delivery', partitions: PARTITIONS })
  await seed(topic, { count: COUNT, size: 100, partitions: PARTITIONS, keyed: true, headers: true, codec: 'lz4' })
  expected = await digestTopic(topic)
}, 120_000)

describe.each(MODES)('%s', (mode) => {
  it.each(HOWS)(
    `${COUNT} messages over ${PARTITIONS} partitions come once, in order, with equal bytes: %s()`,
    async (how) => {
      const consumer = consumers.create(mode)
      await consumer.subscribe([topic])
      const digest = new TopicDigest()
      const next = Array.from({ length: PARTITIONS }, () => 0)
      let count = 0
      for await (const message of messagesOf(consumer, how)) {
        const { partition, offset } = message
        // Not expect(): 200,000 of them take longer than reading.
        if (message.topic !== topic) throw new Error(`a message of ${message.topic}`)
        if (offset !== next[partition]) throw new Error(`[${partition}] @ ${offset}, expected ${next[partition]}`)
        next[partition] = offset + 1
        digest.add({
          partition,
          offset: message.offsetBigInt,
          timestamp: message.timestamp ?? -1,
          key: message.key,
          value: message.value,
          headers: message.headers.map(({ name, value }) => [name, value]),
        })
        if (++count === COUNT) break
      }
      expect(digest.result()).toEqual(expected)
    },
  )
})

describe('the digest these tests compare by', () => {
  it('is over the pattern that was written', () => {
    expect(Object.keys(expected)).toEqual(['0', '1', '2', '3'])
    expect(Object.values(expected).map(({ count }) => count)).toEqual(Array.from({ length: 4 }, () => COUNT / 4))
    expect(checkPattern(Buffer.alloc(100))).toEqual(expect.any(String))
  })
})
