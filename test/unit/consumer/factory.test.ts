import { ConsumerConfig, ConsumerTier } from '../../../lib/config'
import type { KafkaStreamConsumer } from '../../../lib/consumer/consumer'
import { ConsumerFactory } from '../../../lib/consumer/factory'
import { ArgumentError, ConfigError, DeserializationError } from '../../../lib/errors'
import { json, string, type Deserializer } from '../../../lib/serde'
import { withDeadline } from '../../helpers/wait'
import { useMocks } from '../testing/support'
import { rejectionOf, thrownBy } from './support/errors'

const made: KafkaStreamConsumer<unknown, unknown>[] = []

afterEach(async () => {
  await withDeadline(Promise.all(made.splice(0).map((each) => each.close())), 20_000, 'a consumer is not closed')
})

// After that hook: consumers are closed while their brokers are there.
const mocks = useMocks()

function create<V>(
  config: Parameters<typeof ConsumerFactory.create>[0],
  value: Deserializer<V>,
): KafkaStreamConsumer<string, V> {
  const consumer = ConsumerFactory.create(config, string(), value)
  made.push(consumer)
  return consumer
}

const tiers = [
  ConsumerTier.Standard,
  ConsumerTier.Buffered({ batchSize: 2 }),
  ConsumerTier.Dedicated,
  'buffered:5',
] as const

describe('ConsumerFactory.create()', () => {
  it.each(tiers.map((tier) => [String(tier), tier] as const))(
    'makes a consumer of tier %s that consumes',
    async (_, tier) => {
      const cluster = await mocks.cluster({ brokers: 1 })
      cluster.createTopic('t')
      await cluster.produce([0, 1, 2].map((id) => ({ topic: 't', key: `k${id}`, value: JSON.stringify({ id }) })))
      const consumer = create(
        {
          'bootstrap.servers': cluster.bootstrapServers,
          'group.id': 'g',
          'auto.offset.reset': 'earliest',
          'performance.tier': tier,
        },
        json<{ id: number }>(),
      )
      await consumer.subscribe(['t'])
      const seen: unknown[] = []
      for await (const { key, value } of consumer.stream()) if (seen.push([key, value?.id]) === 3) break
      expect(seen).toEqual([
        ['k0', 0],
        ['k1', 1],
        ['k2', 2],
      ])
    },
  )

  it('takes a ConsumerConfig, and its settings reach the consumer', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t')
    await cluster.produce(['bad', '"good"'].map((value) => ({ topic: 't', value })))
    const config = new ConsumerConfig({
      'bootstrap.servers': cluster.bootstrapServers,
      'group.id': 'g',
      'auto.offset.reset': 'earliest',
      'performance.tier': 'dedicated',
    })
    const consumer = create(config, json<string>())
    await consumer.subscribe(['t'])
    expect(await rejectionOf(consumer.stream().next())).toBeInstanceOf(DeserializationError)
    expect((await consumer.stream().next()).value?.value).toBe('good')
  })

  it('refuses a bad configuration before anything is made', () => {
    expect(thrownBy(() => create({ 'group.id': 'g' }, string()))).toBeInstanceOf(ConfigError)
  })

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['string', 'string'],
    [{}, 'object'],
    [{ deserialize: 5 }, 'object'],
    [string, 'function'],
  ])('refuses %p as a deserializer, by its name', (bad, type) => {
    const config = { 'bootstrap.servers': 'localhost:9092', 'group.id': 'g', 'performance.tier': 'standard' } as const
    for (const [name, call] of [
      ['keyDeserializer', () => ConsumerFactory.create(config, bad as never, string())],
      ['valueDeserializer', () => ConsumerFactory.create(config, string(), bad as never)],
    ] as const) {
      const error = thrownBy(call)
      expect(error).toBeInstanceOf(ArgumentError)
      expect((error as Error).message).toBe(`${name}: expected a deserializer such as string() or json(), got ${type}`)
    }
  })
})
