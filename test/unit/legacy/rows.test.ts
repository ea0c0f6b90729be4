import { EventKind, POLL_EVENT, POLL_NEW_BUFFER, POLL_NOTHING } from '../../../lib/binding'
import { RowQueue } from '../../../lib/legacy/rows'
import { Block } from '../../../lib/message/block'

const message = (offset: number, value: Buffer | null = Buffer.from('v'), headers?: Record<string, Buffer>[]) => ({
  topic: 't',
  partition: 0,
  offset,
  timestamp: 5,
  key: Buffer.from('k'),
  value,
  ...(headers !== undefined && { headers }),
})
const eof = [EventKind.PartitionEof, 't', 0, 1] as [EventKind, string, number, number]

function nextBlock(rows: RowQueue): Block {
  const polled = rows.poll(false)
  expect(polled & POLL_NEW_BUFFER).toBe(POLL_NEW_BUFFER)
  const block = new Block(rows.takeBuffer())
  expect(block.count).toBe(polled & ~POLL_NEW_BUFFER)
  return block
}

it('packs what waits into one block, as it came', () => {
  const rows = new RowQueue()
  const named = Object.create(Buffer.from('x')) as Record<string, Buffer> // what `header['__proto__'] = value` makes
  expect(rows.addMessage(message(2 ** 40, null, [{ a: Buffer.from('1') }, { a: Buffer.alloc(0) }, named]), 3, 7)).toBe(
    14,
  )
  rows.addMessage(message(5), 3, 7)
  expect(rows).toMatchObject({ messages: 2, bytes: 16, isEmpty: false })
  const block = nextBlock(rows)
  expect([block.epoch, block.slot(0), block.offset(0), block.timestamp(0), block.timestampType(0)]).toEqual([
    7,
    3,
    2 ** 40,
    5,
    0,
  ])
  expect([block.key(0)?.toString(), block.value(0), block.value(1)?.toString(), block.leaderEpoch(0)]).toEqual([
    'k',
    null,
    'v',
    -1,
  ])
  expect(block.headers(0).map(({ name, value }) => [name, value?.toString()])).toEqual([
    ['a', '1'],
    ['a', ''],
    ['__proto__', 'x'],
  ])
  expect(block.hasHeaders(1)).toBe(false)
  expect(rows).toMatchObject({ messages: 0, bytes: 0, isEmpty: true })
  expect(rows.poll(false)).toBe(POLL_NOTHING)
})

it('closes a block at 1000 rows, at 256 KiB and where the epoch changes', () => {
  const rows = new RowQueue()
  for (let offset = 0; offset < 1001; offset++) rows.addMessage(message(offset), 0, 1)
  rows.addMessage(message(1001, Buffer.alloc(256 << 10)), 0, 1)
  rows.addMessage(message(1002), 0, 1)
  rows.addMessage(message(1003), 0, 2)
  const blocks = Array.from({ length: 4 }, () => nextBlock(rows))
  expect(blocks.map(({ count, epoch }) => [count, epoch])).toEqual([
    [1000, 1],
    [2, 1],
    [1, 1],
    [1, 2],
  ])
})

it('keeps events in order with rows, and urgent ones before everything', () => {
  const rows = new RowQueue()
  rows.addMessage(message(0), 0, 1)
  rows.addEvent(eof)
  rows.addMessage(message(1), 0, 1)
  rows.addUrgent([EventKind.Rebalance])
  expect(rows.hasUrgent).toBe(true)
  expect(rows.poll(true)).toBe(POLL_EVENT)
  expect(rows.takeEvent()).toEqual([EventKind.Rebalance])
  expect(rows.poll(true)).toBe(POLL_NOTHING)
  expect(nextBlock(rows).offset(0)).toBe(0)
  expect(rows.poll(false)).toBe(POLL_EVENT)
  expect(rows.takeEvent()).toBe(eof)
  expect(nextBlock(rows).offset(0)).toBe(1)
})

it('gives nothing twice, and nothing after it was cleared', () => {
  const rows = new RowQueue()
  expect(() => rows.takeBuffer()).toThrow(RangeError)
  expect(() => rows.takeEvent()).toThrow(RangeError)
  rows.addEvent(eof)
  rows.addMessage(message(0), 0, 1)
  rows.clear()
  expect(rows).toMatchObject({ messages: 0, bytes: 0, isEmpty: true })
  expect(rows.poll(false)).toBe(POLL_NOTHING)
})
