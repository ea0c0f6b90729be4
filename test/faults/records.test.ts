// Records that are not there any more, that are damaged or larger than asked for: what each mode's user sees of them.
import { readdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { CorruptRecordError, type KafkaError, OffsetError } from '../../lib/errors'
import { MODES } from '../helpers/consumer'
import { produce, seed } from '../helpers/produce'
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
    if (mode !== 'legacy') expect(failure).toMatchObject({ topic, partition: 0 })
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
    const [broker] = kafka.cluster.brokers
    if (broker === undefined) throw new Error('no broker')
    // Cleanly, or it would look for damage as it starts.
    await broker.kill('SIGTERM')
    await damage(join(broker.logFile, '..', `data-${broker.nodeId}`, `${topic}-0`))
    await broker.restart()
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

/** Changes a byte of a value in the second of three batches. */
async function damage(directory: string): Promise<void> {
  const name = readdirSync(directory).find((each) => each.endsWith('.log'))
  if (name === undefined) throw new Error(`no log in ${directory}`)
  const file = await open(join(directory, name), 'r+')
  try {
    const bytes = await file.readFile()
    const header = 12
    const second = header + bytes.readInt32BE(8)
    const third = second + header + bytes.readInt32BE(second + 8)
    await file.write(Buffer.from([~(bytes[third - 20] as number)]), 0, 1, third - 20)
  } finally {
    await file.close()
  }
}
