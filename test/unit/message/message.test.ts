import { Block, packRows, type Row } from '../../../lib/message/block'
import { Message, type MessageContext } from '../../../lib/message/message'
import { bytes, json, string, type Deserializer } from '../../../lib/serde'
import { blockOf, row } from '../consumer/support/rows'

const slots = { topic: (slot: number) => `topic-${slot}`, partition: (slot: number) => slot * 10 }

function context<K, V>(keyDeserializer: Deserializer<K>, valueDeserializer: Deserializer<V>): MessageContext<K, V> {
  return { slots, keyDeserializer, valueDeserializer }
}

const strings = context(string(), string())
const buffers = context(bytes(), bytes())

function message(fields: Partial<Row>): Message<string, string> {
  return new Message(blockOf([row({ offset: 99 }), row(fields)]), 1, strings)
}

/** Counts its calls, and what it was told. */
function counting(): Deserializer<string> & { calls: unknown[] } {
  const calls: unknown[] = []
  return {
    calls,
    deserialize(data, info) {
      calls.push(info)
      return data.toString()
    },
  }
}

describe('a message', () => {
  it('tells its topic and partition by its slot', () => {
    const { topic, partition } = message({ slot: 3 })
    expect({ topic, partition }).toEqual({ topic: 'topic-3', partition: 30 })
  })

  it('tells its offset as a number and as a bigint', () => {
    const { offset, offsetBigInt } = message({ offset: 2 ** 40 + 7 })
    expect(offset).toBe(2 ** 40 + 7)
    expect(offsetBigInt).toBe(2n ** 40n + 7n)
  })

  it('has a timestamp in milliseconds, or undefined where it carries none', () => {
    expect(message({ timestamp: 1_700_000_000_123 }).timestamp).toBe(1_700_000_000_123)
    expect(message({ timestamp: 0 }).timestamp).toBe(0)
    expect(message({ timestamp: -1 }).timestamp).toBeUndefined()
  })

  it.each([
    [0, 'none'],
    [1, 'create'],
    [2, 'append'],
    [77, 'none'],
  ])('calls timestamp type %d %s', (timestampType, name) => {
    expect(message({ timestampType }).timestampType).toBe(name)
  })

  it('has a leader epoch, or undefined where the broker gave none', () => {
    expect(message({ leaderEpoch: 4 }).leaderEpoch).toBe(4)
    expect(message({ leaderEpoch: -1 }).leaderEpoch).toBeUndefined()
  })

  it('has null for a missing key or value, and empty for an empty one', () => {
    const missing = message({})
    expect([missing.key, missing.value, missing.keyBytes, missing.valueBytes]).toEqual([null, null, null, null])
    const empty = message({ key: Buffer.alloc(0), value: Buffer.alloc(0) })
    expect([empty.key, empty.value]).toEqual(['', ''])
    expect([empty.keyBytes, empty.valueBytes]).toEqual([Buffer.alloc(0), Buffer.alloc(0)])
  })

  it('has the size of its value, 0 for a tombstone', () => {
    expect(message({ value: Buffer.alloc(12) }).size).toBe(12)
    expect(message({ value: null }).size).toBe(0)
  })

  it('deserializes nothing before it is asked, and each part once', () => {
    const key = counting()
    const value = counting()
    const each = new Message(blockOf([row({ key: Buffer.from('k'), value: Buffer.from('v') })]), 0, context(key, value))
    expect([key.calls.length, value.calls.length]).toEqual([0, 0])
    expect([each.value, each.value, each.value]).toEqual(['v', 'v', 'v'])
    expect([key.calls.length, value.calls.length]).toEqual([0, 1])
    expect([each.key, each.key]).toEqual(['k', 'k'])
    expect([key.calls.length, value.calls.length]).toEqual([1, 1])
  })

  it('deserializes once also what is deserialized to null or undefined', () => {
    const calls: string[] = []
    const giving = <T>(result: T): Deserializer<T> => ({
      deserialize: (data) => {
        calls.push(String(data))
        return result
      },
    })
    const each = new Message(
      blockOf([row({ key: Buffer.from('k'), value: Buffer.from('v') })]),
      0,
      context(giving(null), giving(undefined)),
    )
    expect([each.key, each.key]).toEqual([null, null])
    expect([each.value, each.value]).toEqual([undefined, undefined])
    expect(calls).toEqual(['k', 'v'])
  })

  it('tells a deserializer where the bytes come from', () => {
    const key = counting()
    const value = counting()
    const headers = [{ name: 'h', value: Buffer.from('1') }]
    const fields = { slot: 2, offset: 5, key: Buffer.from('k'), value: Buffer.from('v'), headers }
    const each = new Message(blockOf([row(fields)]), 0, context(key, value))
    expect([each.key, each.value]).toEqual(['k', 'v'])
    const where = { topic: 'topic-2', partition: 20, offset: 5, headers }
    expect(key.calls).toEqual([{ ...where, isKey: true }])
    expect(value.calls).toEqual([{ ...where, isKey: false }])
  })

  it('gives a null key or value to no deserializer', () => {
    const value = counting()
    expect(new Message(blockOf([row({ value: null })]), 0, context(bytes(), value)).value).toBeNull()
    expect(value.calls).toEqual([])
  })

  it('prefers a deserializer that takes a range, and gives it exactly the part', () => {
    const seen: string[] = []
    const ranged: Deserializer<string> = {
      deserialize: () => 'not by this',
      deserializeRange(buffer, start, end) {
        seen.push(buffer.toString('utf8', start, end))
        return 'by range'
      },
    }
    const fields = { key: Buffer.from('the key'), value: Buffer.from('the value') }
    const each = new Message(blockOf([row(fields), row(fields)]), 1, context(ranged, ranged))
    expect([each.key, each.value]).toEqual(['by range', 'by range'])
    expect(seen).toEqual(['the key', 'the value'])
  })

  it('lets what a deserializer throws pass, and asks it again', () => {
    const failing: Deserializer<never> = {
      deserialize: () => {
        throw new TypeError('bad')
      },
    }
    const each = new Message(blockOf([row({ value: Buffer.from('v') })]), 0, context(bytes(), failing))
    expect(() => each.value).toThrow('bad')
    expect(() => each.value).toThrow('bad')
    expect(each.valueBytes?.toString()).toBe('v')
  })
})

