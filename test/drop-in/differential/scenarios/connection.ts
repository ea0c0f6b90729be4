// connect and disconnect: callbacks, events, their order and what they carry.
import type { Consumer, Scenarios } from '../kit'

const EVENTS = ['ready', 'disconnected', 'connection.failure', 'event.error', 'subscribed', 'unsubscribed', 'data']

function state(consumer: Consumer): Record<string, unknown> {
  const { _isConnected, _isConnecting, _isDisconnecting, metrics, name, errorCounter } = consumer
  return { _isConnected, _isConnecting, _isDisconnecting, metrics, name, errorCounter, is: consumer.isConnected() }
}

export const scenarios: Scenarios = {
  async 'connect and disconnect'(kit) {
    const consumer = kit.create()
    kit.watch(consumer, ['disconnected'])
    consumer.on('ready', (info: unknown, metadata: { topics: unknown[] }) => {
      kit.trace('event ready', info, Object.keys(metadata), state(consumer))
    })
    await new Promise<void>((resolve) => {
      const returned = consumer.connect({}, (error: unknown, metadata: { brokers: unknown; topics: unknown[] }) => {
        kit.trace('callback', error, Object.keys(metadata), metadata.brokers, metadata === consumer['_metadata'])
        kit.trace('state', state(consumer))
        resolve()
      })
      kit.trace('returned', returned, state(consumer))
    })
    kit.trace('time', typeof consumer.connectedTime(), (consumer.connectedTime() as number) < 60_000)
    const disconnecting = kit.callback('disconnect', (callback) => consumer.disconnect(callback))
    kit.trace('disconnecting', state(consumer))
    await disconnecting
    kit.trace('disconnected', state(consumer), consumer.connectedTime())
  },

  async 'metadata as it comes with ready'(kit) {
    const consumer = kit.create()
    const ready = kit.event(consumer, 'ready')
    consumer.connect({ topic: kit.topics.two, allTopics: false })
    const [, metadata] = (await ready) as [unknown, { topics: { name: string }[] }]
    kit.trace('of one topic', metadata)
    consumer.getMetadata({}, () => undefined)
  },

  async 'connect with nothing but a callback or nothing at all'(kit) {
    const consumer = kit.create()
    const ready = kit.event(consumer, 'ready')
    kit.call('connect()', () => consumer.connect())
    await ready
    const other = kit.own(new kit.module.KafkaConsumer(kit.conf()), '<other>')
    await kit.callback('connect(null, callback)', (callback) =>
      other.connect(null, (error: unknown) => {
        callback(error)
      }),
    )
  },

  async 'connect when connected, and while connecting'(kit) {
    const consumer = kit.create()
    const order: string[] = []
    const called = (name: string) =>
      new Promise<void>((resolve) => {
        const returned = consumer.connect({}, (error: unknown, metadata: unknown) => {
          order.push(name)
          kit.trace(name, error, typeof metadata)
          resolve()
        })
        kit.trace(`${name} returned`, returned)
      })
    consumer.once('ready', () => order.push('ready'))
    await kit.within(Promise.all([called('first'), called('while connecting')]), 'both')
    await kit.within(called('when connected'), 'the third')
    kit.trace('order', order)
  },

  async 'no group'(kit) {
    const conf = kit.conf()
    delete conf['group.id']
    const consumer = kit.own(new kit.module.KafkaConsumer(conf, {}))
    kit.watch(consumer, EVENTS)
    await kit.callback('connect', (callback) => consumer.connect({}, callback))
    kit.trace('state', state(consumer))
  },

  async 'no broker'(kit) {
    const consumer = kit.create({ 'metadata.broker.list': '127.0.0.1:1', 'client.id': 'no-broker' })
    kit.watch(consumer, ['ready', 'disconnected', 'connection.failure'])
    const seen = new Map<string, unknown>()
    consumer.on('event.error', (error: Error) => seen.set(error.message, error))
    consumer.once('connection.failure', () => kit.trace('at failure', consumer.isConnected()))
    await kit.callback('connect', (callback) => consumer.connect({ timeout: 1000 }, callback))
    // When they come is chance.
    await kit.until(() => seen.size === 2, 'both errors')
    for (const [message, error] of [...seen].sort(([a], [b]) => (a < b ? -1 : 1))) kit.trace(message, error)
    kit.trace('after', consumer.isConnected(), seen.has((consumer.getLastError() as Error).message))
    kit.trace('counted', (consumer['errorCounter'] as number) > 0, consumer['_isConnecting'])
    await kit.callback('again', (callback) => consumer.connect({ timeout: 100 }, callback))
  },

  async 'disconnect of a consumer that never connected, twice'(kit) {
    const consumer = kit.create()
    kit.watch(consumer, EVENTS)
    await kit.callback('first', (callback) => consumer.disconnect(callback))
    await kit.callback('second', (callback) => consumer.disconnect(callback))
    kit.call('without a callback', () => consumer.disconnect())
    await kit.event(consumer, 'disconnected')
  },

  async 'disconnect without a callback'(kit) {
    const consumer = await kit.connected()
    kit.watch(consumer, EVENTS)
    const disconnected = kit.event(consumer, 'disconnected')
    kit.call('disconnect', () => consumer.disconnect())
    await disconnected
  },

  async 'connect again and read again'(kit) {
    const consumer = await kit.connected()
    kit.watch(consumer, EVENTS)
    for (const round of [1, 2]) {
      if (round > 1) await kit.connect(consumer)
      kit.call('assignments', () => consumer.assignments())
      kit.call('subscription', () => consumer.subscription())
      consumer.assign([{ topic: kit.topics.ten, partition: 0, offset: 4 }])
      const messages = await kit.readAll(consumer, 2)
      kit.trace('read', messages.length)
      await kit.callback('disconnect', (callback) => consumer.disconnect(callback))
    }
  },

  async 'flow again after connecting again'(kit) {
    const consumer = kit.create()
    for (let round = 0; round < 2; round++) {
      await kit.connect(consumer)
      consumer.assign([{ topic: kit.topics.ten, partition: 0, offset: 8 }])
      const messages: unknown[] = []
      kit.call('consume', () => consumer.consume((error: unknown, message: unknown) => messages.push(error, message)))
      await kit.until(() => messages.length === 4, 'two messages')
      kit.trace('messages', messages)
      await kit.disconnect(consumer)
      await kit.quiet(100)
      kit.trace('afterwards', messages.length)
    }
  },

  async 'a subclass connects and reads'(kit) {
    class Mine extends (kit.module.KafkaConsumer as new (conf: unknown, topicConf: unknown) => Consumer) {
      mine(topics: unknown): unknown {
        return this.subscribe(topics)
      }
    }
    const mine = new Mine(kit.conf(), { 'auto.offset.reset': 'earliest' })
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- it is one, made otherwise
    const consumer = kit.own(mine)
    await kit.connect(consumer)
    kit.trace('instance', consumer instanceof Mine)
    kit.call('mine', () => mine.mine([kit.topics.ten]))
    kit.trace('read', (await kit.readAll(consumer, 10)).length)
  },

  async tokens(kit) {
    const consumer = kit.create({
      'security.protocol': 'sasl_plaintext',
      'sasl.mechanisms': 'OAUTHBEARER',
    })
    kit.call('before connect', () => consumer.setOauthBearerToken('token-1'))
    kit.watch(consumer, ['connection.failure'])
    await kit.callback('connect', (callback) => consumer.connect({ timeout: 300 }, callback))
    const plain = await kit.connected()
    kit.call('where none is used', () => plain.setOauthBearerToken('token-1'))
    kit.call('malformed', () => plain.setOauthBearerToken('to\u0001ken'))
  },
}
