// Where a partition begins is asked of its leader, and asked again when the leader changes. The first question stays under
// way: its answer came when messages were delivered already, and librdkafka began the partition anew.
import type { KafkaStreamConsumer } from '../../../lib/consumer/consumer'
import { TOPIC, useScriptedCluster, type View } from '../../helpers/scripted-cluster'
import { waitFor } from '../../helpers/wait'
import { take, takeWithin, useMocks } from '../testing/support'

const BEGINNING = -2
/** librdkafka asks again after half a second. */
const ASKED_AGAIN_MS = 1500
const FORMER: View = { brokers: [1, 2], leader: 1, leaderEpoch: 1, messages: [] }
const NEXT: View = { ...FORMER, leader: 2, leaderEpoch: 2 }

const mocks = useMocks()
const scripted = useScriptedCluster(2, FORMER)

/** A consumer whose partition got another leader while the former was asked. */
async function askBoth(): Promise<KafkaStreamConsumer> {
  const { consumer } = mocks.consumer(scripted.current.bootstrapServers(2), {
    config: { debug: 'topic', 'topic.metadata.refresh.interval.ms': '100' },
  })
  consumer.assign([{ topic: TOPIC, partition: 0, offset: BEGINNING }])
  await waitFor(() => scripted.current.broker(1).asked.ListOffsets === 1, { describe: 'the former leader to be asked' })
  scripted.current.view = NEXT
  await waitFor(() => scripted.current.broker(2).asked.ListOffsets === 1, { describe: 'the next leader to be asked' })
  return consumer
}

async function expectEachOnce(consumer: KafkaStreamConsumer, late: () => void): Promise<void> {
  await waitFor(() => scripted.current.broker(2).asked.Fetch, { describe: 'messages to be asked for' })
  scripted.current.view = { ...NEXT, messages: [2, 2, 2] }
  const before = await take(consumer, 3)
  // From then on librdkafka fetches from here: it pauses by itself, too, when a group rebalances.
  consumer.pause()
  consumer.resume()
  late()
  const after = await takeWithin(consumer, ASKED_AGAIN_MS)
  expect([...before, ...after].map(({ offset }) => offset)).toEqual([0, 1, 2])
}

describe('the late answer of a former leader to where a partition begins', () => {
  beforeEach(() => {
    scripted.current.broker(1).hold('ListOffsets')
  })

  it('does not begin it anew when messages were delivered', async () => {
    const consumer = await askBoth()
    await expectEachOnce(consumer, () => {
      scripted.current.broker(1).release('ListOffsets')
    })
  })

  it('does not begin it anew when it comes while the next leader is asked', async () => {
    scripted.current.broker(2).hold('ListOffsets')
    const consumer = await askBoth()
    let isOutdated = false
    consumer.on('log', ({ message }) => (isOutdated ||= message.includes('outdated offset response')))
    scripted.current.broker(1).release('ListOffsets')
    await waitFor(() => isOutdated, { describe: 'the late answer to be dropped' })
    scripted.current.broker(2).release('ListOffsets')
    await expectEachOnce(consumer, () => undefined)
  })
})
