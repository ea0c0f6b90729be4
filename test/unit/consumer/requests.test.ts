import { checkSignal, Requests } from '../../../lib/consumer/requests'
import { unlessAborted, within } from '../../../lib/consumer/waits'
import { ArgumentError, KafkaError, TimeoutError } from '../../../lib/errors'
import { isPending } from './support/delivery'
import { rejectionOf, thrownBy } from './support/errors'
import { FakeNative, nativeError } from './support/fake-native'

const T0 = { topic: 't', partition: 0 }
const T1 = { topic: 't', partition: 1 }

function setup(requestTimeoutMs = 4000): { native: FakeNative; requests: Requests } {
  const native = new FakeNative()
  return { native, requests: new Requests(native, requestTimeoutMs, {}) }
}

describe('a request', () => {
  const asking: [name: string, ask: (requests: Requests, options: object) => Promise<unknown>][] = [
    ['committed', (requests, options) => requests.committed([T0], options)],
    ['offsetsForTimes', (requests, options) => requests.offsetsForTimes([{ ...T0, timestamp: 5 }], options)],
    ['watermarks', (requests, options) => requests.watermarks('t', 0, options)],
    ['metadata', (requests, options) => requests.answer(['t'], options)],
  ]

  it.each(asking)('%s gives librdkafka the timeout of the call, or of the configuration', async (name, ask) => {
    const { native, requests } = setup(4000)
    await ask(requests, {})
    await ask(requests, { timeoutMs: 123 })
    expect(native.callsOf(name).map((values) => values.at(-1))).toEqual([4000, 123])
  })

  it.each(asking)('%s refuses a timeout that is none before it asks', async (name, ask) => {
    const { native, requests } = setup()
    const error = await rejectionOf((async () => ask(requests, { timeoutMs: -1 }))())
    expect(error).toBeInstanceOf(ArgumentError)
    expect(native.callsOf(name)).toEqual([])
  })

  it.each(asking)('%s refuses a signal that is none before it asks', async (name, ask) => {
    const { native, requests } = setup()
    const error = await rejectionOf((async () => ask(requests, { signal: 'stop' }))())
    expect(error).toBeInstanceOf(ArgumentError)
    expect((error as Error).message).toBe('signal: expected an AbortSignal, got string')
    expect(native.callsOf(name)).toEqual([])
  })

  it.each(asking)('%s ends in a TimeoutError when librdkafka stays silent, half a second late', async (name, ask) => {
    const { native, requests } = setup()
    jest.spyOn(native, name as 'committed').mockReturnValue(new Promise(() => undefined))
    const began = performance.now()
    expect(await rejectionOf(ask(requests, { timeoutMs: 1 }))).toBeInstanceOf(TimeoutError)
    expect(performance.now() - began).toBeGreaterThan(490)
  })

  it.each(asking)('%s rejects with the reason of a signal that aborts', async (name, ask) => {
    const { native, requests } = setup(1)
    jest.spyOn(native, name as 'committed').mockReturnValue(new Promise(() => undefined))
    const controller = new AbortController()
    const waiting = ask(requests, { signal: controller.signal })
    expect(await isPending(waiting)).toBe(true)
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await rejectionOf(waiting)).toBe(reason)
    expect(await rejectionOf(ask(requests, { signal: AbortSignal.abort(reason) }))).toBe(reason)
  })

  it.each(asking)('%s names itself when librdkafka refuses', async (name, ask) => {
    const { native, requests } = setup()
    jest.spyOn(native, name as 'committed').mockRejectedValue(nativeError(30, 'not allowed'))
    const error = await rejectionOf(ask(requests, {}))
    expect(error).toBeInstanceOf(KafkaError)
    expect(error).toMatchObject({ code: 'ERR_GROUP_AUTHORIZATION_FAILED', errno: 30 })
    expect((error as Error).message).toMatch(
      /^(committed|offsetsForTimes of t \[0\]|watermarks of t \[0\]|subscribe): not allowed$/,
    )
  })
})

