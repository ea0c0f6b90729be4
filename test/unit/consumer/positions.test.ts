import type { FlatOffsetResults, FlatOffsets } from '../../../lib/binding'
import { Group } from '../../../lib/consumer/group'
import { Offsets } from '../../../lib/consumer/offsets'
import { Partitions, type PartitionState } from '../../../lib/consumer/partitions'
import { Positions } from '../../../lib/consumer/positions'
import type { Source } from '../../../lib/consumer/source'
import { Requests } from '../../../lib/consumer/requests'
import { ArgumentError, KafkaError } from '../../../lib/errors'
import { isPending } from './support/delivery'
import { rejectionOf, thrownBy } from './support/errors'
import { FakeNative, nativeError, rebalance, results } from './support/fake-native'
import { blockOf, row } from './support/rows'

const NOT_ASSIGNED = { code: 'ERR__UNKNOWN_PARTITION', errno: -190 }
const ERR_STATE = -172

interface Setup {
  native: FakeNative
  partitions: Partitions
  positions: Positions
  group: Group
  /** How many blocks are on the delivery. */
  blocks: () => number
  state: (partition: number) => PartitionState
  process: (partition: number, offset: number) => void
}

interface Options {
  reset?: string
  inHand?: (slot: number) => number | undefined
  onAssigned?: () => void | Promise<void>
  /** Where each assigned partition of `t` starts. */
  starts?: (number | undefined)[]
}

function setup({ reset = 'latest', inHand = () => undefined, onAssigned, starts = [undefined] }: Options = {}): Setup {
  const native = new FakeNative()
  const partitions = new Partitions(native)
  let blocks = 0
  const delivery = {
    inHand,
    block: () => blocks++,
    unblock: () => blocks--,
    forgive: () => undefined,
    whenSettled: () => Promise.resolve(),
    source: { dropHeld: () => undefined } as unknown as Source,
  }
  const ignore = (): void => undefined
  const group = new Group(
    native,
    partitions,
    new Offsets(native, partitions, () => true),
    delivery,
    {
      autoCommit: { enabled: false, intervalMs: 1 },
      rebalanceTimeoutMs: 1000,
      onAssigned,
      onRevoked: undefined,
      onLost: undefined,
    },
    { onAssigned: ignore, onRevoked: ignore, onLost: ignore, onWarning: ignore },
  )
  const requests = new Requests(native, 1000, {})
  starts.forEach((start, partition) => {
    partitions.assign('t', partition, 0, start)
  })
  const state = (partition: number): PartitionState => {
    const found = partitions.get('t', partition)
    if (found === undefined) throw new Error(`t [${partition}] is not assigned`)
    return found
  }
  return {
    native,
    partitions,
    group,
    positions: new Positions(native, partitions, delivery, group, requests, reset),
    blocks: () => blocks,
    state,
    process(partition, offset) {
      const slot = native.slot('t', partition)
      partitions.isCurrent(slot, 0)
      partitions.done(blockOf([row({ slot, offset })], 1000), 0)
    },
  }
}

describe('position()', () => {
  it('is where each partition was told to start, before its first message', () => {
    const { positions } = setup({ starts: [undefined, 5, -2, -1, 0] })
    expect(positions.position().map(({ offset }) => offset)).toEqual([undefined, 5, undefined, undefined, 0])
  })

  it('follows what was processed', () => {
    const { positions, process } = setup({ starts: [5] })
    process(0, 7)
    expect(positions.position()).toEqual([{ topic: 't', partition: 0, offset: 8 }])
  })

  it('follows what is in hand, which will not be delivered again', () => {
    const { positions, process } = setup({ inHand: (slot) => (slot === 0 ? 9 : undefined) })
    process(0, 7)
    expect(positions.position()[0]?.offset).toBe(9)
  })
})

