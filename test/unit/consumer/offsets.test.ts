import { commitWarning, Offsets } from '../../../lib/consumer/offsets'
import { Partitions, type PartitionState } from '../../../lib/consumer/partitions'
import { ArgumentError, GroupError, KafkaError } from '../../../lib/errors'
import { Message, type MessageContext } from '../../../lib/message/message'
import { MessageBatch } from '../../../lib/message/message-batch'
import { bytes } from '../../../lib/serde'
import type { TopicPartitionOffset } from '../../../lib/consumer/types'
import { waitFor } from '../../helpers/wait'
import { turn } from './support/delivery'
import { rejectionOf, thrownBy } from './support/errors'
import { FakeNative, nativeError, results } from './support/fake-native'
import { blockOf, row, run } from './support/rows'

function setup(
  count = 3,
  isMember = true,
): {
  native: FakeNative
  offsets: Offsets
  partitions: Partitions
  states: PartitionState[]
  done: (slot: number, offset: number, leaderEpoch?: number) => void
} {
  const native = new FakeNative()
  const partitions = new Partitions(native)
  const states: PartitionState[] = []
  for (let partition = 0; partition < count; partition++) {
    partitions.assign('t', partition, 0, undefined)
    partitions.isCurrent(native.slot('t', partition), 0)
    states.push(partitions.get('t', partition) as PartitionState)
  }
  return {
    native,
    offsets: new Offsets(native, partitions, () => isMember),
    partitions,
    states,
    done(slot, offset, leaderEpoch = -1) {
      partitions.done(blockOf([row({ slot, offset, leaderEpoch })]), 0)
    },
  }
}

describe('a commit of what was processed', () => {
  it('commits the next offset of each partition that gave something', async () => {
    const { native, offsets, done } = setup()
    done(0, 4, 7)
    done(2, 0)
    expect(await offsets.commitProcessed()).toEqual([
      { topic: 't', partition: 0, offset: 5, leaderEpoch: 7 },
      { topic: 't', partition: 2, offset: 1 },
    ])
    expect(native.callsOf('commit')).toEqual([[['t', 0, 5, 7, '', 't', 2, 1, -1, '']]])
  })

  it('asks nobody when nothing was processed', async () => {
    const { native, offsets } = setup()
    expect(await offsets.commitProcessed()).toEqual([])
    expect(native.callsOf('commit')).toEqual([])
  })

  it('commits only what has moved since the last one', async () => {
    const { native, offsets, done } = setup()
    done(0, 4)
    done(1, 8)
    await offsets.commitProcessed()
    expect(await offsets.commitProcessed()).toEqual([])
    done(1, 9)
    expect(await offsets.commitProcessed()).toEqual([{ topic: 't', partition: 1, offset: 10 }])
    expect(native.callsOf('commit')).toHaveLength(2)
  })

  it('tries again what was refused', async () => {
    const { native, offsets, done } = setup()
    done(0, 4)
    jest.spyOn(native, 'commit').mockImplementationOnce((flat) => Promise.resolve(results(flat, [16])))
    await rejectionOf(offsets.commitProcessed())
    expect(await offsets.commitProcessed()).toEqual([{ topic: 't', partition: 0, offset: 5 }])
    expect(await offsets.commitProcessed()).toEqual([])
  })

  it('commits, of some partitions, those alone', async () => {
    const { offsets, states, done } = setup()
    done(0, 4)
    done(1, 8)
    expect(await offsets.commitProcessed(states.slice(1))).toEqual([{ topic: 't', partition: 1, offset: 9 }])
    expect(await offsets.commitProcessed()).toEqual([{ topic: 't', partition: 0, offset: 5 }])
  })
})

describe('a commit of given offsets', () => {
  it('passes all that is given, also of partitions that are not assigned', async () => {
    const { native, offsets, states } = setup(1)
    await offsets.commit([
      { topic: 't', partition: 0, offset: 5, leaderEpoch: 1, metadata: 'm' },
      { topic: 'other', partition: 9, offset: 0 },
    ])
    expect(native.callsOf('commit')).toEqual([[['t', 0, 5, 1, 'm', 'other', 9, 0, -1, '']]])
    expect(states[0]?.committed).toBe(5)
  })

  it('names the partitions that were refused, and why', async () => {
    const { native, offsets, states } = setup()
    jest.spyOn(native, 'commit').mockImplementation((flat) => Promise.resolve(results(flat, [0, 25, 25])))
    const error = await rejectionOf(
      offsets.commit([0, 1, 2].map((partition) => ({ topic: 't', partition, offset: 1 }))),
    )
    expect(error).toBeInstanceOf(KafkaError)
    expect(error).toMatchObject({ code: 'ERR_UNKNOWN_MEMBER_ID', errno: 25 })
    expect((error as Error).message).toMatch(/^commit of t \[1\], t \[2\]: \S/)
    expect(states.map(({ committed }) => committed)).not.toContain(25)
  })

  it('rejects with what the addon rejects with', async () => {
    const { native, offsets } = setup()
    jest.spyOn(native, 'commit').mockRejectedValue(nativeError(-172, 'no group'))
    expect(await rejectionOf(offsets.commit([{ topic: 't', partition: 0, offset: 1 }]))).toMatchObject({
      message: 'commit of t [0]: no group',
      code: 'ERR__STATE',
    })
  })
})

