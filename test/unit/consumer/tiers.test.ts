// The consumer over real clients and mock brokers, in each tier.
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClosedError, TimeoutError } from '../../../lib/errors'
import { runNode } from '../../helpers/child'
import { waitFor, withDeadline } from '../../helpers/wait'
import { MODES, take, takeWithin, useMocks } from '../testing/support'
import { rejectionOf } from './support/errors'

const mocks = useMocks()

/** An address that nobody listens at. */
async function deadAddress(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `127.0.0.1:${port}`
}

describe.each(MODES)('%s', (mode) => {
  it('subscribe() ends in a TimeoutError within its time when nobody is there', async () => {
    const { consumer } = mocks.consumer(await deadAddress(), { mode })
    const began = performance.now()
    const error = await rejectionOf(consumer.subscribe(['t'], { timeoutMs: 300 }))
    const took = performance.now() - began
    expect(error).toBeInstanceOf(TimeoutError)
    expect((error as Error).message).toContain('no broker answered within 300 ms')
    expect(took).toBeLessThan(1500)
    expect(consumer.subscription()).toEqual(['t'])
  })

  it('subscribe() to brokers that are there resolves, and the messages come in order', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t', { partitions: 2 })
    await cluster.produce(
      Array.from({ length: 200 }, (_, index) => ({ topic: 't', partition: index % 2, value: String(index) })),
    )
    const { consumer, warnings } = mocks.consumer(cluster.bootstrapServers, { mode })
    await consumer.subscribe(['t'])
    const messages = await take(consumer, 200)
    for (const partition of [0, 1]) {
      const of = messages.filter((message) => message.partition === partition)
      expect(of.map(({ offset }) => offset)).toEqual(Array.from({ length: 100 }, (_, index) => index))
      expect(of.map(({ value }) => String(value))).toEqual(of.map(({ offset }) => String(2 * offset + partition)))
    }
    expect(warnings).toEqual([])
  })

  it('a RegExp subscribes to the topics that it matches, and no others', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    for (const topic of ['orders-1', 'orders-22', 'orders-x']) {
      cluster.createTopic(topic)
      await cluster.produce([{ topic, value: topic }])
    }
    const { consumer } = mocks.consumer(cluster.bootstrapServers, { mode })
    await consumer.subscribe([/^orders-\d+$/])
    const topics = (await take(consumer, 2)).map(({ topic }) => topic)
    expect(topics.sort()).toEqual(['orders-1', 'orders-22'])
    expect(await takeWithin(consumer, 200)).toEqual([])
  })

  it('what was committed is where the next consumer of the group goes on', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t')
    await cluster.produce(Array.from({ length: 5 }, (_, index) => ({ topic: 't', value: String(index) })))
    // The mock group waits for a session's end, but a second, before the next member gets partitions.
    const config = { 'group.id': 'same', 'session.timeout.ms': '1500' }
    const first = mocks.consumer(cluster.bootstrapServers, { mode, config }).consumer
    await first.subscribe(['t'])
    const [, , third] = await take(first, 3)
    await first.commit(third)
    await first.close()
    const second = mocks.consumer(cluster.bootstrapServers, { mode, config }).consumer
    await second.subscribe(['t'])
    expect((await take(second, 2)).map(({ value }) => String(value))).toEqual(['3', '4'])
  })

  it('seek() goes back, pause() holds and resume() releases', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t')
    await cluster.produce(Array.from({ length: 10 }, (_, index) => ({ topic: 't', value: String(index) })))
    const { consumer } = mocks.consumer(cluster.bootstrapServers, { mode })
    consumer.assign([{ topic: 't', partition: 0, offset: 0 }])
    const values = async (count: number): Promise<string[]> =>
      (await take(consumer, count)).map(({ value }) => String(value))
    expect(await values(6)).toEqual(['0', '1', '2', '3', '4', '5'])
    await consumer.seek({ topic: 't', partition: 0, offset: 2 })
    expect(await values(2)).toEqual(['2', '3'])
    consumer.pause()
    expect(await takeWithin(consumer, 100)).toEqual([])
    consumer.resume()
    expect(await values(2)).toEqual(['4', '5'])
  })

  it('use after close() is a ClosedError; close() twice is the same promise', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t')
    const { consumer } = mocks.consumer(cluster.bootstrapServers, { mode })
    await consumer.subscribe(['t'])
    const closing = consumer.close()
    expect(consumer.close()).toBe(closing)
    await closing
    expect(await rejectionOf(consumer.subscribe(['t']))).toBeInstanceOf(ClosedError)
    expect(await rejectionOf(consumer.watermarkOffsets('t', 0))).toBeInstanceOf(ClosedError)
    expect(() => consumer.stream()).toThrow(ClosedError)
    expect(() => consumer.assign([])).toThrow(ClosedError)
  })

  it('Symbol.asyncDispose closes, and ends a running iteration', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t')
    const { consumer } = mocks.consumer(cluster.bootstrapServers, { mode })
    await consumer.subscribe(['t'])
    const waiting = consumer.stream().next()
    await withDeadline(consumer[Symbol.asyncDispose](), 10_000, 'the consumer is not closed')
    expect(await waiting).toEqual({ done: true, value: undefined })
  })

  it('closing while a request is under way ends the request', async () => {
    const { consumer } = mocks.consumer(await deadAddress(), { mode })
    const request = rejectionOf(consumer.watermarkOffsets('t', 0, { timeoutMs: 1000 }))
    await withDeadline(consumer.close(), 10_000, 'the consumer is not closed')
    expect(await withDeadline(request, 5000, 'the request is still waiting')).toBeInstanceOf(Error)
  })

  it('onAssigned and onRevoked run, with the partitions', async () => {
    const cluster = await mocks.cluster({ brokers: 1 })
    cluster.createTopic('t', { partitions: 2 })
    const ran: unknown[] = []
    const { consumer } = mocks.consumer(cluster.bootstrapServers, {
      mode,
      settings: {
        onAssigned: (partitions) => void ran.push(['assigned', partitions.length]),
        onRevoked: (partitions) => void ran.push(['revoked', partitions.length]),
      },
    })
    await consumer.subscribe(['t'])
    await waitFor(() => consumer.assignment().length === 2, { describe: 'two partitions' })
    await consumer.close()
    expect(ran).toEqual([
      ['assigned', 2],
      ['revoked', 2],
    ])
  })

  it('unref() lets the process end while the consumer is open, ref() keeps it', async () => {
    const result = await runNode(require.resolve('./fixtures/unref.cjs'), { args: [mode], deadlineMs: 20_000 })
    expect(result.stderr).toBe('')
    expect(result.code).toBe(0)
    expect(result.events).toEqual([{ timer: 'fired while ref() kept the process' }, { exit: 0 }])
  })
})