describe('the current offsets', () => {
  it('are what was processed, without asking anybody', async () => {
    const { native, positions, process } = setup()
    process(0, 7)
    expect(await positions.current({})).toEqual([{ topic: 't', partition: 0, offset: 8 }])
    expect(native.calls).toEqual([])
  })

  it('are where a partition was told to start', async () => {
    const { native, positions } = setup({ starts: [30] })
    expect(await positions.current({})).toEqual([{ topic: 't', partition: 0, offset: 30 }])
    expect(native.calls).toEqual([])
  })

  it('are what is committed where nothing came yet, asked for those alone', async () => {
    const { native, positions, process } = setup({ starts: [undefined, 30, undefined] })
    process(0, 7)
    jest.spyOn(native, 'committed').mockImplementation((partitions) => {
      expect(partitions).toEqual(['t', 2])
      return Promise.resolve(['t', 2, 55, -1, '', 0])
    })
    expect((await positions.current({})).map(({ offset }) => offset)).toEqual([8, 30, 55])
    expect(native.callsOf('watermarks')).toEqual([])
  })

  it.each([
    ['earliest', 3],
    ['smallest', 3],
    ['beginning', 3],
    ['latest', 9],
    ['largest', 9],
    ['end', 9],
  ])('are where auto.offset.reset=%s says when nothing is committed: %d', async (reset, offset) => {
    const { native, positions } = setup({ reset })
    jest.spyOn(native, 'watermarks').mockResolvedValue([3, 9])
    expect(await positions.current({})).toEqual([{ topic: 't', partition: 0, offset }])
  })

  it('are the beginning or the end where a partition was told to start there, whatever the reset', async () => {
    const { native, positions } = setup({ starts: [-2, -1], reset: 'earliest' })
    jest.spyOn(native, 'watermarks').mockResolvedValue([3, 9])
    expect((await positions.current({})).map(({ offset }) => offset)).toEqual([3, 9])
    expect(native.callsOf('committed')).toEqual([])
  })

  it('of nothing are nothing', async () => {
    const { native, positions } = setup({ starts: [] })
    expect(await positions.current({})).toEqual([])
    expect(native.calls).toEqual([])
  })

  it('reject when the broker does not answer', async () => {
    const { native, positions } = setup()
    jest.spyOn(native, 'watermarks').mockRejectedValue(nativeError(-185, 'timed out'))
    expect(await rejectionOf(positions.current({}))).toMatchObject({ code: 'ERR_KAFKA_TIMEOUT' })
  })
})

describe('the lag', () => {
  it('is asked for in several questions, which share the time', async () => {
    const { native, positions } = setup({ reset: 'earliest' })
    const answer: FlatOffsetResults = ['t', 0, -1001, -1, '', 0]
    jest.spyOn(native, 'committed').mockReturnValue(new Promise((resolve) => setTimeout(resolve, 30, answer)))
    await positions.lag({ timeoutMs: 1000 })
    expect(native.callsOf('watermarks').map(([, , timeoutMs]) => (timeoutMs as number) < 980)).toEqual([true, true])
  })

  it('is what is left to process, also of what came while brokers were asked', async () => {
    const { native, positions, process } = setup({ starts: [0] })
    jest.spyOn(native, 'watermarks').mockImplementation(() => {
      process(0, 6)
      return Promise.resolve([0, 9])
    })
    process(0, 2)
    expect(await positions.lag({})).toEqual([{ topic: 't', partition: 0, offset: 7, high: 9, lag: 2 }])
  })
})

