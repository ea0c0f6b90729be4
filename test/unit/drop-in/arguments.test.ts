// Arguments that are few, odd or wrong, in each state: what node-rdkafka takes is taken, what it refuses is refused.
import { KafkaConsumer as Class } from '../../../lib/drop-in/kafka-consumer'
import { toAssigned, toToppars } from '../../../lib/drop-in/toppar'
import { coded, fakes, settle, thrown, type Consumer, type FakeAddon } from './support/fake'

jest.mock('../../../lib/binding', () =>
  jest
    .requireActual<{ withFakes: (actual: unknown) => object }>('./support/fake')
    .withFakes(jest.requireActual('../../../lib/binding')),
)
jest.mock('../../../lib/drop-in/node-rdkafka', () => ({ nodeRdkafka: () => undefined }))

const KafkaConsumer = Class as unknown as new (conf: object, topicConf?: object) => Consumer
const T0 = { topic: 't', partition: 0 }

let consumer: Consumer
let fake: FakeAddon

function make(conf: object = {}): void {
  consumer = new KafkaConsumer({ 'group.id': 'g', 'performance.tier': 'standard', ...conf })
}

async function connected(): Promise<void> {
  make()
  consumer.connect(null)
  await settle()
  fake = fakes.at(-1) as FakeAddon
}

afterEach(async () => {
  if (consumer.isConnected() !== true) return
  consumer.disconnect()
  await settle()
})

/** What the callback of a call is called with. */
async function called(call: (callback: (...values: unknown[]) => void) => unknown): Promise<unknown[][]> {
  const calls: unknown[][] = []
  call((...values) => calls.push(values))
  await settle()
  return calls
}

const DISCONNECTED = new Error('Client is disconnected')

describe('a consumer that is not connected', () => {
  beforeEach(() => {
    make()
  })

  it('refuses what needs a connection', () => {
    for (const method of ['pause', 'resume', 'offsetsStore', 'getWatermarkOffsets']) {
      expect([method, thrown(() => (consumer as unknown as Record<string, () => unknown>)[method]?.())]).toEqual([
        method,
        DISCONNECTED,
      ])
    }
    for (const call of [() => consumer.assignments(), () => consumer.position(), () => consumer.subscribe(['t'])]) {
      expect(thrown(call)).toEqual(coded(-172))
    }
    expect(thrown(() => consumer.assign([T0]))).toEqual(new Error('Local: Erroneous state'))
    expect(thrown(() => consumer.unassign())).toEqual(new Error('KafkaConsumer is disconnected'))
    expect(thrown(() => consumer.commit())).toEqual(new Error('KafkaConsumer is disconnected'))
    expect(thrown(() => consumer.consume())).toEqual(new Error('Connect must be called before consume'))
    expect(thrown(() => consumer.incrementalAssign([T0]))).toEqual({
      message: 'KafkaConsumer is disconnected',
      code: -172,
    })
    expect(thrown(() => consumer.incrementalUnassign([T0]))).toEqual({ message: 'Local: Erroneous state', code: -172 })
    expect(consumer.rebalanceProtocol()).toBe('NONE')
    consumer.unsubscribe()
  })

  it('calls back with an error, where it is given a callback', async () => {
    const errors = [
      ...(await called((cb) => consumer.getMetadata({}, cb))),
      ...(await called((cb) => consumer.queryWatermarkOffsets('t', 0, 100, cb))),
      ...(await called((cb) => consumer.offsetsForTimes([T0], 100, cb))),
    ]
    expect(errors).toEqual([[DISCONNECTED], [DISCONNECTED], [DISCONNECTED]])
    expect(consumer.queryWatermarkOffsets('t', 0, 100)).toBeUndefined()
    expect(consumer.offsetsForTimes([T0], 100)).toBeUndefined()
    expect(thrown(() => consumer.getMetadata({}))).toEqual(new TypeError('cb is not a function'))
    expect(await called((cb) => consumer.committed([T0], 100, cb))).toEqual([[coded(-172)]])
    expect(await called((cb) => consumer.seek(T0, 100, cb))).toEqual([[coded(-172)]])
    expect(await called((cb) => consumer.consume(1, cb))).toEqual([[coded(-172)]])
  })
})

