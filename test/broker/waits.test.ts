// Every wait ends: by an answer, by its timeout, by its AbortSignal or by close(); with a broker that is not there, or
// that takes connections and says nothing.
import type { KafkaStreamConsumer } from '../../lib/consumer/consumer'
import type { CallOptions } from '../../lib/consumer/types'
import { TimeoutError } from '../../lib/errors'
import { HOWS, MODES, take, useConsumers } from '../helpers/consumer'
import { produce } from '../helpers/produce'
import { deadAddress, type SilentBroker, startSilentBroker } from '../helpers/silent-broker'
import { useTopics } from '../helpers/topics'
import { waitFor, withDeadline } from '../helpers/wait'

const TIMEOUT_MS = 300
/** What may come on top: a call waits behind others, and the machine is busy. */
const GRACE_MS = 1500

const topics = useTopics()
const consumers = useConsumers()
let silent: SilentBroker
let dead: string

beforeAll(async () => {
  silent = await startSilentBroker()
  dead = await deadAddress()
})
afterAll(() => silent.stop())

type Call = (consumer: KafkaStreamConsumer, options: CallOptions) => Promise<unknown>
const at = { topic: 'any', partition: 0 }
const calls: [name: string, call: Call][] = [
  ['subscribe', (consumer, options) => consumer.subscribe(['any'], options)],
  ['subscribe to a RegExp', (consumer, options) => consumer.subscribe([/^any/], options)],
  ['committed', (consumer, options) => consumer.committed([at], options)],
  ['watermarkOffsets', (consumer, options) => consumer.watermarkOffsets('any', 0, options)],
  ['offsetsForTimes', (consumer, options) => consumer.offsetsForTimes([{ ...at, timestamp: 0 }], options)],
  [
    'currentOffsets',
    (consumer, options) => {
      consumer.assign([at])
      return consumer.currentOffsets(options)
    },
  ],
]
const commit: [name: string, call: Call] = [
  'commit',
  (consumer, options) => consumer.commit([{ ...at, offset: 1 }], options),
]
const seek: [name: string, call: Call] = [
  'seek',
  (consumer, options) => {
    consumer.assign([at])
    return consumer.seek({ ...at, offset: 1 }, options)
  },
]

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it did not reject')
}