describe('headers of a message', () => {
  const headers = [
    { name: 'a', value: Buffer.from('1') },
    { name: 'b', value: null },
    { name: 'a', value: Buffer.from('2') },
  ]

  it('come in order, repeated names included; none where there are none', () => {
    expect(message({ headers }).headers).toEqual(headers)
    expect(message({ headers: null }).headers).toEqual([])
  })

  it('are found by name, the last one of it', () => {
    expect(message({ headers }).header('a')?.toString()).toBe('2')
  })

  it('are null where their value is, and undefined where the name is not there', () => {
    expect(message({ headers }).header('b')).toBeNull()
    expect(message({ headers }).header('c')).toBeUndefined()
    expect(message({ headers: null }).header('a')).toBeUndefined()
  })
})

describe('toJSON() of a message', () => {
  it('has what a reader of a log wants', () => {
    const each = message({ offset: 7, slot: 1, timestamp: 5, key: Buffer.from('k'), value: Buffer.from('v') })
    expect(JSON.parse(JSON.stringify(each))).toEqual({
      topic: 'topic-1',
      partition: 10,
      offset: 7,
      timestamp: 5,
      key: 'k',
      value: 'v',
      headers: [],
    })
  })

  it('leaves out a timestamp that is not there', () => {
    expect(JSON.stringify(message({ timestamp: -1 }))).not.toContain('timestamp')
  })
})

describe('copy() of a message', () => {
  const fields = {
    slot: 4,
    offset: 8,
    leaderEpoch: 2,
    key: Buffer.from('key'),
    value: Buffer.from('value'),
    headers: [{ name: 'h', value: Buffer.from('x') }],
  }

  it('is the same message', () => {
    const original = message(fields)
    const copy = original.copy()
    expect(copy).not.toBe(original)
    expect(copy.toJSON()).toEqual(original.toJSON())
    expect([copy.leaderEpoch, copy.timestampType, copy.offsetBigInt]).toEqual([2, 'create', 8n])
  })

  it.each([
    ['before', true],
    ['after', false],
  ])('stays as it was when the batch is overwritten, its bytes having been read %s the copy', (_, isReadBefore) => {
    const block = blockOf([row(fields)])
    const original = new Message(block, 0, buffers)
    if (isReadBefore) expect([String(original.key), String(original.value)]).toEqual(['key', 'value'])
    const copy = original.copy()
    block.bytes.fill(0x21)
    expect([String(copy.key), String(copy.value), String(copy.header('h'))]).toEqual(['key', 'value', 'x'])
  })

  it('shares no memory with the batch, whose own cannot be transferred away', () => {
    const buffer = packRows([row(fields)], 0)
    const original = new Message(new Block(buffer), 0, buffers)
    const copy = original.copy()
    expect(copy.valueBytes?.buffer).not.toBe(buffer)
    try {
      structuredClone(buffer, { transfer: [buffer] })
    } catch (error) {
      // From Node 21 on it is refused; before, it is copied instead.
      expect(error).toMatchObject({ name: 'DataCloneError' })
    }
    expect(buffer.byteLength).toBeGreaterThan(0)
    expect(String(original.value)).toBe('value')
  })

  it('keeps what was deserialized, which is not done a second time', () => {
    const key = counting()
    const original = new Message(blockOf([row({ ...fields, value: Buffer.from('{"a":1}') })]), 0, context(key, json()))
    const [, value] = [original.key, original.value]
    const copy = original.copy()
    expect(copy.key).toBe('key')
    expect(copy.value).toBe(value)
    expect(key.calls).toHaveLength(1)
  })
})
