// Halting and moving single partitions while others are delivered: nothing is lost, nothing repeated, order is kept.
import type { KafkaStreamConsumer } from '../../lib/consumer/consumer'
import type { TopicPartition, TopicPartitionOffset } from '../../lib/consumer/types'
import { type How, HOWS, messagesOf, MODES, nextWithin, take, useConsumers } from '../helpers/consumer'
import { produce, seed } from '../helpers/produce'
import { OffsetCheck } from '../helpers/sequence'
import { useTopics } from '../helpers/topics'
import { waitFor, withDeadline } from '../helpers/wait'

const PARTITIONS = 4
/** More than any tier holds between librdkafka and user code at the sizes set below. */
const EACH = 10_000
const COUNT = PARTITIONS * EACH
const SEEKS = 40
const TOGGLES_EVERY = 97
/**
 * A broker holds a request for partitions that are at their end this long, and librdkafka asks it no other question about
 * what was resumed or sought meanwhile.
 */
const QUICK = { 'fetch.wait.max.ms': 5 }

const topics = useTopics()
const consumers = useConsumers()
let topic: string

beforeAll(async () => {
  topic = await topics.create({ prefix: 'pause-seek', partitions: PARTITIONS })
  await seed(topic, { count: COUNT, size: 50, partitions: PARTITIONS })
})

function of(partition: number): TopicPartition {
  return { topic, partition }
}

function at(partition: number, offset: number): TopicPartitionOffset {
  return { topic, partition, offset }
}

