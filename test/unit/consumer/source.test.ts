import { EventKind, type NativeEvent } from '../../../lib/binding'
import { Partitions, type PartitionState } from '../../../lib/consumer/partitions'
import { Source } from '../../../lib/consumer/source'
import { FakeNative } from './support/fake-native'
import { row, run } from './support/rows'

interface Setup {
  native: FakeNative
  partitions: Partitions
  source: Source
  events: NativeEvent[]
  /** Takes what there is, pulling as needed, at most `max` rows. */
  take: (max?: number) => string[]
}

function setup(
  names: readonly [topic: string, partition: number][] = [
    ['a', 0],
    ['b', 1],
  ],
): Setup {
  const native = new FakeNative()
  const partitions = new Partitions(native)
  const events: NativeEvent[] = []
  const source = new Source(native, partitions, 32, (event) => events.push(event))
  for (const [topic, partition] of names) {
    native.slot(topic, partition)
    partitions.assign(topic, partition, 0, undefined)
  }
  return {
    native,
    partitions,
    source,
    events,
    take(max = Infinity) {
      const taken: string[] = []
      while (taken.length < max) {
        if (source.nextRow()) {
          const { block } = source
          const slot = block.slot(source.row)
          taken.push(`${partitions.topic(slot)}${block.offset(source.row++)}`)
        } else if (!source.pull()) break
      }
      return taken
    },
  }
}

function stateOf(partitions: Partitions, topic: string, partition: number): PartitionState {
  return partitions.get(topic, partition) as PartitionState
}

const A = 0
const B = 1

describe('a source', () => {
  it('gives the rows in the order they were polled', () => {
    const { native, take } = setup()
    native.give([row({ slot: A, offset: 1 }), row({ slot: B, offset: 7 }), row({ slot: A, offset: 2 })])
    native.give(run(2, { slot: A, offset: 3 }))
    expect(take()).toEqual(['a1', 'b7', 'a2', 'a3', 'a4'])
  })

  it('has nothing before it is asked to pull, and pull() tells that nothing was there', () => {
    const { native, source } = setup()
    native.give(run(1))
    expect([source.nextRow(), source.hasRows]).toEqual([false, false])
    expect(source.pull()).toBe(true)
    expect([source.hasRows, source.nextRow()]).toEqual([true, true])
    source.row++
    expect([source.pull(), source.nextRow(), source.hasRows]).toEqual([false, false, false])
  })

  it('asks for as many rows as it was told', () => {
    const { native, source } = setup()
    const poll = jest.spyOn(native, 'poll')
    source.pull()
    expect(poll.mock.calls).toEqual([[32]])
  })

  it('follows a buffer that grows from poll to poll', () => {
    const { native, take } = setup()
    native.give(run(6), [1, 3, 2])
    native.give(run(2, { offset: 6 }), [1, 1])
    expect(take(1)).toEqual(['a0'])
    expect(take()).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7'])
  })

  it('keeps what several pulls brought before any was taken', () => {
    const { native, source, take } = setup()
    native.give(run(2))
    native.give(run(2, { offset: 2 }), [1, 1])
    native.give(run(1, { offset: 4 }))
    while (source.pull());
    expect(take()).toEqual(['a0', 'a1', 'a2', 'a3', 'a4'])
  })

  it('hands events on, in their place between rows', () => {
    const { native, source, events, take } = setup()
    const event: NativeEvent = [EventKind.PartitionEof, 'a', 0, 1]
    native.give(run(1))
    native.giveEvent(event)
    native.give(run(1, { offset: 1 }))
    expect(take(1)).toEqual(['a0'])
    expect(events).toEqual([])
    expect(source.pull()).toBe(true)
    expect(events).toEqual([event])
    expect(take()).toEqual(['a1'])
  })

  it('forgets everything when it is cleared', () => {
    const { native, partitions, source, take } = setup()
    native.give(run(2))
    native.give(run(2, { offset: 2 }))
    while (source.pull());
    partitions.setPaused(stateOf(partitions, 'a', 0), true)
    expect(take(1)).toEqual([])
    native.give(run(2, { slot: B }))
    source.pull()
    partitions.setPaused(stateOf(partitions, 'a', 0), false)
    source.clear()
    source.release()
    expect([source.hasRows, source.nextRow()]).toEqual([false, false])
    native.give(run(1, { slot: B, offset: 9 }))
    expect(take()).toEqual(['b9'])
  })
})

describe('a fence', () => {
  it('drops what was polled before it, of its partition alone', () => {
    const { native, partitions, source, take } = setup()
    native.give([row({ slot: A, offset: 0 }), row({ slot: B, offset: 0 }), row({ slot: A, offset: 1 })])
    source.pull()
    partitions.fence(stateOf(partitions, 'a', 0), 1)
    native.epoch = 1
    native.give([row({ slot: A, offset: 40 }), row({ slot: B, offset: 1 })])
    expect(take()).toEqual(['b0', 'a40', 'b1'])
  })

  it('drops rows of what is not assigned', () => {
    const { native, partitions, take } = setup()
    partitions.revoke('a', 0)
    native.give([row({ slot: A }), row({ slot: B }), row({ slot: native.slot('unknown', 0) })])
    expect(take()).toEqual(['b0'])
  })
})

