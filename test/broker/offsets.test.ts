// Where consumption starts, where it stands, and what the group and the broker say about it.
import type { KafkaStreamConsumer } from '../../lib/consumer/consumer'
import {
  type How,
  HOWS,
  type Mode,
  MODES,
  nextWithin,
  take,
  useConsumers,
  waitForAssignment,
} from '../helpers/consumer'
import { alterGroupOffsets, groupOffsets } from '../helpers/groups'
import { produce } from '../helpers/produce'
import { deleteRecords, listOffsets, uniqueName, useTopics } from '../helpers/topics'
import { waitFor, withDeadline } from '../helpers/wait'

/** node-rdkafka commits offsets alone: the legacy mode refuses metadata, and leaves the leader epoch out. */
const COMMITS_OFFSETS_ONLY: readonly Mode[] = ['legacy']

const PARTITIONS = 3
/** Partition 0 has ten messages, at 1000, 2000, …; 1 has none; 2 has six, of which the first two are deleted. */
const HIGH = [10, 0, 6]
const LOW = [0, 0, 2]

const topics = useTopics()
const consumers = useConsumers()
let topic: string

beforeAll(async () => {
  topic = await filled('offsets')
})

async function filled(prefix: string): Promise<string> {
  // The broker neither refuses messages of 1970 nor deletes them for their age.
  const config = { 'message.timestamp.before.max.ms': String(2 ** 52), 'retention.ms': '-1' }
  const name = await topics.create({ prefix, partitions: PARTITIONS, config })
  await produce(
    name,
    HIGH.flatMap((count, partition) =>
      Array.from({ length: count }, (_, index) => ({
        partition,
        value: `${partition}/${index}`,
        timestamp: 1000 * (index + 1),
      })),
    ),
  )
  await deleteRecords(name, { 2: LOW[2] as number })
  return name
}

function at(partition: number, offset?: number): { topic: string; partition: number; offset?: number } {
  return { topic, partition, ...(offset !== undefined && { offset }) }
}

/** For tests that have to know when the end of a partition was found out: what is produced then comes after it. */
const TELL_END = { 'enable.partition.eof': true }

function ends(consumer: KafkaStreamConsumer): { reached(partitions: number): Promise<unknown> } {
  const seen = new Set<number>()
  consumer.on('partitionEof', ({ partition }) => seen.add(partition))
  return {
    reached: (partitions) =>
      waitFor(() => seen.size === partitions, {
        describe: () => `the end of ${partitions} partitions; it came for ${[...seen].join(', ')}`,
      }),
  }
}

/** Partition and offset of the next messages, by partition. */
async function next(consumer: KafkaStreamConsumer, count: number): Promise<string[]> {
  const messages = await take(consumer, count)
  return messages
    .map(({ partition, offset }) => `${partition}@${offset}`)
    .sort((a, b) => parseInt(a) - parseInt(b) || Number(a.split('@')[1]) - Number(b.split('@')[1]))
}