describe('seek()', () => {
  it('moves one partition, or several at once', async () => {
    const { native, positions, state } = setup({ starts: [undefined, undefined] })
    await positions.seek({ topic: 't', partition: 0, offset: 5 }, {})
    await positions.seek(
      [
        { topic: 't', partition: 0, offset: -2 },
        { topic: 't', partition: 1, offset: -1 },
      ],
      { timeoutMs: 77 },
    )
    expect(native.callsOf('seek')).toEqual([
      [['t', 0, 5, -1, ''], 1000],
      [['t', 0, -2, -1, '', 't', 1, -1, -1, ''], 77],
    ])
    expect([state(0), state(1)]).toMatchObject([
      { startOffset: -2, fence: 2 },
      { startOffset: -1, fence: 2 },
    ])
  })

  it('fences what was polled before, and forgets what was processed', async () => {
    const { native, partitions, positions, process, state } = setup()
    process(0, 7)
    await positions.seek({ topic: 't', partition: 0, offset: 3 }, {})
    expect([0, 1].map((epoch) => partitions.isCurrent(native.slot('t', 0), epoch))).toEqual([false, true])
    expect(partitions.next(state(0))).toBeUndefined()
    expect((await positions.current({}))[0]?.offset).toBe(3)
  })

  it('blocks delivery until the addon has moved', async () => {
    const { native, positions, blocks } = setup()
    let move: () => void = () => undefined
    jest
      .spyOn(native, 'seek')
      .mockImplementation(
        (offsets) => new Promise((resolve) => (move = () => resolve({ epoch: 1, results: results(offsets) }))),
      )
    const seeking = positions.seek({ topic: 't', partition: 0, offset: 3 }, {})
    expect(await isPending(seeking)).toBe(true)
    expect(blocks()).toBe(1)
    move()
    await seeking
    expect(blocks()).toBe(0)
  })

  it('stays blocked when the caller aborts, until the addon has moved', async () => {
    const { native, positions, blocks, state } = setup()
    let move: () => void = () => undefined
    jest
      .spyOn(native, 'seek')
      .mockImplementation(
        (offsets) => new Promise((resolve) => (move = () => resolve({ epoch: 4, results: results(offsets) }))),
      )
    const controller = new AbortController()
    const seeking = positions.seek({ topic: 't', partition: 0, offset: 3 }, { signal: controller.signal })
    controller.abort(new Error('enough'))
    expect(await rejectionOf(seeking)).toEqual(new Error('enough'))
    expect(blocks()).toBe(1)
    move()
    expect(await isPending(Promise.resolve())).toBe(false)
    expect(blocks()).toBe(0)
    expect(state(0)).toMatchObject({ fence: 4, startOffset: 3 })
  })

  it('tries again while the partition has just been assigned', async () => {
    const { native, positions, state } = setup({ starts: [undefined, undefined] })
    const seek = jest
      .spyOn(native, 'seek')
      .mockImplementationOnce((offsets) => Promise.resolve({ epoch: 1, results: results(offsets, [0, ERR_STATE]) }))
      .mockImplementationOnce((offsets) => Promise.resolve({ epoch: 2, results: results(offsets, [ERR_STATE]) }))
    await positions.seek(
      [
        { topic: 't', partition: 0, offset: 1 },
        { topic: 't', partition: 1, offset: 2 },
      ],
      {},
    )
    expect(seek.mock.calls.map(([offsets]) => offsets[1])).toEqual([0, 1, 1])
    expect([state(0).startOffset, state(1).startOffset]).toEqual([1, 2])
  })

  it('gives up trying when the time is over', async () => {
    const { native, positions, blocks } = setup()
    jest
      .spyOn(native, 'seek')
      .mockImplementation((offsets) => Promise.resolve({ epoch: 1, results: results(offsets, [ERR_STATE]) }))
    const error = await rejectionOf(positions.seek({ topic: 't', partition: 0, offset: 1 }, { timeoutMs: 40 }))
    expect(error).toMatchObject({ code: 'ERR__STATE', message: 'seek: t [0]' })
    expect(blocks()).toBe(0)
  })

  it('rejects when one of several is refused; those that moved are fenced', async () => {
    const { native, positions, state, blocks } = setup({ starts: [undefined, undefined, undefined] })
    jest
      .spyOn(native, 'seek')
      .mockImplementation((offsets) => Promise.resolve({ epoch: 6, results: results(offsets, [0, 3, 6]) }))
    const error = await rejectionOf(
      positions.seek(
        [0, 1, 2].map((partition) => ({ topic: 't', partition, offset: 8 })),
        {},
      ),
    )
    expect(error).toMatchObject({ code: 'ERR_UNKNOWN_TOPIC_OR_PART', message: 'seek: t [1]' })
    expect(state(0)).toMatchObject({ startOffset: 8, fence: 6 })
    expect([state(1), state(2)]).toMatchObject([{ startOffset: undefined }, { startOffset: undefined }])
    expect(blocks()).toBe(0)
  })

  it.each([undefined, 40])('does not try again once it is given back, and maybe assigned anew: %s', async (start) => {
    const { native, partitions, positions, blocks } = setup()
    const seek = jest.spyOn(native, 'seek').mockImplementation((offsets) => {
      setTimeout(() => {
        partitions.revoke('t', 0)
        if (start !== undefined) partitions.assign('t', 0, 7, start)
      }, 1)
      return Promise.resolve({ epoch: 1, results: results(offsets, [ERR_STATE]) })
    })
    const error = await rejectionOf(positions.seek({ topic: 't', partition: 0, offset: 1 }, {}))
    const startOffset = partitions.get('t', 0)?.startOffset
    expect([error, seek.mock.calls.length, blocks(), startOffset]).toMatchObject([{ errno: ERR_STATE }, 1, 0, start])
  })

  it('gives up for a later one', async () => {
    const { native, positions, state } = setup()
    const refused = (offsets: FlatOffsets) => Promise.resolve({ epoch: 1, results: results(offsets, [ERR_STATE]) })
    const seek = jest.spyOn(native, 'seek').mockImplementationOnce(refused)
    const first = positions.seek({ topic: 't', partition: 0, offset: 100 }, {})
    await positions.seek({ topic: 't', partition: 0, offset: 200 }, {})
    await first
    expect(seek).toHaveBeenCalledTimes(2)
    expect(state(0).startOffset).toBe(200)
  })

  it('leaves a partition alone that was revoked meanwhile', async () => {
    const { native, partitions, positions } = setup()
    jest.spyOn(native, 'seek').mockImplementation((offsets) => {
      partitions.revoke('t', 0)
      return Promise.resolve({ epoch: 1, results: results(offsets) })
    })
    await positions.seek({ topic: 't', partition: 0, offset: 1 }, {})
    expect(partitions.get('t', 0)).toBeUndefined()
  })

  it('rejects when the addon does, and blocks no longer', async () => {
    const { native, positions, blocks } = setup()
    jest.spyOn(native, 'seek').mockRejectedValue(nativeError(-185, 'timed out'))
    expect(await rejectionOf(positions.seek({ topic: 't', partition: 0, offset: 1 }, {}))).toMatchObject({
      code: 'ERR_KAFKA_TIMEOUT',
      message: 'seek: timed out',
    })
    expect(blocks()).toBe(0)
  })

  it('is refused for what is not assigned, and then moves none', async () => {
    const { native, positions, blocks } = setup()
    const error = await rejectionOf(
      positions.seek(
        [
          { topic: 't', partition: 0, offset: 1 },
          { topic: 't', partition: 9, offset: 1 },
        ],
        {},
      ),
    )
    expect(error).toBeInstanceOf(KafkaError)
    expect(error).toMatchObject({ ...NOT_ASSIGNED, message: 'seek: t [9] is not assigned' })
    expect([native.callsOf('seek'), blocks()]).toEqual([[], 0])
  })

  it.each([
    [{ topic: 't', partition: 0, offset: -3 }, {}],
    [{ topic: 't', partition: 0 }, {}],
    [undefined, {}],
    [{ topic: 't', partition: 0, offset: 1 }, { timeoutMs: 'long' }],
    [{ topic: 't', partition: 0, offset: 1 }, { signal: 'stop' }],
  ])('is refused with %j and %j, and then moves nothing', async (target, options) => {
    const { native, positions, blocks, state } = setup()
    expect(await rejectionOf(positions.seek(target as never, options as never))).toBeInstanceOf(ArgumentError)
    expect([native.callsOf('seek'), blocks(), state(0).startOffset]).toEqual([[], 0, undefined])
  })

  it('inside onAssigned sets where a partition starts, without asking anybody', async () => {
    const all: Setup = setup({
      starts: [],
      async onAssigned() {
        await all.positions.seek({ topic: 't', partition: 0, offset: 12 }, {})
      },
    })
    all.group.onRebalance(rebalance('assign', [{ topic: 't', partition: 0 }]))
    await all.group.idle
    expect(all.native.calls).toEqual([['assign', ['t', 0, 12, -1, '']]])
    expect(all.state(0).startOffset).toBe(12)
  })
})

