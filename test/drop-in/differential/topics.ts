// The messages that scenarios read.
import { produce } from '../../helpers/produce'
import type { TopicOptions } from '../../helpers/topics'
import { FIRST_MESSAGE_TIME, type Topics } from './kit'

export async function seedTopics(create: (options: TopicOptions) => Promise<string>): Promise<Topics> {
  // The times of these messages lie years back: by default the broker would delete them minutes later.
  const config = { 'retention.ms': '-1' }
  const [ten, shapes, two, empty, trickle] = await Promise.all([
    create({ prefix: 'ten', config }),
    create({ prefix: 'shapes', config }),
    create({ prefix: 'two', partitions: 2, config }),
    create({ prefix: 'empty', config }),
    create({ prefix: 'trickle' }),
  ])
  const timestamp = FIRST_MESSAGE_TIME
  await produce(
    ten,
    Array.from({ length: 10 }, (_, i) => ({ key: `k${i}`, value: `m${i}`, timestamp: timestamp + 1000 * i })),
  )
  await produce(shapes, [
    { key: 'a tombstone', value: null, timestamp },
    { key: null, value: '', timestamp },
    { key: '', value: 'an empty key', timestamp },
    {
      key: 'headers',
      value: 'v',
      headers: [
        ['h', 'x'],
        ['h', 'y'],
        ['null', null],
        ['empty', ''],
        ['', 'no name'],
        ['binary', Buffer.from([0, 255, 128])],
      ],
      timestamp,
    },
    { key: Buffer.from([0xff, 0xfe]), value: Buffer.from([0, 1, 2, 0xc3, 0x28]), timestamp },
    { key: null, value: null, timestamp: 0 },
  ])
  await produce(
    two,
    Array.from({ length: 12 }, (_, i) => ({ partition: i % 2, value: `p${i % 2}-${Math.floor(i / 2)}`, timestamp })),
  )
  return { ten, shapes, two, empty, trickle }
}