describe('consume', () => {
  beforeEach(connected)

  it('flows when it is given no number', () => {
    for (const values of [[], [0], [null], [undefined], [NaN, () => undefined], [() => undefined]]) {
      expect(thrown(() => (consumer.consume(...values), consumer.consume()))).toEqual(
        new Error('Consume was already called'),
      )
    }
  })

  it('refuses callbacks and numbers that are none', () => {
    expect(thrown(() => consumer.consume(1, 'no'))).toEqual(new TypeError('Callback must be a function'))
    expect(thrown(() => consumer.consume(1, null))).toEqual(new TypeError('Callback must be a function'))
    for (const values of [
      ['5', () => undefined],
      [0, 'no'],
    ]) {
      expect(thrown(() => consumer.consume(...values))).toEqual(new Error('Need to specify a callback'))
    }
  })

  it('has the default timeout where it was set to none', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] })
    consumer.setDefaultConsumeTimeout(undefined)
    const calls: unknown[] = []
    consumer.consume(1, (...values: unknown[]) => calls.push(values))
    consumer.consume(1)
    jest.advanceTimersByTime(999)
    expect(calls).toEqual([])
    jest.advanceTimersByTime(2)
    await settle()
    expect(calls).toEqual([[null, []]])
    jest.useRealTimers()
  })
})

