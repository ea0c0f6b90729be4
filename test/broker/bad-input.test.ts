// Whatever a program passes, or does at the wrong time, it gets a clear error: never a crash, never silence.
import type { Outcome } from '../fixtures/bad-input'
import type { KafkaStreamConsumer } from '../../lib/consumer/consumer'
import type { KafkaError } from '../../lib/errors'
import { badCalls, goodCalls } from '../helpers/bad-calls'
import { HOWS, type Mode, MODES, take, useConsumers } from '../helpers/consumer'
import { startFixture } from '../helpers/fixture'
import { produce } from '../helpers/produce'
import { uniqueName, useTopics } from '../helpers/topics'
import { patient, waitFor, withDeadline } from '../helpers/wait'

const topics = useTopics()
const consumers = useConsumers()
let topic: string

beforeAll(async () => {
  topic = await topics.create({ prefix: 'bad-input' })
  await produce(
    topic,
    Array.from({ length: 10 }, (_, index) => ({ partition: 0, value: String(index) })),
  )
})

/** In a process of its own, as a crash would take this one with it. */
async function outcomes(mode: Mode, calls: 'bad' | 'good'): Promise<{ outcomes: Outcome[]; rest: unknown[] }> {
  const { code, signal, events, stderr } = await startFixture('bad-input', { mode, topic, calls }).result
  const last = events.filter((event) => typeof event === 'object' && event !== null && 'about' in event).at(-1)
  expect({ code, signal, stderr, last: code === 0 ? undefined : last }).toEqual({ code: 0, signal: null, stderr: '' })
  const told = events.filter((event) => (event as { name?: unknown }).name !== undefined) as Outcome[]
  return {
    outcomes: told.filter(({ outcome }) => (outcome as string | undefined) !== undefined),
    rest: told.filter(({ outcome }) => (outcome as string | undefined) === undefined),
  }
}

/** node-rdkafka passes an error's code on and not its reason: in the legacy mode no topic is named. */
const NAMES_NO_TOPIC: readonly Mode[] = ['legacy']

