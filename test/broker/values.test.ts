// Every shape a message can have comes as it was produced: keys, values, headers, timestamps and offsets.
import { createHash } from 'node:crypto'
import type { Message } from '../../lib/message/message'
import { MODES, take, useConsumers } from '../helpers/consumer'
import { type Bytes, type OutgoingMessage, produce } from '../helpers/produce'
import { digestTopic, type ReadMessage, readTopic, TopicDigest } from '../helpers/read'
import { useTopics } from '../helpers/topics'

/** What the client underneath a mode does not tell, and what the mode gives instead. The tiers tell everything. */
const UNTOLD: Readonly<Record<string, { nullHeader: Buffer; timestampType: 'none'; leaderEpoch: undefined }>> = {
  // node-rdkafka makes an empty Buffer of a null header value, and has neither timestamp type nor leader epoch.
  legacy: { nullHeader: Buffer.alloc(0), timestampType: 'none', leaderEpoch: undefined },
}

const MIB = 1 << 20

/** Differs in every byte from its neighbour, so that a shifted copy shows. */
function filled(length: number, seed: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8) + seed) & 0xff))
}

const sizes: [name: string, bytes: (seed: number) => Buffer | null][] = [
  ['null', () => null],
  ['empty', () => Buffer.alloc(0)],
  ['1 byte', (seed) => filled(1, seed)],
  ['1 MiB', (seed) => filled(MIB, seed)],
]
const pairs = sizes.flatMap(([keyName, key]) =>
  sizes.map(([valueName, value]) => ({
    name: `key ${keyName}, value ${valueName}`,
    key: key(1),
    value: value(2),
  })),
)

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
const headerCases: [name: string, headers: [string, Bytes][]][] = [
  ['none', []],
  ['one', [['name', 'value']]],
  ['an empty value', [['name', '']]],
  ['a null value', [['name', null]]],
  ['an empty name', [['', 'value']]],
  ['null, empty and other values of one name, in order', ['x', null, '', 'y', null].map((value) => ['name', value])],
  [
    'names that repeat between others',
    [
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
    ],
  ],
  ['every byte there is', [['binary', everyByte]]],
  [
    'names beyond ASCII',
    [
      ['größe', 'ü'],
      ['件名', '値'],
      ['😀', '😀'],
    ],
  ],
  ['a value of 1 MiB', [['large', filled(MIB, 3)]]],
  ['a thousand of them', Array.from({ length: 1000 }, (_, index) => [`h${index % 7}`, `v${index}`])],
]

/** Beyond the range of 32 bits, at both ends, and odd in the last millisecond. */
const createTimes = [0, 1, 2 ** 31, 2 ** 32 + 1, 1_700_000_000_123, 4_102_444_799_999]

const topics = useTopics()
const consumers = useConsumers()

let pairsTopic: string
let headersTopic: string
let createTopic: string
let appendTopic: string
let largeTopic: string
let appendedBetween: [number, number]
let readOfHeaders: ReadMessage[]

function headersOf(headers: [string, Bytes][]): { name: string; value: string | null }[] {
  return headers.map(([name, value]) => ({ name, value: brief(value === null ? null : Buffer.from(value)) }))
}

