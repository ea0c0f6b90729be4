// What commits commit and how they are reported; seeks.
import { KafkaConsumer as Class } from '../../../lib/drop-in/kafka-consumer'
import { arrive, coded, fakes, onMade, settle, thrown, watch, type Consumer, type FakeAddon } from './support/fake'

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
const T0 = { topic: 't', partition: 0 }
const T1 = { topic: 't', partition: 1 }

let consumer: Consumer
let fake: FakeAddon

function make(conf: object = {}): void {
  consumer = new KafkaConsumer({
    'group.id': 'g',
    'performance.tier': 'standard',
    'enable.auto.commit': false,
    ...conf,
  })
}

async function connected(conf: object = {}): Promise<void> {
  make(conf)
  consumer.connect()
  await settle()
  fake = fakes.at(-1) as FakeAddon
}

afterEach(async () => {
  jest.useRealTimers()
  mockThrown.length = 0
  onMade.call = () => undefined
  if (consumer.isConnected() !== true) return
  consumer.disconnect()
  await settle()
})

async function read(count: number, offset = 0): Promise<void> {
  consumer.consume(count, () => undefined)
  arrive(fake, count, offset)
  await settle()
}

describe('commits', () => {
  it('go on, never back, and not twice', async () => {
    await connected({ offset_commit_cb: true })
    const told = watch(consumer, 'offset.commit')
    consumer.assign([T0, T1])
    await read(3)
    consumer.commit()
    await settle()
    consumer.commit(null)
    await settle()
    consumer.commit({ ...T0, offset: 9 })
    await read(2, 3)
    consumer.commit()
    await settle()
    expect(fake.callsOf('commit')).toEqual([[['t', 0, 3, -1, '']], [['t', 0, 9, -1, '']]])
    expect(told).toEqual([
      ['offset.commit', undefined, [{ ...T0, offset: 3 }, T1]],
      ['offset.commit', coded(-168), [T0, T1]],
      ['offset.commit', undefined, [{ ...T0, offset: 9 }]],
      ['offset.commit', coded(-168), [T0, T1]],
    ])
  })

  it('report what failed, to a function, too', async () => {
    const told: unknown[] = []
    await connected({
      offset_commit_cb(this: unknown, error: { code: number } | undefined, offsets: unknown) {
        told.push(this === consumer, error?.code, offsets)
      },
    })
    fake.failures.set('commit', Object.assign(new Error('refused'), { code: 22 }))
    consumer.commit({ ...T0, offset: 3 })
    await settle()
    fake.failures.set('commit', new Error('no code'))
    consumer.commit([{ ...T0, offset: 3 }])
    await settle()
    fake.commitResult = (offsets) => [...offsets.slice(0, 5), 3, ...offsets.slice(5, 10), 0]
    consumer.commit([
      { ...T0, offset: 3 },
      { ...T1, offset: 4 },
    ])
    await settle()
    expect(told).toEqual([
      ...[true, 22, [{ ...T0, offset: 3 }]],
      ...[true, -1, [{ ...T0, offset: 3 }]],
      ...[
        true,
        3,
        [
          { ...T0, offset: 3 },
          { ...T1, offset: 4 },
        ],
      ],
    ])
  })

  it('block when they are told to', async () => {
    await connected({ offset_commit_cb: true })
    const told = watch(consumer, 'offset.commit')
    consumer.assign([T0])
    expect(consumer.commitSync({ ...T0, offset: 3 })).toBe(consumer)
    fake.commitSyncCode = 25
    expect(thrown(() => consumer.commitSync({ ...T0, offset: 4 }))).toEqual(coded(25))
    expect(thrown(() => consumer.commitSync())).toEqual(coded(-168))
    await settle()
    expect(told.map(([, error]) => (error as { code: number } | undefined)?.code)).toEqual([undefined, 25, -168])
  })

  it('happen by themselves, unless the interval is 0', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] })
    for (const intervalMs of [50, 0]) {
      await connected({ 'enable.auto.commit': true, 'auto.commit.interval.ms': intervalMs })
      consumer.assign([T0])
      await read(3)
      jest.advanceTimersByTime(60)
      expect(fake.callsOf('commit')).toHaveLength(intervalMs === 0 ? 0 : 1)
      consumer.disconnect()
      await settle()
    }
  })

  it('by themselves wait for the one before, but not when partitions are given back', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] })
    await connected({ 'enable.auto.commit': true, 'auto.commit.interval.ms': 50 })
    consumer.assign([T0])
    const answers: (() => void)[] = []
    const sent: unknown[] = []
    jest.spyOn(fake, 'commit').mockImplementation((offsets) => {
      sent.push(offsets[2])
      return new Promise((resolve) => {
        answers.push(() => {
          resolve(fake.commitResult(offsets))
        })
      })
    })
    const answered = async (): Promise<void> => {
      for (const answer of answers.splice(0)) answer()
      await settle()
    }
    await read(3)
    jest.advanceTimersByTime(60)
    await read(2, 3)
    jest.advanceTimersByTime(600)
    expect(sent).toEqual([3])
    await answered()
    jest.advanceTimersByTime(60)
    expect(sent).toEqual([3, 5])
    await read(2, 5)
    consumer.unassign()
    expect(sent).toEqual([3, 5, 7])
    await answered()
  })

  it('carry the leader epoch of what was read', async () => {
    await connected()
    consumer.assign([T0])
    consumer.consume(1, () => undefined)
    arrive(fake, 1, 0, { leaderEpoch: 7 })
    await settle()
    consumer.commitSync()
    expect(fake.callsOf('commitSync')).toEqual([[['t', 0, 1, 7, '']]])
  })

  it('take offsets that are stored by hand', async () => {
    await connected({ 'enable.auto.offset.store': false })
    expect(thrown(() => consumer.offsetsStore([T0]))).toEqual(coded(-172))
    consumer.subscribe(['t'])
    consumer.assign([T0])
    expect(thrown(() => consumer.offsetsStore([T1]))).toEqual(coded(-190))
    expect(consumer.offsetsStore([{ ...T0, offset: -5 }, T1])).toBe(0)
    expect(consumer.offsetsStore([{ ...T0, offset: 4 }])).toBe(0)
    consumer.commitSync()
    expect(fake.callsOf('commitSync')).toEqual([[['t', 0, 4, -1, '']]])
  })
})

