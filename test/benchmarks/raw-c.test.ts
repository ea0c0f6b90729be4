// What benchmarks rely on of the raw C programs, beyond what the mechanisms' tests do.
import { json } from '../../lib/serde'
import { take, useConsumers } from '../helpers/consumer'
import { kafkaBootstrap } from '../helpers/kafka/oracle'
import { rawC } from '../helpers/raw-c'
import { useTopics } from '../helpers/topics'

const topics = useTopics()
const consumers = useConsumers()

it('produce --json writes objects of the size asked for, numbered within each partition', async () => {
  const c = await rawC()
  const topic = await topics.create({ partitions: 2, prefix: 'json' })
  await c.produce({ bootstrap: kafkaBootstrap(), topic, count: 2000, size: 200, partitions: 2, json: true })

  const consumer = consumers.create('dedicated', {
    valueDeserializer: json<{ sequence: number; partition: number; text: string }>(),
  })
  consumer.assign([0, 1].map((partition) => ({ topic, partition, offset: 0 })))
  for (const { offset, partition, value, size } of await take(consumer, 2000)) {
    expect({ size, sequence: value?.sequence, partition: value?.partition }).toEqual({
      size: 200,
      sequence: offset,
      partition,
    })
    expect(value?.text.length).toBeGreaterThan(100)
  }
})

it('consume --warm-up leaves the first messages out of the rate, and counts them all', async () => {
  const c = await rawC()
  const topic = await topics.create({ prefix: 'warm-up' })
  const bootstrap = kafkaBootstrap()
  await c.produce({ bootstrap, topic, count: 10_000, size: 100 })

  for (const mode of ['batch', 'poll', 'wake']) {
    const report = await c.consume({ bootstrap, topic, count: 10_000, mode, 'warm-up': 4000, 'batch-size': 100 })
    const { measuredMessages, seconds } = report as typeof report & { measuredMessages: number }
    expect(report).toMatchObject({ messages: 10_000, bytes: 1_000_000 })
    expect(measuredMessages).toBeGreaterThan(5000)
    expect(measuredMessages).toBeLessThan(6000)
    expect(report.messagesPerSecond / (measuredMessages / seconds)).toBeCloseTo(1, 1)
  }
  const whole = await c.consume({ bootstrap, topic, count: 10_000, mode: 'batch' })
  expect(whole).toMatchObject({ messages: 10_000, measuredMessages: 10_000 })
})