describe('a paused partition', () => {
  it('is held, and comes first when it is resumed, in order', () => {
    const { native, partitions, source, take } = setup()
    const a = stateOf(partitions, 'a', 0)
    native.give([0, 1, 2, 3].flatMap((offset) => [row({ slot: A, offset }), row({ slot: B, offset })]))
    native.give(run(2, { slot: A, offset: 4 }))
    partitions.setPaused(a, true)
    expect(take(2)).toEqual(['b0', 'b1'])
    partitions.setPaused(a, false)
    source.release()
    expect(source.hasRows).toBe(true)
    expect(take()).toEqual(['a0', 'a1', 'a2', 'b2', 'a3', 'b3', 'a4', 'a5'])
  })

  it('is held over several pauses', () => {
    const { native, partitions, source, take } = setup()
    const a = stateOf(partitions, 'a', 0)
    native.give(run(4, { slot: A }), [2, 2])
    partitions.setPaused(a, true)
    expect(take()).toEqual([])
    partitions.setPaused(a, false)
    source.release()
    expect(take(1)).toEqual(['a0'])
    partitions.setPaused(a, true)
    expect(take()).toEqual([])
    native.give([...run(1, { slot: B }), ...run(1, { slot: A, offset: 4 })])
    expect(take()).toEqual(['b0'])
    partitions.setPaused(a, false)
    source.release()
    expect(take()).toEqual(['a1', 'a2', 'a3', 'a4'])
  })

  it('stays held while another one is resumed', () => {
    const { native, partitions, source, take } = setup()
    const [a, b] = [stateOf(partitions, 'a', 0), stateOf(partitions, 'b', 1)]
    native.give([0, 1].flatMap((offset) => [row({ slot: A, offset }), row({ slot: B, offset })]))
    partitions.setPaused(a, true)
    partitions.setPaused(b, true)
    expect(take()).toEqual([])
    partitions.setPaused(b, false)
    source.release()
    expect(take()).toEqual(['b0', 'b1'])
    partitions.setPaused(a, false)
    source.release()
    expect(take()).toEqual(['a0', 'a1'])
  })

  it('that is fenced while it is held is dropped when it is resumed', () => {
    const { native, partitions, source, take } = setup()
    const a = stateOf(partitions, 'a', 0)
    native.give(run(2, { slot: A }))
    partitions.setPaused(a, true)
    expect(take()).toEqual([])
    partitions.fence(a, 1)
    partitions.setPaused(a, false)
    source.release()
    expect(take()).toEqual([])
  })

  it('that is not held needs no release', () => {
    const { native, source, take } = setup()
    native.give(run(2))
    expect(take(1)).toEqual(['a0'])
    source.release()
    expect(take()).toEqual(['a1'])
  })
})

describe('pullUrgent()', () => {
  it('takes a rebalance alone, over the rows before it', () => {
    const { native, source, events, take } = setup()
    native.give(run(2))
    native.giveRebalance('revoke', [])
    expect(source.pullUrgent()).toBe(true)
    expect(events).toHaveLength(1)
    expect(source.pullUrgent()).toBe(false)
    expect(source.hasRows).toBe(false)
    expect(take()).toEqual(['a0', 'a1'])
  })
})

describe('dropHeld()', () => {
  it('lets go what was held of partitions that were given back, and keeps the others', () => {
    const { native, partitions, source, take } = setup()
    const [a, b] = [stateOf(partitions, 'a', 0), stateOf(partitions, 'b', 1)]
    native.give(run(2, { slot: A }))
    native.give([...run(1, { slot: B }), ...run(1, { slot: A, offset: 2 })])
    partitions.setPaused(a, true)
    partitions.setPaused(b, true)
    expect(take()).toEqual([])
    partitions.revoke('a', 0)
    source.dropHeld()
    partitions.assign('a', 0, 0, undefined)
    partitions.setPaused(b, false)
    source.release()
    // What lay between the held rows of b shares their segment; the segment of a alone is gone.
    expect(take()).toEqual(['b0', 'a2'])
  })
})

describe('run()', () => {
  function ready(rows: Parameters<FakeNative['give']>[0]): Setup {
    const all = setup()
    all.native.give(rows)
    all.source.pull()
    expect(all.source.nextRow()).toBe(true)
    return all
  }

  it('is as long as there are rows, and no longer than asked for', () => {
    const { source } = ready(run(5))
    expect([1, 3, 5, 100].map((max) => source.run(max))).toEqual([1, 3, 5, 5])
    source.row = 3
    expect(source.run(100)).toBe(2)
  })

  it('spans partitions', () => {
    expect(ready([row({ slot: A }), row({ slot: B }), row({ slot: A, offset: 1 })]).source.run(100)).toBe(3)
  })

  it('ends before a row that may not be delivered', () => {
    const { partitions, source } = ready([row({ slot: A }), row({ slot: A, offset: 1 }), row({ slot: B })])
    const b = stateOf(partitions, 'b', 1)
    partitions.setPaused(b, true)
    expect(source.run(100)).toBe(2)
    partitions.setPaused(b, false)
    expect(source.run(100)).toBe(3)
    partitions.fence(b, 1)
    expect(source.run(100)).toBe(2)
  })

  it('ends with the rows polled so far of a buffer that grows', () => {
    const { native, source } = setup()
    native.give(run(5), [2, 3])
    source.pull()
    expect(source.nextRow()).toBe(true)
    expect(source.run(100)).toBe(2)
  })
})
