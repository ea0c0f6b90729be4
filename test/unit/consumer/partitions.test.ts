import { Partitions, type PartitionState } from '../../../lib/consumer/partitions'
import { StateError } from '../../../lib/errors'
import { thrownBy } from './support/errors'
import { FakeNative } from './support/fake-native'
import { blockOf, row, run } from './support/rows'

interface Setup {
  native: FakeNative
  partitions: Partitions
  /** Assigned from `fence` on. */
  assign: (topic: string, partition: number, fence?: number, startOffset?: number) => PartitionState
}

function setup(): Setup {
  const native = new FakeNative()
  const partitions = new Partitions(native)
  return {
    native,
    partitions,
    assign(topic, partition, fence = 0, startOffset) {
      partitions.assign(topic, partition, fence, startOffset)
      return stateOf(partitions, topic, partition)
    },
  }
}

function stateOf(partitions: Partitions, topic: string, partition: number): PartitionState {
  const state = partitions.get(topic, partition)
  if (state === undefined) throw new Error(`${topic} [${partition}] is not assigned`)
  return state
}

describe('slots', () => {
  it('are learned from the addon when a row names one that is not known', () => {
    const { native, partitions, assign } = setup()
    const state = assign('t', 5)
    expect(state.slot).toBe(-1)
    const slot = native.slot('t', 5)
    expect(partitions.isCurrent(slot, 0)).toBe(true)
    expect(state.slot).toBe(slot)
    expect([partitions.topic(slot), partitions.partition(slot)]).toEqual(['t', 5])
  })

  it('are asked for once, and only from the first unknown one on', () => {
    const { native, partitions, assign } = setup()
    assign('t', 0)
    const asked = jest.spyOn(native, 'slots')
    native.slot('t', 0)
    native.slot('t', 1)
    partitions.isCurrent(1, 0)
    partitions.isCurrent(0, 0)
    native.slot('t', 2)
    partitions.isCurrent(2, 0)
    expect(asked.mock.calls).toEqual([[0], [2]])
  })

  it('that the addon does not know are an error', () => {
    const { partitions } = setup()
    expect(thrownBy(() => partitions.isCurrent(3, 0))).toBeInstanceOf(StateError)
    expect(thrownBy(() => partitions.isCurrent(NaN, 0))).toBeInstanceOf(StateError)
  })

  it('may be many: what was known stays when the tables grow', () => {
    const { native, partitions, assign } = setup()
    const COUNT = 300
    for (let partition = 0; partition < COUNT; partition++) {
      const state = assign('t', partition, partition % 3)
      native.slot('t', partition)
      partitions.isCurrent(partition, 0)
      if (partition % 5 === 0) partitions.setPaused(state, true)
      partitions.done(blockOf([row({ slot: partition, offset: partition, leaderEpoch: partition })], 9), 0)
    }
    for (let partition = 0; partition < COUNT; partition++) {
      const state = stateOf(partitions, 't', partition)
      expect(state.slot).toBe(partition)
      expect([0, 1, 2].map((epoch) => partitions.isCurrent(partition, epoch))).toEqual(
        [0, 1, 2].map((epoch) => epoch >= partition % 3),
      )
      expect(partitions.isPaused(partition)).toBe(partition % 5 === 0)
      expect(partitions.next(state)).toBe(partition + 1)
      expect(partitions.leaderEpoch(state)).toBe(partition)
    }
  })

  it('beyond those that are assigned are not current, whatever their number', () => {
    const { native, partitions } = setup()
    for (let partition = 0; partition < 200; partition++) native.slot('t', partition)
    expect([0, 63, 64, 127, 128, 199].map((slot) => partitions.isCurrent(slot, 1e9))).not.toContain(true)
  })
})

