// Faults of a mock cluster, as a consumer sees them.
import { KafkaError } from '../../../lib/errors'
import { ApiKey } from '../../../lib/testing'
import { waitFor } from '../../helpers/wait'
import { rejectionOf, thrownBy } from '../consumer/support/errors'
import { take, takeWithin, useMocks } from './support'

const mocks = useMocks()

const NOT_LEADER = 6
const GROUP_AUTHORIZATION_FAILED = 30
const TOPIC_AUTHORIZATION_FAILED = 29

describe('a broker', () => {
  it('that goes down is a warning; when it is up again consuming goes on', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t')
    await cluster.produce([{ topic: 't', value: '0' }])
    const { consumer, warnings } = mocks.consumer(cluster.bootstrapServers)
    await consumer.subscribe(['t'])
    expect((await take(consumer, 1)).map(({ value }) => String(value))).toEqual(['0'])
    expect(warnings).toEqual([])

    cluster.setBrokerDown(1)
    await waitFor(() => warnings.length > 0, { describe: 'a warning' })
    expect(warnings.every((warning) => warning instanceof KafkaError && !warning.fatal)).toBe(true)

    cluster.setBrokerUp(1)
    await cluster.produce([{ topic: 't', value: '1' }])
    expect((await take(consumer, 1)).map(({ value }) => String(value))).toEqual(['1'])
  })

  it('answers as late as it is told', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t')
    const { consumer } = mocks.consumer(cluster.bootstrapServers)
    const ask = async (): Promise<number> => {
      const began = performance.now()
      await consumer.watermarkOffsets('t', 0)
      return performance.now() - began
    }
    await ask()
    const quick = await ask()
    cluster.setRoundTripTime(1, 300)
    const slow = await ask()
    expect(slow).toBeGreaterThan(290)
    expect(quick).toBeLessThan(slow)
    cluster.setRoundTripTime(1, 0)
    expect(await ask()).toBeLessThan(290)
  })

  it.each([0, 99])('%d is refused where there is none of that id', async (brokerId) => {
    const cluster = await mocks.cluster({ brokers: 2 })
    for (const call of [
      () => cluster.setBrokerDown(brokerId),
      () => cluster.setBrokerUp(brokerId),
      () => cluster.setRoundTripTime(brokerId, 1),
      () => cluster.setRack(brokerId, 'r'),
      () => cluster.pushBrokerRequestErrors(brokerId, ApiKey.Fetch, [{ code: 3 }]),
    ]) {
      expect(thrownBy(call)).toBeInstanceOf(KafkaError)
    }
  })
})

describe('an error that was pushed', () => {
  it('answers the next request of its kind, and no other', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t')
    await cluster.produce([{ topic: 't', value: '0' }])
    const { consumer } = mocks.consumer(cluster.bootstrapServers)
    consumer.assign([{ topic: 't', partition: 0 }])
    cluster.pushRequestErrors(ApiKey.OffsetCommit, [GROUP_AUTHORIZATION_FAILED])
    const commit = (): Promise<void> => consumer.commit([{ topic: 't', partition: 0, offset: 1 }])
    expect(await rejectionOf(commit())).toMatchObject({
      code: 'ERR_GROUP_AUTHORIZATION_FAILED',
      errno: GROUP_AUTHORIZATION_FAILED,
    })
    await expect(commit()).resolves.toBeUndefined()
    expect(await consumer.committed()).toMatchObject([{ topic: 't', partition: 0, offset: 1 }])
  })

  it('answers requests to one broker, late if wanted', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t')
    const { consumer } = mocks.consumer(cluster.bootstrapServers)
    await consumer.watermarkOffsets('t', 0)
    cluster.pushBrokerRequestErrors(1, ApiKey.ListOffsets, [{ code: 0, rttMs: 250 }])
    const began = performance.now()
    await consumer.watermarkOffsets('t', 0)
    expect(performance.now() - began).toBeGreaterThan(240)
  })

  it('that librdkafka can deal with is not seen: the messages come', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t')
    await cluster.produce([{ topic: 't', value: '0' }])
    cluster.pushRequestErrors(ApiKey.Fetch, [NOT_LEADER, NOT_LEADER])
    const { consumer } = mocks.consumer(cluster.bootstrapServers)
    await consumer.subscribe(['t'])
    expect(await take(consumer, 1)).toHaveLength(1)
  })
})

describe('a topic', () => {
  it('whose requests fail is a warning, until they no longer do', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t')
    await cluster.produce([{ topic: 't', value: '0' }])
    cluster.setTopicError('t', TOPIC_AUTHORIZATION_FAILED)
    const { consumer, warnings } = mocks.consumer(cluster.bootstrapServers)
    await consumer.subscribe(['t'])
    await waitFor(() => warnings.some(({ errno }) => errno === TOPIC_AUTHORIZATION_FAILED), { describe: 'a warning' })
    cluster.setTopicError('t', 0)
    expect(await take(consumer, 1)).toHaveLength(1)
  })

  it('without a leader gives nothing until it has one', async () => {
    const cluster = await mocks.cluster({ brokers: 2 })
    cluster.createTopic('t')
    await cluster.produce([{ topic: 't', value: '0' }])
    cluster.setLeader('t', 0, null)
    const { consumer } = mocks.consumer(cluster.bootstrapServers)
    await consumer.subscribe(['t'])
    expect(await takeWithin(consumer, 700)).toEqual([])
    cluster.setLeader('t', 0, 2)
    expect(await take(consumer, 1)).toHaveLength(1)
  })

  it('that is not there is refused', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t')
    for (const call of [
      () => cluster.setLeader('t', 7, 1),
      () => cluster.setFollower('t', 7, 1),
      () => cluster.setFollowerWatermarks('t', 7, 0, 1),
    ]) {
      expect(thrownBy(call)).toBeInstanceOf(KafkaError)
    }
  })
})

describe('a follower and a coordinator', () => {
  it('may be chosen', async () => {
    const cluster = await mocks.cluster({ brokers: 3 })
    cluster.createTopic('t', { replicationFactor: 3 })
    await cluster.produce([{ topic: 't', value: '0' }])
    cluster.setRack(1, 'a')
    cluster.setLeader('t', 0, 1)
    cluster.setFollower('t', 0, 2)
    cluster.setFollowerWatermarks('t', 0, 0, -1)
    cluster.setCoordinator('group', 'group-0', 3)
    cluster.setInitialRebalanceDelay(10)
    const { consumer } = mocks.consumer(cluster.bootstrapServers)
    await consumer.subscribe(['t'])
    expect(await take(consumer, 1)).toHaveLength(1)
  })

  it('of another kind than group or transaction is refused', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    expect(
      thrownBy(() => {
        cluster.setCoordinator('cluster' as never, 'g', 1)
      }),
    ).toBeInstanceOf(KafkaError)
  })
})
