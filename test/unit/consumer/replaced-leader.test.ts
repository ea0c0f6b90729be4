// A leader that was replaced and does not know it yet answers that an offset is not there. librdkafka believed it, and began
// the partition anew: the epoch that comes with a committed offset tells that the answer is another's to give.
import { binding, POLL_EVENT, POLL_NOTHING, PollMode, type AddonConsumer } from '../../../lib/binding'
import { Block } from '../../../lib/message/block'
import { ApiKey, type MockCluster } from '../../../lib/testing'
import { waitFor } from '../../helpers/wait'
import { useMocks } from '../testing/support'

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

async function use(cluster: MockCluster, task: (consumer: AddonConsumer) => Promise<void>): Promise<void> {
  const conf = ['bootstrap.servers', cluster.bootstrapServers, 'group.id', 'g', 'auto.offset.reset', 'earliest']
  const consumer = binding().createConsumer(conf, PollMode.Direct, () => consumer.serve(), 100, 65_536)
  try {
    await task(consumer)
  } finally {
    await consumer.destroy()
  }
}

async function nextOffset(consumer: AddonConsumer): Promise<number> {
  let buffer: ArrayBuffer | undefined
  await waitFor(
    () => {
      const polled = consumer.poll(1)
      if (polled === POLL_EVENT) throw new Error(String(consumer.takeEvent()))
      if (polled !== POLL_NOTHING) buffer = consumer.takeBuffer()
      return buffer !== undefined
    },
    { describe: 'a message' },
  )
  return new Block(buffer as ArrayBuffer).offset(0)
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
    await use(cluster, async (consumer) => {
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
