// consume(number, callback): how many, how long, and in which order with events.
import type { Consumer, Kit, Message, Scenarios } from '../kit'

const offsets = (messages: readonly Message[]): number[] => messages.map(({ offset }) => offset)

/** In classes, for no clock is exact: at once, or as long as `timeoutMs`. */
async function timed(kit: Kit, where: string, timeoutMs: number, call: () => Promise<unknown>): Promise<void> {
  const began = performance.now()
  const value = await call()
  const ms = performance.now() - began
  kit.trace(where, value, ms < timeoutMs / 2 ? 'at once' : ms < timeoutMs * 0.9 ? 'sooner' : 'the timeout')
}

/** Messages are fetched: reads of these scenarios are not about fetching. */
async function fetched(kit: Kit, topic: string, conf: Record<string, unknown> = {}): Promise<Consumer> {
  const consumer = await kit.at(topic, 0, conf)
  await kit.readAll(consumer, 1)
  await kit.quiet(100)
  return consumer
}

export const scenarios: Scenarios = {
  async 'as many as asked for, at once'(kit) {
    const consumer = await fetched(kit, kit.topics.ten)
    consumer.setDefaultConsumeTimeout(2000)
    await timed(kit, 'three', 2000, async () => offsets(await kit.read(consumer, 3)))
    await timed(kit, 'six', 2000, async () => offsets(await kit.read(consumer, 6)))
  },

  async 'none, after the timeout'(kit) {
    const consumer = await kit.at(kit.topics.empty)
    consumer.setDefaultConsumeTimeout(600)
    await timed(kit, 'none', 600, () => kit.read(consumer, 5))
    consumer.setDefaultConsumeTimeout(0)
    await timed(kit, 'none, without a timeout', 600, () => kit.read(consumer, 5))
  },

  async 'fewer, after the timeout'(kit) {
    const consumer = await fetched(kit, kit.topics.ten)
    consumer.setDefaultConsumeTimeout(600)
    await timed(kit, 'nine', 600, async () => offsets(await kit.read(consumer, 20)))
  },

  async 'fewer, at once at the end of the partition'(kit) {
    const consumer = await kit.at(kit.topics.ten, 0, { 'enable.partition.eof': true })
    consumer.setDefaultConsumeTimeout(3000)
    kit.watch(consumer, ['partition.eof'])
    await timed(kit, 'ten', 3000, async () => offsets(await kit.read(consumer, 20)))
  },

  async 'data, ends of partitions and the callback, in order'(kit) {
    const consumer = await kit.at(kit.topics.ten, 6, { 'enable.partition.eof': true })
    kit.watch(consumer, ['data', 'partition.eof'])
    await kit.callback('consume', (callback) =>
      consumer.consume(10, (error: unknown, messages: Message[]) => {
        callback(error, offsets(messages))
      }),
    )
    await kit.callback('none more', (callback) => consumer.consume(10, callback))
  },

  async 'an end of a partition comes with a read'(kit) {
    const consumer = await kit.at(kit.topics.ten, 7, { 'enable.partition.eof': true })
    kit.watch(consumer, ['data', 'partition.eof'])
    await kit.readAll(consumer, 3)
    kit.trace('read')
    await kit.quiet(300)
    kit.trace('asking again')
    await kit.callback('consume', (callback) => consumer.consume(10, callback))
  },

  async 'messages are the same objects in data and in the callback'(kit) {
    const consumer = await kit.at(kit.topics.ten, 8)
    const seen: unknown[] = []
    consumer.on('data', (message: unknown) => seen.push(message))
    const messages = await kit.readAll(consumer, 2)
    kit.trace(
      'same',
      seen.every((message, index) => message === messages[index]),
    )
  },

  async 'what consume returns, and arguments that are refused'(kit) {
    const consumer = await kit.at(kit.topics.ten)
    kit.call('a number alone', () => consumer.consume(1))
    kit.call('no function', () => consumer.consume(1, 'no function'))
    kit.call('null for a function', () => consumer.consume(1, null))
    kit.call('an object for a number', () => consumer.consume({}, () => undefined))
    kit.call('a string for a number', () => consumer.consume('5', () => undefined))
    await kit.event(consumer, 'data')
  },

  async 'a number that is no integer'(kit) {
    const consumer = await fetched(kit, kit.topics.ten)
    kit.trace('2.7', offsets(await kit.read(consumer, 2.7)))
  },

  async 'several at a time'(kit) {
    const consumer = await fetched(kit, kit.topics.ten)
    const reads = await Promise.all([kit.read(consumer, 3), kit.read(consumer, 3), kit.read(consumer, 3)])
    kit.trace(
      'messages',
      reads.map(({ length }) => length),
      offsets(reads.flat()).sort((a, b) => a - b),
    )
  },

  async 'beside flowing'(kit) {
    const consumer = await kit.connected()
    const offsetsSeen = new Set<number>()
    consumer.on('data', ({ offset }: Message) => offsetsSeen.add(offset))
    consumer.consume()
    consumer.assign([{ topic: kit.topics.ten, partition: 0, offset: 0 }])
    let isCalled = false
    kit.call('consume', () => consumer.consume(2, () => (isCalled = true)))
    await kit.until(() => offsetsSeen.size === 10 && isCalled, 'all messages')
    kit.trace('all', offsetsSeen.size)
  },

  async 'one after the other, to the end'(kit) {
    const consumer = await kit.connected()
    const seen: Record<number, number[]> = { 0: [], 1: [] }
    consumer.on('data', ({ partition, offset }: Message) => seen[partition]?.push(offset))
    consumer.assign([0, 1].map((partition) => ({ topic: kit.topics.two, partition, offset: 0 })))
    await kit.readAll(consumer, 12)
    kit.trace('messages', seen)
  },

  async 'a listener that throws'(kit) {
    const consumer = await fetched(kit, kit.topics.ten)
    let thrown = 0
    consumer.on('data', ({ offset }: Message) => {
      kit.trace('data', offset)
      if (thrown++ === 1) throw new Error('thrown by a listener')
    })
    consumer.consume(4, () => {
      kit.trace('callback of the first')
    })
    await kit.until(() => kit.lines.some(([where]) => where === 'uncaught'), 'the error')
    kit.trace('the next', offsets(await kit.readAll(consumer, 2)))
  },

  async 'a callback that throws'(kit) {
    const consumer = await fetched(kit, kit.topics.ten)
    consumer.consume(2, () => {
      throw new Error('thrown by the callback')
    })
    await kit.until(() => kit.lines.some(([where]) => where === 'uncaught'), 'the error')
    kit.trace('the next', offsets(await kit.readAll(consumer, 2)))
  },

  async 'a topic that is not there'(kit) {
    const consumer = await kit.connected({ 'allow.auto.create.topics': false })
    kit.watch(consumer, ['warning', 'event.error'])
    consumer.subscribe(['there-is-none'])
    let error: unknown
    await kit.until(
      () =>
        new Promise<boolean>((resolve) =>
          consumer.consume(1, (given: unknown) => {
            error = given
            resolve(given !== null)
          }),
        ),
      'the error',
    )
    kit.trace('error', error)
  },

  async 'while it disconnects'(kit) {
    const consumer = await kit.at(kit.topics.empty)
    const pending = kit.read(consumer, 5)
    await kit.quiet(50)
    // Which of them is called back first is chance there.
    const disconnected = kit.disconnect(consumer)
    kit.trace('pending', await kit.within(pending, 'the callback'))
    await disconnected
    await kit.callback('afterwards', (callback) => consumer.consume(5, callback))
  },

  async 'seek drops nothing and repeats nothing'(kit) {
    const { ten } = kit.topics
    const consumer = await fetched(kit, ten)
    await kit.callback('seek', (callback) => consumer.seek({ topic: ten, partition: 0, offset: 6 }, 2000, callback))
    kit.trace('messages', offsets(await kit.readAll(consumer, 4)))
  },

  async 'pause holds messages back, resume brings them'(kit) {
    const { ten } = kit.topics
    const consumer = await fetched(kit, ten)
    consumer.pause([{ topic: ten, partition: 0 }])
    await kit.read(consumer, 3)
    consumer.resume([{ topic: ten, partition: 0 }])
    consumer.seek({ topic: ten, partition: 0, offset: 5 }, 1000, () => undefined)
    await kit.until(async () => offsets(await kit.read(consumer, 1))[0] === 9, 'the last message')
    kit.trace('position', consumer.position())
  },
}