describe.each(MODES)('%s', (mode) => {
  const to = (bootstrap: string): KafkaStreamConsumer =>
    consumers.create(mode, {
      config: { 'bootstrap.servers': bootstrap },
      // A commit that nobody answers holds it up until then.
      settings: { closeTimeoutMs: 500 },
      mayWarn: true,
    })

  describe.each([
    ['a broker that is not there', () => dead],
    ['a broker that says nothing', () => silent.bootstrap],
  ])('with %s', (_what, bootstrap) => {
    it.each(calls)('%s() rejects within its timeoutMs', async (_name, call) => {
      const consumer = to(bootstrap())
      const began = performance.now()
      const error = await withDeadline(rejection(call(consumer, { timeoutMs: TIMEOUT_MS })), 20_000, 'it never settled')
      expect(performance.now() - began).toBeLessThan(TIMEOUT_MS + GRACE_MS)
      expect(error).toMatchObject({
        name: expect.stringMatching(/^(TimeoutError|ConnectionError)$/) as string,
        // Some questions of librdkafka's end with the reason why it could not ask.
        code: expect.stringMatching(/^(ERR_KAFKA_TIMEOUT|ERR__ALL_BROKERS_DOWN)$/) as string,
      })
      // Later there may be a broker.
      if (error instanceof TimeoutError) expect(error.retriable).toBe(true)
    })

    it.each([commit, seek])('%s() rejects with a KafkaError within its timeoutMs', async (_name, call) => {
      const consumer = to(bootstrap())
      const began = performance.now()
      await expect(
        withDeadline(call(consumer, { timeoutMs: TIMEOUT_MS }), 20_000, 'it never settled'),
      ).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_/) as string,
        message: expect.stringMatching(/commit|seek/) as string,
      })
      expect(performance.now() - began).toBeLessThan(TIMEOUT_MS + GRACE_MS)
    })

    it('close() settles within closeTimeoutMs, and with it everything that waits', async () => {
      const consumer = consumers.create(mode, {
        config: { 'bootstrap.servers': bootstrap() },
        settings: { closeTimeoutMs: 1000 },
        mayWarn: true,
      })
      const options = { timeoutMs: 4000 }
      const waiting = Promise.allSettled([
        consumer.stream().next(),
        consumer.subscribe(['any'], options),
        consumer.watermarkOffsets('any', 0, options),
      ])
      const began = performance.now()
      await withDeadline(consumer.close(), 10_000, 'close() did not settle')
      expect(performance.now() - began).toBeLessThan(1000 + GRACE_MS)
      const [next, subscribed, watermarks] = await withDeadline(waiting, 20_000, 'calls outlived close()')
      expect(next).toEqual({ status: 'fulfilled', value: { done: true, value: undefined } })
      expect([subscribed.status, watermarks.status]).toEqual(['rejected', 'rejected'])
      expect(performance.now() - began).toBeLessThan(1000 + GRACE_MS)
    })
  })

  describe('an AbortSignal', () => {
    const reason = new Error('the user went away')

    it('that aborts ends the wait of every call at once, with its reason', async () => {
      const consumer = to(silent.bootstrap)
      const controller = new AbortController()
      const options = { timeoutMs: 3000, signal: controller.signal }
      const waiting = Promise.all([...calls, commit].map(([, call]) => rejection(call(consumer, options))))
      await waitFor(() => silent.connections > 0, { describe: 'a connection' })
      const began = performance.now()
      controller.abort(reason)
      const errors = await withDeadline(waiting, 20_000, 'some call never settled')
      expect(performance.now() - began).toBeLessThan(GRACE_MS)
      expect(errors).toEqual([...calls, commit].map(() => reason))
      errors.forEach((error) => expect(error).toBe(reason))
    })

    it('that has aborted before rejects every call with its reason', async () => {
      const consumer = to(silent.bootstrap)
      const options = { timeoutMs: 1000, signal: AbortSignal.abort(reason) }
      for (const [, call] of [...calls, commit, seek]) {
        expect(await withDeadline(rejection(call(consumer, options)), 20_000, 'it never settled')).toBe(reason)
      }
    })

    it.each(HOWS)('ends an iteration that waits, and the next goes on: %s()', async (how) => {
      const topic = await topics.create({ prefix: 'abort' })
      await produce(topic, [{ partition: 0, value: '0' }])
      const consumer = consumers.create(mode)
      consumer.assign([{ topic, partition: 0, offset: 0 }])
      const controller = new AbortController()
      const seen: number[] = []
      const reading = (async () => {
        const options = { signal: controller.signal }
        if (how === 'stream') for await (const { offset } of consumer.stream(options)) seen.push(offset)
        else for await (const batch of consumer.batches(options)) for (const { offset } of batch) seen.push(offset)
      })()
      reading.catch(() => undefined)
      await waitFor(() => seen.length === 1, { describe: 'the first message' })
      controller.abort(reason)
      await expect(withDeadline(reading, 5000, 'the iteration did not end')).rejects.toBe(reason)
      await produce(topic, [{ partition: 0, value: '1' }])
      expect((await take(consumer, 1, { how }))[0]?.offset).toBe(1)
    })

    it.each(HOWS)('that has aborted before gives no message: %s()', async (how) => {
      const topic = await topics.create({ prefix: 'aborted' })
      await produce(topic, [{ partition: 0, value: '0' }])
      const consumer = consumers.create(mode)
      consumer.assign([{ topic, partition: 0, offset: 0 }])
      const options = { signal: AbortSignal.abort(reason) }
      const iteration = how === 'stream' ? consumer.stream(options) : consumer.batches(options)
      await expect(iteration.next()).rejects.toBe(reason)
      expect(await iteration.next()).toEqual({ done: true, value: undefined })
      expect((await take(consumer, 1, { how }))[0]?.offset).toBe(0)
    })

    it('leaves no listener behind', async () => {
      const topic = await topics.create({ prefix: 'listeners' })
      await produce(topic, [{ partition: 0, value: '0' }])
      const consumer = consumers.create(mode)
      const { signal } = new AbortController()
      const counts = { added: 0, removed: 0 }
      const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
      signal.addEventListener = (...args: Parameters<typeof add>): void => {
        counts.added++
        add(...args)
      }
      signal.removeEventListener = (...args: Parameters<typeof remove>): void => {
        counts.removed++
        remove(...args)
      }
      await consumer.subscribe([topic], { signal })
      const stream = consumer.stream({ signal })
      expect((await stream.next()).value?.offset).toBe(0)
      await consumer.committed([{ topic, partition: 0 }], { signal })
      await stream.return()
      expect(counts.added).toBeGreaterThan(1)
      expect(counts.removed).toBe(counts.added)
    })
  })

  it('subscribe() without a broker leaves the subscription standing, and says why', async () => {
    const consumer = to(dead)
    await expect(consumer.subscribe(['any'], { timeoutMs: TIMEOUT_MS })).rejects.toThrow(
      /no broker answered within 300 ms; the subscription stands/,
    )
    expect(consumer.subscription()).toEqual(['any'])
    expect(consumers.warnings(consumer).length).toBeGreaterThan(0)
  })
})