describe('a row is current', () => {
  it('when its partition is assigned, and not when it is not', () => {
    const { native, partitions, assign } = setup()
    const slot = native.slot('t', 0)
    expect(partitions.isCurrent(slot, 5)).toBe(false)
    assign('t', 0)
    expect(partitions.isCurrent(slot, 5)).toBe(true)
    partitions.revoke('t', 0)
    expect(partitions.isCurrent(slot, 5)).toBe(false)
  })

  it('from the fence of its partition on', () => {
    const { native, partitions, assign } = setup()
    const state = assign('t', 0, 3)
    const slot = native.slot('t', 0)
    expect([2, 3, 4].map((epoch) => partitions.isCurrent(slot, epoch))).toEqual([false, true, true])
    partitions.fence(state, 4)
    expect([3, 4].map((epoch) => partitions.isCurrent(slot, epoch))).toEqual([false, true])
  })

  it('no longer, at any epoch, once its delivery was stopped', () => {
    const { native, partitions, assign } = setup()
    const state = assign('t', 0)
    const other = native.slot('t', 1)
    assign('t', 1)
    const slot = native.slot('t', 0)
    partitions.isCurrent(slot, 0)
    partitions.stopDelivery(state)
    expect(partitions.isCurrent(slot, 1_000_000)).toBe(false)
    expect(partitions.isCurrent(other, 0)).toBe(true)
  })

  it('by its own partition: the same number of another topic is another', () => {
    const { native, partitions, assign } = setup()
    assign('t', 1)
    const [ours, others] = [native.slot('t', 1), native.slot('u', 1)]
    expect([ours, others].map((slot) => partitions.isCurrent(slot, 0))).toEqual([true, false])
  })
})

describe('what is assigned', () => {
  it('is listed with its size', () => {
    const { partitions, assign } = setup()
    assign('a', 0)
    assign('b', 1)
    assign('a', 0, 4)
    expect(partitions.size).toBe(2)
    expect([...partitions.assigned].map(({ topic, partition }) => [topic, partition])).toEqual([
      ['a', 0],
      ['b', 1],
    ])
    partitions.revoke('a', 0)
    expect(partitions.get('a', 0)).toBeUndefined()
    expect(partitions.get('b', 1)).toBeDefined()
    expect(partitions.size).toBe(1)
  })

  it('may be revoked though it is not assigned', () => {
    const { partitions } = setup()
    expect(() => {
      partitions.revoke('t', 0)
    }).not.toThrow()
  })

  it('begins unpaused and unprocessed when it is assigned again', () => {
    const { native, partitions, assign } = setup()
    const before = assign('t', 0)
    const slot = native.slot('t', 0)
    partitions.isCurrent(slot, 0)
    partitions.setPaused(before, true)
    partitions.done(blockOf([row({ slot })]), 0)
    expect([partitions.isPaused(slot), partitions.next(before)]).toEqual([true, 1])
    partitions.revoke('t', 0)
    const after = assign('t', 0, 1, 77)
    expect([partitions.isPaused(slot), partitions.next(after)]).toEqual([false, undefined])
    expect(after).toMatchObject({ slot, startOffset: 77, committed: undefined })
  })
})