describe('committed()', () => {
  it('gives offsets, undefined where nothing is committed, and what else is known', async () => {
    const { native, requests } = setup()
    const committed = jest
      .spyOn(native, 'committed')
      .mockResolvedValue(['t', 0, 5, 3, 'meta', 0, 't', 1, -1001, -1, '', 0])
    expect(await requests.committed([T0, T1], {})).toEqual([
      { ...T0, offset: 5, leaderEpoch: 3, metadata: 'meta' },
      { ...T1, offset: undefined },
    ])
    expect(committed.mock.calls).toEqual([[['t', 0, 't', 1], 4000]])
  })

  it('of no partitions asks nobody', async () => {
    const { native, requests } = setup()
    expect(await requests.committed([], {})).toEqual([])
    expect(native.calls).toEqual([])
  })

  it('rejects when one of the partitions was refused, and names it', async () => {
    const { native, requests } = setup()
    jest.spyOn(native, 'committed').mockResolvedValue(['t', 0, 5, -1, '', 0, 't', 1, -1001, -1, '', 3])
    expect(await rejectionOf(requests.committed([T0, T1], {}))).toMatchObject({
      code: 'ERR_UNKNOWN_TOPIC_OR_PART',
      message: 'committed: t [1]',
    })
  })

  it('refuses what are no partitions', async () => {
    const { native, requests } = setup()
    await expect((async () => requests.committed([{}] as never, {}))()).rejects.toThrow('partitions[0].topic')
    expect(native.calls).toEqual([])
  })
})

describe('offsetsForTimes()', () => {
  it('gives the offset at each time, undefined where there is none', async () => {
    const { native, requests } = setup()
    const asked = jest
      .spyOn(native, 'offsetsForTimes')
      .mockResolvedValue(['t', 0, 17, -1, '', 0, 't', 1, -1, -1, '', 0])
    const times = [
      { ...T0, timestamp: 1000 },
      { ...T1, timestamp: 2000 },
    ]
    expect(await requests.offsetsForTimes(times, {})).toEqual([
      { ...T0, offset: 17 },
      { ...T1, offset: undefined },
    ])
    expect(asked.mock.calls).toEqual([[['t', 0, 1000, -1, '', 't', 1, 2000, -1, ''], 4000]])
    expect(times[0]).toEqual({ ...T0, timestamp: 1000 })
  })

  it('of no times asks nobody', async () => {
    const { native, requests } = setup()
    expect(await requests.offsetsForTimes([], {})).toEqual([])
    expect(native.calls).toEqual([])
  })

  it.each([
    [undefined, 'times: expected an array, got undefined'],
    [[5], 'times[0]: expected { topic, partition, timestamp }, got 5'],
    [[null], 'times[0]: expected { topic, partition, timestamp }, got null'],
    [[{ ...T0 }], 'times[0].timestamp: expected an integer from 0 to 9007199254740991, got undefined'],
    [[{ ...T0, timestamp: -1 }], 'times[0].timestamp: expected an integer from 0 to 9007199254740991, got -1'],
    [[{ ...T0, offset: 1 }], 'times[0].timestamp: expected an integer from 0 to 9007199254740991, got undefined'],
  ])('refuses %j', (times, message) => {
    const error = thrownBy(() => setup().requests.offsetsForTimes(times as never, {}))
    expect(error).toBeInstanceOf(ArgumentError)
    expect((error as Error).message).toBe(message)
  })
})

describe('watermarks()', () => {
  it('gives the first and the next offset', async () => {
    const { native, requests } = setup()
    jest.spyOn(native, 'watermarks').mockResolvedValue([3, 9])
    expect(await requests.watermarks('t', 0, {})).toEqual({ low: 3, high: 9 })
  })

  it('refuses what is no partition', async () => {
    const { requests } = setup()
    expect(await rejectionOf(requests.watermarks('t', -1, {}))).toBeInstanceOf(ArgumentError)
    expect(await rejectionOf(requests.watermarks('', 0, {}))).toBeInstanceOf(ArgumentError)
  })
})

