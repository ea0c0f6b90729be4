// A topic that is deleted while it is consumed, and made again under its name. Three brokers, so that its leader can move.
import { type Mode, TIERS } from '../helpers/consumer'
import { seed } from '../helpers/produce'
import { createTopic, deleteTopic, moveLeader } from '../helpers/topics'
import { waitFor } from '../helpers/wait'
import { useOwnKafka } from './support/own-kafka'
import type { Watched } from './support/watched'

/** Messages of the first one. */
const EACH = 200

const { at, watch } = useOwnKafka(
  { brokers: 3 },
  { 'enable.auto.commit': true, 'auto.commit.interval.ms': 100, 'heartbeat.interval.ms': 500 },
)

describe.each([0, 3])('a topic whose leader moved %i times is deleted, and made again with more messages', (moves) => {
  const LATER = 2 * EACH
  const readers = new Map<Mode, Watched>()
  const before = new Map<Mode, number>()
  let topic: string

  beforeAll(async () => {
    topic = await createTopic({ prefix: 'faults', partitions: 1, ...at() })
    const fill = (count: number): Promise<void> => seed(topic, { count, size: 50, partitions: 1, ...at() })
    await fill(EACH)
    await Promise.all(
      TIERS.map(async (mode) => {
        const reader = watch(mode)
        readers.set(mode, reader)
        // Not by a group: where it goes on depends on what is still committed of the old topic, too.
        reader.consumer.assign([{ topic, partition: 0 }])
        reader.read(() => {
          // librdkafka pauses by itself, too, when a group rebalances: it reads on where the program is.
          if (reader.count === (before.get(mode) ?? NaN) + EACH / 4) {
            reader.consumer.pause()
            reader.consumer.resume()
          }
          return Promise.resolve()
        })
        await reader.waitForDistinct(EACH)
      }),
    )
    // Each raises the epoch; the new topic's begins at 0 again.
    for (let turn = 0; turn < moves; turn++) await moveLeader(topic, 0, (turn % 3) + 1, at())
    await deleteTopic(topic, at())
    for (const [mode, { count }] of readers) before.set(mode, count)
    await createTopic({ name: topic, partitions: 1, ...at() })
    await fill(LATER)
  }, 150_000)

  afterAll(async () => {
    await Promise.all([...readers.values()].map((reader) => reader.close()))
    await deleteTopic(topic, at())
  })

  it.each(TIERS)(
    '%s: the new one is read from its beginning, each message once, also when it is paused in the middle',
    async (mode) => {
      const reader = readers.get(mode) as Watched
      const later = (): number[] => (reader.processed.get(0) ?? []).slice(before.get(mode))
      await waitFor(() => later().at(-1) === LATER - 1, {
        deadlineMs: 20_000,
        describe: () =>
          `${mode}: ${LATER} messages; there are ${later().length}, from ${later()[0]} to ${later().at(-1)}`,
      })
      expect(later()).toEqual(Array.from({ length: LATER }, (_, offset) => offset))
    },
    40_000,
  )
})
