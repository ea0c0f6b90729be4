// consume(n, callback): when it ends, what it is called back with, and when that counts as processed.
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

const offsetsOf = (messages: readonly Message[]): number[] => messages.map(({ offset }) => offset)

/** `consume(count)`: what it was called back with. */
function read(count: number): [error: unknown, offsets: number[] | undefined][] {
  const calls: [unknown, number[] | undefined][] = []
  consumer.consume(count, (error: unknown, messages: Message[] | undefined) =>
    calls.push([error, messages === undefined ? undefined : offsetsOf(messages)]),
  )
  return calls
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

describe('a read', () => {
  it('ends when it has as many as it asked for', async () => {
    await connected()
    const first = read(2)
    const second = read(2)
    arrive(fake, 5)
    await settle()
    expect([first, second]).toEqual([[[null, [0, 1]]], [[null, [2, 3]]]])
    expect(stored()).toEqual(at(4))
    expect(consumer.position()).toEqual([{ offset: 4, partition: 0, topic: 't' }])
  })

  it('ends after its timeout with what it has', async () => {
    await connected()
    consumer.setDefaultConsumeTimeout(30)
    const none = read(2)
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(none).toEqual([[null, []]])
    const some = read(9)
    arrive(fake, 2)
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(some).toEqual([[null, [0, 1]]])
  })

  it('takes what has come by the end of its timeout, however late the loop is', async () => {
    await connected()
    consumer.setDefaultConsumeTimeout(5)
    const calls = read(4)
    fake.give([], [])
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30)
    arrive(fake, 4)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(calls).toEqual([[null, [0, 1, 2, 3]]])
  })

  it.each([-1, 2 ** 33, Infinity])('with a timeout of %p waits for as long as that is', async (timeoutMs) => {
    await connected()
    consumer.setDefaultConsumeTimeout(timeoutMs)
    const calls = read(2)
    await new Promise((resolve) => setTimeout(resolve, 10))
    if (timeoutMs < 0) expect(calls).toEqual([])
    arrive(fake, 2)
    await settle()
    expect(calls).toHaveLength(1)
  })

  it('ends soon after the end of a partition when it has messages', async () => {
    await connected()
    consumer.setDefaultConsumeTimeout(5000)
    const order: unknown[] = []
    consumer.on('data', ({ offset }: Message) => order.push(offset))
    consumer.on('partition.eof', () => order.push('end'))
    end(0)
    fake.give([])
    const calls = read(9)
    arrive(fake, 2)
    end(2)
    fake.ringRows()
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(order).toEqual(['end', 0, 1, 'end'])
    expect(calls).toEqual([[null, [0, 1]]])
  })

  it('is told of ends and errors that came before it, once', async () => {
    await connected()
    end(0)
    end(0)
    fail(UNKNOWN_TOPIC)
    fail(UNKNOWN_TOPIC)
    fake.ringRows()
    await settle()
    const ends: unknown[] = []
    consumer.on('partition.eof', (eof: unknown) => ends.push(eof))
    consumer.setDefaultConsumeTimeout(10)
    const failed = read(1)
    await settle()
    expect(failed).toEqual([[expect.objectContaining({ code: UNKNOWN_TOPIC }), undefined]])
    const calls = read(1)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(calls).toEqual([[null, []]])
    expect(ends).toEqual([])
  })

  it('ends with what it has at an error, or with the error', async () => {
    await connected()
    const some = read(9)
    arrive(fake, 2)
    fail(MAX_POLL_EXCEEDED)
    fake.ringRows()
    await settle()
    expect(some).toEqual([[null, [0, 1]]])
    const none = read(9)
    fail(MAX_POLL_EXCEEDED)
    fake.ringRows()
    await settle()
    expect(none).toEqual([[expect.objectContaining({ code: MAX_POLL_EXCEEDED }), undefined]])
  })

  it('ends with a fatal error, which its code says it is', async () => {
    await connected()
    fake.giveEvent([EventKind.ConsumerError, 82, 'fenced by another', true, false, null, -1, -1])
    fake.ringRows()
    await settle()
    const calls = read(1)
    await settle()
    expect(calls).toEqual([
      [expect.objectContaining({ code: -150, message: 'fenced by another', isFatal: true }), undefined],
    ])
  })

  it('has every message, also one that could not be made at first', async () => {
    await connected()
    const calls = read(3)
    const failing = jest.spyOn(PlainMessages.prototype, 'make').mockImplementation(() => {
      throw new Error('no memory')
    })
    arrive(fake, 3)
    await settle()
    failing.mockRestore()
    await settle()
    expect(mockThrown[0]).toEqual(new Error('no memory'))
    expect(calls).toEqual([[null, [0, 1, 2]]])
  })

  it('counts its messages when the callback has returned, or commits itself', async () => {
    await connected()
    const seen: unknown[] = []
    consumer.on('data', ({ offset }: Message) => {
      seen.push(stored())
      if (offset !== 0) return
      consumer.commitSync()
    })
    consumer.consume(3, () => {
      seen.push(stored())
      consumer.commitSync()
    })
    arrive(fake, 3)
    await settle()
    // The first listener has the first message in hand, the callback all of them.
    expect(fake.callsOf('commitSync')).toEqual([[['t', 0, 1, -1, '']], [['t', 0, 3, -1, '']]])
    expect(seen).toEqual([[], [], [], []])
  })

  it('of a callback that throws does not count', async () => {
    await connected()
    consumer.consume(2, () => {
      throw new Error('thrown')
    })
    arrive(fake, 2)
    await settle()
    expect(mockThrown).toEqual([new Error('thrown')])
    expect(stored()).toEqual([])
  })

  it('loses what is given back or sought before it is called back, and the ends with it', async () => {
    await connected()
    consumer.setDefaultConsumeTimeout(5000)
    const order: unknown[] = []
    consumer.on('partition.eof', ({ offset }: { offset: number }) => order.push(offset))
    const calls = read(4)
    arrive(fake, 3)
    await settle()
    consumer.seek({ topic: 't', partition: 0, offset: 7 }, 100, () => undefined)
    await settle()
    arrive(fake, 4, 7)
    await settle()
    expect(calls).toEqual([[null, [7, 8, 9, 10]]])
    end(11)
    fake.ringRows()
    await settle()
    consumer.unassign()
    consumer.consume()
    await settle()
    expect(order).toEqual([])
  })

  it('is not told of an end that was met before a seek', async () => {
    await connected()
    const ends: number[] = []
    consumer.on('partition.eof', ({ offset }: { offset: number }) => ends.push(offset))
    end(10)
    consumer.seek({ topic: 't', partition: 0, offset: 7 }, 100, () => undefined)
    await settle()
    const calls = read(4)
    arrive(fake, 3, 7)
    end(11)
    arrive(fake, 1, 11)
    await settle()
    expect([calls, ends]).toEqual([[[null, [7, 8, 9, 11]]], [11]])
  })

  it('loses messages of one partition alone, and ends of partitions stay between the others', async () => {
    await connected()
    consumer.setDefaultConsumeTimeout(5000)
    consumer.assign([...ASSIGNMENT, { topic: 't', partition: 1, offset: 0 }])
    const order: unknown[] = []
    consumer.on('data', ({ partition, offset }: Message) => order.push([partition, offset]))
    consumer.on('partition.eof', ({ partition }: { partition: number }) => order.push(`end of ${partition}`))
    const calls = read(5)
    arrive(fake, 2)
    arrive(fake, 2, 0, { partition: 1 })
    fake.giveEvent([EventKind.PartitionEof, 't', 1, 2, fake.epoch])
    fake.ringRows()
    consumer.incrementalUnassign(ASSIGNMENT)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(order).toEqual([[1, 0], [1, 1], 'end of 1'])
    expect(calls).toEqual([[null, [0, 1]]])
  })

  it('gives no more of a partition that a listener gives back in the middle of it', async () => {
    await connected()
    const offsets = data()
    consumer.on('data', ({ offset }: Message) => {
      if (offset === 1) consumer.unassign()
    })
    const calls = read(4)
    arrive(fake, 4)
    await settle()
    expect(offsets).toEqual([0, 1])
    expect(calls).toEqual([[null, [0, 1]]])
  })

  it('ends at disconnect() with what it has; later ones have an error', async () => {
    await connected()
    const calls = read(9)
    arrive(fake, 2)
    await settle()
    consumer.disconnect()
    const late = read(1)
    await settle()
    expect(calls).toEqual([[null, [0, 1]]])
    expect(late).toEqual([
      [expect.objectContaining({ code: -172, message: 'KafkaConsumer is not connected' }), undefined],
    ])
  })

  it('may be made inside the callback of another', async () => {
    await connected()
    const seen: number[][] = []
    const again = (_error: unknown, messages: Message[]): void => {
      seen.push(offsetsOf(messages))
      if (seen.length < 3) consumer.consume(2, again)
    }
    consumer.consume(2, again)
    arrive(fake, 6)
    await settle()
    expect(seen).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ])
  })
})
