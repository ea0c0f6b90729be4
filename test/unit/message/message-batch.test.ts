import { Message, type MessageContext } from '../../../lib/message/message'
import { MessageBatch } from '../../../lib/message/message-batch'
import { string } from '../../../lib/serde'
import { blockOf, row } from '../consumer/support/rows'

const context: MessageContext<string, string> = {
  slots: { topic: (slot) => `topic-${slot}`, partition: (slot) => slot + 1 },
  keyDeserializer: string(),
  valueDeserializer: string(),
}

const rows = [0, 1, 2, 3, 4].map((index) =>
  row({ slot: index % 2, offset: 10 + index, key: Buffer.from(`k${index}`), value: Buffer.from(`v${index}`) }),
)

/** Rows 1, 2 and 3 of five. */
function batch(messages?: Message<string, string>[]): MessageBatch<string, string> {
  return new MessageBatch(blockOf(rows), 1, 4, context, messages)
}

describe('a batch', () => {
  it('has the messages of its run and no others, by iteration', () => {
    expect(batch()).toHaveLength(3)
    expect(Array.from(batch(), ({ value }) => value)).toEqual(['v1', 'v2', 'v3'])
    expect(Array.from(batch(), ({ offset }) => offset)).toEqual([11, 12, 13])
  })

  it('may be iterated again', () => {
    const each = batch()
    expect([...each].map(({ key }) => key)).toEqual([...each].map(({ key }) => key))
  })

  it('has them by index', () => {
    expect([0, 1, 2].map((index) => batch().at(index)?.key)).toEqual(['k1', 'k2', 'k3'])
  })

  it.each([-1, 3, 1000, NaN, 0.5, Infinity])('has undefined at %d', (index) => {
    expect(batch().at(index)).toBeUndefined()
  })

  it('gives messages that were made already', () => {
    const block = blockOf(rows)
    const made = [1, 2, 3].map((index) => new Message(block, index, context))
    const each = batch(made)
    expect([...each]).toEqual(made)
    expect(each.at(1)).toBe(made[1])
    expect(each.at(3)).toBeUndefined()
  })

  it('has columns that make no message', () => {
    const each = batch()
    expect([0, 1, 2].map((index) => each.topic(index))).toEqual(['topic-1', 'topic-0', 'topic-1'])
    expect([0, 1, 2].map((index) => each.partition(index))).toEqual([2, 1, 2])
    expect([0, 1, 2].map((index) => each.offset(index))).toEqual([11, 12, 13])
    expect([0, 1, 2].map((index) => String(each.keyBytes(index)))).toEqual(['k1', 'k2', 'k3'])
    expect([0, 1, 2].map((index) => String(each.valueBytes(index)))).toEqual(['v1', 'v2', 'v3'])
  })

  it('has null in its columns for a missing key and a tombstone', () => {
    const each = new MessageBatch(blockOf([row()]), 0, 1, context, undefined)
    expect([each.keyBytes(0), each.valueBytes(0)]).toEqual([null, null])
  })

  it.each([-1, 3, 1.5, NaN, Infinity])('refuses index %d in every column, naming the range', (index) => {
    const each = batch()
    for (const column of ['topic', 'partition', 'offset', 'keyBytes', 'valueBytes'] as const) {
      expect(() => each[column](index)).toThrow(
        new RangeError(`index: expected an integer from 0 to 2, got ${String(index)}`),
      )
    }
  })
})
