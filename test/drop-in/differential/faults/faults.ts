// What is a fault in node-rdkafka, and must be none with a tier.
import type { Consumer, Kit, Message, Scenarios } from '../kit'

interface Toppar {
  topic: string
  partition: number
}

/** What a call throws. */
function thrown(call: () => unknown): string {
  try {
    call()
    return 'nothing'
  } catch (error) {
    return error instanceof Error ? `${error.constructor.name}: ${error.message}` : JSON.stringify(error)
  }
}

async function assigned(kit: Kit, topic: string, partitions: readonly number[], conf: object = {}): Promise<Consumer> {
  const consumer = await kit.connected(conf as Record<string, unknown>)
  consumer.assign(partitions.map((partition) => ({ topic, partition, offset: 0 })))
  return consumer
}

function callbackOfDisconnect(kit: Kit, consumer: Consumer): Promise<unknown[]> {
  return kit.within(
    new Promise((resolve) => {
      consumer.disconnect((...values: unknown[]) => {
        resolve(values)
      })
    }),
    'disconnect',
  )
}

export const scenarios: Scenarios = {
  async 'malformed topic-partitions are refused'(kit) {
    const consumer = await kit.at(kit.topics.ten)
    const malformed = [
      {},
      { topic: 'a' },
      { partition: 0 },
      { topic: 'a', partition: 'x' },
      { topic: '', partition: 0 },
    ]
    for (const element of malformed) {
      const list = [element]
      const calls: Record<string, () => unknown> = {
        commit: () => consumer.commit(list),
        commitSync: () => consumer.commitSync(list),
        pause: () => consumer.pause(list),
        resume: () => consumer.resume(list),
        position: () => consumer.position(list),
        committed: () => consumer.committed(list, 100, () => undefined),
        offsetsForTimes: () => consumer.offsetsForTimes(list, 100, () => undefined),
        offsetsStore: () => consumer.offsetsStore(list),
      }
      for (const [name, call] of Object.entries(calls)) kit.trace(name, thrown(call))
    }
  },

  async 'disconnect inside a listener of data'(kit) {
    const group = kit.group()
    const { ten } = kit.topics
    const consumer = await kit.connected({ 'group.id': group, 'enable.auto.commit': true })
    consumer.assign([{ topic: ten, partition: 0, offset: 0 }])
    const offsets: number[] = []
    const disconnected = new Promise<void>((resolve) => {
      consumer.on('data', ({ offset }: Message) => {
        offsets.push(offset)
        if (offset === 3) {
          consumer.disconnect(() => {
            resolve()
          })
        }
      })
    })
    consumer.consume()
    await kit.within(disconnected, 'disconnect')
    await kit.quiet(100)
    kit.trace('delivered', offsets)
    const next = await kit.connected({ 'group.id': group })
    await kit.callback('committed', (callback) => next.committed([{ topic: ten, partition: 0 }], 5000, callback))
  },

  async 'every callback of disconnect is called'(kit) {
    const consumer = await kit.at(kit.topics.ten)
    let events = 0
    consumer.on('disconnected', () => events++)
    const all = [1, 2, 3].map(() => callbackOfDisconnect(kit, consumer))
    kit.trace('called with', await Promise.all(all), events)
    kit.trace('and again', await callbackOfDisconnect(kit, consumer), events)
  },

  async 'a callback of disconnect that throws keeps none of the others'(kit) {
    const consumer = await kit.at(kit.topics.ten)
    consumer.disconnect(() => {
      throw new Error('thrown by the first')
    })
    kit.trace('second', await callbackOfDisconnect(kit, consumer))
    await kit.until(() => kit.lines.length === 2, 'the error')
  },

  async 'an error of the loop is told at once, and the loop goes on'(kit) {
    const { ten } = kit.topics
    const consumer = await kit.connected({}, { 'auto.offset.reset': 'error' })
    const offsets: number[] = []
    consumer.once('event.error', (error: unknown) => kit.trace('event', error))
    consumer.consume((error: unknown, message?: Message) => {
      if (error === null) offsets.push(message?.offset as number)
      else kit.trace('callback', error)
    })
    consumer.assign([{ topic: ten, partition: 0, offset: 1000 }])
    await kit.until(() => kit.lines.length === 2, 'the error')
    consumer.assign([{ topic: ten, partition: 0, offset: 8 }])
    await kit.until(() => offsets.length === 2, 'messages')
    kit.trace('then', offsets)
  },

  async 'consume(n, callback) takes no longer than its timeout'(kit) {
    const Producer = kit.module['Producer'] as new (
      conf: unknown,
      topicConf: unknown,
    ) => Consumer & {
      produce: (...values: unknown[]) => void
    }
    const producer = new Producer({ 'metadata.broker.list': kit.bootstrap, 'linger.ms': 0 }, {})
    await kit.connect(producer)
    const { trickle } = kit.topics
    const consumer = await kit.connected()
    consumer.assign([{ topic: trickle, partition: 0, offset: 'end' }])
    // Fetching has begun.
    await kit.read(consumer, 1)
    const timer = setInterval(() => {
      producer.produce(trickle, 0, Buffer.from('x'))
    }, 250)
    consumer.setDefaultConsumeTimeout(800)
    const began = performance.now()
    // More than come, also when the other modes write at the same time.
    const messages = await kit.read(consumer, 100)
    const ms = performance.now() - began
    clearInterval(timer)
    kit.trace('time', ms < 1500 ? 'its timeout' : `${Math.round(ms)} ms`)
    kit.trace('messages', messages.length > 0 && messages.length < 100 ? 'some' : messages.length)
    await kit.disconnect(producer)
  },

  async 'nothing of a partition is delivered after it was given back'(kit) {
    const { ten } = kit.topics
    for (const how of ['flow', 'read']) {
      const consumer = await assigned(kit, ten, [0])
      await kit.read(consumer, 1)
      await kit.quiet(100)
      const offsets: number[] = []
      consumer.on('data', ({ offset }: Message) => {
        offsets.push(offset)
        if (offset === 4) consumer.unassign()
      })
      if (how === 'flow') consumer.consume()
      else {
        const given = await kit.read(consumer, 9)
        kit.trace(
          'callback',
          given.map(({ offset }) => offset),
        )
      }
      await kit.until(() => offsets.includes(4), 'the fourth message')
      await kit.quiet(200)
      kit.trace(how, offsets)
    }
  },

  'a transaction of node-rdkafka refuses it'(kit) {
    for (const name of ['Producer', 'HighLevelProducer']) {
      const Class = kit.module[name] as new (
        conf: unknown,
        topicConf: unknown,
      ) => {
        sendOffsetsToTransaction: (...values: unknown[]) => unknown
      }
      const producer = new Class({ 'metadata.broker.list': kit.bootstrap, 'transactional.id': kit.group() }, {})
      const consumer = kit.create()
      kit.trace(
        name,
        thrown(() =>
          producer.sendOffsetsToTransaction([{ topic: 'a', partition: 0, offset: 1 }], consumer, 100, () => undefined),
        ),
      )
    }
  },

  async 'a rebalance_cb that never answers does not hold up the end'(kit) {
    const told: number[] = []
    const consumer = await kit.connected({
      rebalance_cb: ({ code }: { code: number }) => {
        told.push(code)
      },
    })
    consumer.subscribe([kit.topics.two])
    consumer.consume()
    await kit.until(() => told.length === 1, 'the assignment')
    const began = performance.now()
    await kit.within(callbackOfDisconnect(kit, consumer), 'disconnect', 9000)
    kit.trace('in time', performance.now() - began < 8000)
  },

  async 'a rebalance_cb that answers no revocation does not hold up the end'(kit) {
    const consumer = await kit.connected({
      rebalance_cb: ({ code }: { code: number }, assignment: Toppar[]) => {
        if (code === -175) consumer.assign(assignment)
      },
    })
    consumer.subscribe([kit.topics.two])
    consumer.consume()
    await kit.until(() => (consumer.assignments() as unknown[]).length === 2, 'the assignment')
    const began = performance.now()
    await kit.within(callbackOfDisconnect(kit, consumer), 'disconnect', 9000)
    kit.trace('in time', performance.now() - began < 8000)
  },

  async 'a rebalance_cb that answers late is waited for'(kit) {
    let isAnswered = false
    const consumer = await kit.connected({
      rebalance_cb({ code }: { code: number }, assignment: Toppar[]) {
        if (code === -175) consumer.assign(assignment)
        else {
          setTimeout(() => {
            isAnswered = true
            consumer.commitSync(assignment.map((each) => ({ ...each, offset: 2 })))
            consumer.unassign()
          }, 300)
        }
      },
    })
    consumer.subscribe([kit.topics.two])
    consumer.consume()
    await kit.until(() => (consumer.assignments() as unknown[]).length === 2, 'the assignment')
    await callbackOfDisconnect(kit, consumer)
    kit.trace('answered before the end', isAnswered)
  },

  async 'disconnect inside rebalance_cb'(kit) {
    let disconnected: Promise<unknown> | undefined
    const consumer = await kit.connected({
      rebalance_cb({ code }: { code: number }, assignment: Toppar[]) {
        if (code === -175) {
          consumer.assign(assignment)
          disconnected = callbackOfDisconnect(kit, consumer)
        } else consumer.unassign()
      },
    })
    consumer.subscribe([kit.topics.two])
    consumer.consume()
    await kit.until(() => disconnected, 'the assignment')
    kit.trace('disconnected', await disconnected)
  },

  async 'partitions are assigned anew, again and again'(kit) {
    const { ten, two } = kit.topics
    const consumer = await kit.connected()
    consumer.consume()
    for (let round = 0; round < 100; round++) {
      // Numbers: librdkafka takes a late answer about 'latest' for one that it waits for, and goes on there.
      for (const offset of [3, 4, 5]) {
        consumer.assign([
          { topic: ten, partition: 0, offset },
          { topic: two, partition: round % 2, offset },
        ])
      }
      if (round % 10 === 0) consumer.unassign()
      await kit.quiet(round % 3)
    }
    consumer.assign([{ topic: ten, partition: 0, offset: 8 }])
    const data = (await kit.event(consumer, 'data')) as [Message]
    kit.trace('then', data[0].offset)
  },

  async 'disconnect while it connects'(kit) {
    for (const wait of [0, 1, 20]) {
      const consumer = kit.create()
      const connected = new Promise((resolve) => consumer.connect({}, resolve))
      await kit.quiet(wait)
      await callbackOfDisconnect(kit, consumer)
      await kit.within(connected, 'the callback of connect')
      kit.trace('in the end', consumer.isConnected(), consumer['_isConnecting'])
      // And it can be used afterwards.
      await kit.connect(consumer)
    }
  },

  async 'disconnect while it connects to nobody'(kit) {
    const consumer = kit.create({ 'metadata.broker.list': '127.0.0.1:1' })
    let error: unknown
    const connected = new Promise<void>((resolve) =>
      consumer.connect({ timeout: 60_000 }, (given: unknown) => {
        error = given
        resolve()
      }),
    )
    await kit.quiet(50)
    await kit.within(callbackOfDisconnect(kit, consumer), 'disconnect', 15_000)
    await kit.within(connected, 'the callback of connect')
    kit.trace('error', error instanceof Error, consumer.isConnected())
  },

  async 'every call that waits is called back when it disconnects'(kit) {
    const consumer = await kit.at(kit.topics.empty)
    let calls = 0
    const done = (): number => calls++
    consumer.setDefaultConsumeTimeout(60_000)
    consumer.consume(5, done)
    consumer.consume(5, done)
    consumer.committed(null, 60_000, done)
    consumer.queryWatermarkOffsets(kit.topics.ten, 0, 60_000, done)
    consumer.getMetadata({}, done)
    consumer.seek({ topic: kit.topics.empty, partition: 0, offset: 0 }, 60_000, done)
    await callbackOfDisconnect(kit, consumer)
    await kit.until(() => calls === 6, `all callbacks; ${calls} came`)
    kit.trace('called', calls)
  },

  async 'connect inside the callback of disconnect'(kit) {
    const consumer = await kit.at(kit.topics.ten)
    await kit.within(
      new Promise<void>((resolve, reject) => {
        consumer.disconnect(() => {
          consumer.connect({}, (error: Error | null) => (error ? reject(error) : resolve()))
        })
      }),
      'the connection',
    )
    consumer.assign([{ topic: kit.topics.ten, partition: 0, offset: 7 }])
    kit.trace('read', (await kit.readAll(consumer, 3)).length)
  },
}