describe('the offsets after', () => {
  const context: MessageContext<Buffer, Buffer> = {
    slots: { topic: (slot) => `t${slot}`, partition: (slot) => slot },
    keyDeserializer: bytes(),
    valueDeserializer: bytes(),
  }

  const native = new FakeNative()
  const offsets = new Offsets(native, new Partitions(native), () => false)

  it('a message: the next of its partition, with the epoch of its leader where it is known', () => {
    const block = blockOf([row({ slot: 1, offset: 6, leaderEpoch: 3 }), row({ slot: 0, offset: 2 })])
    expect(offsets.after(new Message(block, 0, context)).offsets).toEqual([
      { topic: 't1', partition: 1, offset: 7, leaderEpoch: 3 },
    ])
    expect(offsets.after(new Message(block, 1, context)).offsets).toEqual([{ topic: 't0', partition: 0, offset: 3 }])
  })

  it('a batch: the next of each partition that it has, and of no other', () => {
    const block = blockOf([
      ...run(3, { slot: 0, offset: 10 }),
      ...run(2, { slot: 1, offset: 20 }),
      ...run(1, { slot: 0, offset: 13 }),
      ...run(1, { slot: 2, offset: 99 }),
    ])
    const { offsets: after } = offsets.after(new MessageBatch(block, 1, 6, context, undefined))
    expect([...after].sort((a, b) => a.partition - b.partition)).toEqual([
      { topic: 't0', partition: 0, offset: 14 },
      { topic: 't1', partition: 1, offset: 22 },
    ])
  })

  it('offsets: these, once they are checked', () => {
    expect(offsets.after([{ topic: 't', partition: 0, offset: 5 }]).offsets).toEqual([
      { topic: 't', partition: 0, offset: 5 },
    ])
    const error = thrownBy(() => offsets.after([{ topic: 't', partition: 0, offset: -1 }]))
    expect(error).toBeInstanceOf(ArgumentError)
    expect(() => offsets.after({} as never)).toThrow('offsets: expected an array, got an object')
  })
})

describe('a warning of a commit', () => {
  it('is the error itself, or wraps what is none of ours', () => {
    const error = new KafkaError('m', 'ERR_X')
    expect(commitWarning(error, 'auto-commit')).toBe(error)
    const cause = new RangeError('odd')
    expect(commitWarning(cause, 'auto-commit')).toMatchObject({
      name: 'KafkaError',
      code: 'ERR_KAFKA_COMMIT',
      message: 'auto-commit: odd',
      cause,
    })
  })
})

describe('a commit that comes between two generations of the group', () => {
  const REBALANCE_IN_PROGRESS = 27
  const UNKNOWN_MEMBER_ID = 25

  /** Refuses the first commits with these codes. */
  function refusing(codes: readonly number[], count = 3): ReturnType<typeof setup> {
    const all = setup(count)
    const spy = jest.spyOn(all.native, 'commit')
    for (const code of codes) {
      spy.mockImplementationOnce((flat) => {
        all.native.calls.push(['commit', flat])
        return Promise.resolve(results(flat, Array<number>(flat.length / 5).fill(code)))
      })
    }
    return all
  }

  it.each([22, 27, 113])('is tried again while it may be: %d', async (code) => {
    const { native, offsets, states, done } = refusing([code, code])
    done(0, 4)
    await offsets.commitProcessed(undefined, 1000)
    expect(native.callsOf('commit')).toHaveLength(3)
    expect(states[0]?.committed).toBe(5)
  })

  it('is refused when the time is over', async () => {
    const { native, offsets, done } = refusing(Array<number>(10).fill(REBALANCE_IN_PROGRESS))
    done(0, 4)
    expect(await rejectionOf(offsets.commitProcessed(undefined, 250))).toBeInstanceOf(GroupError)
    expect(native.callsOf('commit')).toHaveLength(3)
  })

  it('is refused at once when nobody may wait, or when this is no member any more', async () => {
    const first = refusing([REBALANCE_IN_PROGRESS])
    first.done(0, 4)
    expect(await rejectionOf(first.offsets.commitProcessed())).toMatchObject({ errno: REBALANCE_IN_PROGRESS })
    expect(first.native.callsOf('commit')).toHaveLength(1)
    const second = refusing([UNKNOWN_MEMBER_ID])
    second.done(0, 4)
    expect(await rejectionOf(second.offsets.commitProcessed(undefined, 1000))).toMatchObject({
      errno: UNKNOWN_MEMBER_ID,
    })
    expect(second.native.callsOf('commit')).toHaveLength(1)
  })

  it('is refused as soon as a partition of it is given back, or assigned anew', async () => {
    for (const change of ['revoke', 'assign'] as const) {
      const all = refusing(Array<number>(10).fill(REBALANCE_IN_PROGRESS))
      all.done(0, 4)
      const committing = rejectionOf(all.offsets.commitProcessed(undefined, 5000))
      await waitFor(() => all.native.callsOf('commit').length === 2, { describe: 'a second try' })
      all.partitions.revoke('t', 0)
      if (change === 'assign') all.partitions.assign('t', 0, 1, undefined)
      expect(await committing).toMatchObject({ errno: REBALANCE_IN_PROGRESS })
      expect(all.native.callsOf('commit').length).toBeLessThanOrEqual(3)
    }
  })

  it('that was made later is not given up for one that was made before', async () => {
    const { offsets, states, native } = refusing([REBALANCE_IN_PROGRESS, REBALANCE_IN_PROGRESS])
    const of = (offset: number): TopicPartitionOffset[] => [{ topic: 't', partition: 0, offset }]
    await Promise.all([offsets.commit(of(5), 1000), offsets.commit(of(9), 1000)])
    expect(states[0]?.committed).toBe(9)
    expect(native.callsOf('commit').at(-1)).toEqual([['t', 0, 9, -1, '']])
  })

  it('is tried for no longer than all are', async () => {
    const { native, offsets, done } = refusing(Array<number>(10).fill(REBALANCE_IN_PROGRESS))
    done(0, 4)
    offsets.maxRetryMs = 150
    expect(await rejectionOf(offsets.commitProcessed(undefined, 60_000))).toBeInstanceOf(GroupError)
    expect(native.callsOf('commit')).toHaveLength(2)
  })

  it('goes together with later ones when it is tried again, and takes nothing back', async () => {
    const { native, offsets, states } = refusing([REBALANCE_IN_PROGRESS])
    const of = (partition: number, offset: number): TopicPartitionOffset => ({ topic: 't', partition, offset })
    await Promise.all([offsets.commit([of(0, 5), of(1, 5)], 1000), turn().then(() => offsets.commit([of(0, 9)]))])
    expect(states.map(({ committed }) => committed)).toEqual([9, 5, undefined])
    expect(native.callsOf('commit').slice(1)).toEqual([[['t', 0, 9, -1, '', 't', 1, 5, -1, '']]])
  })
})

