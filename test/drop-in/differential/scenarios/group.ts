// Subscribing, assigning, and what the group tells of it.
import type { Consumer, Kit, Scenarios } from '../kit'

const EVENTS = ['subscribed', 'unsubscribed', 'unsubscribe', 'rebalance', 'rebalance.error', 'partition.eof']

interface Toppar {
  topic: string
  partition: number
}

/** A member that keeps polling, as members must, until the scenario ends. */
function poll(kit: Kit, consumer: Consumer): void {
  const again = (): void => {
    if (consumer.isConnected() !== true || consumer['_isDisconnecting'] === true) return
    consumer.consume(1, () => setImmediate(again))
  }
  again()
}

async function partitions(kit: Kit, consumer: Consumer, count: number): Promise<void> {
  await kit.until(() => (consumer.assignments() as unknown[]).length === count, `${count} partitions`)
}

export const scenarios: Scenarios = {
  async 'subscribe, as it is called'(kit) {
    const consumer = await kit.connected()
    kit.watch(consumer, EVENTS)
    const { ten, empty } = kit.topics
    kit.call('before', () => consumer.subscription())
    kit.call('no array', () => consumer.subscribe(ten))
    kit.call('nothing', () => consumer.subscribe())
    kit.call('none', () => consumer.subscribe([]))
    kit.call('a number', () => consumer.subscribe([5]))
    kit.call('an empty name', () => consumer.subscribe(['']))
    kit.call('an expression', () => consumer.subscribe([new RegExp(`^${ten}$`)]))
    kit.call('subscription', () => consumer.subscription())
    kit.call('some', () => consumer.subscribe([ten, empty]))
    kit.call('subscription of some', () => consumer.subscription())
    kit.call('unsubscribe', () => consumer.unsubscribe())
    kit.call('unsubscribe again', () => consumer.unsubscribe())
    kit.call('subscription of none', () => consumer.subscription())
  },

  async 'a group of one, without rebalance_cb'(kit) {
    const consumer = await kit.connected()
    kit.watch(consumer, EVENTS)
    kit.call('protocol before', () => consumer.rebalanceProtocol())
    consumer.subscribe([kit.topics.two])
    poll(kit, consumer)
    await partitions(kit, consumer, 2)
    kit.call('assignments', () => consumer.assignments())
    kit.call('protocol', () => consumer.rebalanceProtocol())
    kit.call('unsubscribe', () => consumer.unsubscribe())
    await partitions(kit, consumer, 0)
    kit.call('assignments afterwards', () => consumer.assignments())
  },

  async 'rebalance_cb: true'(kit) {
    const consumer = await kit.connected({ rebalance_cb: true })
    kit.watch(consumer, EVENTS)
    consumer.subscribe([kit.topics.two])
    poll(kit, consumer)
    await partitions(kit, consumer, 2)
    kit.call('unsubscribe', () => consumer.unsubscribe())
    await partitions(kit, consumer, 0)
    consumer.subscribe([kit.topics.ten])
    await partitions(kit, consumer, 1)
    await kit.disconnect(consumer)
  },

  async 'nobody asks for messages'(kit) {
    const consumer = await kit.connected({ rebalance_cb: true })
    kit.watch(consumer, EVENTS)
    consumer.subscribe([kit.topics.two])
    const count = (): number => (consumer.assignments() as unknown[]).length
    const end = Date.now() + 3000
    while (count() === 0 && Date.now() < end) await kit.quiet(50)
    kit.trace('partitions', count())
  },

  async 'nobody asks for messages, and there is no rebalance_cb'(kit) {
    const consumer = await kit.connected()
    consumer.subscribe([kit.topics.two])
    await partitions(kit, consumer, 2)
    kit.call('assignments', () => consumer.assignments())
  },

  async 'rebalance_cb: a function'(kit) {
    const consumer = await kit.connected({
      rebalance_cb(this: unknown, error: { code: number }, assignment: Toppar[]) {
        kit.trace('function', this, error, assignment)
        if (error.code === -175) consumer.assign(assignment)
        else consumer.unassign()
        if (error.code === -175) kit.trace('answered', consumer.assignments())
      },
    })
    kit.watch(consumer, EVENTS)
    consumer.subscribe([kit.topics.two])
    poll(kit, consumer)
    await partitions(kit, consumer, 2)
    await kit.disconnect(consumer)
  },

  async 'rebalance_cb: a function that says where to begin'(kit) {
    const consumer = await kit.connected({
      rebalance_cb: (error: { code: number }, assignment: Toppar[]) => {
        if (error.code === -175) consumer.assign(assignment.map((each) => ({ ...each, offset: 7 })))
        else consumer.unassign()
      },
    })
    consumer.subscribe([kit.topics.ten])
    kit.trace('messages', await kit.readAll(consumer, 3))
    kit.call('assignments', () => consumer.assignments())
  },

  async 'rebalance_cb: a function that assigns some of it'(kit) {
    const consumer = await kit.connected({
      rebalance_cb: (error: { code: number }, assignment: Toppar[]) => {
        if (error.code === -175) consumer.assign(assignment.filter(({ partition }) => partition === 1))
        else consumer.unassign()
      },
    })
    consumer.subscribe([kit.topics.two])
    const messages = await kit.readAll(consumer, 6)
    kit.trace('partitions', [...new Set(messages.map(({ partition }) => partition))])
    kit.call('assignments', () => consumer.assignments())
  },

  async cooperative(kit) {
    const conf = {
      rebalance_cb: true,
      'partition.assignment.strategy': 'cooperative-sticky',
      'group.id': kit.group(),
      'heartbeat.interval.ms': 100,
    }
    const first = await kit.connected(conf)
    // Which of them is whose is chance.
    first.on('rebalance', ({ code }: { code: number }, list: unknown[]) => kit.trace('rebalance', code, list.length))
    kit.watch(first, ['rebalance.error'])
    first.subscribe([kit.topics.two])
    poll(kit, first)
    await partitions(kit, first, 2)
    kit.call('protocol', () => first.rebalanceProtocol())
    const second = kit.own(new kit.module.KafkaConsumer(kit.conf(conf), {}), '<second>')
    await kit.connect(second)
    second.subscribe([kit.topics.two])
    poll(kit, second)
    await partitions(kit, first, 1)
    await partitions(kit, second, 1)
    await kit.disconnect(second)
    await partitions(kit, first, 2)
    await kit.disconnect(first)
  },

  async 'two members'(kit) {
    const conf = { rebalance_cb: true, 'group.id': kit.group(), 'heartbeat.interval.ms': 100 }
    const first = await kit.connected(conf)
    // Which of them is whose is chance.
    first.on('rebalance', ({ code }: { code: number }, list: unknown[]) => kit.trace('rebalance', code, list.length))
    kit.watch(first, ['rebalance.error'])
    first.subscribe([kit.topics.two])
    poll(kit, first)
    await partitions(kit, first, 2)
    const second = kit.own(new kit.module.KafkaConsumer(kit.conf(conf), {}), '<second>')
    await kit.connect(second)
    second.subscribe([kit.topics.two])
    poll(kit, second)
    await partitions(kit, first, 1)
    await partitions(kit, second, 1)
    await kit.disconnect(second)
    await partitions(kit, first, 2)
    await kit.disconnect(first)
  },

  async 'assign and unassign'(kit) {
    const consumer = await kit.connected()
    kit.watch(consumer, EVENTS)
    const { ten, two } = kit.topics
    const lists: Record<string, unknown> = {
      nothing: undefined,
      'no array': {},
      'an empty element': [{}],
      'without a partition': [{ topic: ten }],
      'a bad offset name': [{ topic: ten, partition: 0, offset: 'somewhere' }],
      'a bad offset': [{ topic: ten, partition: 0, offset: {} }],
      none: [],
    }
    for (const [name, list] of Object.entries(lists)) kit.call(name, () => consumer.assign(list))
    const offsets = [undefined, null, 3, 'earliest', 'BEGINNING', 'latest', 'end', 'stored', -1001]
    for (const offset of offsets) {
      kit.call(`offset ${String(offset)}`, () => consumer.assign([{ topic: ten, partition: 0, offset }]))
      kit.call('assignments', () => consumer.assignments())
    }
    kit.call('two', () =>
      consumer.assign([
        { topic: two, partition: 1 },
        { topic: two, partition: 0 },
      ]),
    )
    kit.call('assignments of two', () => consumer.assignments())
    kit.call('a partition twice', () =>
      consumer.assign([
        { topic: ten, partition: 0 },
        { topic: ten, partition: 0 },
      ]),
    )
    kit.call('a partition that is not there', () => consumer.assign([{ topic: ten, partition: 99 }]))
    kit.call('unassign', () => consumer.unassign())
    kit.call('unassign again', () => consumer.unassign())
    kit.call('assignments of none', () => consumer.assignments())
    kit.call('protocol', () => consumer.rebalanceProtocol())
  },

  async 'incrementalAssign and incrementalUnassign'(kit) {
    const consumer = await kit.connected()
    const { ten, two } = kit.topics
    kit.call('one', () => consumer.incrementalAssign([{ topic: ten, partition: 0, offset: 8 }]))
    kit.call('the same again', () => consumer.incrementalAssign([{ topic: ten, partition: 0 }]))
    kit.call('another', () => consumer.incrementalAssign([{ topic: two, partition: 0, offset: 'end' }]))
    kit.call('malformed', () => consumer.incrementalAssign([{ partition: 0 }]))
    kit.call('no array', () => consumer.incrementalAssign('no array'))
    kit.call('assignments', () => consumer.assignments())
    kit.trace('messages', await kit.readAll(consumer, 2))
    kit.call('not assigned', () => consumer.incrementalUnassign([{ topic: two, partition: 1 }]))
    kit.call('back', () => consumer.incrementalUnassign([{ topic: ten, partition: 0 }]))
    kit.call('assignments afterwards', () => consumer.assignments())
  },

  async 'a topic by expression'(kit) {
    const consumer = await kit.connected()
    consumer.subscribe([new RegExp(`^${kit.topics.ten.slice(0, -1)}.$`)])
    kit.trace('messages', (await kit.readAll(consumer, 10)).length)
  },

  async 'where a group begins'(kit) {
    for (const [conf, topicConf] of [
      [{}, { 'auto.offset.reset': 'earliest' }],
      [{ 'auto.offset.reset': 'earliest' }, {}],
      [{ 'auto.offset.reset': 'earliest' }, undefined],
      [{ 'auto.offset.reset': 'earliest' }, { 'auto.offset.reset': 'latest' }],
      [{}, undefined],
    ]) {
      const consumer = kit.own(new kit.module.KafkaConsumer(kit.conf(conf), topicConf))
      await kit.connect(consumer)
      consumer.subscribe([kit.topics.ten])
      poll(kit, consumer)
      let count = 0
      consumer.on('data', () => count++)
      await partitions(kit, consumer, 1)
      await kit.quiet(700)
      kit.trace('messages', conf, topicConf, count)
      await kit.disconnect(consumer)
    }
  },
}