describe('a seek', () => {
  it('is tried again while the partition is starting, and told when it is not assigned', async () => {
    await connected()
    consumer.assign([T0])
    const called: unknown[] = []
    const seek = async (target: object, timeoutMs: number | null, ...codes: number[]): Promise<unknown> => {
      fake.seekCodes.push(...codes)
      return new Promise((resolve) =>
        consumer.seek(target, timeoutMs, (error?: { code: number }) => resolve(error?.code)),
      )
    }
    called.push(await seek({ ...T0, offset: 1 }, 500, -172, -172, 0))
    called.push(await seek({ ...T0, offset: 1 }, null, ...Array.from({ length: 9 }, () => -172)))
    fake.seekCodes.length = 0
    called.push(await seek({ ...T0, offset: 1 }, 500, -190))
    called.push(await seek({ ...T1, offset: 1 }, 500, -190))
    called.push(await seek({ ...T1, offset: 1 }, 500, -172))
    // It was given back meanwhile.
    called.push(await seek({ ...T1, offset: 1 }, 500, 0))
    expect(called).toEqual([undefined, -172, -190, -172, -172, undefined])
  })

  it('without an offset is refused before librdkafka drops what it has of the partition', async () => {
    await connected()
    consumer.assign([T0])
    const refusal = (target: object): Promise<unknown> =>
      new Promise((resolve) => consumer.seek(target, 100, (error?: { code: number }) => resolve(error?.code)))
    expect([await refusal(T0), await refusal({ ...T0, offset: 'stored' }), await refusal(T1)]).toEqual([
      -186, -186, -172,
    ])
    expect(fake.callsOf('seek')).toEqual([])
  })

  it('leaves what was read before to be committed', async () => {
    await connected()
    consumer.assign([T0])
    await read(3)
    await new Promise((resolve) => consumer.seek({ ...T0, offset: 1 }, 100, resolve))
    consumer.commit()
    expect(fake.callsOf('commit')).toEqual([[['t', 0, 3, -1, '']]])
  })
})
