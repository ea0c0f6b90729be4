// A close() that runs out of time must not leave a client behind: librdkafka's threads would spin for ever.
import { setTimeout as sleep } from 'node:timers/promises'
import { binding } from '../../../lib/binding'
import { pollMode } from '../../../lib/consumer/polling'
import { ClosedError } from '../../../lib/errors'
import { waitFor } from '../../helpers/wait'
import { take, tierOf, useMocks } from '../testing/support'

const TIERS = ['standard', 'buffered', 'dedicated'] as const
const ASSIGNORS = ['range', 'cooperative-sticky'] as const

const mocks = useMocks()

async function nothingMoreThan(clients: number): Promise<void> {
  await waitFor(() => binding().counters().clients <= clients, {
    describe: () => `${clients} clients to be left; there are ${JSON.stringify(binding().counters())}`,
  })
}

describe.each(TIERS)('%s', (mode) => {
  it.each(ASSIGNORS)('onRevoked that never ends, with the brokers gone: %s', async (assignor) => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t', { partitions: 2 })
    await cluster.produce([{ topic: 't', value: 'x' }])
    const { clients } = binding().counters()
    const { consumer } = mocks.consumer(cluster.bootstrapServers, {
      mode,
      config: { 'partition.assignment.strategy': assignor },
      settings: { closeTimeoutMs: 300, rebalanceTimeoutMs: 60_000, onRevoked: () => new Promise(() => undefined) },
    })
    await consumer.subscribe(['t'])
    await take(consumer, 1)
    cluster.setBrokerDown(1)
    await sleep(50)
    await consumer.close()
    await nothingMoreThan(clients)
  })

  it.each(ASSIGNORS)('onRevoked that ends too late, while the brokers are there: %s', async (assignor) => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t', { partitions: 2 })
    await cluster.produce([{ topic: 't', value: 'x' }])
    const { clients } = binding().counters()
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        const { consumer } = mocks.consumer(cluster.bootstrapServers, {
          mode,
          config: { 'partition.assignment.strategy': assignor },
          settings: { closeTimeoutMs: 200, onRevoked: () => sleep(600) },
        })
        await consumer.subscribe(['t'])
        await take(consumer, 1)
        await consumer.close()
      }),
    )
    await nothingMoreThan(clients)
  })

  it('subscribe() in onRevoked while it closes is refused', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t')
    await cluster.produce([{ topic: 't', value: 'x' }])
    const { clients } = binding().counters()
    const refusals: unknown[] = []
    const { consumer } = mocks.consumer(cluster.bootstrapServers, {
      mode,
      settings: {
        onRevoked: async () => {
          await consumer.subscribe(['t']).catch((error: unknown) => refusals.push(error))
        },
      },
    })
    await consumer.subscribe(['t'])
    await take(consumer, 1)
    await consumer.close()
    expect(refusals).toEqual([expect.any(ClosedError)])
    await nothingMoreThan(clients)
  })

  it('the addon, too, refuses it from the moment it leaves on: its end would end the process', async () => {
    const { clients } = binding().counters()
    const conf = ['group.id', 'g', 'bootstrap.servers', '127.0.0.1:1']
    const native = binding().createConsumer(conf, pollMode(tierOf(mode)), () => native.serve(), 100, 65_536)
    native.subscribe(['t'])
    const began = native.beginClose()
    const subscribe = (): void => {
      native.subscribe(['t'])
    }
    expect(subscribe).toThrow('the client is closed')
    await began
    await waitFor(() => native.poll(1) !== 0 || native.isClosed(), { describe: 'it to be closed' })
    expect(subscribe).toThrow('the client is closed')
    await native.destroy()
    await nothingMoreThan(clients)
  })
})
