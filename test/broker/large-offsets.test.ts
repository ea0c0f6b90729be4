// Offsets around 2^53, where a number ends to be exact and a bigint does not.
import type { KafkaCluster } from '../helpers/kafka'
import { startKafka } from '../helpers/kafka'
import { moveOffsets } from '../helpers/kafka/relocate'
import { type Mode, MODES, take, useConsumers } from '../helpers/consumer'
import { groupOffsets } from '../helpers/groups'
import { produce } from '../helpers/produce'
import { readTopic } from '../helpers/read'
import { createTopic, uniqueName } from '../helpers/topics'

const LAST_EXACT = 2n ** 53n
/** The first of six messages: three below 2^53, one at it, two above. */
const BASE = LAST_EXACT - 3n
const COUNT = 6

/** node-rdkafka gives offsets as numbers only: a bigint of the legacy mode is that number. */
const NUMBERS_ONLY: readonly Mode[] = ['legacy']

const consumers = useConsumers()
let kafka: KafkaCluster | undefined
let bootstrap: string
let topic: string

beforeAll(async () => {
  kafka = await startKafka({ ownProcesses: true })
  bootstrap = kafka.bootstrap
  const [broker] = kafka.brokers
  if (broker === undefined) throw new Error('no broker')
  topic = await createTopic({ prefix: 'large-offsets', bootstrap })
  await produce(
    topic,
    Array.from({ length: COUNT }, (_, index) => ({ partition: 0, value: `message ${index}` })),
    { bootstrap },
  )
  await broker.kill('SIGTERM')
  moveOffsets(broker, topic, 0, BASE)
  await broker.restart()
}, 120_000)

afterAll(async () => {
  await kafka?.stop()
})

it('the broker has them there, for its own consumer too', async () => {
  const read = await readTopic(topic, { bootstrap })
  expect(read.map(({ value }) => String(value))).toEqual(
    Array.from({ length: COUNT }, (_, index) => `message ${index}`),
  )
  expect(read[0]?.offset).toBe(Number(BASE))
})

describe.each(MODES)('%s', (mode) => {
  const config = (): Record<string, string> => ({ 'bootstrap.servers': bootstrap })

  it('offset is exact up to 2^53 and offsetBigInt beyond it', async () => {
    const consumer = consumers.create(mode, { config: config() })
    await consumer.subscribe([topic])
    const messages = await take(consumer, COUNT)
    expect(messages.map(({ offsetBigInt }) => offsetBigInt)).toEqual(
      Array.from({ length: COUNT }, (_, index) => BASE + BigInt(index)).map((offset) =>
        NUMBERS_ONLY.includes(mode) ? BigInt(Number(offset)) : offset,
      ),
    )
    const exact = messages.slice(0, Number(LAST_EXACT - BASE) + 1)
    expect(exact.map(({ offset }) => BigInt(offset))).toEqual(exact.map(({ offsetBigInt }) => offsetBigInt))
    expect(exact).toHaveLength(4)
    expect(messages.map((message) => message.copy().offsetBigInt)).toEqual(
      messages.map(({ offsetBigInt }) => offsetBigInt),
    )
    expect(messages.map(({ value }) => String(value))).toEqual(
      Array.from({ length: COUNT }, (_, index) => `message ${index}`),
    )
  })

  it('an offset up to 2^53 - 1 is committed, sought and found exactly', async () => {
    const groupId = uniqueName('group')
    const offset = Number.MAX_SAFE_INTEGER - 1
    const consumer = consumers.create(mode, { groupId, config: config() })
    await consumer.subscribe([topic])
    const [first] = await take(consumer, 1)
    await consumer.commit([{ topic, partition: 0, offset }])
    expect((await consumer.committed())[0]?.offset).toBe(offset)
    const committed = await groupOffsets(groupId, { bootstrap })
    expect(committed[topic]?.[0]?.offset).toBe(offset)
    expect(first?.offsetBigInt).toBe(BASE)
    await consumer.seek({ topic, partition: 0, offset })
    expect((await take(consumer, 1))[0]?.offsetBigInt).toBe(BigInt(offset))
    expect((await consumer.watermarkOffsets(topic, 0)).low).toBe(Number(BASE))
  })
})
