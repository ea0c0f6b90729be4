// The read stream, over a consumer that is a fake.
import { EventEmitter } from 'node:events'
import { KafkaConsumerStream } from '../../../lib/drop-in/stream'
import { settle } from './support/fake'

type Read = (error: unknown, messages?: { value: Buffer | null }[]) => void

class FakeConsumer extends EventEmitter {
  _isConnected = false
  _isConnecting = false
  _isDisconnecting = false
  _metadata = { topics: [] }
  readonly calls: unknown[][] = []
  readonly reads: Read[] = []
  connectError: unknown = null

  isConnected(): boolean {
    return this._isConnected
  }

  connect(options: object, cb: (error: unknown, metadata?: object) => void): void {
    this.calls.push(['connect', options])
    this._isConnecting = true
    setImmediate(() => {
      this._isConnecting = false
      if (this.connectError !== null) {
        cb(this.connectError)
        return
      }
      this._isConnected = true
      this.emit('ready')
      cb(null, this._metadata)
    })
  }

  subscribe(topics: unknown): void {
    this.calls.push(['subscribe', topics])
  }

  unsubscribe(): void {
    this.calls.push(['unsubscribe'])
    this.emit('unsubscribed', [])
  }

  disconnect(cb: () => void): void {
    this.calls.push(['disconnect'])
    this._isDisconnecting = true
    setImmediate(() => {
      this._isConnected = this._isDisconnecting = false
      cb()
    })
  }

  consume(count: number, cb: Read): void {
    this.calls.push(['consume', count])
    this.reads.push(cb)
  }

  setOauthBearerToken(token: string): void {
    this.calls.push(['setOauthBearerToken', token])
  }
}

function make(
  options: object = {},
  consumer = new FakeConsumer(),
): { stream: KafkaConsumerStream; consumer: FakeConsumer } {
  return { stream: new KafkaConsumerStream(consumer, { topics: 't', waitInterval: 0, ...options }), consumer }
}

const message = (text: string): { value: Buffer } => ({ value: Buffer.from(text) })

it('reads as long as somebody does, and again after nothing or an error', async () => {
  const { stream, consumer } = make({ fetchSize: 2 })
  const seen: unknown[] = []
  stream.on('data', (each: unknown) => seen.push(each))
  stream.on('error', (error: unknown) => seen.push(error))
  await settle()
  consumer.reads.shift()?.(null, [])
  await settle()
  const error = new Error('refused')
  consumer.reads.shift()?.(error)
  await settle()
  consumer.reads.shift()?.(null, [message('a'), message('b')])
  await settle()
  expect(seen).toEqual([error, message('a'), message('b')])
  expect(consumer.calls.filter(([name]) => name === 'consume').every(([, count]) => count === 2)).toBe(true)
})

it('waits between reads that give nothing', async () => {
  const { stream, consumer } = make({ waitInterval: 5 })
  stream.on('data', () => undefined)
  await settle()
  consumer.reads.shift()?.(null, [])
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(consumer.reads).toHaveLength(1)
})

it('gives values, and nothing for tombstones, where objectMode is false', async () => {
  const { stream, consumer } = make({ objectMode: false, fetchSize: 3 })
  const seen: unknown[] = []
  stream.on('data', (each: Buffer) => seen.push(String(each)))
  await settle()
  consumer.reads.shift()?.(null, [message('a'), message('b')])
  await settle()
  expect(seen).toEqual(['a', 'b'])
})

it('takes Node’s own options, and a null objectMode for none', () => {
  const { stream } = make({ objectMode: null, highWaterMark: 9, autoClose: false, streamAsBatch: true })
  expect([stream.readableObjectMode, stream.readableHighWaterMark]).toEqual([true, 9])
  expect([stream.autoClose, stream.streamAsBatch, stream.fetchSize]).toEqual([false, true, 1])
  expect(new KafkaConsumerStream(new FakeConsumer(), { topics: 't' }).waitInterval).toBe(1000)
})

it('takes a consumer that is connected as it is', async () => {
  const consumer = new FakeConsumer()
  consumer._isConnected = true
  const { stream } = make(
    { topics: (metadata: unknown) => (metadata === consumer._metadata ? ['mine'] : []) },
    consumer,
  )
  await settle()
  expect(consumer.calls.slice(0, 2)).toEqual([
    ['subscribe', ['mine']],
    ['consume', 1],
  ])
  stream.destroy()
  await settle()
})

it('hands on tokens', () => {
  const { stream, consumer } = make({ initOauthBearerToken: 'first' })
  stream.refreshOauthBearerToken('second')
  expect(consumer.calls.filter(([name]) => name === 'setOauthBearerToken').map(([, token]) => token)).toEqual([
    'first',
    'second',
  ])
})

it('that is destroyed while it connects, or disconnects, reads no more', async () => {
  const { stream, consumer } = make()
  const events: string[] = []
  for (const name of ['close', 'error']) stream.on(name, () => events.push(name))
  stream.destroy()
  stream.destroy()
  await settle(10)
  expect(events).toEqual(['close'])
  expect(consumer.calls.map(([name]) => name)).toEqual(['connect', 'unsubscribe', 'disconnect'])
  const other = make()
  await settle()
  other.consumer._isDisconnecting = true
  other.consumer.calls.length = 0
  other.stream._read(1)
  expect(other.consumer.calls).toEqual([])
})

it('closes once, however often it is told to, and calls back each time', async () => {
  const { stream } = make()
  let closes = 0
  stream.on('close', () => closes++)
  stream.on('data', () => undefined)
  await settle()
  let calls = 0
  stream.close(() => calls++)
  stream.close(() => calls++)
  await settle(10)
  expect([closes, calls]).toEqual([1, 2])
  stream.close(() => calls++)
  expect(calls).toBe(3)
})

it('does not read any more when it was destroyed', async () => {
  const { stream, consumer } = make()
  await settle()
  stream.destroy()
  consumer._isDisconnecting = false
  consumer.calls.length = 0
  stream._read(1)
  expect(consumer.calls).toEqual([])
  await settle()
})

it('that cannot connect is an error, and closes', async () => {
  const consumer = new FakeConsumer()
  consumer.connectError = new Error('nobody')
  const { stream } = make({}, consumer)
  const events: unknown[] = []
  stream.on('error', (error: unknown) => events.push(error))
  stream.on('close', () => events.push('close'))
  await settle()
  expect(events).toEqual([consumer.connectError, 'close'])
})