beforeAll(async () => {
  // The broker neither refuses messages of 1970 or 2099 nor deletes them for their age.
  const config = {
    'message.timestamp.before.max.ms': String(2 ** 52),
    'message.timestamp.after.max.ms': String(2 ** 52),
    'retention.ms': '-1',
  }
  pairsTopic = await topics.create({ prefix: 'pairs' })
  headersTopic = await topics.create({ prefix: 'headers' })
  createTopic = await topics.create({ prefix: 'create-time', config })
  appendTopic = await topics.create({
    prefix: 'append-time',
    config: { 'message.timestamp.type': 'LogAppendTime' },
  })
  largeTopic = await topics.create({ prefix: 'large' })
  const at = (messages: OutgoingMessage[]): OutgoingMessage[] => messages.map((each) => ({ partition: 0, ...each }))
  await produce(pairsTopic, at(pairs.map(({ key, value }) => ({ key, value }))))
  await produce(headersTopic, at(headerCases.map(([name, headers]) => ({ value: name, headers }))))
  await produce(createTopic, at(createTimes.map((timestamp) => ({ value: 'x', timestamp }))))
  const began = Date.now()
  await produce(appendTopic, at([1, 2, 3].map((timestamp) => ({ value: 'x', timestamp }))))
  appendedBetween = [began, Date.now()]
  readOfHeaders = await readTopic(headersTopic)
  await produce(largeTopic, at([0, 1, 2].flatMap((seed) => [{ value: filled(10 * MIB, seed) }, { value: 'small' }])))
})

