// Rebalances: what is delivered, finished and committed around them.
import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaStreamConsumer } from '../../lib/consumer/consumer'
import { type ConsumerOptions, MODES, take, TIERS, useConsumers, waitForAssignment } from '../helpers/consumer'
import { groupOffsets } from '../helpers/groups'
import { seed } from '../helpers/produce'
import { uniqueName, useTopics } from '../helpers/topics'
import { waitFor, withDeadline } from '../helpers/wait'

const PARTITIONS = 4
const COUNT = 40_000

const topics = useTopics()
const consumers = useConsumers()

let topic: string

beforeAll(async () => {
  topic = await topics.create({ prefix: 'groups', partitions: PARTITIONS })
  await seed(topic, { count: COUNT, size: 100, partitions: PARTITIONS })
}, 60_000)

/** Reads until the consumer is closed; calls `onMessage` for each message. */
async function consume(
  consumer: KafkaStreamConsumer,
  onMessage: (partition: number, offset: number) => Promise<void> | void,
): Promise<void> {
  for await (const { partition, offset } of consumer.stream()) await onMessage(partition, offset)
}

/** Each pause drops what librdkafka has prefetched. Only the thread of Dedicated polls while another pauses. */
const TOGGLE_MS = { standard: 100, buffered: 100, dedicated: 1 }

const ASSIGNORS = ['range', 'cooperative-sticky'] as const

describe.each(MODES)('%s', (mode) => {
  describe.each(ASSIGNORS)('%s', (assignor) => {
    const options = (groupId: string, more: ConsumerOptions<Buffer, Buffer> = {}): ConsumerOptions<Buffer, Buffer> => ({
      groupId,
      ...more,
      config: { 'partition.assignment.strategy': assignor, ...more.config },
    })

    // Standard and Buffered poll only when they are asked for messages, as Java's consumer does.
    const isAnsweredAtOnce = mode === 'dedicated' || mode === 'legacy'
    const when = isAnsweredAtOnce ? 'at once' : 'as soon as it reads again'
    it(`a member that has left its loop gives partitions to one that joins, ${when}`, async () => {
      const groupId = uniqueName('group')
      const first = consumers.create(mode, options(groupId))
      await first.subscribe([topic])
      await take(first, 1)
      const second = consumers.create(mode, options(groupId))
      await second.subscribe([topic])
      const reading = isAnsweredAtOnce ? undefined : consume(first, () => sleep(1))
      await waitForAssignment(second, PARTITIONS / 2)
      await waitForAssignment(first, PARTITIONS / 2)
      await first.close()
      await reading
    })

    it('a message in hand when its partition is revoked is finished and committed, and not delivered again', async () => {
      const groupId = uniqueName('group')
      const config = { 'enable.auto.commit': true, 'auto.commit.interval.ms': 60_000 }
      // Both close at once: what is finished after that may be refused, and is told of.
      const first = consumers.create(mode, options(groupId, { config, mayWarn: true }))
      await first.subscribe([topic])
      const seen = new Map<string, number>()
      const count = (partition: number, offset: number): void => {
        const key = `${partition}@${offset}`
        seen.set(key, (seen.get(key) ?? 0) + 1)
      }
      const reading = consume(first, async (partition, offset) => {
        count(partition, offset)
        await sleep(20)
      })
      await waitFor(() => seen.size >= 5, { describe: 'some messages' })
      const second = consumers.create(mode, options(groupId, { config, mayWarn: true }))
      await second.subscribe([topic])
      const readingToo = consume(second, count)
      await waitForAssignment(second, PARTITIONS / 2)
      await waitFor(() => seen.size >= COUNT / 2, { deadlineMs: 30_000, describe: () => `the rest; ${seen.size} came` })
      await Promise.all([first.close(), second.close(), reading, readingToo])
      expect([...seen].filter(([, times]) => times > 1)).toEqual([])
    })

    it('commit() in onRevoked reaches the group, also when the consumer closes', async () => {
      const groupId = uniqueName('group')
      const committed: string[] = []
      const consumer: KafkaStreamConsumer = consumers.create(
        mode,
        options(groupId, {
          settings: {
            onRevoked: async () => {
              await sleep(100)
              await consumer.commit()
              committed.push('on revoke')
            },
          },
        }),
      )
      await consumer.subscribe([topic])
      let processed = 0
      for await (const { offset } of consumer.stream()) {
        // The one in hand is not processed.
        processed = offset
        if (offset >= 100) break
      }
      await consumer.close()
      expect(committed).toEqual(['on revoke'])
      const offsets = Object.values((await groupOffsets(groupId))[topic] ?? {}).map(({ offset }) => offset)
      expect(offsets).toContain(processed)
    })

    it('a partition that was paused flows for its next owner, and again for its old one', async () => {
      const groupId = uniqueName('group')
      const first = consumers.create(mode, options(groupId))
      await first.subscribe([topic])
      const partitions = new Set<number>()
      const reading = consume(first, (partition) => {
        partitions.add(partition)
      })
      await waitForAssignment(first, PARTITIONS)
      first.pause()
      const second = consumers.create(mode, options(groupId))
      await second.subscribe([topic])
      await waitForAssignment(second, PARTITIONS / 2)
      await second.close()
      await waitForAssignment(first, PARTITIONS)
      // Eager: all were given back. Cooperative: those that stayed are still paused.
      first.resume(first.paused())
      partitions.clear()
      await first.seek(first.assignment().map((each) => ({ ...each, offset: 0 })))
      await waitFor(() => partitions.size === PARTITIONS, {
        describe: () => `all partitions; [${[...partitions].join()}]`,
      })
      await first.close()
      await reading
    })
  })

  it('unsubscribe() with messages prefetched gives the partitions back', async () => {
    const revoked: number[] = []
    const consumer = consumers.create(mode, {
      settings: { onRevoked: (partitions) => void revoked.push(partitions.length) },
    })
    await consumer.subscribe([topic])
    await take(consumer, 1)
    consumer.unsubscribe()
    await waitFor(() => revoked.length > 0, { describe: 'onRevoked' })
    await waitFor(() => consumer.assignment().length === 0, { describe: 'no assignment' })
    expect(revoked).toEqual([PARTITIONS])
  })
})

describe.each(TIERS)('%s', (mode) => {
  it('pause() and resume() in quick turns repeat nothing and leave nothing out', async () => {
    const consumer = consumers.create(mode)
    consumer.assign(Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition, offset: 0 })))
    const next = Array.from({ length: PARTITIONS }, () => 0)
    let count = 0
    const wrong: string[] = []
    let countAtToggle = -1
    const toggling = setInterval(() => {
      // Again before anything came would drop each answer that is on its way.
      if (count === countAtToggle) return
      countAtToggle = count
      const one = { topic, partition: Math.floor(Math.random() * PARTITIONS) }
      consumer.pause([one])
      setImmediate(() => {
        consumer.resume([one])
      })
    }, TOGGLE_MS[mode])
    const reading = async (): Promise<void> => {
      for await (const { partition, offset } of consumer.stream()) {
        if (offset !== next[partition]) wrong.push(`[${partition}] @ ${offset}, expected ${next[partition] ?? '?'}`)
        next[partition] = offset + 1
        if (++count === COUNT) return
        if (count % 50 === 0) await sleep(0)
      }
    }
    await withDeadline(reading(), 40_000, () => `read ${count} of ${COUNT}`).finally(() => {
      clearInterval(toggling)
    })
    expect(wrong).toEqual([])
  })
})