describe('the answer to a subscription', () => {
  it('is asked for by the first topic that has a name, or of the whole cluster', async () => {
    const { native, requests } = setup()
    await requests.answer(['^p', 'named', 'second'], {})
    await requests.answer(['^p', '^q'], {})
    expect(native.callsOf('metadata').map(([topic]) => topic)).toEqual(['named', null])
  })

  it.each([
    ['timed out', -185],
    ['no connection', -195],
    ['all brokers are down', -187],
  ])('is a TimeoutError that says what becomes of it: %s', async (message, code) => {
    const { native, requests } = setup()
    jest.spyOn(native, 'metadata').mockRejectedValue(nativeError(code, message))
    const error = await rejectionOf(requests.answer(['t'], { timeoutMs: 50 }))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({
      message: 'subscribe: no broker answered within 50 ms; the subscription stands and takes effect when one does',
      cause: { errno: code },
    })
  })

  it('is the error itself when a broker said no', async () => {
    const { native, requests } = setup()
    jest.spyOn(native, 'metadata').mockRejectedValue(nativeError(29, 'forbidden'))
    expect(await rejectionOf(requests.answer(['t'], {}))).toMatchObject({ code: 'ERR_TOPIC_AUTHORIZATION_FAILED' })
  })

  it('passes on what is none of ours', async () => {
    const { native, requests } = setup()
    const odd = new RangeError('odd')
    jest.spyOn(native, 'metadata').mockRejectedValue(odd)
    expect(await rejectionOf(requests.answer(['t'], {}))).toBe(odd)
  })
})

describe('a signal', () => {
  it('is an AbortSignal or undefined', () => {
    const { signal } = new AbortController()
    expect(checkSignal(signal)).toBe(signal)
    expect(checkSignal(undefined)).toBeUndefined()
  })

  it('may be one of another realm, or of a library', () => {
    const signal = Object.assign(new EventTarget(), { aborted: false })
    expect(checkSignal(signal)).toBe(signal)
  })

  it.each([
    [null, 'null'],
    ['stop', 'string'],
    [{}, 'object'],
    [{ aborted: false }, 'object'],
    [new EventTarget(), 'object'],
    [new AbortController(), 'object'],
  ])('is not %p', (value, type) => {
    const error = thrownBy(() => checkSignal(value))
    expect(error).toBeInstanceOf(ArgumentError)
    expect((error as Error).message).toBe(`signal: expected an AbortSignal, got ${type}`)
  })
})

describe('a wait', () => {
  it('within a time is what the promise is', async () => {
    expect(await within(Promise.resolve(5), 1000, 'it')).toBe(5)
    const failure = new Error('no')
    expect(await rejectionOf(within(Promise.reject(failure), 1000, 'it'))).toBe(failure)
  })

  it('within a time ends when the time is over, and says what took too long', async () => {
    const error = await rejectionOf(within(new Promise(() => undefined), 5, 'the thing'))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ message: 'the thing took longer than 5 ms', retriable: true })
  })

  it('leaves no listener on its signal', async () => {
    const { signal } = new AbortController()
    const removed = jest.spyOn(signal, 'removeEventListener')
    expect(await unlessAborted(Promise.resolve(1), signal)).toBe(1)
    expect(removed).toHaveBeenCalledTimes(1)
  })

  it('without a signal is what the promise is', async () => {
    expect(await unlessAborted(Promise.resolve(1), undefined)).toBe(1)
  })

  it('that was aborted leaves a later rejection unreported', async () => {
    let reject: (error: Error) => void = () => undefined
    const promise = new Promise((_, no) => (reject = no))
    const controller = new AbortController()
    const waiting = unlessAborted(promise, controller.signal)
    controller.abort()
    await rejectionOf(waiting)
    reject(new Error('nobody listens'))
    expect(await isPending(promise)).toBe(false)
  })
})
