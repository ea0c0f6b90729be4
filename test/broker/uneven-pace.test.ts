// A reader that is now fast and now slow. Dedicated's thread takes over when it is slow, and hands back when it is fast.
import { setTimeout as sleep } from 'node:timers/promises'
import { TIERS, useConsumers } from '../helpers/consumer'
import { kafkaBootstrap } from '../helpers/kafka/oracle'
import { rawC } from '../helpers/raw-c'
import { useTopics } from '../helpers/topics'

const PARTITIONS = 2
/** Of uneven sizes, so that more is taken than has room in a batch: the rest goes into the next. */
const PARTS = Array.from({ length: 12 }, (_, index) =>
  index % 2 === 0 ? { count: 2400, size: 200 } : { count: 400, size: 8000 },
)
const COUNT = PARTS.reduce((sum, { count }) => sum + count, 0)
/** Slow for longer than Dedicated's thread looks on. */
const PAUSE_MS = 30
const PAUSE_EVERY = 331

const topics = useTopics()
const consumers = useConsumers()
let topic: string

beforeAll(async () => {
  topic = await topics.create({ prefix: 'uneven-pace', partitions: PARTITIONS })
  const c = await rawC()
  for (const { count, size } of PARTS) {
    const backlog = { bootstrap: kafkaBootstrap(), topic, count, size, partitions: PARTITIONS }
    await c.produce(backlog, { deadlineMs: 60_000 })
  }
}, 90_000)

const bounds = [
  ['its default bounds', {}],
  ['small bounds', { maxBufferedMessages: 200, maxBufferedBytes: 65_536 }],
] as const

it.each(TIERS.flatMap((tier) => bounds.map(([name, bound]) => ({ tier, name, bound }))))(
  '$tier, $name: every message once, in its order',
  async ({ tier, bound }) => {
    const consumer = consumers.create(tier, bound)
    await consumer.subscribe([topic])
    const next = Array.from({ length: PARTITIONS }, () => 0)
    let count = 0
    for await (const { partition, offset } of consumer.stream()) {
      if (offset !== next[partition]) expect({ partition, offset }).toEqual({ partition, offset: next[partition] })
      next[partition] = offset + 1
      if (++count === COUNT) break
      if (count % PAUSE_EVERY === 0) await sleep(PAUSE_MS)
    }
    expect(next).toEqual([COUNT / PARTITIONS, COUNT / PARTITIONS])
  },
)