describe('pause and resume', () => {
  const T0 = { topic: 't', partition: 0 }

  it('tell the addon, and hold back the rows', () => {
    const { native, positions, partitions, state } = setup({ starts: [undefined, undefined] })
    partitions.isCurrent(native.slot('t', 0), 0)
    positions.setPaused([T0], true)
    expect([state(0).isPaused, state(1).isPaused, partitions.isPaused(0)]).toEqual([true, false, true])
    positions.setPaused([T0], false)
    expect([state(0).isPaused, partitions.isPaused(0)]).toEqual([false, false])
    expect(native.calls).toEqual([
      ['pause', ['t', 0]],
      ['resume', ['t', 0]],
    ])
  })

  it('of nothing tell nobody', () => {
    const { native, positions } = setup()
    positions.setPaused([], true)
    expect(native.calls).toEqual([])
  })

  it.each([
    [true, 'pause'],
    [false, 'resume'],
  ])('of what is not assigned is refused, and then changes none', (isPaused, name) => {
    const { native, positions, state } = setup()
    const error = thrownBy(() => {
      positions.setPaused([T0, { topic: 'other', partition: 0 }], isPaused)
    })
    expect(error).toMatchObject({ ...NOT_ASSIGNED, message: `${name}: other [0] is not assigned` })
    expect([native.calls, state(0).isPaused]).toEqual([[], false])
  })

  it('that the addon refuses change nothing', () => {
    const { native, positions, state } = setup()
    jest.spyOn(native, 'pause').mockImplementation(() => {
      throw nativeError(-190, 'unknown partition')
    })
    expect(() => {
      positions.setPaused([T0], true)
    }).toThrow('pause: unknown partition')
    expect(state(0).isPaused).toBe(false)
  })

  it('inside onAssigned set how a partition starts', async () => {
    const all: Setup = setup({
      starts: [],
      onAssigned() {
        all.positions.setPaused([T0], true)
      },
    })
    all.group.onRebalance(rebalance('assign', [T0]))
    await all.group.idle
    expect(all.native.calls.map(([name]) => name)).toEqual(['assign', 'pause'])
    expect(all.state(0).isPaused).toBe(true)
  })
})
