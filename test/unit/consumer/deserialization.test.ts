// A record that cannot be deserialized never takes its neighbours with it.
import { DeserializationError } from '../../../lib/errors'
import { withDeadline } from '../../helpers/wait'
import { picky, setup, turn, valued, type Setup } from './support/delivery'
import { rejectionOf } from './support/errors'
import { row } from './support/rows'

type Policy = 'fail' | 'skip'

function open(policy: Policy = 'fail'): Setup {
  return setup({ value: picky, policy })
}

const HOWS = ['stream', 'batches'] as const

/** Values until `count` came or the iteration failed. */
function read(all: Setup, how: (typeof HOWS)[number], count: number): Promise<unknown[]> {
  const seen: unknown[] = []
  return withDeadline(reading(all, how, count, seen), 2000, () => `read ${seen.map(String).join()} and waits for more`)
}

async function reading(all: Setup, how: (typeof HOWS)[number], count: number, seen: unknown[]): Promise<unknown[]> {
  try {
    if (how === 'stream') {
      for await (const { value } of all.stream()) if (seen.push(value) >= count) break
    } else {
      for await (const batch of all.batches()) {
        for (const { value } of batch) seen.push(value)
        if (seen.length >= count) break
      }
    }
  } catch (error) {
    seen.push(error)
  }
  return seen
}

function refusalAt(offset: number): unknown {
  return expect.objectContaining({ name: 'DeserializationError', offset }) as unknown
}

describe.each(HOWS)('a record that is refused, in %s()', (how) => {
  it('fails the iteration at its place; its neighbours arrive', async () => {
    const all = open()
    all.native.give(valued(['a', 'b', 'bad', 'c', 'd']))
    expect(await read(all, how, 10)).toEqual(['a', 'b', refusalAt(2)])
    expect(all.next()).toBe(2)
    expect(await read(all, how, 2)).toEqual(['c', 'd'])
  })

  it('fails it also when it is the first', async () => {
    const all = open()
    all.native.give(valued(['bad', 'a']))
    expect(await read(all, how, 10)).toEqual([refusalAt(0)])
    expect(await read(all, how, 1)).toEqual(['a'])
  })

  it('is not lost when the loop is left right before it', async () => {
    const all = open()
    all.native.give(valued(['a', 'bad', 'b']))
    expect(await read(all, how, 1)).toEqual(['a'])
    expect(await read(all, how, 10)).toEqual([refusalAt(1)])
    expect(await read(all, how, 1)).toEqual(['b'])
  })

  it('carries all of the record: topic, partition, offset, key, bytes', async () => {
    const all = open()
    all.native.give([row({ slot: 2, offset: 9, key: Buffer.from('k'), value: Buffer.from('bad one') })])
    const [error] = (await read(all, how, 1)) as DeserializationError[]
    expect(error).toBeInstanceOf(DeserializationError)
    expect(error).toMatchObject({
      message: 'cannot deserialize the value of t [2] @ 9: bad one is refused',
      topic: 't',
      partition: 2,
      offset: 9,
      part: 'value',
      key: Buffer.from('k'),
      value: Buffer.from('bad one'),
      cause: new TypeError('bad one is refused'),
    })
  })

  it('carries bytes of its own, which outlive the batch', async () => {
    const all = open()
    all.native.give([...valued(['bad']), row({ offset: 1, value: Buffer.alloc(1 << 16) })])
    const [error] = (await read(all, how, 1)) as DeserializationError[]
    expect(error?.value?.buffer.byteLength).toBeLessThan(1000)
  })

  it('is skipped where that is wanted: its neighbours arrive, and it counts as processed', async () => {
    const all = open('skip')
    all.native.give(valued(['bad 0', 'a', 'bad 2', 'bad 3', 'b', 'c']))
    expect(await read(all, how, 3)).toEqual(['a', 'b', 'c'])
    expect(all.skipped.map(({ offset }) => offset)).toEqual([0, 2, 3])
    expect(all.next()).toBe(how === 'stream' ? 5 : 4)
  })

  it('that is skipped last of all counts as processed when the next message is asked for', async () => {
    const all = open('skip')
    all.native.give(valued(['a', 'bad']))
    const iteration = how === 'stream' ? all.stream() : all.batches()
    await iteration.next()
    const waiting = iteration.next()
    await turn()
    expect(all.skipped).toHaveLength(1)
    expect(all.next()).toBe(2)
    all.delivery.close()
    await waiting
  })

  it('that is skipped may be the only one', async () => {
    const all = open('skip')
    const waiting = (how === 'stream' ? all.stream() : all.batches()).next()
    all.arrive(valued(['bad', 'bad']))
    await turn()
    expect(all.skipped).toHaveLength(2)
    expect(all.next()).toBe(2)
    all.delivery.close()
    expect(await waiting).toEqual({ done: true, value: undefined })
  })

  it('ends the iteration with what a callback throws', async () => {
    const failure = new Error('of the callback')
    const all = setup({
      value: picky,
      policy: () => undefined,
      onSkipped: () => {
        throw failure
      },
    })
    all.native.give(valued(['a', 'bad', 'b']))
    expect(await read(all, how, 10)).toEqual(['a', failure])
    expect(await read(all, how, 1)).toEqual(['b'])
  })
})

describe('a key that is refused', () => {
  it('is told apart from a value', async () => {
    const all = setup()
    Object.assign(all.delivery.context, { keyDeserializer: picky })
    all.native.give([row({ key: Buffer.from('bad key'), value: Buffer.from('v') })])
    expect(await rejectionOf(all.stream().next())).toMatchObject({
      part: 'key',
      message: 'cannot deserialize the key of t [0] @ 0: bad key is refused',
    })
  })

  it('is not asked of a record without a key, nor a tombstone of the value', async () => {
    const all = setup({ value: picky })
    Object.assign(all.delivery.context, { keyDeserializer: picky })
    all.native.give([row()])
    expect((await all.stream().next()).value).toMatchObject({ key: null, value: null })
  })
})

describe('a DeserializationError', () => {
  it('takes anything that was thrown', () => {
    const failure = { topic: 't', partition: 0, offset: 0, part: 'value', key: null, value: null } as const
    expect(new DeserializationError(failure, 'a text')).toMatchObject({
      message: 'cannot deserialize the value of t [0] @ 0: a text',
      cause: 'a text',
      code: 'ERR_KAFKA_DESERIALIZATION',
    })
  })
})
