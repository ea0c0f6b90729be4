// Messages of every shape, chosen at random, come through real Kafka as they were sent. For long: npm run test:fuzz.
import {
  KINDS,
  holds,
  shownMessage,
  shownRead,
  shownSent,
  TOPIC_CONFIG,
  write,
  type Written,
} from '../fuzz/records/written'
import { MODES, take, useConsumers } from '../helpers/consumer'
import { newSeed, Random } from '../helpers/random'
import { readTopic } from '../helpers/read'
import { recordBatches } from '../helpers/record-batches'
import { useTopics } from '../helpers/topics'

const COUNT = 60

const topics = useTopics()
const consumers = useConsumers()
const seed = newSeed()
let written: Written[]

beforeAll(async () => {
  const names = await Promise.all(
    KINDS.map(({ codec }) => topics.create({ prefix: `fuzz-${codec}`, config: TOPIC_CONFIG })),
  )
  const random = new Random(seed)
  written = await Promise.all(KINDS.map((kind, index) => write(random, names[index] as string, kind, COUNT)))
})

/** What is compared bears the seed, so that a failure tells it: npm run test:fuzz -- --what records --seed … */
const seeded = (shown: unknown): unknown => ({ seed, shown })

it('the broker holds them in the codec that each was to have, and Java reads what was sent', async () => {
  await Promise.all(
    written.map(async (each) => {
      const [batches, read] = await Promise.all([recordBatches(each.topic, 0), readTopic(each.topic)])
      expect(new Set(batches.map(({ codec }) => codec))).toEqual(new Set([each.codec]))
      expect(seeded(read.map((message) => shownRead(message, each)))).toEqual(seeded(shownSent(each, 'java')))
    }),
  )
})

it.each(MODES)('%s reads each byte for byte', async (mode) => {
  const held = written.filter((each) => holds(mode, each))
  const consumer = consumers.create(mode)
  consumer.assign(held.map(({ topic }) => ({ topic, partition: 0, offset: 0 })))
  const messages = await take(consumer, held.length * COUNT)
  for (const each of held) {
    const own = messages.filter(({ topic }) => topic === each.topic)
    expect(seeded(own.map(shownMessage))).toEqual(seeded(shownSent(each, mode)))
  }
})
