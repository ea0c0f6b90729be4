// How rebalances are told and answered, and what is assigned.
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

describe('a rebalance', () => {
  it('is answered by the consumer itself, with or without an event', async () => {
    for (const conf of [{}, { rebalance_cb: true }]) {
      await connected(conf)
      const told = watch(consumer, 'rebalance')
      fake.giveRebalance('assign', [T0])
      fake.giveRebalance('revoke', [T0])
      fake.ringRows()
      await settle()
      expect(fake.callsOf('assign')).toEqual([[['t', 0, -1000, -1, '']]])
      expect(fake.callsOf('unassign')).toHaveLength(1)
      const events = [
        ['rebalance', coded(-175), [T0]],
        ['rebalance', coded(-174), [T0]],
      ]
      expect(told).toEqual('rebalance_cb' in conf ? events : [])
    }
  })

  it('is answered incrementally where the group is cooperative', async () => {
    await connected()
    fake.protocol = 'COOPERATIVE'
    fake.giveRebalance('assign', [T0, T1], { protocol: 'COOPERATIVE' })
    fake.giveRebalance('revoke', [T1], { protocol: 'COOPERATIVE' })
    fake.ringRows()
    await settle()
    expect(fake.callsOf('incrementalAssign')).toHaveLength(1)
    expect(fake.callsOf('incrementalUnassign')).toEqual([[['t', 1, -1000, -1, '']]])
  })

  it('is told to a function, which answers', async () => {
    const told: unknown[] = []
    await connected({
      rebalance_cb(this: unknown, error: { code: number }, assignment: unknown) {
        told.push(this, error.code, assignment)
      },
    })
    fake.giveRebalance('assign', [T0])
    fake.ringRows()
    await settle()
    expect(told).toEqual([consumer, -175, [T0]])
    expect(fake.callsOf('assign')).toEqual([])
  })

  it.each([true, 'function'])('is answered whatever a listener throws: %s', async (how) => {
    await connected({ rebalance_cb: how === true ? true : () => consumer.assign([T0]) })
    consumer.on('rebalance', () => {
      throw new Error('thrown by a listener')
    })
    fake.giveRebalance('assign', [T0])
    fake.ringRows()
    await settle()
    expect(fake.callsOf('assign')).toHaveLength(1)
    expect(mockThrown).toEqual([new Error('thrown by a listener')])
  })

  it('that cannot be answered is an event', async () => {
    await connected({ rebalance_cb: true })
    const told = watch(consumer, 'rebalance.error')
    fake.failures.set('assign', Object.assign(new Error('refused'), { code: -172 }))
    fake.giveRebalance('assign', [T0])
    fake.giveRebalance('error', [], { message: 'it failed' })
    fake.ringRows()
    await settle()
    expect(told).toEqual([
      ['rebalance.error', new Error('Local: Erroneous state')],
      ['rebalance.error', new Error('it failed')],
    ])
    expect(fake.callsOf('unassign')).toHaveLength(1)
  })

  it('commits what is done before partitions are given back, unless they are lost, and ends their pauses', async () => {
    await connected({ 'enable.auto.commit': true })
    consumer.assign([T0])
    consumer.pause([T0])
    consumer.resume([T0])
    consumer.consume()
    arrive(fake, 2)
    await settle()
    consumer.pause([T0])
    consumer.unassign()
    expect(fake.calls.map(([name]) => name).slice(-3)).toEqual(['commit', 'resume', 'unassign'])
    expect(fake.callsOf('commit')).toEqual([[['t', 0, 2, -1, '']]])
    consumer.assign([T0])
    arrive(fake, 2, 5)
    await settle()
    fake.isLost = true
    consumer.unassign()
    expect(fake.callsOf('commit')).toHaveLength(1)
  })
})

describe('assignments', () => {
  it('tell where they were told to begin', async () => {
    await connected()
    consumer.assign([
      { ...T0, offset: 'end' },
      { ...T1, offset: -1001 },
    ])
    expect(consumer.assignments()).toEqual([
      { offset: -1, partition: 0, topic: 't' },
      { offset: -1000, partition: 1, topic: 't' },
    ])
  })

  it('are refused with what node-rdkafka throws', async () => {
    await connected()
    const error = Object.assign(new Error('t [0] is taken'), { code: -173 })
    fake.failures.set('assign', error)
    expect(thrown(() => consumer.assign([T0]))).toEqual(new Error('Local: Conflicting use'))
    fake.failures.set('unassign', Object.assign(new Error('no'), { code: -172 }))
    expect(thrown(() => consumer.unassign())).toEqual(new Error('Local: Erroneous state'))
    fake.failures.set('incrementalUnassign', error)
    expect(thrown(() => consumer.incrementalUnassign([T0]))).toEqual({ message: 't [0] is taken', code: -173 })
    fake.failures.set('incrementalUnassign', new TypeError('no code'))
    expect(thrown(() => consumer.incrementalUnassign([T0]))).toEqual({ message: 'no code', code: -1 })
    fake.failures.set('rebalanceProtocol', new Error('closed'))
    expect(consumer.rebalanceProtocol()).toBe('NONE')
  })

  it('are asked for topics that there can be', async () => {
    await connected()
    for (const topic of ['', 'a\0b', 'x'.repeat(501)]) {
      expect(thrown(() => consumer.subscribe([topic]))).toEqual(coded(-186))
    }
    consumer.subscribe(['a', /^b/, 5])
    expect(fake.callsOf('subscribe')).toEqual([[['a', '^b', '5']]])
  })
})
