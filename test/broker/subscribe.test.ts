// What is subscribed to: names, regular expressions, topics that come later, and changes of mind.
import type { KafkaStreamConsumer } from '../../lib/consumer/consumer'
import type { Message } from '../../lib/message/message'
import { MODES, nextWithin, take, useConsumers, waitForAssignment } from '../helpers/consumer'
import { waitForGroup } from '../helpers/groups'
import { produce } from '../helpers/produce'
import { addPartitions, uniqueName, useTopics } from '../helpers/topics'
import { waitFor } from '../helpers/wait'

/** How soon a new topic is noticed. */
const QUICK = { 'topic.metadata.refresh.interval.ms': 100 }

const topics = useTopics()
const consumers = useConsumers()

/** Creates a topic of one partition with these values in it. */
async function topicOf(name: string, ...values: string[]): Promise<string> {
  await topics.create({ name })
  await write(name, ...values)
  return name
}

async function write(topic: string, ...values: string[]): Promise<void> {
  if (values.length > 0) {
    await produce(
      topic,
      values.map((value) => ({ partition: 0, value })),
    )
  }
}

/** The next messages, which are committed: a rebalance may begin after them, and everybody starts anew at it. */
async function values(consumer: KafkaStreamConsumer, count: number): Promise<string[]> {
  const messages = await take(consumer, count)
  for (const message of messages) await consumer.commit(message)
  return messages.map(shown).sort()
}

function shown({ topic, value }: Message): string {
  return `${topic}: ${String(value)}`
}

function assignedTopics(consumer: KafkaStreamConsumer): string[] {
  return consumer
    .assignment()
    .map(({ topic }) => topic)
    .sort()
}

