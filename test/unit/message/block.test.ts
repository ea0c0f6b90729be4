import fc from 'fast-check'
import { Block, packRows, type Row } from '../../../lib/message/block'
import { blockOf, row, run } from '../consumer/support/rows'

const INT32 = { min: -0x80000000, max: 0x7fffffff }

const bytes = fc.option(fc.uint8Array({ maxLength: 40 }), { nil: null })
const anyRow: fc.Arbitrary<Row> = fc.record({
  offset: fc.maxSafeNat(),
  timestamp: fc.maxSafeInteger(),
  timestampType: fc.integer({ min: 0, max: 2 }),
  slot: fc.nat(),
  leaderEpoch: fc.integer(INT32),
  key: bytes,
  value: bytes,
  headers: fc.option(fc.array(fc.record({ name: fc.string({ unit: 'grapheme' }), value: bytes })), { nil: null }),
})

function rowOf(block: Block, index: number): Row {
  return {
    offset: block.offset(index),
    timestamp: block.timestamp(index),
    timestampType: block.timestampType(index),
    slot: block.slot(index),
    leaderEpoch: block.leaderEpoch(index),
    key: plain(block.key(index)),
    value: plain(block.value(index)),
    headers: block.hasHeaders(index)
      ? block.headers(index).map(({ name, value }) => ({ name, value: plain(value) }))
      : null,
  }
}

function plain(data: Uint8Array | null): Uint8Array | null {
  return data === null ? null : new Uint8Array(data)
}

describe('a block', () => {
  it('gives back whatever rows were packed into it', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 20 }), fc.integer(INT32), (rows, epoch) => {
        const block = blockOf(rows, epoch)
        expect(block.count).toBe(rows.length)
        expect(block.capacity).toBe(rows.length)
        expect(block.epoch).toBe(epoch)
        expect(rows.map((_, index) => rowOf(block, index))).toEqual(rows)
        expect(rows.map((_, index) => block.offsetBigInt(index))).toEqual(rows.map(({ offset }) => BigInt(offset)))
      }),
    )
  })

  it('tells null from empty in keys, values and header values', () => {
    const block = blockOf([
      row({ key: null, value: Buffer.alloc(0), headers: [{ name: 'a', value: null }] }),
      row({ key: Buffer.alloc(0), value: null, headers: [{ name: '', value: Buffer.alloc(0) }] }),
    ])
    expect(block.key(0)).toBeNull()
    expect(block.keyLength(0)).toBe(-1)
    expect(block.value(0)).toHaveLength(0)
    expect(block.headers(0)).toEqual([{ name: 'a', value: null }])
    expect(block.key(1)).toHaveLength(0)
    expect(block.value(1)).toBeNull()
    expect(block.valueLength(1)).toBe(-1)
    expect(block.headers(1)).toEqual([{ name: '', value: Buffer.alloc(0) }])
  })

  it('tells no headers from an empty list of headers', () => {
    const block = blockOf([row({ headers: null }), row({ headers: [] })])
    expect([0, 1].map((index) => block.hasHeaders(index))).toEqual([false, true])
    expect([0, 1].map((index) => block.headers(index))).toEqual([[], []])
  })

  it('keeps the order of headers, and names that repeat', () => {
    const headers = ['b', 'a', 'b', 'ü€😀'].map((name, index) => ({ name, value: Buffer.from([index, 0, 255]) }))
    expect(blockOf([row({ key: Buffer.from('k'), value: Buffer.from('v'), headers })]).headers(0)).toEqual(headers)
  })

  it('holds keys and values of a mebibyte between small ones', () => {
    const long = Buffer.alloc(1 << 20, 'long')
    const block = blockOf([
      row({ value: Buffer.from('before') }),
      row({ key: long, value: long }),
      row({ key: Buffer.from('k'), value: Buffer.from('after') }),
    ])
    expect(block.key(1)?.equals(long)).toBe(true)
    expect(block.value(1)?.equals(long)).toBe(true)
    expect(String(block.value(0))).toBe('before')
    expect(String(block.key(2))).toBe('k')
    expect(String(block.value(2))).toBe('after')
  })

  it.each([0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n])(
    'reads the offset %s exactly, as a number and as a bigint',
    (offset) => {
      const block = withOffset(offset)
      expect(block.offset(0)).toBe(Number(offset))
      expect(block.offsetBigInt(0)).toBe(offset)
    },
  )

  it.each([2n ** 53n + 1n, 2n ** 62n + 3n, 2n ** 63n - 1n])(
    'reads the offset %s, which no number can hold, exactly as a bigint and to the nearest as a number',
    (offset) => {
      const block = withOffset(offset)
      expect(block.offsetBigInt(0)).toBe(offset)
      expect(Math.abs(block.offset(0) - Number(offset))).toBeLessThanOrEqual(1024)
    },
  )

  it.each([-1, -1001, -(2 ** 40) - 5, Number.MIN_SAFE_INTEGER])('reads the negative timestamp %d', (timestamp) => {
    expect(blockOf([row({ timestamp })]).timestamp(0)).toBe(timestamp)
  })

  it('gives keys and values as views into its own memory', () => {
    const block = blockOf([row({ key: Buffer.from('key'), value: Buffer.from('value') })])
    expect(block.key(0)?.buffer).toBe(block.bytes.buffer)
    expect(block.value(0)?.buffer).toBe(block.bytes.buffer)
  })

  it('may grow: rows that were added are read though the count stays 0', () => {
    const buffer = packRows(run(3), 0)
    new Int32Array(buffer)[1] = 0
    const block = new Block(buffer)
    expect(block.count).toBe(0)
    expect(String(block.value(2))).toBe('2')
  })
})

describe('a copy of a row', () => {
  it('holds exactly that row', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 8 }), fc.nat(), fc.nat(), (rows, at, epoch) => {
        const index = at % rows.length
        const copy = blockOf(rows, epoch).copyRow(index)
        expect(rowOf(copy, 0)).toEqual(rows[index])
        expect(copy.count).toBe(1)
        expect(copy.capacity).toBe(1)
        expect(copy.epoch).toBe(epoch)
      }),
    )
  })

  it('takes no more memory than its own bytes need', () => {
    const rows = [row({ value: Buffer.alloc(1 << 16) }), row({ value: Buffer.alloc(10) })]
    expect(blockOf(rows).copyRow(1).bytes.byteLength).toBeLessThan(100)
  })

  it('shares no memory with its block', () => {
    const block = blockOf(run(2))
    const copy = block.copyRow(1)
    block.bytes.fill(0xff)
    expect(String(copy.value(0))).toBe('1')
    expect(copy.offset(0)).toBe(1)
  })
})

function withOffset(offset: bigint): Block {
  const buffer = packRows([row()], 0)
  Buffer.from(buffer).writeBigInt64LE(offset, 16)
  return new Block(buffer)
}
