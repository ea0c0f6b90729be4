// What is asked of the cluster: metadata, watermarks, offsets by time, committed offsets, positions.
import { FIRST_MESSAGE_TIME, type Scenarios } from '../kit'

export const scenarios: Scenarios = {
  async getMetadata(kit) {
    const consumer = await kit.connected()
    const { two, ten } = kit.topics
    await kit.callback('of a topic', (callback) => consumer.getMetadata({ topic: two, allTopics: false }, callback))
    const ask = (options: unknown) =>
      new Promise<{ topics: { name: string }[] }>((resolve) =>
        consumer.getMetadata(options, (_: unknown, metadata: { topics: { name: string }[] }) => resolve(metadata)),
      )
    for (const options of [undefined, null, {}, { timeout: 2000 }, { topic: '', timeout: 2000 }, { topic: two }]) {
      const { topics } = await kit.within(ask(options), 'metadata')
      kit.trace(
        'has',
        options,
        topics.some(({ name }) => name === ten),
        topics.some(({ name }) => name === two),
      )
    }
    await kit.callback('of an unknown topic', (callback) =>
      consumer.getMetadata({ topic: 'there-is-none', allTopics: false, timeout: 2000 }, callback),
    )
    await kit.callback('kept', (callback) =>
      consumer.getMetadata({ topic: ten, allTopics: false }, (error: unknown, metadata: unknown) => {
        callback(error, metadata === consumer['_metadata'])
      }),
    )
    kit.call('without a callback', () => consumer.getMetadata({}))
    kit.call('no function', () => consumer.getMetadata({}, 'no function'))
    await kit.until(() => kit.lines.some(([where]) => where === 'uncaught'), 'the error')
    await kit.callback('with no time', (callback) => consumer.getMetadata({ timeout: 1 }, () => callback('called')))
  },

  async queryWatermarkOffsets(kit) {
    const consumer = await kit.connected()
    const { ten, empty, two } = kit.topics
    await kit.callback('ten', (callback) => consumer.queryWatermarkOffsets(ten, 0, 2000, callback))
    await kit.callback('empty', (callback) => consumer.queryWatermarkOffsets(empty, 0, 2000, callback))
    await kit.callback('without a timeout', (callback) => consumer.queryWatermarkOffsets(two, 1, callback))
    await kit.callback('timeout 0', (callback) => consumer.queryWatermarkOffsets(two, 1, 0, callback))
    await kit.callback('timeout null', (callback) => consumer.queryWatermarkOffsets(two, 1, null, callback))
    await kit.callback('no such partition', (callback) => consumer.queryWatermarkOffsets(ten, 7, 1000, callback))
    await kit.callback('no such topic', (callback) => consumer.queryWatermarkOffsets('there-is-none', 0, 500, callback))
    kit.call('topic no string', () => consumer.queryWatermarkOffsets(5, 0, 100, () => undefined))
    kit.call('partition no number', () => consumer.queryWatermarkOffsets(ten, '0', 100, () => undefined))
    kit.call('timeout no number', () => consumer.queryWatermarkOffsets(ten, 0, 'soon', () => undefined))
    kit.call('without a callback', () => consumer.queryWatermarkOffsets(ten, 0, 100))
  },

  async getWatermarkOffsets(kit) {
    const consumer = await kit.at(kit.topics.ten, 8)
    kit.call('no such topic', () => consumer.getWatermarkOffsets('there-is-none', 0))
    kit.call('no such partition', () => consumer.getWatermarkOffsets(kit.topics.ten, 77))
    kit.call('topic no string', () => consumer.getWatermarkOffsets(5, 0))
    kit.call('partition no number', () => consumer.getWatermarkOffsets(kit.topics.ten, 'no'))
    await kit.readAll(consumer, 2)
    kit.call('after reading', () => consumer.getWatermarkOffsets(kit.topics.ten, 0))
  },

  async offsetsForTimes(kit) {
    const consumer = await kit.connected()
    const { ten, empty } = kit.topics
    const at = (offset: unknown, topic = ten, partition = 0): object => ({ topic, partition, offset })
    await kit.callback('in between', (callback) =>
      consumer.offsetsForTimes([at(FIRST_MESSAGE_TIME + 3500)], 2000, callback),
    )
    await kit.callback('some', (callback) =>
      consumer.offsetsForTimes([at(0), at(FIRST_MESSAGE_TIME + 60_000), at(1000, empty)], 2000, callback),
    )
    await kit.callback('without a timeout', (callback) => consumer.offsetsForTimes([at(5)], callback))
    await kit.callback('without a time', (callback) =>
      consumer.offsetsForTimes([{ topic: ten, partition: 0 }], 2000, callback),
    )
    await kit.callback('no such partition', (callback) => consumer.offsetsForTimes([at(5, ten, 7)], 2000, callback))
    await kit.callback('none', (callback) => consumer.offsetsForTimes([], 500, callback))
    kit.call('no array', () => consumer.offsetsForTimes('no array', 100, () => undefined))
    kit.call('without a callback', () => consumer.offsetsForTimes([at(5)], 100))
  },

  async committed(kit) {
    const consumer = await kit.at(kit.topics.ten)
    const { ten, two } = kit.topics
    const both = [
      { topic: ten, partition: 0 },
      { topic: two, partition: 1 },
    ]
    await kit.callback('nothing yet', (callback) => consumer.committed(both, 2000, callback))
    consumer.commitSync([{ topic: ten, partition: 0, offset: 4 }])
    await kit.callback('one', (callback) => consumer.committed(both, 2000, callback))
    await kit.callback('of the assignment', (callback) => consumer.committed(null, 2000, callback))
    await kit.callback('of the assignment, the old way', (callback) => consumer.committed(2000, callback))
    await kit.callback('of none', (callback) => consumer.committed([], 2000, callback))
    await kit.callback('no such topic', (callback) =>
      consumer.committed([{ topic: 'there-is-none', partition: 0 }], 2000, callback),
    )
    await kit.callback('elements that are none', (callback) => consumer.committed([null, 5, ...both], 2000, callback))
    kit.call('no array', () => consumer.committed('no array', 100, () => undefined))
    kit.call('without a callback', () => consumer.committed([], 100))
    await kit.until(() => kit.lines.some(([where]) => where === 'uncaught'), 'the error')
    kit.call('with nothing', () => consumer.committed())
    await kit.until(() => kit.lines.filter(([where]) => where === 'uncaught').length === 2, 'the second error')
  },

  async position(kit) {
    const { ten, two } = kit.topics
    const consumer = await kit.at(ten, 2)
    kit.call('of one', () => consumer.position([{ topic: ten, partition: 0 }]))
    await kit.readAll(consumer, 3)
    kit.call('after reading', () => consumer.position())
    kit.call('of one, after reading', () => consumer.position([{ topic: ten, partition: 0, offset: 77 }]))
    kit.call('of what is not assigned', () => consumer.position([{ topic: two, partition: 1 }]))
    kit.call('of none', () => consumer.position([]))
    kit.call('no array', () => consumer.position({ topic: ten, partition: 0 }))
    await kit.callback('seek', (callback) => consumer.seek({ topic: ten, partition: 0, offset: 1 }, 2000, callback))
    await kit.readAll(consumer, 1)
    kit.call('after a seek and reading', () => consumer.position())
  },
}
