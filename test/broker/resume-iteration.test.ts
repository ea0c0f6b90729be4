// Leaving an iteration and going on with another: no message is lost, none comes twice, and a commit says what was
// processed, however much was prefetched.
import type { KafkaStreamConsumer } from '../../lib/consumer/consumer'
import type { Message } from '../../lib/message/message'
import {
  type How,
  HOWS,
  messagesOf,
  MODES,
  nextWithin,
  take,
  useConsumers,
  waitForAssignment,
} from '../helpers/consumer'
import { groupOffsets } from '../helpers/groups'
import { seed } from '../helpers/produce'
import { OffsetCheck } from '../helpers/sequence'
import { uniqueName, useTopics } from '../helpers/topics'
import { waitFor, withDeadline } from '../helpers/wait'

const PARTITIONS = 4
const COUNT = 2000
/** One partition, more than any tier holds between librdkafka and user code. */
const DEEP_COUNT = 20_000

const topics = useTopics()
const consumers = useConsumers()

let wide: string
let deep: string
let five: string

beforeAll(async () => {
  wide = await topics.create({ prefix: 'resume', partitions: PARTITIONS })
  deep = await topics.create({ prefix: 'resume' })
  five = await topics.create({ prefix: 'resume' })
  await seed(wide, { count: COUNT, size: 50, partitions: PARTITIONS })
  await seed(deep, { count: DEEP_COUNT, size: 50, partitions: 1 })
  await seed(five, { count: 5, size: 50, partitions: 1 })
})

/** One iteration: up to `count` messages, then it is left. With `batches()` whole batches are taken. */
async function read(consumer: KafkaStreamConsumer, how: How, count: number, check: OffsetCheck): Promise<void> {
  const end = Math.min(check.count + count, COUNT)
  const reading = async (): Promise<void> => {
    if (how === 'stream') {
      for await (const message of consumer.stream()) {
        check.add(message)
        if (check.count === end) return
      }
    } else {
      for await (const batch of consumer.batches({ maxMessages: count })) {
        for (const message of batch) check.add(message)
        if (check.count >= end) return
      }
    }
  }
  await withDeadline(reading(), 20_000, () => `read ${check.count} of ${end} messages`)
}

async function committed(group: string, topic: string): Promise<number | undefined> {
  return (await groupOffsets(group))[topic]?.[0]?.offset
}

/** Leaves the loop with message `count` in hand, when librdkafka or the tier holds thousands more. */
async function takeWithPrefetch(
  consumer: KafkaStreamConsumer,
  count: number,
  inHand: (message: Message) => void | Promise<void> = () => undefined,
): Promise<void> {
  let prefetched = 0
  consumer.on('statistics', (statistics) => (prefetched = receivedCount(statistics)))
  let taken = 0
  const reading = async (): Promise<void> => {
    for await (const message of consumer.stream()) {
      expect(message.offset).toBe(taken)
      if (++taken < count) continue
      await waitFor(() => prefetched >= 1000, { describe: () => `messages prefetched; there are ${prefetched}` })
      await inHand(message)
      return
    }
  }
  await withDeadline(reading(), 20_000, () => `took ${taken} of ${count} messages`)
}

/** Waits for this many intervals of its statistics, which come as often as its auto-commits. */
async function intervals(consumer: KafkaStreamConsumer, count: number): Promise<void> {
  let seen = 0
  consumer.on('statistics', () => seen++)
  await waitFor(() => seen >= count, { describe: () => `${count} intervals; there were ${seen}` })
}

interface Statistics {
  topics?: Record<string, { partitions: Record<string, { rxmsgs: number }> }>
}

function receivedCount(statistics: Statistics): number {
  return Object.values(statistics.topics ?? {})
    .flatMap(({ partitions }) => Object.values(partitions))
    .reduce((sum, { rxmsgs }) => sum + rxmsgs, 0)
}