/** Small enough to read in a failure, and as exact as the bytes. */
function brief(bytes: Uint8Array | null | undefined): string | null {
  if (bytes === null || bytes === undefined) return null
  if (bytes.length <= 16) return `${bytes.length}:${Buffer.from(bytes).toString('hex')}`
  return `${bytes.length}:sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

describe.each(MODES)('%s', (mode) => {
  const all = async (topic: string, count: number): Promise<Message[]> => {
    const consumer = consumers.create(mode)
    await consumer.subscribe([topic])
    return take(consumer, count)
  }

  it('keys and values of every kind come as they were produced: null, empty, 1 byte, 1 MiB', async () => {
    const messages = await all(pairsTopic, pairs.length)
    expect(messages.map(({ key, value }) => ({ key: brief(key), value: brief(value) }))).toEqual(
      pairs.map(({ key, value }) => ({ key: brief(key), value: brief(value) })),
    )
    expect(messages.map(({ size }) => size)).toEqual(pairs.map(({ value }) => value?.length ?? 0))
    // A tombstone is null and an empty value is not, whichever way it is asked for.
    expect(messages.map(({ valueBytes }) => brief(valueBytes))).toEqual(pairs.map(({ value }) => brief(value)))
    expect(messages.map(({ keyBytes }) => brief(keyBytes))).toEqual(pairs.map(({ key }) => brief(key)))
  })

  it('a message larger than a batch comes whole, and so do the small ones around it', async () => {
    const expected = await digestTopic(largeTopic)
    const digest = new TopicDigest()
    for (const message of await all(largeTopic, 6)) {
      const { partition, offsetBigInt: offset, timestamp = -1, key, value } = message
      digest.add({ partition, offset, timestamp, key, value, headers: [] })
    }
    expect(digest.result()).toEqual(expected)
  })

  it('headers come with every name and value, in order', async () => {
    const messages = await all(headersTopic, headerCases.length)
    const nullHeader = UNTOLD[mode]?.nullHeader ?? null
    expect(
      messages.map(({ value, headers }) => ({
        case: String(value),
        headers: headers.map((header) => ({ name: header.name, value: brief(header.value) })),
      })),
    ).toEqual(
      headerCases.map(([name, headers]) => ({
        case: name,
        headers: headersOf(headers.map(([header, value]) => [header, value ?? nullHeader])),
      })),
    )
  })

  it('header(name) gives the last of that name, null for a null value, undefined where there is none', async () => {
    const messages = await all(headersTopic, headerCases.length)
    const named = (name: string): Message =>
      messages.find(({ value }) => String(value) === name) ?? (undefined as never)
    expect(String(named('names that repeat between others').header('a'))).toBe('3')
    expect(String(named('names that repeat between others').header('b'))).toBe('2')
    expect(named('a null value').header('name')).toEqual(UNTOLD[mode]?.nullHeader ?? null)
    expect(named('an empty value').header('name')).toEqual(Buffer.alloc(0))
    expect(named('one').header('other')).toBeUndefined()
    expect(named('one').header('Name')).toBeUndefined()
    expect(named('none').header('name')).toBeUndefined()
  })

  it('timestamps set by the producer come to the millisecond', async () => {
    const messages = await all(createTopic, createTimes.length)
    expect(messages.map(({ timestamp }) => timestamp)).toEqual(createTimes)
    const type = UNTOLD[mode]?.timestampType ?? 'create'
    expect(messages.map(({ timestampType }) => timestampType)).toEqual(createTimes.map(() => type))
  })

  it("timestamps set by the broker are the broker's, whatever the producer said", async () => {
    const messages = await all(appendTopic, 3)
    const read = await readTopic(appendTopic)
    expect(messages.map(({ timestamp }) => timestamp)).toEqual(read.map(({ timestamp }) => timestamp))
    expect(messages.map(({ timestampType }) => timestampType)).toEqual(
      Array(3).fill(UNTOLD[mode]?.timestampType ?? 'append'),
    )
    for (const { timestamp = -1 } of messages) {
      expect(timestamp).toBeGreaterThanOrEqual(appendedBetween[0])
      expect(timestamp).toBeLessThanOrEqual(appendedBetween[1])
    }
  })

  it('topic, partition, offset and leader epoch are those that the Java consumer sees', async () => {
    const messages = await all(headersTopic, headerCases.length)
    const epoch = ({ leaderEpoch }: ReadMessage): number | undefined =>
      mode in UNTOLD ? undefined : (leaderEpoch ?? undefined)
    expect(
      messages.map(({ topic, partition, offset, offsetBigInt, leaderEpoch }) => ({
        topic,
        partition,
        offset,
        offsetBigInt,
        leaderEpoch,
      })),
    ).toEqual(
      readOfHeaders.map((each) => ({
        topic: headersTopic,
        partition: each.partition,
        offset: each.offset,
        offsetBigInt: BigInt(each.offset),
        leaderEpoch: epoch(each),
      })),
    )
  })

  it('copy() shares no memory with the batch, and is the same message', async () => {
    const consumer = consumers.create(mode)
    await consumer.subscribe([headersTopic])
    const messages: Message[] = []
    for await (const message of consumer.stream()) {
      messages.push(message)
      if (messages.length === headerCases.length) break
    }
    const show = (message: Message): unknown => ({
      ...message.toJSON(),
      key: brief(message.key),
      value: brief(message.value),
      headers: message.headers.map(({ name, value }) => [name, brief(value)]),
      offsetBigInt: message.offsetBigInt,
      timestampType: message.timestampType,
      leaderEpoch: message.leaderEpoch,
      size: message.size,
    })
    const before = messages.map(show)
    const copies = messages.map((message) => message.copy())
    // The batch's memory is used for something else, as it would be once it is gone.
    const buffers = new Set(messages.map(({ valueBytes }) => (valueBytes as Buffer).buffer))
    for (const buffer of buffers) new Uint8Array(buffer).fill(0xee)
    expect(messages.map(({ offset }) => offset)).not.toEqual(readOfHeaders.map(({ offset }) => offset))
    expect(copies.map(show)).toEqual(before)
    // And keeps no more than itself.
    const { valueBytes } = copies[1] as Message
    expect((valueBytes as Buffer).buffer.byteLength).toBeLessThan(256)
  })

  it('toJSON() has the fields under their names', async () => {
    const [message] = await all(headersTopic, 2).then((messages) => messages.slice(1))
    expect(message?.toJSON()).toEqual({
      topic: headersTopic,
      partition: 0,
      offset: 1,
      timestamp: readOfHeaders[1]?.timestamp,
      key: null,
      value: Buffer.from('one'),
      headers: [{ name: 'name', value: Buffer.from('value') }],
    })
    const parsed = JSON.parse(JSON.stringify(message)) as { topic: string; value: { data: number[] } }
    expect(parsed.topic).toBe(headersTopic)
    expect(Buffer.from(parsed.value.data).toString()).toBe('one')
  })
})
