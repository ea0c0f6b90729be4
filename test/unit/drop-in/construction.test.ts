// What the constructor and connect() of node-rdkafka's class refuse, with a tier.
import { once } from 'node:events'
import * as typed from '../../../lib/node-rdkafka'

/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-argument --
   The calls under test are often ones that types forbid. */
type Loose = any

const { KafkaConsumer }: Loose = typed
const NOBODY = '127.0.0.1:9'

function connect(consumer: Loose, options: object = {}): Promise<Loose> {
  return new Promise((resolve, reject) => {
    consumer.connect(options, (error: Error | null, metadata: unknown) => {
      if (error) reject(error)
      else resolve(metadata)
    })
  })
}

function thrown(call: () => unknown): Loose {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('construction', () => {
  it('throws what librdkafka refuses, and keeps the configuration of the caller as it is', () => {
    const conf = { 'group.id': 'g', 'performance.tier': 'standard', foo: 1 }
    expect(thrown(() => new KafkaConsumer(conf, {})).message).toBe('No such configuration property: "foo"')
    expect(conf).toEqual({ 'group.id': 'g', 'performance.tier': 'standard', foo: 1 })
    expect(thrown(() => new KafkaConsumer({ 'performance.tier': 'fast' }, {})).message).toMatch(
      /^performance\.tier: expected/,
    )
  })

  it('works without `new`, and for subclasses', () => {
    class Mine extends KafkaConsumer {
      greet(): string {
        return 'hello'
      }
    }
    const mine: Loose = new (Mine as Loose)({ 'group.id': 'g', 'performance.tier': 'dedicated' }, {})
    expect(mine).toBeInstanceOf(Mine)
    expect(mine).toBeInstanceOf(KafkaConsumer)
    expect(mine.greet()).toBe('hello')
    expect(KafkaConsumer({ 'group.id': 'g', 'performance.tier': 'dedicated' }, {})).toBeInstanceOf(KafkaConsumer)
  })

  it('fails to connect without a group, by its callback', async () => {
    const consumer = new KafkaConsumer({ 'metadata.broker.list': NOBODY, 'performance.tier': 'standard' }, {})
    await expect(connect(consumer)).rejects.toMatchObject({ message: expect.stringMatching(/group\.id/), code: -1 })
  })

  it('fails to connect where nobody is, in the time it is given', async () => {
    const consumer = new KafkaConsumer(
      { 'metadata.broker.list': NOBODY, 'group.id': 'g', 'performance.tier': 'dedicated' },
      {},
    )
    const failure = once(consumer, 'connection.failure')
    await expect(connect(consumer, { timeout: 500 })).rejects.toMatchObject({ code: expect.any(Number) })
    await failure
    expect(consumer.isConnected()).toBe(false)
  })
})