describe('the next offset to process', () => {
  function processing(): Setup & { state: PartitionState; slot: number } {
    const all = setup()
    const state = all.assign('t', 0)
    const slot = all.native.slot('t', 0)
    all.partitions.isCurrent(slot, 0)
    return { ...all, state, slot }
  }

  it('is unknown before a row is done, and follows the last one that is', () => {
    const { partitions, state, slot } = processing()
    const block = blockOf(run(5, { slot, offset: 10, leaderEpoch: 3 }))
    expect(partitions.next(state)).toBeUndefined()
    expect(partitions.leaderEpoch(state)).toBe(-1)
    partitions.done(block, 0)
    expect(partitions.next(state)).toBe(11)
    partitions.done(block, 1)
    partitions.done(block, 2)
    expect(partitions.next(state)).toBe(13)
    expect(partitions.leaderEpoch(state)).toBe(3)
  })

  it('is unknown of a partition that no row came of', () => {
    const { partitions, assign } = setup()
    const state = assign('t', 0)
    expect(partitions.next(state)).toBeUndefined()
    expect(partitions.leaderEpoch(state)).toBe(-1)
  })

  it('counts rows of several partitions and blocks, each for its own', () => {
    const { native, partitions, state, assign } = processing()
    const other = assign('t', 1)
    const slot = native.slot('t', 1)
    partitions.isCurrent(slot, 0)
    const first = blockOf([row({ offset: 1 }), row({ slot, offset: 50 }), row({ offset: 2 })])
    const second = blockOf([row({ slot, offset: 51 })])
    for (const index of [0, 1, 2]) partitions.done(first, index)
    partitions.done(second, 0)
    expect([partitions.next(state), partitions.next(other)]).toEqual([3, 52])
  })

  it('counts a range of rows, and not those that were left out', () => {
    const { partitions, state } = processing()
    const block = blockOf(run(10))
    partitions.doneUpTo(block, 2, 6)
    expect(partitions.next(state)).toBe(6)
    partitions.doneUpTo(block, 6, 7)
    expect(partitions.next(state)).toBe(7)
  })

  it('is unknown again after a seek, which is where it starts', () => {
    const { partitions, state } = processing()
    partitions.done(blockOf(run(1)), 0)
    partitions.seek(state, 1, 40)
    expect(partitions.next(state)).toBeUndefined()
    expect(state.startOffset).toBe(40)
  })

  it('does not follow a row that was in hand while its partition was sought', () => {
    const { partitions, state } = processing()
    partitions.seek(state, 1, 40)
    partitions.done(blockOf([row({ offset: 7 })], 0), 0)
    expect(partitions.next(state)).toBeUndefined()
    partitions.done(blockOf([row({ offset: 40 })], 1), 0)
    expect(partitions.next(state)).toBe(41)
  })

  it('does not follow a row that was in hand while its partition was revoked and came back', () => {
    const { partitions, assign } = processing()
    partitions.revoke('t', 0)
    const again = assign('t', 0, 2)
    partitions.done(blockOf([row({ offset: 7 })], 1), 0)
    expect(partitions.next(again)).toBeUndefined()
  })

  it('follows a row that is done while its partition is being given back', () => {
    const { partitions, state } = processing()
    partitions.stopDelivery(state)
    partitions.done(blockOf([row({ offset: 7 })]), 0)
    expect(partitions.next(state)).toBe(8)
  })

  it('does not follow one that was in hand while its partition was sought and is then given back', () => {
    const { partitions, state } = processing()
    const inHand = blockOf([row({ offset: 7 })], 0)
    partitions.seek(state, 1, 40)
    partitions.stopDelivery(state)
    partitions.done(inHand, 0)
    expect(partitions.next(state)).toBeUndefined()
  })

  it('is raised by who says that everything before is done, and never lowered', () => {
    const { partitions, state } = processing()
    partitions.raise(state, 5, 2)
    expect([partitions.next(state), partitions.leaderEpoch(state)]).toEqual([5, 2])
    partitions.raise(state, 3, 1)
    expect([partitions.next(state), partitions.leaderEpoch(state)]).toEqual([5, 2])
    partitions.done(blockOf([row({ offset: 5 })]), 0)
    partitions.raise(state, 6, 9)
    expect([partitions.next(state), partitions.leaderEpoch(state)]).toEqual([6, -1])
    partitions.raise(state, 9, 4)
    expect([partitions.next(state), partitions.leaderEpoch(state)]).toEqual([9, 4])
  })

  it('is raised also before the first row came, which then goes on from there', () => {
    const { native, partitions, assign } = setup()
    const state = assign('t', 0)
    partitions.raise(state, 5, 2)
    expect(partitions.next(state)).toBe(5)
    partitions.isCurrent(native.slot('t', 0), 0)
    expect(partitions.next(state)).toBe(5)
    partitions.done(blockOf([row({ offset: 5 })]), 0)
    expect(partitions.next(state)).toBe(6)
  })

  it('that was told before the first row is forgotten by a seek', () => {
    const { partitions, assign } = setup()
    const state = assign('t', 0)
    partitions.raise(state, 5, 2)
    partitions.seek(state, 1, 40)
    expect(partitions.next(state)).toBeUndefined()
  })

  it('to deliver follows also what an iteration was left with, unless that was sought since', () => {
    const { partitions, state, slot } = processing()
    const block = blockOf(run(3, { slot, offset: 10 }))
    expect(partitions.delivered(state)).toBeUndefined()
    partitions.done(block, 0)
    expect(partitions.delivered(state)).toBe(11)
    partitions.leave(block, 1, 3)
    expect([partitions.delivered(state), partitions.next(state)]).toEqual([13, 11])
    partitions.seek(state, 1, 40)
    partitions.leave(block, 1, 3)
    expect(partitions.delivered(state)).toBeUndefined()
    partitions.leave(blockOf([row({ offset: 40 })], 1), 0, 1)
    expect([partitions.delivered(state), partitions.next(state)]).toEqual([41, undefined])
  })

  it('to deliver is what was told before the first row', () => {
    const { partitions, assign } = setup()
    const state = assign('t', 0)
    expect(partitions.delivered(state)).toBeUndefined()
    partitions.raise(state, 5, 2)
    expect(partitions.delivered(state)).toBe(5)
  })

  it('may be set further on or back by who says what is to be committed', () => {
    const { partitions, state } = processing()
    partitions.done(blockOf([row({ offset: 7, leaderEpoch: 3 })]), 0)
    partitions.setNext(state, 2)
    expect([partitions.next(state), partitions.leaderEpoch(state)]).toEqual([2, -1])
    partitions.setNext(state, 20)
    expect(partitions.next(state)).toBe(20)
  })
})