describe('questions', () => {
  beforeEach(connected)

  it('take timeouts as node-rdkafka does', async () => {
    for (const timeout of [undefined, null, 0]) {
      await called((cb) => consumer.queryWatermarkOffsets('t', 0, timeout, cb))
      await called((cb) => consumer.offsetsForTimes([T0], timeout, cb))
    }
    await called((cb) => consumer.queryWatermarkOffsets('t', 0, cb))
    await called((cb) => consumer.offsetsForTimes([T0], cb))
    await called((cb) => consumer.queryWatermarkOffsets('t', 0, 7.9, cb))
    expect(fake.callsOf('watermarks').map(([, , timeoutMs]) => timeoutMs)).toEqual([1000, 1000, 1000, 1000, 7])
    expect(fake.callsOf('offsetsForTimes').map(([, timeoutMs]) => timeoutMs)).toEqual([1000, 1000, 1000, 1000])
    await called((cb) => consumer.committed([T0], 'soon', cb))
    await called((cb) => consumer.committed([T0], -5, cb))
    await called((cb) => consumer.committed(9, cb))
    expect(fake.callsOf('committed').map(([, timeoutMs]) => timeoutMs)).toEqual([0, 0, 9])
  })

  it.each([-1, Infinity])('wait a minute where the timeout is %p', async (timeout) => {
    fake.calls.length = 0
    await called((cb) => consumer.queryWatermarkOffsets('t', 0, timeout, cb))
    await called((cb) => consumer.offsetsForTimes([T0], timeout, cb))
    await called((cb) => consumer.committed([T0], timeout, cb))
    await called((cb) => consumer.getMetadata({ timeout }, cb))
    consumer.disconnect()
    await settle()
    await called((cb) => consumer.connect({ timeout }, cb))
    const asked = [...fake.calls, ...(fakes.at(-1) as FakeAddon).calls]
    const timeouts = (name: string): unknown[] => asked.filter(([each]) => each === name).map((call) => call.at(-1))
    expect(['watermarks', 'offsetsForTimes', 'committed', 'metadata'].map(timeouts)).toEqual([
      [60_000],
      [60_000],
      [60_000],
      [60_000, 60_000],
    ])
  })

  it('take topics of metadata as node-rdkafka does', async () => {
    fake.calls.length = 0
    for (const options of [
      undefined,
      null,
      {},
      { topic: 't' },
      { topic: null, allTopics: false },
      { topic: '', allTopics: false },
      { topic: 't', allTopics: false, timeout: 5 },
      { timeout: '5' },
      { timeout: -5 },
    ]) {
      await called((cb) => consumer.getMetadata(options, cb))
    }
    await settle()
    expect(fake.callsOf('metadata')).toEqual([
      ...Array.from({ length: 6 }, () => [null, 30_000]),
      ['t', 5],
      [null, 30_000],
      [null, 0],
    ])
    expect(consumer.getMetadata({})).toBeUndefined()
    await settle()
  })

  it('refuse what node-rdkafka refuses', () => {
    const list = new Error('Need to specify an array of topic partitions')
    expect(thrown(() => consumer.committed('t', 100, () => undefined))).toEqual(list)
    expect(thrown(() => consumer.offsetsForTimes('t', 100))).toEqual(list)
    expect(thrown(() => consumer.position(T0))).toEqual(list)
    expect(thrown(() => consumer.pause(T0))).toEqual(new Error('Topic partition must be an array of objects'))
    const watermarks = consumer as unknown as Record<string, (...values: unknown[]) => unknown>
    for (const name of ['queryWatermarkOffsets', 'getWatermarkOffsets']) {
      expect(thrown(() => watermarks[name]?.(5, 0))).toEqual(new Error('1st parameter must be a topic string'))
      expect(thrown(() => watermarks[name]?.('t', '0'))).toEqual(new Error('2nd parameter must be a partition number'))
    }
    expect(thrown(() => consumer.queryWatermarkOffsets('t', 0, 'soon', () => undefined))).toEqual(
      new Error('3rd parameter must be a number of milliseconds'),
    )
    for (const timeout of ['soon', undefined]) {
      expect(thrown(() => consumer.seek(T0, timeout, () => undefined))).toEqual(new Error('Timeout must be a number.'))
    }
    expect(thrown(() => consumer.subscribe('t'))).toEqual(new Error('First parameter must be an array'))
    expect(thrown(() => consumer.commit('t'))).toEqual(new Error('First parameter must be an object or an array'))
    for (const token of ['', 5, undefined]) {
      expect(thrown(() => consumer.setOauthBearerToken(token))).toEqual(
        new Error('OAuthBearer token is undefined/empty or not a string'),
      )
    }
  })

  it('answer of watermarks that are not known', () => {
    jest.spyOn(fake, 'cachedWatermarks').mockImplementation(() => {
      throw Object.assign(new Error('unknown'), { code: -190 })
    })
    const { getWatermarkOffsets } = consumer as unknown as Record<string, (...values: unknown[]) => unknown>
    expect(getWatermarkOffsets?.call(consumer, 't', 0)).toEqual({ lowOffset: -1001, highOffset: -1001 })
  })

  it('show what a partition of a result failed with as an error without a code', async () => {
    jest
      .spyOn(fake, 'committed')
      .mockResolvedValue(['t', 0, 5, -1, '', 0, 't', 1, -1001, -1, '', 0, 't', 2, -1001, -1, '', 3])
    const [[error, results]] = (await called((cb) => consumer.committed([T0], 100, cb))) as [[unknown, unknown[]]]
    expect(error).toBeNull()
    expect(results).toEqual([
      { offset: 5, partition: 0, topic: 't' },
      { partition: 1, topic: 't' },
      new Error('Broker: Unknown topic or partition'),
    ])
    expect(results[2]).not.toHaveProperty('code')
  })

  it('hand on what is no refusal of librdkafka', async () => {
    jest.spyOn(fake, 'committed').mockRejectedValue(new TypeError('wrong'))
    const calls = await called((cb) => consumer.committed([T0], 100, cb))
    expect(calls).toEqual([[expect.objectContaining({ code: -1, message: 'wrong', origin: 'local' })]])
  })
})

