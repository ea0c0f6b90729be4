// How rows, ends of partitions and errors come to listeners of a flow, and when they count as processed.
import { EventKind } from '../../../lib/binding'
import { KafkaConsumer as Class } from '../../../lib/drop-in/kafka-consumer'
import { PlainMessages } from '../../../lib/drop-in/plain-message'
import { arrive, fakes, settle, type Consumer, type FakeAddon, type Message } from './support/fake'

jest.mock('../../../lib/binding', () =>
  jest
    .requireActual<{ withFakes: (actual: unknown) => object }>('./support/fake')
    .withFakes(jest.requireActual('../../../lib/binding')),
)
jest.mock('../../../lib/drop-in/node-rdkafka', () => ({ nodeRdkafka: () => undefined }))
const mockThrown: unknown[] = []
jest.mock('../../../lib/drop-in/errors', () => ({
  ...jest.requireActual<object>('../../../lib/drop-in/errors'),
  throwOutside: (error: unknown) => mockThrown.push(error),
}))

const KafkaConsumer = Class as unknown as new (conf: object, topicConf?: object) => Consumer
const ASSIGNMENT = [{ topic: 't', partition: 0, offset: 0 }]
const MAX_POLL_EXCEEDED = -147
const UNKNOWN_TOPIC = 3

let consumer: Consumer
let fake: FakeAddon

async function connected(conf: object = {}): Promise<void> {
  consumer = new KafkaConsumer({ 'group.id': 'g', 'performance.tier': 'buffered:4', ...conf })
  consumer.connect()
  await settle()
  fake = fakes.at(-1) as FakeAddon
  consumer.assign(ASSIGNMENT)
}

afterEach(async () => {
  mockThrown.length = 0
  if (consumer.isConnected() !== true) return
  consumer.disconnect()
  await settle()
})

/** Offsets that came by 'data'. */
function data(): number[] {
  const offsets: number[] = []
  consumer.on('data', ({ offset }: Message) => offsets.push(offset))
  return offsets
}

/** What the next commit of what is stored would commit. */
const stored = (): unknown => consumer._tier.session?.commits.stored()
const at = (offset: number): unknown[] => [{ topic: 't', partition: 0, offset }]

function end(offset: number): void {
  fake.giveEvent([EventKind.PartitionEof, 't', 0, offset, fake.epoch])
}

function fail(code: number): void {
  fake.giveEvent([EventKind.ConsumerError, code, 'words', false, false, 't', 0, -1])
}