describe('commits that are made while one is under way', () => {
  /** Each commit is answered when the test says so, with a code for each of its partitions. */
  function answering(isMember = true): ReturnType<typeof setup> & { answer: (...codes: number[]) => Promise<void> } {
    const all = setup(3, isMember)
    const answers: ((codes: readonly number[]) => void)[] = []
    jest.spyOn(all.native, 'commit').mockImplementation((flat) => {
      all.native.calls.push(['commit', flat])
      return new Promise((resolve) => {
        answers.push((codes) => {
          resolve(results(flat, codes))
        })
      })
    })
    const answer = async (...codes: number[]): Promise<void> => {
      answers.shift()?.(codes)
      await turn()
    }
    return { ...all, answer }
  }
  const of = (partition: number, offset: number): TopicPartitionOffset => ({ topic: 't', partition, offset })

  it('wait for it, and then go in one request: of each partition what was said last', async () => {
    const { native, offsets, states, answer } = answering()
    const all = [offsets.commit([of(0, 1)]), offsets.commit([of(0, 2), of(1, 7)]), offsets.commit([of(0, 3)])]
    await turn()
    expect(native.callsOf('commit')).toEqual([[['t', 0, 1, -1, '']]])
    await answer(0)
    expect(native.callsOf('commit').slice(1)).toEqual([[['t', 0, 3, -1, '', 't', 1, 7, -1, '']]])
    await answer(0, 0)
    await Promise.all(all)
    expect(states.map(({ committed }) => committed)).toEqual([3, 7, undefined])
  })

  it('are refused each for its own partitions', async () => {
    const { offsets, answer } = answering()
    const first = offsets.commit([of(0, 1)])
    const refused = rejectionOf(offsets.commit([of(1, 7), of(2, 7)]))
    const granted = offsets.commit([of(0, 2)])
    await answer(0)
    await answer(0, 29, 0)
    await Promise.all([first, granted])
    expect(await refused).toMatchObject({ errno: 29, topic: 't', partition: 2 })
  })

  it('are not sent when the group took their partitions meanwhile: another member commits of them', async () => {
    const { native, offsets, partitions, answer } = answering()
    const first = offsets.commit([of(0, 1)])
    const late = rejectionOf(offsets.commit([of(1, 7)]))
    partitions.revoke('t', 1)
    partitions.assign('t', 1, 1, undefined)
    await answer(0)
    await first
    const error = await late
    expect(error).toMatchObject({ code: 'ERR_ILLEGAL_GENERATION' })
    expect(String(error)).toContain('commit of t [1]')
    expect(native.callsOf('commit')).toHaveLength(1)
  })

  it('are sent all the same when it was the user who assigned', async () => {
    const { offsets, partitions, answer } = answering(false)
    const first = offsets.commit([of(0, 1)])
    const late = offsets.commit([of(1, 7)])
    partitions.revoke('t', 1)
    partitions.assign('t', 1, 1, undefined)
    await answer(0)
    await answer(0)
    await Promise.all([first, late])
  })
})