describe.each(MODES)('%s', (mode) => {
  const isAbout = (name: string, { code, message }: KafkaError): boolean =>
    code === 'ERR_UNKNOWN_TOPIC_OR_PART' && (NAMES_NO_TOPIC.includes(mode) || message.includes(name))

  it('refuses every malformed argument with one sentence, and does nothing of what was asked', async () => {
    const { outcomes: all, rest } = await outcomes(mode, 'bad')
    expect(all.map(({ name }) => name)).toEqual(badCalls(topic).map(({ name }) => name))
    const others = all.filter(
      ({ outcome, error }) =>
        !(
          (outcome === 'threw' || outcome === 'rejected') &&
          error?.name === 'ArgumentError' &&
          error.code === 'ERR_KAFKA_ARGUMENT' &&
          // What, what was expected, what came.
          /^[\w.[\]]+: expected .+/s.test(error.message) &&
          error.message.length < 400
        ),
    )
    expect(others).toEqual([])
    expect(rest).toEqual([{ name: 'the next message', offset: 0, paused: [] }, { name: 'the end' }])
  })

  it('refuses every call after close() as closed', async () => {
    const { outcomes: all } = await outcomes(mode, 'good')
    expect(all).toEqual(
      goodCalls(topic).map(({ name }) => ({
        name,
        outcome: expect.stringMatching(/^(threw|rejected)$/) as string,
        error: { name: 'ClosedError', code: 'ERR_KAFKA_CLOSED', message: 'the consumer is closed' },
      })),
    )
  })

  it('close() again, or at the same time, is the same close()', async () => {
    const consumer = consumers.create(mode)
    await consumer.subscribe([topic])
    await take(consumer, 1)
    const closed: unknown[] = []
    consumer.on('close', () => closed.push('close'))
    const first = consumer.close()
    expect(consumer.close()).toBe(first)
    await Promise.all([first, consumer.close(), consumer[Symbol.asyncDispose]()])
    expect(consumer.close()).toBe(first)
    expect(closed).toEqual(['close'])
  })

  it.each(HOWS)('close() in the loop body ends the loop: %s()', async (how) => {
    const consumer = consumers.create(mode)
    await consumer.subscribe([topic])
    let turns = 0
    const reading = async (): Promise<void> => {
      const iteration: AsyncIterable<unknown> =
        how === 'stream' ? consumer.stream() : consumer.batches({ maxMessages: 1 })
      for await (const each of iteration) {
        expect(each).toBeDefined()
        if (++turns === 1) await consumer.close()
      }
    }
    await withDeadline(reading(), 20_000, 'the loop did not end')
    expect(turns).toBe(1)
  })

  it('close() while the group is being joined, and before anything, settles', async () => {
    await withDeadline(consumers.create(mode).close(), 5000, 'close() of an unused consumer did not settle')
    const consumer = consumers.create(mode)
    const subscribing = consumer.subscribe([topic]).catch((error: unknown) => error)
    await withDeadline(consumer.close(), 15_000, 'close() while joining did not settle')
    // It had its answer before, or the close() came first.
    const error = await withDeadline(subscribing, 15_000, 'subscribe() did not settle')
    if (error !== undefined) expect(error).toMatchObject({ code: 'ERR_KAFKA_CLOSED' })
  })

  describe('a partition that does not exist', () => {
    const unknown = expect.objectContaining({
      name: expect.stringMatching(/^(KafkaError|TimeoutError|UnknownTopicError)$/) as string,
      code: expect.stringMatching(/UNKNOWN|TIMEOUT/) as string,
    }) as Error
    const options = { timeoutMs: 1000 }
    const cases: [
      string,
      (consumer: KafkaStreamConsumer, at: { topic: string; partition: number }) => Promise<unknown>,
    ][] = [
      ['watermarkOffsets', (consumer, at) => consumer.watermarkOffsets(at.topic, at.partition, options)],
      ['offsetsForTimes', (consumer, at) => consumer.offsetsForTimes([{ ...at, timestamp: 0 }], options)],
      ['commit', (consumer, at) => consumer.commit([{ ...at, offset: 1 }], options)],
      ['seek', (consumer, at) => consumer.seek({ ...at, offset: 1 }, options)],
    ]
    it.each(cases)('is refused by %s() within its timeoutMs, naming it', async (_name, call) => {
      const consumer = consumers.create(mode, { mayWarn: true })
      for (const at of [
        { topic, partition: 99 },
        { topic: uniqueName('nowhere'), partition: 0 },
      ]) {
        const began = performance.now()
        const error = await withDeadline(
          call(consumer, at).then(
            () => undefined,
            (reason: unknown) => reason as Error,
          ),
          20_000,
          'it did not settle',
        )
        expect(error).toEqual(unknown)
        expect(error?.message).toContain(at.topic)
        expect(performance.now() - began).toBeLessThan(3000)
      }
    })

    it('assigned or subscribed to is told of by a warning, and keeps no other from being read', async () => {
      const nowhere = uniqueName('nowhere')
      // How long librdkafka waits for a topic that is not there.
      const config = { 'topic.metadata.propagation.max.ms': 300 }
      const consumer = consumers.create(mode, { config, mayWarn: true })
      consumer.assign([
        { topic: nowhere, partition: 0, offset: 0 },
        { topic, partition: 0, offset: 0 },
      ])
      const subscriber = consumers.create(mode, { config, mayWarn: true })
      await subscriber.subscribe([nowhere, topic])
      for (const each of [consumer, subscriber]) {
        expect((await take(each, 10)).map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
        const ended = each.stream().next()
        await waitFor(() => consumers.warnings(each).some((warning) => isAbout(nowhere, warning)), {
          describe: () => `a warning about ${nowhere}; there are ${consumers.warnings(each).map(String).join('; ')}`,
        })
        await each.close()
        expect(await ended).toMatchObject({ done: true })
      }
    })
  })

  it('what a getter of the argument throws reaches the caller, and the consumer goes on', async () => {
    const trap = new Error('the getter')
    const thrower = {
      get topic(): string {
        throw trap
      },
      partition: 0,
      offset: 0,
    }
    const consumer = consumers.create(mode)
    consumer.assign([{ topic, partition: 0, offset: 0 }])
    expect(() => {
      consumer.pause([thrower])
    }).toThrow(trap)
    expect(() => {
      consumer.assign([thrower])
    }).toThrow(trap)
    await expect(consumer.commit([thrower])).rejects.toBe(trap)
    await expect(consumer.seek(thrower)).rejects.toBe(trap)
    expect(await take(consumer, 1)).toHaveLength(1)
  })

  it('ten thousand partitions in one call are answered', async () => {
    const consumer = consumers.create(mode, { mayWarn: true, settings: { requestTimeoutMs: patient(10_000) } })
    const many = Array.from({ length: 10_000 }, (_, partition) => ({ topic, partition }))
    const found = await consumer.committed(many)
    expect(found).toHaveLength(10_000)
    expect(found.every(({ offset }) => offset === undefined)).toBe(true)
  })
})
