import { bytes } from '../../../lib/serde'
import { isPending, picky, setup, valued, type Setup } from './support/delivery'
import { row, run } from './support/rows'

const WAYS = [
  ['deserialized on the way', () => setup()],
  ['deserialized when asked', () => setup({ value: bytes() })],
] as const

describe.each(WAYS)('batches() of what is %s', (_, make) => {
  const open = make as () => Setup

  it('gives together what arrived together, and no more than it was told', async () => {
    const { native, batches } = open()
    native.give(run(5))
    native.give(run(2, { offset: 5 }))
    const iteration = batches(3)
    const lengths: number[] = []
    const offsets: number[] = []
    for (let count = 0; count < 3; count++) {
      const { value } = await iteration.next()
      lengths.push(value?.length ?? -1)
      for (const message of value ?? []) offsets.push(message.offset)
    }
    expect(lengths).toEqual([3, 2, 2])
    expect(offsets).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  it('counts the whole batch as processed when the next is asked for, each partition its own', async () => {
    const { native, batches, next } = open()
    native.give([row({ slot: 0, offset: 3 }), row({ slot: 1, offset: 8 }), row({ slot: 0, offset: 4 })])
    native.give(run(1, { slot: 2 }))
    const iteration = batches()
    await iteration.next()
    expect([next(0), next(1)]).toEqual([undefined, undefined])
    await iteration.next()
    expect([next(0), next(1), next(2)]).toEqual([5, 9, undefined])
  })

  it('tells of each partition in hand the offset after its last message', async () => {
    const { native, batches, delivery } = open()
    native.give([row({ slot: 0, offset: 3 }), row({ slot: 1, offset: 8 }), row({ slot: 0, offset: 4 })])
    await batches().next()
    expect([0, 1, 2].map((slot) => delivery.inHand(slot))).toEqual([5, 9, undefined])
  })

  it('ends a batch before a row that may not be delivered, which the next one leaves out', async () => {
    const { native, partitions, source, batches } = open()
    native.give([row({ slot: 0 }), row({ slot: 1 }), row({ slot: 0, offset: 1 })])
    const state = partitions.get('t', 1)
    if (state === undefined) throw new Error('not assigned')
    partitions.setPaused(state, true)
    const iteration = batches()
    const offsets = async (): Promise<unknown[]> =>
      Array.from((await iteration.next()).value ?? [], ({ partition, offset }) => [partition, offset])
    expect(await offsets()).toEqual([[0, 0]])
    expect(await offsets()).toEqual([[0, 1]])
    partitions.setPaused(state, false)
    source.release()
    expect(await offsets()).toEqual([[1, 0]])
  })
})

describe('what is in hand', () => {
  it.each(['stream', 'batches'] as const)('of %s() is settled when the next is asked for', async (how) => {
    const { native, delivery, ...all } = setup()
    native.give(run(1, { slot: 1 }))
    const iteration = how === 'stream' ? all.stream() : all.batches()
    await iteration.next()
    const settled = delivery.whenSettled([0, 1])
    expect(await isPending(settled)).toBe(true)
    expect(await isPending(delivery.whenSettled([0, 2]))).toBe(false)
    const waiting = iteration.next()
    await settled
    delivery.close()
    await waiting
  })

  it.each(['stream', 'batches'] as const)('of %s() is settled when the loop is left', async (how) => {
    const { native, delivery, released, ...all } = setup()
    native.give(run(1))
    const iteration = how === 'stream' ? all.stream() : all.batches()
    await iteration.next()
    const settled = delivery.whenSettled([0])
    expect(await isPending(settled)).toBe(true)
    expect(released.count).toBe(0)
    await iteration.return()
    await settled
    expect(released.count).toBe(1)
  })

  it('is settled when the consumer is closed', async () => {
    const { native, delivery, stream } = setup()
    native.give(run(1))
    await stream().next()
    const settled = delivery.whenSettled([0])
    expect(await isPending(settled)).toBe(true)
    delivery.close()
    await settled
    expect(await isPending(delivery.whenSettled([0]))).toBe(false)
  })

  it('does not count, nor hold up anything, once its partition was sought', async () => {
    const { native, partitions, delivery, stream } = setup()
    native.give(run(1))
    await stream().next()
    const state = partitions.get('t', 0)
    if (state === undefined) throw new Error('not assigned')
    expect([delivery.inHand(0), partitions.counts(0, 0)]).toEqual([1, true])
    partitions.seek(state, 1, 40)
    expect([delivery.inHand(0), partitions.counts(0, 0), partitions.counts(0, 1)]).toEqual([undefined, false, true])
    expect(await isPending(delivery.whenSettled([0]))).toBe(false)
  })
})

describe('batches()', () => {
  it('deserializes before it hands out, each value once', async () => {
    let count = 0
    const { native, batches } = setup({
      value: {
        deserialize(data) {
          count++
          return data.toString()
        },
      },
    })
    native.give(valued(['a', 'b']))
    const { value: batch } = await batches().next()
    expect(count).toBe(2)
    expect(Array.from(batch ?? [], ({ value }) => value)).toEqual(['a', 'b'])
    expect(batch?.at(1)?.value).toBe('b')
    expect(count).toBe(2)
  })

  it('gives each row once also when user code resumes a partition while it deserializes', async () => {
    const all: Setup = setup({
      value: picky,
      policy: 'skip',
      onSkipped: ({ offset }) => {
        skipped.push(offset)
        const state = all.partitions.get('t', 1)
        if (state === undefined) throw new Error('not assigned')
        all.partitions.setPaused(state, false)
        all.source.release()
      },
    })
    const skipped: number[] = []
    const paused = all.partitions.get('t', 1)
    if (paused === undefined) throw new Error('not assigned')
    all.partitions.setPaused(paused, true)
    all.native.give([...valued(['p', 'q'], 1, 50), ...valued(['a', 'bad', 'b', 'c'])])
    const seen: unknown[] = []
    for await (const batch of all.batches()) {
      for (const { value } of batch) seen.push(value)
      if (seen.length >= 5) break
    }
    expect([seen, skipped]).toEqual([['a', 'b', 'c', 'p', 'q'], [1]])
  })

  it('is its own iterator, as stream() is', () => {
    const { batches } = setup()
    const iteration = batches()
    expect(iteration[Symbol.asyncIterator]()).toBe(iteration)
    const stream = setup().stream()
    expect(stream[Symbol.asyncIterator]()).toBe(stream)
  })
})
