import {
  checkOffsets,
  checkPartitions,
  checkTimeout,
  checkTopic,
  flatOffsets,
  flatPartitions,
  fromFlatResults,
} from '../../../lib/consumer/flat'
import { ArgumentError } from '../../../lib/errors'
import { thrownBy } from './support/errors'

const MAX_INT32 = 0x7fffffff

function expectRefused(call: () => unknown, message: string): void {
  const error = thrownBy(call)
  expect(error).toBeInstanceOf(ArgumentError)
  expect((error as Error).message).toBe(message)
}

describe('a topic name', () => {
  it.each(['a', 'A-z_0.9', '...', '..a', '_', '__consumer_offsets', '-', 'x'.repeat(249)])('may be %s', (name) => {
    expect(checkTopic(name, 'topic')).toBe(name)
  })

  it.each([
    ['', '""'],
    ['.', '"."'],
    ['..', '".."'],
    ['a b', '"a b"'],
    ['a/b', '"a/b"'],
    ['ä', '"ä"'],
    ['a\0b', '"a\\u0000b"'],
    ['a\n', '"a\\n"'],
    ['^a', '"^a"'],
    ['x'.repeat(250), `"${'x'.repeat(64)}…"`],
    [undefined, 'undefined'],
    [null, 'null'],
    [5, '5'],
    [5n, '5n'],
    [true, 'true'],
    [Symbol('s'), 'Symbol(s)'],
    [['a'], 'an array'],
    [{ topic: 'a' }, 'an object'],
  ])('may not be %p', (value, shown) => {
    expectRefused(
      () => checkTopic(value, 'partitions[2].topic'),
      `partitions[2].topic: expected a topic name (1 to 249 letters, digits, dots, underscores, hyphens), got ${shown}`,
    )
  })
})

describe('a list of partitions', () => {
  it('is copied, whatever else its elements have', () => {
    const list = [
      { topic: 'a', partition: 0, more: 1 },
      { topic: 'b', partition: MAX_INT32 },
    ]
    expect(checkPartitions(list, 'partitions')).toEqual([
      { topic: 'a', partition: 0 },
      { topic: 'b', partition: MAX_INT32 },
    ])
    expect(checkPartitions([], 'partitions')).toEqual([])
  })

  it.each([
    [undefined, 'partitions: expected an array, got undefined'],
    [null, 'partitions: expected an array, got null'],
    ['text', 'partitions: expected an array, got "text"'],
    [{ topic: 'a', partition: 0 }, 'partitions: expected an array, got an object'],
    [['a'], 'partitions[0]: expected { topic, partition }, got "a"'],
    [[{ topic: 'a', partition: 0 }, null], 'partitions[1]: expected { topic, partition }, got null'],
    [
      [{ partition: 0 }],
      'partitions[0].topic: expected a topic name (1 to 249 letters, digits, dots, underscores, hyphens), got undefined',
    ],
  ])('is refused: %j', (value, message) => {
    expectRefused(() => checkPartitions(value, 'partitions'), message)
  })

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['0', '"0"'],
    [-1, '-1'],
    [0.5, '0.5'],
    [NaN, 'NaN'],
    [Infinity, 'Infinity'],
    [MAX_INT32 + 1, '2147483648'],
    [1n, '1n'],
  ])('refuses partition %p', (partition, shown) => {
    expectRefused(
      () => checkPartitions([{ topic: 'a', partition }], 'list'),
      `list[0].partition: expected an integer from 0 to 2147483647, got ${shown}`,
    )
  })
})

