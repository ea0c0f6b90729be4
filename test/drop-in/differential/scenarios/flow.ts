// Flowing: consume() and consume(callback), messages, ends of partitions, pause and seek.
import type { Consumer, Kit, Message, Scenarios } from '../kit'

function flowing(kit: Kit, consumer: Consumer): Message[] {
  const messages: Message[] = []
  consumer.on('data', (message: Message) => messages.push(message))
  consumer.consume()
  return messages
}

const offsets = (messages: readonly Message[]): number[] => messages.map(({ offset }) => offset)

export const scenarios: Scenarios = {
  async 'messages of every shape'(kit) {
    const consumer = await kit.at(kit.topics.shapes)
    const messages = flowing(kit, consumer)
    await kit.until(() => messages.length === 6, 'six messages')
    for (const message of messages) {
      kit.trace('keys', Object.keys(message))
      kit.trace('message', message)
      kit.trace('plain', Object.getPrototypeOf(message) === Object.prototype)
    }
    const [first] = messages as [Message]
    ;(first as { mine?: string }).mine = 'users add to it'
    first.offset = 5
    kit.trace('changed', first)
  },

  async 'data, then the callback'(kit) {
    const consumer = await kit.at(kit.topics.ten, 7)
    kit.watch(consumer, ['data'])
    let count = 0
    kit.call('consume', () =>
      consumer.consume((...values: unknown[]) => {
        kit.trace('callback', ...values)
        count++
      }),
    )
    kit.call('once more', () => consumer.consume())
    kit.call('once more with a callback', () => consumer.consume(() => undefined))
    await kit.until(() => count === 3, 'three messages')
    kit.call('after messages', () => consumer.consume())
  },

  async 'numbers and callbacks that mean flowing'(kit) {
    for (const [name, values] of Object.entries<unknown[]>({
      'consume(0, callback)': [0],
      'consume(null, callback)': [null],
      'consume(undefined, callback)': [undefined],
      'consume(NaN, callback)': [NaN],
    })) {
      const consumer = await kit.at(kit.topics.ten, 9)
      const called = await kit.callback(name, (callback) => consumer.consume(...values, callback))
      kit.trace(name, called.length)
      await kit.disconnect(consumer)
    }
  },

  async 'ends of partitions'(kit) {
    const consumer = await kit.at(kit.topics.ten, 8, { 'enable.partition.eof': true })
    kit.watch(consumer, ['data', 'partition.eof'])
    const end = kit.event(consumer, 'partition.eof')
    consumer.consume(() => undefined)
    await end
    kit.trace('keys', Object.keys((await end)[0] as object))
  },

  async 'the end of an empty partition'(kit) {
    const consumer = await kit.at(kit.topics.empty, 0, { 'enable.partition.eof': true })
    kit.watch(consumer, ['data', 'partition.eof'])
    const end = kit.event(consumer, 'partition.eof')
    consumer.consume()
    await end
  },

  async 'a listener that throws'(kit) {
    const consumer = await kit.at(kit.topics.ten, 7)
    let called = 0
    consumer.on('data', (message: Message) => {
      kit.trace('data', message.offset)
      if (message.offset === 8) throw new Error('thrown by a listener')
    })
    consumer.consume((_: unknown, message: Message) => {
      kit.trace('callback', message.offset)
      called = message.offset
    })
    await kit.until(() => called === 9, 'the last message')
  },

  async 'a callback that throws'(kit) {
    const consumer = await kit.at(kit.topics.ten, 8)
    let last = 0
    consumer.consume((_: unknown, message: Message) => {
      last = message.offset
      throw new Error(`thrown by the callback at ${message.offset}`)
    })
    await kit.until(() => last === 9, 'the last message')
    await kit.quiet(50)
  },

  async 'listeners of other events that throw'(kit) {
    const consumer = await kit.at(kit.topics.ten, 8, { 'enable.partition.eof': true, offset_commit_cb: true })
    consumer.on('partition.eof', () => {
      throw new Error('thrown at the end')
    })
    consumer.on('offset.commit', () => {
      throw new Error('thrown at the commit')
    })
    const messages = flowing(kit, consumer)
    await kit.until(() => messages.length === 2, 'two messages')
    await kit.until(() => kit.lines.length === 1, 'the first error')
    consumer.commit({ topic: kit.topics.ten, partition: 0, offset: 1 })
    await kit.until(() => kit.lines.length === 2, 'the second error')
    consumer.commitSync({ topic: kit.topics.ten, partition: 0, offset: 2 })
    kit.trace('it lives', consumer.isConnected())
  },

  async 'this and the arguments of listeners'(kit) {
    const consumer = await kit.at(kit.topics.ten, 9)
    consumer.on('data', function (this: unknown, ...values: unknown[]) {
      kit.trace('data', this === consumer, values.length)
    })
    await kit.callback('consume', (callback) =>
      consumer.consume(function (this: unknown, ...values: unknown[]) {
        callback(values.length)
      }),
    )
  },

  async 'pause and resume'(kit) {
    const { ten } = kit.topics
    const consumer = await kit.at(ten)
    const at = [{ topic: ten, partition: 0 }]
    kit.call('pause', () => consumer.pause(at))
    const messages = flowing(kit, consumer)
    await kit.quiet(500)
    kit.trace('paused', messages.length)
    kit.call('resume', () => consumer.resume(at))
    await kit.until(() => messages.length === 10, 'ten messages')
    kit.trace('messages', offsets(messages))
    kit.call('not assigned', () => consumer.pause([{ topic: kit.topics.two, partition: 0 }]))
    kit.call('resume of what is not paused', () => consumer.resume(at))
    kit.call('none', () => consumer.pause([]))
    kit.call('no array', () => consumer.pause(at[0]))
    kit.call('nothing', () => consumer.resume())
    kit.call('elements that are none', () => consumer.resume([null, 5]))
  },

  async seek(kit) {
    const { ten } = kit.topics
    const consumer = await kit.at(ten, 7)
    const messages = flowing(kit, consumer)
    await kit.until(() => messages.length === 3, 'three messages')
    await kit.callback('back', (callback) => consumer.seek({ topic: ten, partition: 0, offset: 5 }, 2000, callback))
    await kit.until(() => messages.length === 8, 'five more')
    kit.trace('messages', offsets(messages))
    await kit.callback('by name', (callback) =>
      consumer.seek({ topic: ten, partition: 0, offset: 'earliest' }, 2000, callback),
    )
    await kit.until(() => messages.length === 18, 'ten more')
    kit.trace('messages by name', offsets(messages))
  },

  async 'seek, refused'(kit) {
    const { ten, two } = kit.topics
    const consumer = await kit.at(ten, 7)
    const messages = flowing(kit, consumer)
    await kit.until(() => messages.length === 3, 'three messages')
    await kit.callback('not assigned', (callback) =>
      consumer.seek({ topic: two, partition: 0, offset: 0 }, 500, callback),
    )
    await kit.callback('no such topic', (callback) =>
      consumer.seek({ topic: 'there-is-none', partition: 0, offset: 0 }, 500, callback),
    )
    kit.call('malformed', () => consumer.seek({ topic: ten }, 100, () => undefined))
    kit.call('nothing', () => consumer.seek())
    kit.call('timeout no number', () => consumer.seek({ topic: ten, partition: 0 }, 'soon', () => undefined))
    kit.call('timeout undefined', () => consumer.seek({ topic: ten, partition: 0 }, undefined, () => undefined))
    await kit.callback('timeout null', (callback) =>
      consumer.seek({ topic: ten, partition: 0, offset: 9 }, null, () => callback('called')),
    )
    // node-rdkafka may never disconnect right after a seek.
    await kit.quiet(300)
  },

  async 'seek without a callback'(kit) {
    const { ten } = kit.topics
    const consumer = await kit.at(ten, 8)
    const messages = flowing(kit, consumer)
    await kit.until(() => messages.length === 2, 'two messages')
    kit.call('seek', () => consumer.seek({ topic: ten, partition: 0, offset: 9 }, 1000))
    await kit.until(() => kit.lines.length > 1, 'the error')
    await kit.until(() => messages.length === 3, 'one more message')
  },

  async 'a topic that is not there'(kit) {
    const consumer = await kit.connected({ 'allow.auto.create.topics': false })
    const warning = kit.event(consumer, 'warning')
    consumer.subscribe(['there-is-none'])
    const seen: unknown[] = []
    consumer.consume((error: unknown, { offset }: Message) => seen.push(error, offset))
    kit.trace('warning', await warning)
    consumer.unsubscribe()
    consumer.subscribe([kit.topics.ten])
    await kit.until(() => seen.length === 20, 'ten messages')
    kit.trace('callbacks', seen)
  },

  async 'promises of a listener settle'(kit) {
    const consumer = await kit.at(kit.topics.ten, 7)
    let last = 0
    consumer.on('data', ({ offset }: Message) => {
      kit.trace('data', offset)
      void Promise.resolve().then(() => {
        kit.trace('settled', offset)
        last = offset
      })
    })
    consumer.consume()
    await kit.until(() => last === 9, 'the last message')
  },

  async 'unsubscribe and subscribe while it flows'(kit) {
    const { ten, two } = kit.topics
    const consumer = await kit.connected()
    kit.watch(consumer, ['unsubscribed', 'unsubscribe', 'subscribed'])
    consumer.subscribe([ten])
    const messages = flowing(kit, consumer)
    await kit.until(() => messages.length === 10, 'ten messages')
    consumer.unsubscribe()
    kit.call('it is flowing still', () => consumer.consume())
    consumer.subscribe([two])
    await kit.until(() => messages.length === 22, 'twelve more messages')
    kit.trace('topics', [...new Set(messages.map(({ topic }) => topic))])
  },

  async 'disconnect while it flows'(kit) {
    const consumer = await kit.at(kit.topics.ten, 8)
    kit.watch(consumer, ['disconnected'])
    const messages = flowing(kit, consumer)
    await kit.until(() => messages.length === 2, 'two messages')
    await kit.callback('disconnect', (callback) => consumer.disconnect(callback))
    kit.trace('messages', offsets(messages))
    kit.call('consume', () => consumer.consume())
  },
}