describe.each(MODES)('%s', (mode) => {
  const withPrefetch = (groupId: string, config: Record<string, string | number | boolean> = {}): KafkaStreamConsumer =>
    // A small buffer of the tier's own: the rest stays in librdkafka, or in legacy's own queue.
    consumers.create(mode, { groupId, config: { 'statistics.interval.ms': 50, ...config }, maxBufferedMessages: 100 })

  describe('leaving the loop and iterating again', () => {
    it.each([
      ['stream, then stream', ['stream']],
      ['batches, then batches', ['batches']],
      ['stream and batches by turns', ['stream', 'batches']],
    ] as [string, How[]][])('goes on with the next message: %s', async (_name, hows) => {
      const consumer = consumers.create(mode)
      await consumer.subscribe([wide])
      const check = new OffsetCheck()
      for (let turn = 0; check.count < COUNT; turn++) {
        // 10 first, then sizes that fall on every place within a batch.
        await read(consumer, hows[turn % hows.length] as How, [10, 1, 37, 200][turn % 4] as number, check)
      }
      expect([0, 1, 2, 3].map((partition) => check.next(partition))).toEqual(Array(4).fill(COUNT / PARTITIONS))
    })

    it.each(HOWS)('goes on after a throw in the loop body, which passes to the caller: %s()', async (how) => {
      const consumer = consumers.create(mode)
      await consumer.subscribe([deep])
      const check = new OffsetCheck()
      const failure = new Error('the handler failed')
      const failing = async (): Promise<void> => {
        if (how === 'stream') {
          for await (const message of consumer.stream()) {
            check.add(message)
            if (check.count === 5) throw failure
          }
        } else {
          for await (const batch of consumer.batches({ maxMessages: 5 })) {
            for (const message of batch) check.add(message)
            throw failure
          }
        }
      }
      await expect(withDeadline(failing(), 20_000, 'nothing came')).rejects.toBe(failure)
      const next = check.next(0)
      expect((await take(consumer, 10)).map(({ offset }) => offset)).toEqual(
        Array.from({ length: 10 }, (_, index) => next + index),
      )
    })
  })

  it('refuses a second iteration while one runs, and lets the first go on', async () => {
    const consumer = consumers.create(mode)
    await consumer.subscribe([deep])
    const first = consumer.stream()
    expect((await first.next()).value?.offset).toBe(0)
    for (const second of [() => consumer.stream(), () => consumer.batches()]) {
      expect(second).toThrow(expect.objectContaining({ name: 'StateError', code: 'ERR_KAFKA_STATE' }) as Error)
    }
    expect((await first.next()).value?.offset).toBe(1)
    await first.return()
    expect((await take(consumer, 1))[0]?.offset).toBe(2)
  })

  it('answers requests that were made at once in their order', async () => {
    const consumer = consumers.create(mode)
    await consumer.subscribe([deep])
    const stream = consumer.stream()
    const answers = await withDeadline(
      Promise.all(Array.from({ length: 100 }, () => stream.next())),
      20_000,
      'requests were not answered',
    )
    expect(answers.map(({ value }) => value?.offset)).toEqual(Array.from({ length: 100 }, (_, index) => index))
    await stream.return()
  })

  describe('commit after 3 of 5 and close', () => {
    const ways: [string, (consumer: KafkaStreamConsumer) => Promise<void>][] = [
      [
        'commit(message) with the 3rd in hand',
        async (consumer) => {
          for (const message of await take(consumer, 3)) await consumer.commit(message)
        },
      ],
      [
        'commit() with the 4th in hand',
        async (consumer) => {
          for await (const message of consumer.stream()) {
            if (message.offset !== 3) continue
            await consumer.commit()
            return
          }
        },
      ],
      [
        'commit(batch) with a batch of 3 in hand',
        async (consumer) => {
          let count = 0
          while (count < 3) {
            for await (const batch of consumer.batches({ maxMessages: 3 - count })) {
              count += batch.length
              await consumer.commit(batch)
              break
            }
          }
        },
      ],
      [
        'commit([offset])',
        async (consumer) => {
          await take(consumer, 5)
          await consumer.commit([{ topic: five, partition: 0, offset: 3 }])
        },
      ],
    ]
    it.each(ways)('gives the next consumer of the group exactly the 4th and the 5th: %s', async (_name, commit) => {
      const groupId = uniqueName('group')
      const first = consumers.create(mode, { groupId })
      await first.subscribe([five])
      await withDeadline(commit(first), 20_000, 'messages did not come')
      await first.close()
      expect(await committed(groupId, five)).toBe(3)

      const second = consumers.create(mode, { groupId })
      await second.subscribe([five])
      expect((await take(second, 2)).map(({ offset }) => offset)).toEqual([3, 4])
      expect(await nextWithin(second, 300)).toBeUndefined()
    })

    it('holds with thousands of messages prefetched behind', async () => {
      const groupId = uniqueName('group')
      const first = withPrefetch(groupId)
      await first.subscribe([deep])
      await takeWithPrefetch(first, 3, (message) => first.commit(message))
      await first.close()
      expect(await committed(groupId, deep)).toBe(3)

      const second = consumers.create(mode, { groupId })
      await second.subscribe([deep])
      const check = new OffsetCheck()
      check.expect(0, 3)
      for await (const message of messagesOf(second, 'stream')) {
        check.add(message)
        if (check.next(0) === DEEP_COUNT) break
      }
      expect(check.count).toBe(DEEP_COUNT - 3)
    })
  })

  it('commit() inside batches() commits the batches before the one in hand', async () => {
    const groupId = uniqueName('group')
    const consumer = consumers.create(mode, { groupId })
    await consumer.subscribe([deep])
    let finished = 0
    let turns = 0
    for await (const batch of consumer.batches({ maxMessages: 7 })) {
      await consumer.commit()
      // With nothing processed there is nothing to commit.
      expect(await committed(groupId, deep)).toBe(turns === 0 ? undefined : finished)
      finished += batch.length
      if (++turns === 3) break
    }
    expect(turns).toBe(3)
  })

  describe('auto-commit', () => {
    it('commits at its interval what was processed, never what is in hand or prefetched', async () => {
      const groupId = uniqueName('group')
      const first = withPrefetch(groupId, { 'enable.auto.commit': true, 'auto.commit.interval.ms': 50 })
      await first.subscribe([deep])
      await takeWithPrefetch(first, 5, async () => {
        await waitFor(async () => (await committed(groupId, deep)) === 4, { describe: '4 to be committed' })
        // Several intervals later it is still so, as the 5th message is in hand.
        await intervals(first, 5)
        expect(await committed(groupId, deep)).toBe(4)
      })
      await first.close()
      expect(await committed(groupId, deep)).toBe(4)
    })

    it('commits on close what was processed, and the next consumer begins there', async () => {
      const groupId = uniqueName('group')
      const first = withPrefetch(groupId, { 'enable.auto.commit': true, 'auto.commit.interval.ms': 3_600_000 })
      await first.subscribe([deep])
      await takeWithPrefetch(first, 5)
      expect(await committed(groupId, deep)).toBeUndefined()
      await first.close()
      expect(await committed(groupId, deep)).toBe(4)

      const second = consumers.create(mode, { groupId })
      await second.subscribe([deep])
      expect((await take(second, 1))[0]?.offset).toBe(4)
    })

    it('off commits nothing on close', async () => {
      const groupId = uniqueName('group')
      const first = consumers.create(mode, { groupId })
      await first.subscribe([deep])
      await waitForAssignment(first, 1)
      await take(first, 5)
      await first.close()
      expect(await committed(groupId, deep)).toBeUndefined()
    })
  })
})