it('while the event loop stands still, a member is given up, even where it has nothing to do but wait for messages', async () => {
  const maxPollIntervalMs = 1000
  const cluster = await mocks.cluster({ brokers: 1 })
  cluster.createTopic('t')
  const config = {
    'session.timeout.ms': '900',
    'heartbeat.interval.ms': '100',
    'max.poll.interval.ms': String(maxPollIntervalMs),
  }
  const members = MODES.map((mode) => {
    const { consumer } = mocks.consumer(cluster.bootstrapServers, { mode, config, settings: { maxPollIntervalMs } })
    const told: string[] = []
    consumer.on('slow', () => told.push('slow'))
    consumer.on('lost', () => told.push('lost'))
    return { mode, consumer, told, next: consumer.stream().next() }
  })
  const assigned = async (): Promise<void> => {
    for (const { mode, consumer } of members) {
      await waitFor(() => consumer.assignment().length === 1, { describe: `${mode}: its partition` })
    }
  }
  await Promise.all(members.map(({ consumer }) => consumer.subscribe(['t'])))
  await assigned()
  // Long enough for one that does not say that it waits.
  await sleep(1.5 * maxPollIntervalMs)
  expect(members.map(({ told }) => told)).toEqual([[], [], []])
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3 * maxPollIntervalMs)
  for (const { mode, told } of members) {
    await waitFor(() => told.includes('lost'), { describe: () => `${mode}: to be told; it was told of ${told.join()}` })
  }
  await assigned()
  await cluster.produce([{ topic: 't', value: 'later' }])
  for (const { next } of members) expect((await next).value).toMatchObject({ offset: 0 })
}, 60_000)
