// A leader that was replaced and does not know it yet answers that an offset is not there. librdkafka believed it, and began
// the partition anew: the epoch that comes with a committed offset tells that the answer is another's to give.
import type { AddonConsumer } from '../../../lib/binding'
import { ApiKey, type MockCluster } from '../../../lib/testing'
import { TOPIC, useScriptedCluster, type View } from '../../helpers/scripted-cluster'
import { waitFor } from '../../helpers/wait'
import { take, useMocks } from '../testing/support'
import { nextOffset, use } from './support/addon-consumer'

const OFFSET_OUT_OF_RANGE = 1
const MESSAGES = 5
const COMMITTED = 3
/** Of the mock's first leader, and of the next. */
const [OLD, NEW] = [0, 1]

const mocks = useMocks()

async function produce(cluster: MockCluster): Promise<void> {
  await cluster.produce(Array.from({ length: MESSAGES }, () => ({ topic: 't', partition: 0, value: 'v' })))
}

/** The same broker again, under the next epoch, with messages of that epoch. */
async function replaceLeader(cluster: MockCluster): Promise<void> {
  cluster.setLeader('t', 0, 1)
  await produce(cluster)
}

describe('that an offset is not there', () => {
  it.each([
    ['is not believed of a leader before the one that it came from', NEW, COMMITTED],
    ['is believed of the leader that it came from', OLD, 0],
    ['is believed where nobody knows which leader it came from', -1, 0],
  ])('%s', async (_, epoch, expected) => {
    const cluster = await mocks.cluster()
    cluster.createTopic('t', { partitions: 1 })
    await produce(cluster)
    await use(cluster.bootstrapServers, async (consumer) => {
      consumer.assign(['t', 0, 0, -1, ''])
      await nextOffset(consumer)
      consumer.assign([])
      // Answered behind a fetch that was under way: its answer would bring the new epoch.
      await consumer.watermarks('t', 0, 5000)
      if (epoch === NEW) await replaceLeader(cluster)
      cluster.pushRequestErrors(ApiKey.Fetch, [OFFSET_OUT_OF_RANGE])
      consumer.assign(['t', 0, COMMITTED, epoch, ''])
      expect(await nextOffset(consumer)).toBe(expected)
    })
  })
})

describe('a broker that tells no epoch of a leader', () => {
  const UNTOLD: View = { brokers: [1], leader: 1, leaderEpoch: -1, messages: [0, 0, 0] }
  const scripted = useScriptedCluster(1, UNTOLD)

  it('is believed that an offset is not there, though messages had an epoch', async () => {
    const { consumer } = mocks.consumer(scripted.current.bootstrapServers(1))
    consumer.assign([{ topic: TOPIC, partition: 0, offset: 0 }])
    expect((await take(consumer, 3)).map(({ offset }) => offset)).toEqual([0, 1, 2])
    scripted.current.view = { ...UNTOLD, messages: [0] }
    expect((await take(consumer, 1)).map(({ offset }) => offset)).toEqual([0])
  })
})

describe('a leader that stood still for a while', () => {
  const LATER: View = { brokers: [1, 2], leader: 2, leaderEpoch: 2, messages: [1, 2, 2] }
  /** What broker 1 has of it. */
  const STALE: View = { brokers: [1], leader: 1, leaderEpoch: 1, messages: [1] }
  const REFRESHING = { 'topic.metadata.refresh.interval.ms': '50' }
  const HEALED: View = { brokers: [1], leader: 1, leaderEpoch: 3, messages: [1, 2, 2, 3] }
  const scripted = useScriptedCluster(2, LATER)

  /** Its view was looked at again and again. */
  async function isLookedAt(): Promise<void> {
    const { asked } = scripted.current.broker(1)
    const before = asked.Metadata ?? 0
    await waitFor(() => (asked.Metadata ?? 0) > before + 10, { describe: 'metadata to be asked for' })
  }

  it('is not believed that it leads again, also when the leader after it is gone', async () => {
    const { consumer } = mocks.consumer(scripted.current.bootstrapServers(1, 2), {
      config: REFRESHING,
    })
    consumer.assign([{ topic: TOPIC, partition: 0, offset: 1 }])
    expect((await take(consumer, 2)).map(({ offset }) => offset)).toEqual([1, 2])
    scripted.current.view = STALE
    await scripted.current.broker(2).stop()
    await isLookedAt()
    scripted.current.view = HEALED
    expect((await take(consumer, 1)).map(({ offset }) => offset)).toEqual([3])
  })

  /** A consumer that comes while nobody knows better, from a position of later. */
  async function beginStale(task: (consumer: AddonConsumer) => Promise<void>): Promise<void> {
    scripted.current.view = STALE
    await use(
      scripted.current.bootstrapServers(1),
      async (consumer) => {
        consumer.assign([TOPIC, 0, 2, 2, ''])
        await task(consumer)
      },
      REFRESHING,
    )
  }

  it('is not asked for an offset that it cannot know', async () => {
    await beginStale(async (consumer) => {
      await isLookedAt()
      scripted.current.view = HEALED
      expect(await nextOffset(consumer)).toBe(2)
    })
  })

  it('is asked after half a minute, for another topic of the same name begins with an early epoch', async () => {
    await beginStale(async (consumer) => {
      expect(await nextOffset(consumer, 40_000)).toBe(0)
      expect(scripted.current.broker(1).asked.OffsetForLeaderEpoch).toBe(1)
    })
  }, 90_000)
})