describe('topic-partitions', () => {
  it.each([
    [undefined, '"topic" must be a string and must be set'],
    [{}, '"topic" must be a string and must be set'],
    [{ topic: 't' }, '"partition" must be a number and must set'],
    [{ topic: 't', partition: null }, '"partition" must be a number and must set'],
    [{ ...T0, offset: 'x' }, '"offset", if provided as a string, must be beginning, end, or stored.'],
    [{ ...T0, offset: true }, '"offset" must be a special string or number if it is set'],
    [{ topic: 't', partition: '0' }, 'Invalid topic partition provided'],
    [{ topic: 't', partition: -1 }, 'Invalid topic partition provided'],
    [{ topic: 't', partition: 1.5 }, 'Invalid topic partition provided'],
    [{ topic: 't', partition: 2 ** 31 }, 'Invalid topic partition provided'],
    [{ topic: 'a\0b', partition: 0 }, 'Invalid topic partition provided'],
  ])('%j cannot be assigned', (element, message) => {
    expect(() => toAssigned(element)).toThrow(message)
  })

  it.each([
    [undefined, -1000],
    [null, -1000],
    ['earliest', -2],
    ['Beginning', -2],
    ['latest', -1],
    ['END', -1],
    ['stored', -1000],
    [7.9, 7],
    [NaN, 0],
  ])('offset %p is %p', (offset, expected) => {
    expect(toAssigned({ ...T0, offset })).toEqual({ ...T0, offset: expected })
  })

  it('in lists are what is an object, names are what they read as, no offset is 0', () => {
    const odd = Object.assign(() => undefined, { topic: 5, partition: 1, offset: '3' })
    expect(toToppars([null, 5, 't', { ...T0, offset: 4.5 }, odd], '')).toEqual([
      { ...T0, offset: 4 },
      { topic: '5', partition: 1, offset: 0 },
    ])
  })
})

describe('a configuration', () => {
  it.each([
    [{ foo: 1 }, undefined, 'No such configuration property: "foo"'],
    [{}, { 'session.timeout.ms': 6000 }, 'No such configuration property: "session.timeout.ms"'],
    [{}, { 'auto.offset.reset': 'x' }, 'Invalid value "x" for configuration property "auto.offset.reset"'],
    [{ rebalance_cb: 'x' }, undefined, 'Property "rebalance_cb" must be set through dedicated'],
  ])('%j, %j is refused', (conf, topicConf, message) => {
    const error = thrown(() => new KafkaConsumer({ 'performance.tier': 'standard', ...conf }, topicConf)) as Error
    expect(error.message).toContain(message)
    expect(error.constructor.name).toBe('Error')
  })

  it('of topics counts in the second argument alone, as there', async () => {
    const confs: string[][] = []
    for (const [conf, topicConf] of [
      [{ 'auto.offset.reset': 'earliest', 'fetch.queue.backoff.ms': 7, 'max.partition.fetch.bytes': 20_000_000 }, {}],
      [{}, { 'auto.offset.reset': 'earliest', 'enable.auto.commit': true }],
    ]) {
      consumer = new KafkaConsumer({ 'group.id': 'g', 'performance.tier': 'standard', ...conf }, topicConf)
      consumer.connect()
      await settle()
      confs.push((fakes.at(-1) as FakeAddon).callsOf('createConsumer')[0]?.[0] as string[])
      consumer.disconnect()
      await settle()
    }
    const value = (conf: string[] | undefined, name: string): string | undefined => conf?.[conf.lastIndexOf(name) + 1]
    expect(confs[0]).not.toContain('auto.offset.reset')
    expect(value(confs[0], 'fetch.queue.backoff.ms')).toBe('7')
    expect(value(confs[1], 'auto.offset.reset')).toBe('earliest')
    expect(value(confs[0], 'queued.max.messages.kbytes')).toBe('8192')
    expect(value(confs[1], 'fetch.queue.backoff.ms')).toBe('2')
    // A larger answer for a larger fetch of a partition, as far as the queue goes.
    expect(confs.map((conf) => value(conf, 'fetch.max.bytes'))).toEqual(['8388608', '3145728'])
    expect(confs.map((conf) => value(conf, 'enable.auto.commit'))).toEqual(['false', 'false'])
  })

  it('of topics may be missing, or nothing', () => {
    const Any = KafkaConsumer as unknown as new (conf: object, topicConf: unknown) => Record<string, unknown>
    for (const topicConf of [undefined, null, 5]) {
      expect(new Any({ 'performance.tier': 'standard' }, topicConf)['topicConfig']).toBe(topicConf)
    }
  })
})
