// Committing and storing offsets, and what the group has then.
import type { Consumer, Kit, Scenarios } from '../kit'

/** What the group has of a topic's first partition, according to the consumer itself. */
async function committedBy(kit: Kit, consumer: Consumer, topic: string): Promise<unknown> {
  return kit.within(
    new Promise((resolve, reject) =>
      consumer.committed([{ topic, partition: 0 }], 3000, (error: Error | null, list: { offset?: number }[]) =>
        error ? reject(error) : resolve(list[0]?.offset),
      ),
    ),
    'committed',
  )
}

/** The next report of a commit. Who asks for no messages is not told there. */
async function reported(kit: Kit, consumer: Consumer): Promise<unknown[]> {
  let report: unknown[] | undefined
  consumer.once('offset.commit', (...values: unknown[]) => (report = values))
  await kit.until(async () => {
    if (report === undefined) await kit.read(consumer, 1)
    return report
  }, 'the report of a commit')
  return report ?? []
}

/** Commits, with its report. */
async function commits(kit: Kit, consumer: Consumer, where: string, what?: unknown): Promise<void> {
  const report = reported(kit, consumer)
  kit.call(where, () => (what === undefined ? consumer.commit() : consumer.commit(what)))
  await report
}

export const scenarios: Scenarios = {
  async 'commit, reported by an event'(kit) {
    const { ten, two, empty } = kit.topics
    const consumer = await kit.at(empty, 0, { offset_commit_cb: true })
    kit.watch(consumer, ['offset.commit'])
    await commits(kit, consumer, 'of one', { topic: ten, partition: 0, offset: 3 })
    await commits(kit, consumer, 'of some', [
      { topic: ten, partition: 0, offset: 4 },
      { topic: two, partition: 1, offset: 1 },
    ])
    await commits(kit, consumer, 'without an offset', { topic: ten, partition: 0 })
    await commits(kit, consumer, 'of nothing read', undefined)
    await commits(kit, consumer, 'of null, nothing read', null)
    await commits(kit, consumer, 'a message', { topic: ten, partition: 0, offset: 5, value: null, key: null })
    kit.call('an empty object', () => consumer.commit({}))
    kit.call('a string', () => consumer.commit('no'))
    kit.call('a number', () => consumer.commit(5))
    kit.call('a topic alone', () => consumer.commit({ topic: ten }))
    const report = reported(kit, consumer)
    kit.call('commitMessage', () => consumer.commitMessage({ topic: ten, partition: 0, offset: 6 }))
    await report
    kit.trace('in the end', await committedBy(kit, consumer, ten))
  },

  async 'commit, reported to a function'(kit) {
    const consumer = await kit.at(kit.topics.empty, 0, {
      offset_commit_cb(this: unknown, error: unknown, offsets: unknown) {
        kit.trace('function', this, error, offsets)
      },
    })
    kit.watch(consumer, ['offset.commit'])
    await commits(kit, consumer, 'of one', { topic: kit.topics.ten, partition: 0, offset: 3 })
    await commits(kit, consumer, 'of none', [])
    await commits(kit, consumer, 'a topic that is not there', { topic: 'there-is-none', partition: 0, offset: 1 })
  },

  async 'commit of what was read'(kit) {
    const { ten } = kit.topics
    const consumer = await kit.at(ten, 0, { offset_commit_cb: true })
    kit.watch(consumer, ['offset.commit'])
    await kit.readAll(consumer, 10)
    await commits(kit, consumer, 'commit()')
    await commits(kit, consumer, 'commit() again')
    await commits(kit, consumer, 'commit(null)', null)
    kit.trace('in the end', await committedBy(kit, consumer, ten))
  },

  async 'commit in the callback of what was read'(kit) {
    const { ten } = kit.topics
    const consumer = await kit.at(ten, 9, { offset_commit_cb: true })
    kit.watch(consumer, ['offset.commit'])
    let report: Promise<unknown> | undefined
    await kit.until(async () => {
      await new Promise<void>((resolve) =>
        consumer.consume(10, (_: unknown, messages: unknown[]) => {
          if (messages.length > 0) {
            report = reported(kit, consumer)
            consumer.commit()
          }
          resolve()
        }),
      )
      return report !== undefined
    }, 'messages')
    await report
  },

  async 'commit in a listener of data'(kit) {
    const { ten } = kit.topics
    const consumer = await kit.at(ten, 9)
    consumer.on('data', () => kit.call('commitSync', () => consumer.commitSync(null)))
    const data = kit.event(consumer, 'data')
    consumer.consume()
    await data
    kit.trace('in the end', await committedBy(kit, consumer, ten))
  },

  async commitSync(kit) {
    const { ten, two } = kit.topics
    const consumer = await kit.at(ten)
    const calls: Record<string, unknown[]> = {
      'nothing read': [],
      null: [null],
      one: [{ topic: ten, partition: 0, offset: 2 }],
      some: [
        [
          { topic: ten, partition: 0, offset: 3 },
          { topic: two, partition: 0, offset: 1 },
        ],
      ],
      none: [[]],
      'without an offset': [{ topic: two, partition: 0 }],
      'an empty object': [{}],
      'a string': ['no'],
      'a topic that is not there': [{ topic: 'there-is-none', partition: 0, offset: 1 }],
    }
    for (const [name, values] of Object.entries(calls)) kit.call(name, () => consumer.commitSync(...values))
    kit.call('message', () => consumer.commitMessageSync({ topic: ten, partition: 0, offset: 6 }))
    kit.trace('in the end', await committedBy(kit, consumer, ten), await committedBy(kit, consumer, two))
    await kit.readAll(consumer, 2)
    kit.call('what was read', () => consumer.commitSync())
    kit.call('what was read, again', () => consumer.commitSync())
    kit.trace('then', await committedBy(kit, consumer, ten))
  },

  async offsetsStore(kit) {
    const { ten, two } = kit.topics
    const consumer = await kit.joined([ten], { 'enable.auto.offset.store': false })
    kit.call('one', () => consumer.offsetsStore([{ topic: ten, partition: 0, offset: 4 }]))
    kit.call('commit', () => consumer.commitSync())
    kit.trace('committed', await committedBy(kit, consumer, ten))
    kit.call('back', () => consumer.offsetsStore([{ topic: ten, partition: 0, offset: 2 }]))
    kit.call('commit', () => consumer.commitSync())
    kit.trace('committed', await committedBy(kit, consumer, ten))
    kit.call('not assigned', () => consumer.offsetsStore([{ topic: two, partition: 0, offset: 4 }]))
    kit.call('one of two', () =>
      consumer.offsetsStore([
        { topic: two, partition: 0, offset: 4 },
        { topic: ten, partition: 0, offset: 5 },
      ]),
    )
    kit.call('none', () => consumer.offsetsStore([]))
    kit.call('no array', () => consumer.offsetsStore({ topic: ten, partition: 0, offset: 5 }))
    kit.call('nothing', () => consumer.offsetsStore())
    await kit.readAll(consumer, 1)
    kit.call('commit', () => consumer.commitSync())
    kit.trace('committed', await committedBy(kit, consumer, ten))
  },

  async 'offsetsStore where it may not be called'(kit) {
    const { ten } = kit.topics
    const storing = await kit.joined([ten])
    kit.call('stored already', () => storing.offsetsStore([{ topic: ten, partition: 0, offset: 4 }]))
    const assigned = await kit.at(ten, 0, { 'enable.auto.offset.store': false })
    kit.call('not subscribed', () => assigned.offsetsStore([{ topic: ten, partition: 0, offset: 4 }]))
  },

  async 'auto-commit, at disconnect'(kit) {
    const { ten } = kit.topics
    const conf = { 'enable.auto.commit': true, 'group.id': kit.group(), offset_commit_cb: true }
    const consumer = await kit.joined([ten], conf)
    await kit.until(async () => {
      await kit.read(consumer, 3)
      return (consumer.position() as { offset?: number }[])[0]?.offset === 10
    }, 'all messages')
    await kit.disconnect(consumer)
    const next = await kit.connected({ 'group.id': conf['group.id'] })
    kit.trace('committed', await committedBy(kit, next, ten))
  },

  async 'auto-commit, by time'(kit) {
    const { ten } = kit.topics
    const consumer = await kit.at(ten, 6, {
      'enable.auto.commit': true,
      'auto.commit.interval.ms': 100,
      offset_commit_cb: true,
    })
    let last: unknown[] = []
    consumer.on('offset.commit', (...values: unknown[]) => (last = values))
    await kit.until(async () => {
      await kit.read(consumer, 1)
      return ((last[1] ?? []) as { offset?: number }[])[0]?.offset === 10
    }, 'the last commit')
    kit.trace('report', ...last)
    kit.trace('committed', await committedBy(kit, consumer, ten))
  },

  async 'commitSync is reported, too'(kit) {
    const consumer = await kit.at(kit.topics.empty, 0, { offset_commit_cb: true })
    kit.watch(consumer, ['offset.commit'])
    for (const what of [{ topic: kit.topics.ten, partition: 0, offset: 3 }, null]) {
      const report = reported(kit, consumer)
      kit.call('commitSync', () => consumer.commitSync(what))
      await report
    }
  },

  async 'what was not committed comes again, what was does not'(kit) {
    const { ten } = kit.topics
    const group = kit.group()
    const first = await kit.joined([ten], { 'group.id': group })
    first.commitSync({ topic: ten, partition: 0, offset: 7 })
    await kit.disconnect(first)
    const second = await kit.connected({ 'group.id': group })
    second.subscribe([ten])
    kit.trace('messages', await kit.readAll(second, 3))
  },
}