describe('a flow', () => {
  it('gives every message to the listeners, and to the callback', async () => {
    await connected()
    const offsets = data()
    const called: unknown[] = []
    consumer.consume((error: unknown, { offset }: Message) => called.push([error, offset]))
    arrive(fake, 3)
    await settle()
    expect(offsets).toEqual([0, 1, 2])
    expect(called).toEqual([0, 1, 2].map((offset) => [null, offset]))
    expect(stored()).toEqual(at(3))
  })

  it('lets the event loop turn', async () => {
    await connected()
    const offsets = data()
    consumer.on('data', () => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    })
    consumer.consume()
    arrive(fake, 30)
    // The first time it has yet to learn how slow they are.
    await settle(1)
    const counts: number[] = []
    while (offsets.length < 30) {
      const before = offsets.length
      await settle(1)
      counts.push(offsets.length - before)
    }
    expect(Math.max(...counts)).toBeLessThan(5)
  })

  it('goes on after a listener that throws, whose message counts no more than the ones before it', async () => {
    await connected()
    const offsets = data()
    let before: unknown
    consumer.on('data', ({ offset }: Message) => {
      if (offset === 2) before = stored()
      if (offset === 1) throw new Error('thrown')
    })
    consumer.consume()
    arrive(fake, 3)
    await settle()
    expect(offsets).toEqual([0, 1, 2])
    expect(mockThrown).toEqual([new Error('thrown')])
    expect(before).toEqual(at(1))
  })

  it('neither loses nor counts a message that could not be made, and makes it later', async () => {
    await connected()
    const offsets = data()
    consumer.consume()
    arrive(fake, 1)
    await settle()
    const failing = jest.spyOn(PlainMessages.prototype, 'make').mockImplementation(() => {
      throw new Error('no memory')
    })
    arrive(fake, 2, 1)
    await settle()
    failing.mockRestore()
    expect(mockThrown[0]).toEqual(new Error('no memory'))
    expect(stored()).toEqual(at(1))
    expect(consumer.position()).toEqual([{ offset: 1, partition: 0, topic: 't' }])
    await settle()
    expect(offsets).toEqual([0, 1, 2])
    expect(stored()).toEqual(at(3))
  })

  it('counts a message when its listener has returned, or commits itself', async () => {
    await connected()
    const seen: unknown[] = []
    consumer.on('data', ({ offset }: Message) => {
      seen.push(stored())
      if (offset === 1) consumer.commitSync()
      seen.push(stored())
    })
    consumer.consume()
    arrive(fake, 2)
    await settle()
    expect(seen).toEqual([[], [], at(1), []])
    expect(fake.callsOf('commitSync')).toEqual([[['t', 0, 2, -1, '']]])
  })

  it('does not count messages where the user stores offsets', async () => {
    await connected({ 'enable.auto.offset.store': false })
    consumer.on('data', () => undefined)
    consumer.consume()
    arrive(fake, 2)
    await settle()
    expect(stored()).toEqual([])
    consumer.subscribe(['t'])
    expect(consumer.offsetsStore(at(2))).toBe(0)
    expect(stored()).toEqual(at(2))
  })

  it('tells of ends, of topics that are not there, and of errors, and goes on', async () => {
    await connected()
    const told: unknown[] = []
    for (const name of ['partition.eof', 'warning', 'event.error']) {
      consumer.on(name, (value: { code?: number }) => told.push([name, value.code ?? value]))
    }
    consumer.consume((error: { code: number } | null) => told.push(error?.code ?? 'message'))
    end(0)
    fail(UNKNOWN_TOPIC)
    fail(29)
    fail(MAX_POLL_EXCEEDED)
    arrive(fake, 1)
    await settle()
    expect(told).toEqual([
      ['partition.eof', { topic: 't', offset: 0, partition: 0 }],
      ['warning', UNKNOWN_TOPIC],
      ['warning', 29],
      MAX_POLL_EXCEEDED,
      ['event.error', MAX_POLL_EXCEEDED],
      'message',
    ])
  })

  it('tells of a fatal error by its code, and why it is one', async () => {
    await connected()
    const told: unknown[] = []
    consumer.on('event.error', (error: unknown) => told.push(error))
    consumer.consume((error: unknown) => told.push(error))
    fake.giveEvent([EventKind.ConsumerError, 82, 'fenced by another', true, false, null, -1, -1])
    fake.ringRows()
    await settle()
    const fatal: unknown = expect.objectContaining({
      code: -150,
      errno: -150,
      message: 'fenced by another',
      isFatal: true,
    })
    expect(told).toEqual([fatal, fatal])
  })

  it('tells of no errors by events where event_cb is false', async () => {
    await connected({ event_cb: false })
    const told: unknown[] = []
    consumer.on('event.error', (error: unknown) => told.push(error))
    consumer.consume()
    fail(MAX_POLL_EXCEEDED)
    fake.ringRows()
    await settle()
    expect(told).toEqual([])
  })

  it('keeps what listeners of ends throw from stopping it', async () => {
    await connected()
    const offsets = data()
    consumer.on('partition.eof', () => {
      throw new Error('at the end')
    })
    consumer.consume()
    end(0)
    arrive(fake, 1)
    await settle()
    expect(offsets).toEqual([0])
    expect(mockThrown).toEqual([new Error('at the end')])
  })

  it('stops at disconnect(), which a listener may call', async () => {
    await connected()
    const offsets = data()
    const ended: unknown[] = []
    consumer.on('data', ({ offset }: Message) => {
      if (offset === 1) consumer.disconnect((error: unknown) => ended.push(error))
    })
    consumer.consume()
    arrive(fake, 4)
    await settle(10)
    expect(offsets).toEqual([0, 1])
    expect(ended).toEqual([null])
    // Nothing comes any more, and nobody is refused.
    consumer.connect()
    await settle()
    consumer.disconnect()
    expect(() => consumer.consume()).not.toThrow()
    await settle()
  })
})

describe('without anybody who asks', () => {
  it('rows stay where they are, and rebalances are answered', async () => {
    await connected()
    fake.give([])
    arrive(fake, 2)
    await settle()
    expect(fake.queued).toBe(0)
    arrive(fake, 2, 2)
    expect(fake.queued).toBe(1)
    fake.giveRebalance('revoke', [{ topic: 't', partition: 0 }])
    fake.ringRows()
    expect(fake.callsOf('unassign')).toHaveLength(1)
  })

  it('messages of a paused partition are held until it is resumed', async () => {
    await connected()
    const offsets = data()
    consumer.pause(ASSIGNMENT)
    consumer.consume()
    arrive(fake, 2)
    await settle()
    expect(offsets).toEqual([])
    consumer.resume(ASSIGNMENT)
    await settle()
    expect(offsets).toEqual([0, 1])
  })

  it('positions are known of many partitions', async () => {
    await connected()
    const many = Array.from({ length: 70 }, (_, partition) => ({ topic: 't', partition, offset: 0 }))
    consumer.assign(many)
    consumer.consume()
    for (const { partition } of many) fake.slot('t', partition)
    arrive(fake, 1, 4, { partition: 69 })
    await settle()
    expect(consumer.position([{ topic: 't', partition: 69 }])).toEqual([{ offset: 5, partition: 69, topic: 't' }])
    expect(consumer.position([{ topic: 't', partition: 3 }])).toEqual([{ partition: 3, topic: 't' }])
  })
})
