// Messages as node-rdkafka delivers them: plain objects that own their memory.
import { PlainMessages } from '../../../lib/drop-in/plain-message'
import { Block, packRows, type Row } from '../../../lib/message/block'

const KEPT_BYTES = 32 * 1024
const slots = { topic: (slot: number) => `topic-${slot}`, partition: (slot: number) => slot + 10 }

/** Of every size there is: null, empty, small, larger than what is shared; with and without key and headers. */
function rows(count: number): Row[] {
  const sizes = [-1, 0, 1, 7, 100, 1000, 4095, 4096, 4097, 40_000]
  const bytes = (seed: number, size: number): Buffer | null =>
    size < 0 ? null : Buffer.from(Array.from({ length: size }, (_, i) => (seed * 31 + i) & 0xff))
  return Array.from({ length: count }, (_, i) => ({
    offset: i,
    timestamp: 1000 + i,
    timestampType: 1,
    slot: i % 3,
    leaderEpoch: 0,
    key: bytes(i, sizes[(i * 7) % 5] as number),
    value: bytes(i + 1, sizes[i % sizes.length] as number),
    headers:
      i % 4 === 0
        ? [
            { name: 'a', value: bytes(i + 2, i % 50) },
            { name: 'b', value: null },
          ]
        : null,
  }))
}

function plain({ offset, timestamp, slot, key, value, headers }: Row): object {
  return {
    value,
    ...(headers && { headers: headers.map((each) => ({ [each.name]: each.value ?? Buffer.alloc(0) })) }),
    size: value?.length ?? 0,
    key,
    topic: slots.topic(slot),
    offset,
    partition: slots.partition(slot),
    timestamp,
  }
}

/** Those of a block that is complete, and of one that rows are still added to: it does not know its count. */
function blockOf(kind: 'complete' | 'growing', given: readonly Row[]): { block: Block; buffer: ArrayBuffer } {
  const buffer = packRows(given, 1)
  if (kind === 'growing') new Int32Array(buffer)[1] = 0
  return { block: new Block(buffer), buffer }
}

describe.each(['complete', 'growing'] as const)('of a block that is %s', (kind) => {
  const given = rows(200)

  it('they have what was sent, and keep it when the block is overwritten', () => {
    const messages = new PlainMessages(slots)
    const { block, buffer } = blockOf(kind, given)
    const made = given.map((_, row) => messages.make(block, row))
    new Uint8Array(buffer).fill(0xee)
    expect(made).toEqual(given.map(plain))
    expect(made.map((message) => Object.keys(message))).toEqual(given.map((row) => Object.keys(plain(row))))
  })

  it('in any order, and of several blocks in turn', () => {
    const messages = new PlainMessages(slots)
    const blocks = [blockOf(kind, given), blockOf(kind, [...given].reverse())]
    const order = given.flatMap((_, i) => [[i & 1, (i * 77) % 200] as const, [(i + 1) & 1, 199 - i] as const])
    const made = order.map(([which, row]) => messages.make((blocks[which] as { block: Block }).block, row))
    expect(made).toEqual(order.map(([which, row]) => plain(given[which === 0 ? row : 199 - row] as Row)))
  })

  it('no two share a byte', () => {
    const messages = new PlainMessages(slots)
    const { block } = blockOf(kind, given)
    const made = given.map((_, row) => messages.make(block, row))
    for (const { value, key } of made) for (const each of [value, key]) each?.fill(0)
    const untouched = made.flatMap(({ headers }) => headers ?? [])
    expect(untouched).toEqual(given.flatMap((row) => (plain(row) as { headers?: object[] }).headers ?? []))
    for (const message of made) {
      message.value?.fill(1)
      expect(message.key?.includes(1) ?? false).toBe(false)
      message.value?.fill(0)
    }
  })

  it('one that is transferred to a worker takes none of the others away', () => {
    const small = given.map((row) => ({ ...row, value: Buffer.from('value'), key: Buffer.from('key') }))
    const messages = new PlainMessages(slots)
    const { block } = blockOf(kind, small)
    const made = small.map((_, row) => {
      const message = messages.make(block, row)
      const { buffer } = message.value as Buffer
      try {
        structuredClone(message.value, { transfer: [buffer as ArrayBuffer] })
      } catch (error) {
        // From Node 21 on it is refused; before, it is copied instead.
        expect(error).toMatchObject({ name: 'DataCloneError' })
      }
      return message
    })
    expect(made).toEqual(small.map(plain))
  })

  it('one of them keeps little alive beside itself', () => {
    const messages = new PlainMessages(slots)
    const { block } = blockOf(kind, given)
    for (const row of given.keys()) {
      const { value } = messages.make(block, row)
      expect(value?.buffer.byteLength ?? 0).toBeLessThanOrEqual(Math.max(KEPT_BYTES, value?.length ?? 0))
    }
  })
})