describe.each(MODES)('%s', (mode) => {
  describe('assign()', () => {
    it('starts each partition at its offset, at its beginning (-2) or at its end (-1)', async () => {
      const name = await filled('assign')
      const consumer = consumers.create(mode, { config: TELL_END })
      const end = ends(consumer)
      const list = [7, -1, -2].map((offset, partition) => ({ topic: name, partition, offset }))
      consumer.assign(list)
      expect(consumer.assignment()).toEqual(list.map(({ partition }) => ({ topic: name, partition })))
      expect(await next(consumer, 7)).toEqual(['0@7', '0@8', '0@9', '2@2', '2@3', '2@4', '2@5'])
      await end.reached(PARTITIONS)
      await produce(name, [{ partition: 1, value: 'new' }])
      expect(await next(consumer, 1)).toEqual(['1@0'])
    })

    it('at the end gives nothing of what was there, and what comes after', async () => {
      const name = await filled('assign-end')
      const consumer = consumers.create(mode, { config: TELL_END })
      const end = ends(consumer)
      consumer.assign([{ topic: name, partition: 0, offset: -1 }])
      await end.reached(1)
      await produce(name, [{ partition: 0, value: 'new' }])
      expect(await next(consumer, 1)).toEqual(['0@10'])
    })

    it('without an offset starts at the committed one, and without that where auto.offset.reset says', async () => {
      const groupId = uniqueName('group')
      await alterGroupOffsets(groupId, [{ topic, partition: 0, offset: 8 }])
      const consumer = consumers.create(mode, { groupId })
      consumer.assign([at(0), at(2)])
      expect(await next(consumer, 6)).toEqual(['0@8', '0@9', '2@2', '2@3', '2@4', '2@5'])
    })

    it('takes the place of an earlier assign(), prefetched messages included; an empty one ends it', async () => {
      const consumer = consumers.create(mode)
      consumer.assign([at(0, 0)])
      expect(await next(consumer, 1)).toEqual(['0@0'])
      consumer.assign([at(2, 3)])
      expect(await next(consumer, 3)).toEqual(['2@3', '2@4', '2@5'])
      consumer.assign([])
      expect(consumer.assignment()).toEqual([])
      expect(await nextWithin(consumer, 200)).toBeUndefined()
    })

    it('of the same partitions again starts where it says', async () => {
      const consumer = consumers.create(mode)
      consumer.assign([at(0, 0)])
      expect(await next(consumer, 2)).toEqual(['0@0', '0@1'])
      consumer.assign([at(0, 6)])
      expect(await next(consumer, 2)).toEqual(['0@6', '0@7'])
    })
  })

  it('auto.offset.reset latest leaves out what was there before', async () => {
    const name = await filled('latest')
    const consumer = consumers.create(mode, { config: { 'auto.offset.reset': 'latest', ...TELL_END } })
    const end = ends(consumer)
    await consumer.subscribe([name])
    await end.reached(PARTITIONS)
    await produce(name, [{ partition: 0, value: 'new' }])
    expect(await next(consumer, 1)).toEqual(['0@10'])
  })

  describe('position() and currentOffsets()', () => {
    it('say before the first message where consumption will start', async () => {
      const groupId = uniqueName('group')
      await alterGroupOffsets(groupId, [{ topic, partition: 0, offset: 8 }])
      const consumer = consumers.create(mode, { groupId })
      await consumer.subscribe([topic])
      await waitForAssignment(consumer, PARTITIONS)
      // The broker has to be asked; position() asks nobody.
      expect(consumer.position()).toEqual([0, 1, 2].map((partition) => ({ ...at(partition), offset: undefined })))
      expect(await consumer.currentOffsets()).toEqual([at(0, 8), at(1, 0), at(2, 2)])
    })

    it('say where assign() was told to start', async () => {
      const consumer = consumers.create(mode)
      consumer.assign([at(0, 4), at(1, -1), at(2, -2)])
      expect(consumer.position()).toEqual([at(0, 4), { ...at(1), offset: undefined }, { ...at(2), offset: undefined }])
      expect(await consumer.currentOffsets()).toEqual([at(0, 4), at(1, 0), at(2, 2)])
    })

    it.each(HOWS)('tell what is delivered from what is processed: %s()', async (how: How) => {
      const consumer = consumers.create(mode)
      consumer.assign([at(0, 0)])
      const steps: number[][] = []
      const reading = async (): Promise<void> => {
        if (how === 'stream') {
          for await (const { offset } of consumer.stream()) {
            if (await step(offset + 1, offset)) return
          }
        } else {
          let processed = 0
          for await (const batch of consumer.batches({ maxMessages: 1 })) {
            const end = batch.offset(batch.length - 1) + 1
            if (await step(end, processed)) return
            processed = end
          }
        }
      }
      const step = async (delivered: number, processed: number): Promise<boolean> => {
        steps.push([delivered, processed])
        expect(consumer.position()).toEqual([at(0, delivered)])
        expect(await consumer.currentOffsets()).toEqual([at(0, processed)])
        return delivered >= 3
      }
      await withDeadline(reading(), 20_000, () => `after ${JSON.stringify(steps)}`)
      expect(steps.length).toBeGreaterThan(0)
      // Left by `return` with the last one in hand: delivered, not processed.
      const [delivered = 0, processed = 0] = steps.at(-1) ?? []
      expect(await consumer.currentOffsets()).toEqual([at(0, processed)])
      expect(consumer.position()).toEqual([at(0, delivered)])
      expect(await next(consumer, 1)).toEqual([`0@${delivered}`])
    })

    it('currentOffsets() is where commit() puts the group', async () => {
      const groupId = uniqueName('group')
      const consumer = consumers.create(mode, { groupId })
      await consumer.subscribe([topic])
      await take(consumer, 11)
      await consumer.commit()
      const current = await consumer.currentOffsets()
      const committed = (await groupOffsets(groupId))[topic] ?? {}
      for (const { partition, offset } of current) {
        // A partition that gave nothing yet has nothing to commit.
        expect(committed[partition]?.offset ?? LOW[partition]).toBe(offset)
      }
      expect(current.map(({ offset }, partition) => offset - (LOW[partition] ?? 0)).reduce((a, b) => a + b)).toBe(10)
    })
  })

  describe('committed()', () => {
    it('says what the group has, and undefined where it has nothing', async () => {
      const groupId = uniqueName('group')
      const consumer = consumers.create(mode, { groupId })
      await consumer.subscribe([topic])
      await waitForAssignment(consumer, PARTITIONS)
      await consumer.commit([{ ...at(0), offset: 5 }])
      const found = await consumer.committed()
      expect(found.map(({ partition, offset }) => [partition, offset])).toEqual([
        [0, 5],
        [1, undefined],
        [2, undefined],
      ])
      expect((await consumer.committed([at(0)])).map(({ offset }) => offset)).toEqual([5])
      expect(await consumer.committed([])).toEqual([])
    })

    it('keeps metadata and leader epoch of a commit', async () => {
      const groupId = uniqueName('group')
      const consumer = consumers.create(mode, { groupId })
      await consumer.subscribe([topic])
      await waitForAssignment(consumer, PARTITIONS)
      const metadata = 'written by größe 😀'
      if (COMMITS_OFFSETS_ONLY.includes(mode)) {
        await expect(consumer.commit([{ ...at(0), offset: 5, metadata }])).rejects.toThrow(/metadata/)
        await consumer.commit([{ ...at(0), offset: 5, leaderEpoch: 0 }])
        expect((await consumer.committed([at(0)]))[0]).toEqual({ ...at(0), offset: 5 })
        return
      }
      await consumer.commit([{ ...at(0), offset: 5, leaderEpoch: 0, metadata }])
      expect((await consumer.committed([at(0)]))[0]).toEqual({ ...at(0), offset: 5, leaderEpoch: 0, metadata })
      expect((await groupOffsets(groupId))[topic]?.[0]).toEqual({ offset: 5, leaderEpoch: 0, metadata })
    })

    it('commit() of offsets for partitions that are not assigned is accepted, as the group allows it', async () => {
      const groupId = uniqueName('group')
      const consumer = consumers.create(mode, { groupId })
      consumer.assign([at(0, 0)])
      await consumer.commit([{ ...at(2), offset: 4 }])
      expect((await consumer.committed([at(2)]))[0]?.offset).toBe(4)
      expect((await groupOffsets(groupId))[topic]?.[2]?.offset).toBe(4)
    })
  })

  it('watermarkOffsets() are the first and the next offset of the partition', async () => {
    const consumer = consumers.create(mode)
    const low = await listOffsets(topic, 'earliest')
    const high = await listOffsets(topic, 'latest')
    for (let partition = 0; partition < PARTITIONS; partition++) {
      expect(await consumer.watermarkOffsets(topic, partition)).toEqual({ low: low[partition], high: high[partition] })
    }
    expect(Object.values(low)).toEqual(LOW)
    expect(Object.values(high)).toEqual(HIGH)
  })

  it('offsetsForTimes() is the first offset at or after a time, undefined where there is none', async () => {
    const consumer = consumers.create(mode)
    const ask = async (partition: number, timestamp: number): Promise<number | undefined> =>
      (await consumer.offsetsForTimes([{ ...at(partition), timestamp }]))[0]?.offset
    expect(await ask(0, 0)).toBe(0)
    expect(await ask(0, 4000)).toBe(3)
    expect(await ask(0, 4001)).toBe(4)
    expect(await ask(0, 10_001)).toBeUndefined()
    expect(await ask(1, 0)).toBeUndefined()
    expect(await ask(2, 0)).toBe(LOW[2])
    const together = await consumer.offsetsForTimes([
      { ...at(0), timestamp: 2000 },
      { ...at(2), timestamp: 5000 },
    ])
    expect(together.map(({ partition, offset }) => [partition, offset])).toEqual([
      [0, 1],
      [2, 4],
    ])
  })
})