/** The same numbers in each run: a failure can be repeated. */
function random(seedNumber: number): (below: number) => number {
  let state = seedNumber
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function fromBeginning(consumer: KafkaStreamConsumer, partitions = [0, 1, 2, 3]): void {
  consumer.assign(partitions.map((partition) => at(partition, 0)))
}

describe.each(MODES)('%s', (mode) => {
  describe('pause() and resume()', () => {
    it.each(HOWS)('halt one partition while the others flow: %s()', async (how: How) => {
      const consumer = consumers.create(mode, { config: QUICK })
      fromBeginning(consumer)
      const check = new OffsetCheck()
      // Within a batch in hand there may be more of it.
      let pausedAt: number | undefined
      for await (const message of messagesOf(consumer, how)) {
        check.add(message)
        if (pausedAt !== undefined && how === 'stream' && message.partition === 1) {
          throw new Error(`@ ${message.offset} of the paused partition`)
        }
        if (check.count === 2000) {
          consumer.pause([of(1)])
          pausedAt = check.next(1)
          expect(consumer.paused()).toEqual([of(1)])
        }
        if ([0, 2, 3].every((partition) => check.next(partition) === EACH)) break
      }
      // How much of it came, at most: what was in hand.
      expect(check.next(1)).toBeLessThan(EACH)
      expect(await nextWithin(consumer, 100)).toBeUndefined()

      consumer.resume([of(1)])
      expect(consumer.paused()).toEqual([])
      for (const message of await take(consumer, EACH - check.next(1), { how })) check.add(message)
      expect(check.count).toBe(COUNT)
    })

    it.each(HOWS)('at random, hundreds of times, lose and repeat nothing: %s()', async (how: How) => {
      // Some of each partition in every place: with librdkafka, in the tier, and held for a paused partition.
      const consumer = consumers.create(mode, { config: QUICK, maxBufferedMessages: 1000 })
      fromBeginning(consumer)
      const check = new OffsetCheck()
      const below = random(7)
      let toggles = 0
      const paused = new Set<number>()
      const toggle = (partition: number): void => {
        toggles++
        if (paused.delete(partition)) consumer.resume([of(partition)])
        else {
          consumer.pause([of(partition)])
          paused.add(partition)
        }
      }
      const reading = async (): Promise<void> => {
        for await (const message of messagesOf(consumer, how)) {
          check.add(message)
          if (how === 'stream' && paused.has(message.partition)) throw new Error(`of paused [${message.partition}]`)
          if (check.count === COUNT) return
          if (check.count % TOGGLES_EVERY === 0) toggle(below(PARTITIONS))
          // Those left to come must not all be paused.
          const left = [0, 1, 2, 3].filter((partition) => check.next(partition) < EACH)
          if (left.every((partition) => paused.has(partition))) toggle(left[below(left.length)] as number)
        }
      }
      await withDeadline(reading(), 50_000, () => `read ${check.count} messages, paused ${[...paused].join()}`)
      expect([0, 1, 2, 3].map((partition) => check.next(partition))).toEqual(Array(PARTITIONS).fill(EACH))
      expect(toggles).toBeGreaterThan(COUNT / TOGGLES_EVERY - 2)
    })

    it('of all partitions halt everything, prefetched messages included, and go on exactly there', async () => {
      const consumer = consumers.create(mode, { config: QUICK })
      fromBeginning(consumer)
      const check = new OffsetCheck()
      for (const message of await take(consumer, 100)) check.add(message)
      consumer.pause()
      expect(consumer.paused()).toEqual([0, 1, 2, 3].map(of))
      expect(await nextWithin(consumer, 200)).toBeUndefined()
      consumer.resume()
      for (const message of await take(consumer, 1000)) check.add(message)
    })

    it('before the first message hold that back too', async () => {
      const consumer = consumers.create(mode, { config: QUICK })
      fromBeginning(consumer, [0, 1])
      consumer.pause([of(0)])
      const check = new OffsetCheck()
      for (const message of await take(consumer, 500)) {
        expect(message.partition).toBe(1)
        check.add(message)
      }
      consumer.resume([of(0)])
      for await (const message of consumer.stream()) {
        check.add(message)
        if (check.next(0) === EACH && check.next(1) === EACH) break
      }
      expect(check.count).toBe(2 * EACH)
    })

    it('of a partition that is not assigned are refused, and halt no other', async () => {
      const consumer = consumers.create(mode, { config: QUICK })
      fromBeginning(consumer, [0])
      const refusal = expect.objectContaining({ name: 'KafkaError', code: 'ERR__UNKNOWN_PARTITION' }) as Error
      expect(() => {
        consumer.pause([of(0), of(1)])
      }).toThrow(refusal)
      expect(() => {
        consumer.resume([of(1)])
      }).toThrow(refusal)
      expect(consumer.paused()).toEqual([])
      expect(await take(consumer, 1)).toHaveLength(1)
    })
  })

  describe('seek()', () => {
    it.each(HOWS)('at random, forward and back, delivers exactly from there: %s()', async (how: How) => {
      const consumer = consumers.create(mode, { config: QUICK, maxBufferedMessages: 1000 })
      fromBeginning(consumer)
      const check = new OffsetCheck()
      const below = random(11)
      let seeks = 0
      const step = async (): Promise<boolean> => {
        if (seeks === SEEKS) return true
        const partition = below(PARTITIONS)
        const offset = below(EACH - 1000)
        await withDeadline(consumer.seek(at(partition, offset)), 10_000, 'seek() did not settle')
        check.expect(partition, offset)
        seeks++
        return false
      }
      const reading = async (): Promise<void> => {
        let next = 100
        if (how === 'stream') {
          for await (const message of consumer.stream()) {
            check.add(message)
            if (check.count < next) continue
            next = check.count + below(300)
            if (await step()) return
          }
        } else {
          for await (const batch of consumer.batches({ maxMessages: 100 })) {
            for (const message of batch) check.add(message)
            if (check.count < next) continue
            next = check.count + below(300)
            if (await step()) return
          }
        }
      }
      await withDeadline(reading(), 50_000, () => `after ${check.count} messages and ${seeks} seeks`)
      expect(seeks).toBe(SEEKS)
    })

    it('while the loop runs delivers nothing of before it once it has resolved', async () => {
      const consumer = consumers.create(mode, { config: QUICK })
      fromBeginning(consumer)
      const below = random(13)
      const all = [0, 1, 2, 3]
      const check = new OffsetCheck()
      const controller = new AbortController()
      const reading = (async () => {
        for await (const message of consumer.stream({ signal: controller.signal })) check.add(message)
      })()
      const seeking = (async () => {
        for (let i = 0; i < SEEKS; i++) {
          const offset = below(EACH - 1000)
          for (const partition of all) check.seeking(partition, offset)
          await consumer.seek(all.map((partition) => at(partition, offset)))
          for (const partition of all) check.sought(partition)
          const goal = check.count + 1 + below(500)
          await waitFor(() => check.count >= goal, { intervalMs: 1, describe: () => `${goal} messages after a seek` })
        }
      })()
      await withDeadline(Promise.race([reading, seeking]), 50_000, () => `after ${check.count} messages`)
      controller.abort(new Error('enough'))
      await expect(reading).rejects.toThrow('enough')
    })

    it('to the beginning (-2) and to the end (-1) goes there', async () => {
      const name = await topics.create({ prefix: 'seek-end' })
      await produce(
        name,
        ['0', '1', '2'].map((value) => ({ partition: 0, value })),
      )
      const consumer = consumers.create(mode, { config: { ...QUICK, 'enable.partition.eof': true } })
      const ends: number[] = []
      consumer.on('partitionEof', ({ offset }) => ends.push(offset))
      consumer.assign([{ topic: name, partition: 0, offset: 0 }])
      expect((await take(consumer, 2)).map(({ offset }) => offset)).toEqual([0, 1])
      await consumer.seek({ topic: name, partition: 0, offset: -2 })
      expect((await take(consumer, 3)).map(({ offset }) => offset)).toEqual([0, 1, 2])
      await consumer.seek({ topic: name, partition: 0, offset: 1 })
      ends.length = 0
      await consumer.seek({ topic: name, partition: 0, offset: -1 })
      await waitFor(() => ends.length > 0, { describe: 'the end of the partition' })
      await produce(name, [{ partition: 0, value: '3' }])
      expect((await take(consumer, 1)).map(({ offset }) => offset)).toEqual([3])
    })

    it('of a paused partition keeps it paused, and resume() goes on from there', async () => {
      const consumer = consumers.create(mode, { config: QUICK })
      fromBeginning(consumer, [0])
      await take(consumer, 10)
      consumer.pause([of(0)])
      await consumer.seek(at(0, 5000))
      expect(consumer.paused()).toEqual([of(0)])
      expect(await nextWithin(consumer, 200)).toBeUndefined()
      consumer.resume([of(0)])
      expect((await take(consumer, 3)).map(({ offset }) => offset)).toEqual([5000, 5001, 5002])
    })

    it('straight after assign() is obeyed', async () => {
      const consumer = consumers.create(mode, { config: QUICK })
      fromBeginning(consumer, [0, 1])
      await consumer.seek([at(0, 9000), at(1, 8000)])
      const first = new Map<number, number>()
      for await (const { partition, offset } of consumer.stream()) {
        if (!first.has(partition)) first.set(partition, offset)
        if (first.size === 2) break
      }
      expect(first).toEqual(
        new Map([
          [0, 9000],
          [1, 8000],
        ]),
      )
    })

    it('in onAssigned sets where the partition starts', async () => {
      const consumer: KafkaStreamConsumer = consumers.create(mode, {
        settings: { onAssigned: (partitions) => consumer.seek(partitions.map((each) => ({ ...each, offset: 7000 }))) },
      })
      await consumer.subscribe([topic])
      const check = new OffsetCheck()
      for (let partition = 0; partition < PARTITIONS; partition++) check.expect(partition, 7000)
      for (const message of await take(consumer, 2000)) check.add(message)
    })

    it('of a partition that is not assigned is refused, and moves no other', async () => {
      const consumer = consumers.create(mode, { config: QUICK })
      fromBeginning(consumer, [0])
      const [first] = await take(consumer, 1)
      expect(first?.offset).toBe(0)
      await expect(consumer.seek([at(0, 5000), at(1, 0)])).rejects.toMatchObject({
        name: 'KafkaError',
        code: 'ERR__UNKNOWN_PARTITION',
        message: expect.stringContaining(`${topic} [1] is not assigned`) as string,
      })
      expect((await take(consumer, 1))[0]?.offset).toBe(1)
    })
  })
})