describe('a list of offsets', () => {
  const at = { topic: 'a', partition: 1 }

  it('keeps what is given, and nothing that is not', () => {
    const full = { ...at, offset: 3, leaderEpoch: 0, metadata: '' }
    expect(checkOffsets([full, { ...at, offset: Number.MAX_SAFE_INTEGER }], 'offsets', 0)).toEqual([
      full,
      { ...at, offset: Number.MAX_SAFE_INTEGER },
    ])
    expect(checkOffsets([{ ...at, offset: 1, leaderEpoch: undefined, metadata: undefined }], 'offsets', 0)).toEqual([
      { ...at, offset: 1 },
    ])
  })

  it('accepts the beginning and the end where they have a meaning, and only there', () => {
    expect(checkOffsets([{ ...at, offset: -2 }], 'target', -2)).toEqual([{ ...at, offset: -2 }])
    expectRefused(
      () => checkOffsets([{ ...at, offset: -3 }], 'target', -2),
      'target[0].offset: expected an integer from -2 to 9007199254740991, got -3',
    )
    expectRefused(
      () => checkOffsets([{ ...at, offset: -1 }], 'offsets', 0),
      'offsets[0].offset: expected an integer from 0 to 9007199254740991, got -1',
    )
  })

  it.each([
    [undefined, 'undefined'],
    [2 ** 53, '9007199254740992'],
    ['1', '"1"'],
    [1n, '1n'],
    [1.5, '1.5'],
  ])('refuses the offset %p', (offset, shown) => {
    expectRefused(
      () => checkOffsets([{ ...at, offset }], 'offsets', 0),
      `offsets[0].offset: expected an integer from 0 to 9007199254740991, got ${shown}`,
    )
  })

  it('names a time by its own name', () => {
    expectRefused(
      () => checkOffsets([{ ...at, offset: 'now' }], 'times', 0, 'timestamp'),
      'times[0].timestamp: expected an integer from 0 to 9007199254740991, got "now"',
    )
    expectRefused(
      () => checkOffsets([5], 'times', 0, 'timestamp'),
      'times[0]: expected { topic, partition, timestamp }, got 5',
    )
  })

  it.each([
    [{ leaderEpoch: -1 }, 'offsets[0].leaderEpoch: expected an integer from 0 to 2147483647, got -1'],
    [{ leaderEpoch: null }, 'offsets[0].leaderEpoch: expected an integer from 0 to 2147483647, got null'],
    [{ metadata: 5 }, 'offsets[0].metadata: expected a string, got 5'],
    [{ metadata: null }, 'offsets[0].metadata: expected a string, got null'],
    [{ topic: '' }, /^offsets\[0\]\.topic: expected a topic name .* got ""$/],
    [{ partition: -1 }, 'offsets[0].partition: expected an integer from 0 to 2147483647, got -1'],
  ])('is refused with %j', (fields, message) => {
    expect(() => checkOffsets([{ ...at, offset: 0, ...fields }], 'offsets', 0)).toThrow(message)
  })

  it('is refused when it is no list', () => {
    expectRefused(() => checkOffsets({ ...at, offset: 0 }, 'offsets', 0), 'offsets: expected an array, got an object')
  })
})

describe('a timeout', () => {
  it('is what is given, or the default', () => {
    expect(checkTimeout(5, 10)).toBe(5)
    expect(checkTimeout(0, 10)).toBe(0)
    expect(checkTimeout(undefined, 10)).toBe(10)
  })

  it.each([
    [-1, '-1'],
    [1.5, '1.5'],
    [null, 'null'],
    ['5', '"5"'],
    [Infinity, 'Infinity'],
    [2 ** 31, '2147483648'],
  ])('is refused: %p', (value, shown) => {
    expectRefused(() => checkTimeout(value, 10), `timeoutMs: expected an integer from 0 to 2147483647, got ${shown}`)
  })
})

describe('the flat form', () => {
  it('of partitions is topic, partition, …', () => {
    expect(
      flatPartitions([
        { topic: 'a', partition: 1 },
        { topic: 'b', partition: 2 },
      ]),
    ).toEqual(['a', 1, 'b', 2])
  })

  it('of offsets has five fields each, librdkafka’s own words for what is missing', () => {
    expect(
      flatOffsets([
        { topic: 'a', partition: 1, offset: 5, leaderEpoch: 2, metadata: 'm' },
        { topic: 'b', partition: 0 },
      ]),
    ).toEqual(['a', 1, 5, 2, 'm', 'b', 0, -1000, -1, ''])
  })

  it('of results is read back', () => {
    expect(fromFlatResults(['a', 1, 5, 2, 'm', 0, 'b', 0, -1001, -1, '', 3])).toEqual([
      { topic: 'a', partition: 1, offset: 5, leaderEpoch: 2, metadata: 'm', error: 0 },
      { topic: 'b', partition: 0, offset: -1001, leaderEpoch: -1, metadata: '', error: 3 },
    ])
    expect(fromFlatResults([])).toEqual([])
  })
})
