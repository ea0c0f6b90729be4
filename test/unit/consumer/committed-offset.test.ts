// Where a group's partition is read on is asked of the group's coordinator. An answer that there was none to be had was
// told as a warning, and the partition never read.
import { POLL_EVENT, POLL_NOTHING } from '../../../lib/binding'
import { ApiKey } from '../../../lib/testing'
import { TOPIC, useScriptedCluster, type View } from '../../helpers/scripted-cluster'
import { waitFor } from '../../helpers/wait'
import { int16, int32 } from '../../helpers/wire'
import { take, useMocks } from '../testing/support'
import { nextOffset, use } from './support/addon-consumer'

const NOT_COORDINATOR = 16
const ERRORS = { COORDINATOR_LOAD_IN_PROGRESS: 14, COORDINATOR_NOT_AVAILABLE: 15, NOT_COORDINATOR }
const GROUP_AUTHORIZATION_FAILED = 30
const STORED = -1000
const TIMEOUT_MS = 10_000
/** Much longer than it takes to assign more. */
const LATE_MS = 500

const mocks = useMocks()

describe('an answer about the whole group', () => {
  const VIEW: View = { brokers: [1], leader: 1, leaderEpoch: 1, messages: [1, 1, 1] }
  const scripted = useScriptedCluster(1, VIEW)
  const ofGroup = (error: number): Buffer => Buffer.concat([int32(0), int32(0), int16(error)])

  it.each(Object.entries(ERRORS))('%s: is asked for again, without a warning', async (_, error) => {
    scripted.current.broker(1).say('OffsetFetch', [ofGroup(error), ofGroup(error)])
    const { consumer, warnings } = mocks.consumer(scripted.current.bootstrapServers(1))
    consumer.assign([{ topic: TOPIC, partition: 0 }])
    expect((await take(consumer, 3)).map(({ offset }) => offset)).toEqual([0, 1, 2])
    expect(scripted.current.broker(1).asked.OffsetFetch).toBe(3)
    expect(warnings).toEqual([])
  })

  it.each([
    ['that it may not be read', ofGroup(GROUP_AUTHORIZATION_FAILED), 'ERR_GROUP_AUTHORIZATION_FAILED'],
    ['that cannot be read', Buffer.alloc(0), 'ERR__UNDERFLOW'],
  ])('%s is told, and ends nothing', async (_, answer, code) => {
    scripted.current.broker(1).say('OffsetFetch', [answer])
    const { consumer, warnings } = mocks.consumer(scripted.current.bootstrapServers(1))
    consumer.assign([{ topic: TOPIC, partition: 0 }])
    const reading = take(consumer, 1, 60_000)
    reading.catch(() => undefined)
    await waitFor(() => warnings.length > 0, { describe: 'a warning' })
    expect(warnings).toMatchObject([{ code }])
    // Assigned anew it is asked for anew.
    consumer.assign([{ topic: TOPIC, partition: 0 }])
    expect((await reading).map(({ offset }) => offset)).toEqual([0])
  })
})

describe('an answer that there is none, when more was assigned meanwhile', () => {
  it('both are asked for', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t', { partitions: 2 })
    const produce = (partition: number): Promise<void> => cluster.produce([{ topic: 't', partition, value: 'v' }])
    await produce(1)
    await use(cluster.bootstrapServers, async (consumer) => {
      // From then on the coordinator is known, and what is assigned is asked for at once.
      await consumer.committed(['t', 0], TIMEOUT_MS)
      cluster.pushBrokerRequestErrors(1, ApiKey.OffsetFetch, [{ code: NOT_COORDINATOR, rttMs: LATE_MS }])
      consumer.assign(['t', 0, STORED, -1, ''])
      consumer.incrementalAssign(['t', 1, STORED, -1, ''])
      expect(await nextOffset(consumer)).toBe(0)
      expect([POLL_EVENT, POLL_NOTHING]).toContain(consumer.poll(1))
      await produce(0)
      expect(await nextOffset(consumer)).toBe(0)
    })
  })
})