describe.each(MODES)('%s', (mode) => {
  it('several topics are consumed, each from its beginning', async () => {
    const name = uniqueName('several')
    await topicOf(`${name}-a`, 'a0', 'a1')
    await topicOf(`${name}-b`, 'b0')
    const consumer = consumers.create(mode, { config: QUICK })
    await consumer.subscribe([`${name}-a`, `${name}-b`])
    expect(await values(consumer, 3)).toEqual([`${name}-a: a0`, `${name}-a: a1`, `${name}-b: b0`])
    expect(assignedTopics(consumer)).toEqual([`${name}-a`, `${name}-b`])
    expect(consumer.subscription()).toEqual([`${name}-a`, `${name}-b`])
  })

  it('a topic that is created after subscribe() is consumed from its first message', async () => {
    const name = uniqueName('later')
    // It warns of the unknown topic until it is there.
    const consumer = consumers.create(mode, { mayWarn: true, config: QUICK })
    await consumer.subscribe([name])
    const first = take(consumer, 2)
    await waitFor(() => consumers.warnings(consumer).some(({ code }) => code === 'ERR_UNKNOWN_TOPIC_OR_PART'), {
      describe: () => `a warning of the unknown topic; there are ${String(consumers.warnings(consumer))}`,
    })
    expect(consumer.assignment()).toEqual([])
    await topicOf(name, 'first', 'second')
    expect((await first).map(({ offset }) => offset)).toEqual([0, 1])
  })

  it('a topic that is there is consumed while another is waited for', async () => {
    const name = uniqueName('one-of-two')
    await topicOf(`${name}-there`, 'x')
    const consumer = consumers.create(mode, { mayWarn: true, config: QUICK })
    await consumer.subscribe([`${name}-there`, `${name}-later`])
    expect(await values(consumer, 1)).toEqual([`${name}-there: x`])
    await topicOf(`${name}-later`, 'y')
    expect(await values(consumer, 1)).toEqual([`${name}-later: y`])
    expect(assignedTopics(consumer)).toEqual([`${name}-later`, `${name}-there`])
  })

  it('a RegExp takes the topics that match, those created later too, and no other', async () => {
    const name = uniqueName('regexp')
    await topicOf(`${name}-orders-eu`, 'eu')
    await topicOf(`${name}-orders-us`, 'us')
    await topicOf(`${name}-invoices`, 'not this')
    await topicOf(`old-${name}-orders-eu`, 'nor this')
    const consumer = consumers.create(mode, { config: QUICK })
    await consumer.subscribe([new RegExp(`^${name}-orders-[a-z]+`)])
    expect(await values(consumer, 2)).toEqual([`${name}-orders-eu: eu`, `${name}-orders-us: us`])

    await topicOf(`${name}-returns`, 'neither')
    await topicOf(`${name}-orders-asia`, 'asia')
    expect(await values(consumer, 1)).toEqual([`${name}-orders-asia: asia`])
    expect(assignedTopics(consumer)).toEqual(['asia', 'eu', 'us'].map((region) => `${name}-orders-${region}`))
    expect(await nextWithin(consumer, 200)).toBeUndefined()
    expect(consumer.subscription()).toEqual([`^${name}-orders-[a-z]+`])
  })

  it('a RegExp without ^ matches anywhere in the name, as in JavaScript', async () => {
    const name = uniqueName('anywhere')
    await topicOf(`before-${name}-after`, 'x')
    const consumer = consumers.create(mode, { config: QUICK })
    await consumer.subscribe([new RegExp(name)])
    expect(await values(consumer, 1)).toEqual([`before-${name}-after: x`])
  })

  it('names and RegExps go together', async () => {
    const name = uniqueName('both')
    await topicOf(`${name}-plain`, 'plain')
    await topicOf(`${name}-pattern-1`, 'pattern')
    const consumer = consumers.create(mode, { config: QUICK })
    await consumer.subscribe([`${name}-plain`, new RegExp(`^${name}-pattern-\\d`)])
    expect(await values(consumer, 2)).toEqual([`${name}-pattern-1: pattern`, `${name}-plain: plain`])
  })

  it('a second subscribe() takes the place of the first', async () => {
    const name = uniqueName('replace')
    await topicOf(`${name}-a`, 'a0')
    await topicOf(`${name}-b`, 'b0')
    await topicOf(`${name}-c`, 'c0')
    const consumer = consumers.create(mode, { config: QUICK })
    await consumer.subscribe([`${name}-a`, `${name}-b`])
    expect(await values(consumer, 2)).toEqual([`${name}-a: a0`, `${name}-b: b0`])

    await consumer.subscribe([`${name}-b`, `${name}-c`])
    expect(consumer.subscription()).toEqual([`${name}-b`, `${name}-c`])
    expect(await values(consumer, 1)).toEqual([`${name}-c: c0`])
    expect(assignedTopics(consumer)).toEqual([`${name}-b`, `${name}-c`])
    await write(`${name}-a`, 'a1')
    await write(`${name}-c`, 'c1')
    expect(await values(consumer, 1)).toEqual([`${name}-c: c1`])
    expect(await nextWithin(consumer, 200)).toBeUndefined()
  })

  it('unsubscribe() gives the partitions back and ends delivery, until the next subscribe()', async () => {
    const topic = await topicOf(uniqueName('unsubscribe'), '0', '1', '2')
    const groupId = uniqueName('group')
    const consumer = consumers.create(mode, { groupId, config: QUICK })
    const revoked: unknown[] = []
    consumer.on('revoked', (partitions) => revoked.push(...partitions))
    await consumer.subscribe([topic])
    const [first] = await take(consumer, 1)
    await consumer.commit(first)

    consumer.unsubscribe()
    expect(consumer.subscription()).toEqual([])
    await waitForAssignment(consumer, 0, 5000)
    expect(revoked).toEqual([{ topic, partition: 0 }])
    await waitForGroup(groupId, 0)
    // Even what was prefetched before.
    expect(await nextWithin(consumer, 200)).toBeUndefined()

    await consumer.subscribe([topic])
    expect(await values(consumer, 2)).toEqual([`${topic}: 1`, `${topic}: 2`])
  })

  it('assignment() and the events of the group agree with the group itself', async () => {
    const topic = uniqueName('assignment')
    await topics.create({ name: topic, partitions: 3 })
    const groupId = uniqueName('group')
    const consumer = consumers.create(mode, { groupId, config: QUICK })
    const assigned: unknown[] = []
    consumer.on('assigned', (partitions) => assigned.push(...partitions))
    expect(consumer.assignment()).toEqual([])
    expect(consumer.subscription()).toEqual([])
    await consumer.subscribe([topic])
    await waitForAssignment(consumer, 3)
    const all = [0, 1, 2].map((partition) => ({ topic, partition }))
    expect(assigned).toEqual(all)
    expect(consumer.assignment()).toEqual(all)
    const { members } = await waitForGroup(groupId, 1)
    expect(members.map(({ assignment }) => assignment)).toEqual([{ [topic]: [0, 1, 2] }])
  })

  it('partitions added to a topic are consumed too', async () => {
    const topic = await topicOf(uniqueName('grows'), 'old')
    const consumer = consumers.create(mode, { config: QUICK })
    await consumer.subscribe([topic])
    expect(await values(consumer, 1)).toEqual([`${topic}: old`])
    await addPartitions(topic, 2)
    await produce(topic, [{ partition: 1, value: 'new' }])
    const [message] = await take(consumer, 1)
    expect(message).toMatchObject({ partition: 1, offset: 0 })
  })
})
