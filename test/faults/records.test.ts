// Records that are not there any more, that are damaged or larger than asked for: what each mode's user sees of them.
import { readdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { CorruptRecordError, type KafkaError, OffsetError } from '../../lib/errors'
import { MODES, TIERS } from '../helpers/consumer'
import { produce, seed } from '../helpers/produce'
import { batchEnd, recordCount } from '../helpers/record-batches'
import { createTopic, deleteRecords, uniqueName } from '../helpers/topics'
import { useOwnKafka } from './support/own-kafka'
import type { Watched } from './support/watched'

const kafka = useOwnKafka({ ownProcesses: true }, { 'fetch.error.backoff.ms': 50 })
const { at, watch } = kafka

describe('an offset that is not in the log any more', () => {
  const COUNT = 100
  const FIRST = 60
  let topic: string

  beforeAll(async () => {
    topic = await createTopic({ prefix: 'gone', ...at() })
    await seed(topic, { count: COUNT, size: 50, partitions: 1, ...at() })
    await deleteRecords(topic, { 0: FIRST }, at())
  })

  it.each(MODES)('%s: earliest goes on at the first there is', async (mode) => {
    const watched = watch(mode, { config: { 'auto.offset.reset': 'earliest' } })
    watched.consumer.assign([{ topic, partition: 0, offset: 10 }])
    watched.read()
    await watched.waitForDistinct(COUNT - FIRST)
    expect(watched.processed.get(0)?.[0]).toBe(FIRST)
    await watched.close()
  })

  it.each(MODES)('%s: latest goes on with what comes next', async (mode) => {
    const own = await createTopic({ prefix: 'gone', ...at() })
    await seed(own, { count: COUNT, size: 50, partitions: 1, ...at() })
    await deleteRecords(own, { 0: FIRST }, at())
    const watched = watch(mode, { config: { 'auto.offset.reset': 'latest' } })
    watched.consumer.assign([{ topic: own, partition: 0, offset: 10 }])
    watched.read()
    // It begins at the end as soon as it has heard that there is nothing to begin at.
    let sequence = COUNT
    while (watched.count === 0) {
      await seed(own, { count: 1, size: 50, partitions: 1, firstSequence: sequence++, ...at() })
      if (sequence > COUNT + 500) throw new Error('nothing came')
    }
    expect(watched.processed.get(0)?.[0]).toBeGreaterThanOrEqual(COUNT)
    await watched.close()
  })

  it.each(MODES)('%s: error ends the iteration with an error that says where', async (mode) => {
    const watched = watch(mode, { config: { 'auto.offset.reset': 'error' } })
    watched.consumer.assign([{ topic, partition: 0, offset: 10 }])
    watched.read()
    const failure = (await watched.ended()) as KafkaError
    expect(failure).toBeInstanceOf(OffsetError)
    expect(failure.code).toBe('ERR__AUTO_OFFSET_RESET')
    // node-rdkafka does not say which partition.
    if (mode !== 'legacy') {
      expect(failure).toMatchObject({ topic, partition: 0, fatal: false })
      // Until the user says where to go on.
      watched.read()
      expect(await watched.ended()).toBe(failure)
      await watched.consumer.seek({ topic, partition: 0, offset: FIRST })
      watched.read()
      await watched.waitForDistinct(COUNT - FIRST)
    }
    await watched.close()
  })
})

describe('a record that is damaged on the disk', () => {
  const BATCH = 10
  let topic: string

  beforeAll(async () => {
    topic = await createTopic({ prefix: 'damaged', ...at() })
    // Read from a wrong place, each could pass for the beginning of a batch far ahead.
    const values = Array.from({ length: BATCH }, () => ({ value: 'a'.repeat(50) }))
    for (let batch = 0; batch < 3; batch++) await produce(topic, values, at())
    await damage(topic, (log) => {
      const position = batchEnd(log, batchEnd(log, 0)) - 20
      return { position, bytes: [~(log[position] as number)] }
    })
  }, 60_000)

  it.each(MODES)('%s with check.crcs: it ends the iteration with its place, and is never delivered', async (mode) => {
    const watched = watch(mode, { config: { 'check.crcs': true } })
    watched.consumer.assign([{ topic, partition: 0, offset: 0 }])
    watched.read()
    const failure = await watched.ended()
    expect(watched.processed.get(0)).toEqual([...Array(BATCH).keys()])
    expect(failure).toBeInstanceOf(CorruptRecordError)
    if (mode !== 'legacy') {
      expect(failure).toMatchObject({ code: 'ERR__BAD_MSG', topic, partition: 0, offset: BATCH, fatal: false })
      // As long as nobody says where to go on, it is told of again and not passed over.
      for (let time = 0; time < 5; time++) {
        watched.read()
        expect(await watched.ended()).toMatchObject({ code: 'ERR__BAD_MSG', partition: 0, offset: BATCH })
      }
      await watched.consumer.seek({ topic, partition: 0, offset: 2 * BATCH })
      watched.read()
      await watched.waitForDistinct(2 * BATCH)
      expect(watched.processed.get(0)?.slice(BATCH)).toEqual(Array.from({ length: BATCH }, (_, i) => 2 * BATCH + i))
      expect(watched.warnings()).toEqual([])
    }
    await watched.close()
  })
})

describe('a batch that cannot be read on in its middle', () => {
  const COUNT = 3000
  /** librdkafka hands over what it read a thousand at a time: this one follows directly. */
  const DAMAGED = 2000
  let topic: string

  beforeAll(async () => {
    topic = await createTopic({ prefix: 'damaged', ...at() })
    await produce(
      topic,
      Array.from({ length: COUNT }, () => ({ value: 'a'.repeat(50) })),
      at(),
    )
    await damage(topic, (log) => {
      const length = varintAt(log, recordAt(log, DAMAGED))
      const timestamp = varintAt(log, length.end + 1)
      // Of its key, larger than any batch.
      return { position: varintAt(log, timestamp.end).end, bytes: [0xfe, 0xff, 0xff, 0x7f] }
    })
  }, 60_000)

  // Without a tier it is librdkafka as node-rdkafka has it: it says nothing, and waits for ever.
  it.each(TIERS)('%s: what precedes the damage comes once, then an error with its place', async (tier) => {
    const watched = watch(tier)
    watched.consumer.assign([{ topic, partition: 0, offset: 0 }])
    for (let time = 0; time < 2; time++) {
      watched.read()
      const failure = await watched.ended()
      expect(failure).toBeInstanceOf(CorruptRecordError)
      expect(failure).toMatchObject({ code: 'ERR__BAD_MSG', topic, partition: 0, offset: DAMAGED, fatal: false })
    }
    expect(watched.processed.get(0)).toEqual([...Array(DAMAGED).keys()])
    await watched.close()
  })
})

describe('a message that is larger than what is asked for at a time', () => {
  const LARGE = 3 << 20

  it.each(MODES)('%s: fetch.message.max.bytes does not keep it from coming', async (mode) => {
    const topic = await createTopic({ prefix: 'large', ...at() })
    await produce(topic, [{ value: 'before' }, { value: Buffer.alloc(LARGE, 1) }, { value: 'after' }], at())
    const watched = watch(mode, { config: { 'fetch.message.max.bytes': 1000 } })
    watched.consumer.assign([{ topic, partition: 0, offset: 0 }])
    watched.read()
    await watched.waitForDistinct(3)
    expect(watched.warnings()).toEqual([])
    await watched.close()
  })

  it.each(MODES)(
    '%s: above receive.message.max.bytes it is told of within seconds, once, with what to raise',
    async (mode) => {
      const topic = await createTopic({ prefix: 'large', ...at() })
      await produce(topic, [{ value: Buffer.alloc(LARGE, 1) }], at())
      const config = {
        'receive.message.max.bytes': 1_000_512,
        'fetch.max.bytes': 1_000_000,
        'message.max.bytes': 1_000_000,
      }
      const watched = watch(mode, { groupId: uniqueName('large'), config })
      watched.consumer.assign([{ topic, partition: 0, offset: 0 }])
      watched.read()
      await watched.waitForEvent('warning')
      // Asked for again and again, it must not be told of as often.
      const reader: Watched = watched
      await new Promise((resolve) => setTimeout(resolve, 2000))
      expect(reader.warnings().length).toBeLessThanOrEqual(4)
      if (mode !== 'legacy') expect(reader.warnings().map(String).join()).toMatch(/receive\.message\.max\.bytes/)
      await watched.close()
    },
  )
})

/** Writes to the log of the topic's only partition while its broker does not run. */
async function damage(topic: string, where: (log: Buffer) => { position: number; bytes: number[] }): Promise<void> {
  const [broker] = kafka.cluster.brokers
  if (broker === undefined) throw new Error('no broker')
  // Cleanly, or it would look for damage as it starts.
  await broker.kill('SIGTERM')
  const directory = join(broker.logFile, '..', `data-${broker.nodeId}`, `${topic}-0`)
  const name = readdirSync(directory).find((each) => each.endsWith('.log'))
  if (name === undefined) throw new Error(`no log in ${directory}`)
  const file = await open(join(directory, name), 'r+')
  try {
    const { position, bytes } = where(await file.readFile())
    await file.write(Buffer.from(bytes), 0, bytes.length, position)
  } finally {
    await file.close()
  }
  await broker.restart()
}

/** Where the records begin in a batch. */
const RECORDS = 61

/** Where the record with this offset begins, in a log that begins with offset 0 and is not compressed. */
function recordAt(log: Buffer, offset: number): number {
  let batch = 0
  let index = offset
  for (; index >= recordCount(log, batch); batch = batchEnd(log, batch)) index -= recordCount(log, batch)
  let position = batch + RECORDS
  for (; index > 0; index--) {
    const length = varintAt(log, position)
    position = length.end + length.value
  }
  return position
}

function varintAt(log: Buffer, start: number): { value: number; end: number } {
  let [bits, shift, end] = [0, 0, start]
  for (let byte = 0x80; byte >= 0x80; shift += 7) {
    byte = log[end++] as number
    bits |= (byte & 0x7f) << shift
  }
  return { value: (bits >>> 1) ^ -(bits & 1), end }
}
