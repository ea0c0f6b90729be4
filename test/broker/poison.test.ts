// One record that its deserializer refuses, among good ones: it is reported with all that is known of it, and its
// neighbours arrive.
import { z } from 'zod'
import { DeserializationError } from '../../lib/errors'
import type { KafkaStreamConsumer } from '../../lib/consumer/consumer'
import type { Message } from '../../lib/message/message'
import { bytes, type Deserializer, json, string } from '../../lib/serde'
import { type How, HOWS, messagesOf, MODES, take, useConsumers } from '../helpers/consumer'
import { groupOffsets } from '../helpers/groups'
import { type OutgoingMessage, produce } from '../helpers/produce'
import { uniqueName, useTopics } from '../helpers/topics'
import { withDeadline } from '../helpers/wait'

const COUNT = 100
/** Alone, two in a row, first and last. */
const POISON = [0, 40, 41, 99]
const NOT_UTF8 = Buffer.from([0x68, 0xc3, 0x28, 0xff])
const good = Array.from({ length: COUNT }, (_, index) => index).filter((index) => !POISON.includes(index))

const order = z.object({ id: z.number(), name: z.string() })
type Order = z.infer<typeof order>

const topics = useTopics()
const consumers = useConsumers()
let valuesTopic: string
let keysTopic: string
let ordersTopic: string

beforeAll(async () => {
  valuesTopic = await topics.create({ prefix: 'poison-values' })
  keysTopic = await topics.create({ prefix: 'poison-keys' })
  ordersTopic = await topics.create({ prefix: 'poison-orders' })
  await write(valuesTopic, poisonValue)
  await write(keysTopic, (index, isPoison) => ({ key: isPoison ? NOT_UTF8 : `k${index}`, value: `v${index}` }))
  await write(ordersTopic, (index, isPoison) => ({
    key: null,
    value: JSON.stringify({ id: isPoison ? String(index) : index, name: `order ${index}`, more: true }),
  }))
})

type Make = (index: number, isPoison: boolean) => OutgoingMessage

async function write(topic: string, make: Make, more: readonly OutgoingMessage[] = []): Promise<void> {
  const all = Array.from({ length: COUNT }, (_, index) => make(index, POISON.includes(index)))
  await produce(
    topic,
    [...all, ...more].map((message) => ({ partition: 0, ...message })),
  )
}

function poisonValue(index: number, isPoison: boolean): OutgoingMessage {
  return { key: `k${index}`, value: isPoison ? NOT_UTF8 : `größe ${index}` }
}

/** Reads until the iteration ends, by throwing, or `until` messages have come. */
async function readUntil<K, V>(
  consumer: KafkaStreamConsumer<K, V>,
  how: How,
  until: number,
): Promise<{ messages: Message<K, V>[]; error: unknown }> {
  const messages: Message<K, V>[] = []
  const reading = async (): Promise<void> => {
    for await (const message of messagesOf(consumer, how)) {
      messages.push(message)
      if (message.offset === until) return
    }
  }
  let error: unknown
  await withDeadline(
    reading().catch((thrown: unknown) => (error = thrown)),
    20_000,
    () => `read ${messages.length} messages`,
  )
  return { messages, error }
}

function offsets(messages: readonly { offset: number }[]): number[] {
  return messages.map(({ offset }) => offset)
}

/** What a DeserializationError must say of the poison record at `offset`. */
function failureAt(topic: string, offset: number, part: 'key' | 'value', key: Buffer | null, value: Buffer): unknown {
  return expect.objectContaining({
    name: 'DeserializationError',
    code: 'ERR_KAFKA_DESERIALIZATION',
    message: expect.stringContaining(`the ${part} of ${topic} [0] @ ${offset}`) as string,
    topic,
    partition: 0,
    offset,
    part,
    key,
    value,
  })
}

describe.each(MODES)('%s', (mode) => {
  describe.each(HOWS)('%s()', (how: How) => {
    it("'fail' ends the iteration with the error, after the messages before it; the next goes on behind it", async () => {
      const consumer = consumers.create(mode, {
        valueDeserializer: string(),
        settings: { onDeserializationError: 'fail' },
      })
      await consumer.subscribe([valuesTopic])
      const delivered: number[] = []
      const errors: unknown[] = []
      while (errors.length < POISON.length) {
        const { messages, error } = await readUntil(consumer, how, COUNT)
        delivered.push(...offsets(messages))
        for (const { offset, value } of messages) expect(value).toBe(`größe ${offset}`)
        errors.push(error)
        // All of before the poison record came first.
        const poison = POISON[errors.length - 1] as number
        expect(delivered).toEqual(good.filter((offset) => offset < poison))
      }
      expect(errors).toEqual(
        POISON.map((offset) => failureAt(valuesTopic, offset, 'value', Buffer.from(`k${offset}`), NOT_UTF8)),
      )
      expect(errors.every((error) => error instanceof DeserializationError)).toBe(true)
    })

    it("'skip' leaves it out, tells by an event, and counts it as processed", async () => {
      const groupId = uniqueName('group')
      const consumer = consumers.create(mode, {
        groupId,
        valueDeserializer: string(),
        settings: { onDeserializationError: 'skip' },
      })
      const errors: unknown[] = []
      consumer.on('deserializationError', (error) => errors.push(error))
      const topic = await topics.create({ prefix: 'poison-skipped' })
      await write(topic, poisonValue, [{ value: 'last' }])
      await consumer.subscribe([topic])
      const delivered: number[] = []
      for await (const message of messagesOf(consumer, how)) {
        if (message.value !== 'last') {
          delivered.push(message.offset)
        } else {
          // It is in hand; the last poison record is right before it.
          await consumer.commit()
          break
        }
      }
      expect(delivered).toEqual(good)
      expect(errors).toEqual(
        POISON.map((offset) => failureAt(topic, offset, 'value', Buffer.from(`k${offset}`), NOT_UTF8)),
      )
      expect((await groupOffsets(groupId))[topic]?.[0]?.offset).toBe(COUNT)
    })

    it('a callback gets it instead of the event, and delivery goes on', async () => {
      const errors: unknown[] = []
      const consumer = consumers.create(mode, {
        keyDeserializer: string(),
        valueDeserializer: string(),
        settings: { onDeserializationError: (error) => errors.push(error) },
      })
      const events: unknown[] = []
      consumer.on('deserializationError', (error) => events.push(error))
      await consumer.subscribe([keysTopic])
      const { messages } = await readUntil(consumer, how, good.at(-1) as number)
      expect(messages.map(({ key, value }) => [key, value])).toEqual(good.map((index) => [`k${index}`, `v${index}`]))
      // The last record is a poison one; it is met when the next message is asked for.
      await produce(keysTopic, [{ partition: 0, key: 'last', value: 'last' }])
      expect((await take(consumer, 1, { how }))[0]?.key).toBe('last')
      expect(errors).toEqual(
        POISON.map((offset) => failureAt(keysTopic, offset, 'key', NOT_UTF8, Buffer.from(`v${offset}`))),
      )
      expect(events).toEqual([])
    })
  })

  it('a callback that throws ends the iteration with what it threw', async () => {
    const refusal = new Error('no more')
    const consumer = consumers.create(mode, {
      valueDeserializer: string(),
      settings: {
        onDeserializationError: (error) => {
          if (error.offset === 40) throw refusal
        },
      },
    })
    await consumer.subscribe([valuesTopic])
    const { messages, error } = await readUntil(consumer, 'stream', COUNT)
    expect(error).toBe(refusal)
    expect(offsets(messages)).toEqual(good.filter((offset) => offset < 40))
    expect(offsets(await take(consumer, 1))).toEqual([42])
  })

  it('the raw bytes of the error outlive the batch', async () => {
    const consumer = consumers.create(mode, { valueDeserializer: string() })
    await consumer.subscribe([valuesTopic])
    const { error } = await readUntil(consumer, 'stream', COUNT)
    const { value } = error as DeserializationError
    expect((value as Buffer).buffer.byteLength).toBeLessThan(256)
    expect(value).toEqual(NOT_UTF8)
  })

  it('json() with a zod schema gives what the schema makes of it, and says which field is wrong', async () => {
    const errors: DeserializationError[] = []
    const consumer: KafkaStreamConsumer<Buffer, Order> = consumers.create(mode, {
      valueDeserializer: json(order),
      settings: { onDeserializationError: (error) => errors.push(error) },
    })
    await consumer.subscribe([ordersTopic])
    const { messages } = await readUntil(consumer, 'stream', good.at(-1) as number)
    // The schema strips what it does not know.
    expect(messages.map(({ value }) => value)).toEqual(good.map((id) => ({ id, name: `order ${id}` })))
    expect(errors.map(({ offset }) => offset)).toEqual(POISON.slice(0, -1))
    for (const { offset, part, key, value, message } of errors) {
      expect([part, key]).toEqual(['value', null])
      expect(JSON.parse(String(value))).toEqual({ id: String(offset), name: `order ${offset}`, more: true })
      expect(message).toMatch(/id: .*expected number/)
    }
  })

  it.each([
    ['text that is no JSON', 'not json', json() as Deserializer<unknown>],
    ['an empty value as JSON', '', json() as Deserializer<unknown>],
    ['bytes that are no UTF-8 as JSON', Buffer.from([0x22, 0xff, 0x22]), json() as Deserializer<unknown>],
    ['a surrogate half in UTF-8', Buffer.from([0xed, 0xa0, 0x80]), string() as Deserializer<unknown>],
    ['an overlong form in UTF-8', Buffer.from([0xc0, 0xaf]), string() as Deserializer<unknown>],
    ['a character cut off at the end', Buffer.from('ü').subarray(0, 1), string() as Deserializer<unknown>],
  ])('refused: %s', async (_name, value, valueDeserializer) => {
    const topic = await topics.create({ prefix: 'refused' })
    await produce(topic, [{ partition: 0, value }])
    const consumer = consumers.create(mode, { valueDeserializer })
    await consumer.subscribe([topic])
    const { messages, error } = await readUntil(consumer, 'stream', COUNT)
    expect(messages).toEqual([])
    expect(error).toBeInstanceOf(DeserializationError)
    expect((error as DeserializationError).value).toEqual(Buffer.from(value))
  })

  it('accepted: null and empty values, and the replacement character where the producer wrote it', async () => {
    const topic = await topics.create({ prefix: 'accepted' })
    await produce(
      topic,
      [null, '', '\ufffd', 'a\ufffdb'].map((value) => ({ partition: 0, key: value, value })),
    )
    const consumer = consumers.create(mode, { keyDeserializer: string(), valueDeserializer: string() })
    await consumer.subscribe([topic])
    expect((await take(consumer, 4)).map(({ key, value }) => [key, value])).toEqual(
      [null, '', '\ufffd', 'a\ufffdb'].map((value) => [value, value]),
    )
  })

  it('a deserializer of the user gets the record around the bytes, and no null', async () => {
    const seen: unknown[] = []
    const valueDeserializer: Deserializer<string> = {
      deserialize(data, { topic, partition, offset, isKey, headers }) {
        seen.push([topic, partition, offset, isKey, headers])
        if (offset === 1) throw new Error('not this one')
        return data.toString('hex')
      },
    }
    const topic = await topics.create({ prefix: 'user-serde' })
    await produce(topic, [
      { partition: 0, value: 'a', headers: [['h', 'x']] },
      { partition: 0, value: 'b' },
      { partition: 0, value: null },
      { partition: 0, value: 'c' },
    ])
    const consumer = consumers.create(mode, {
      keyDeserializer: bytes(),
      valueDeserializer,
      settings: { onDeserializationError: 'skip' },
    })
    const errors: DeserializationError[] = []
    consumer.on('deserializationError', (error) => errors.push(error))
    await consumer.subscribe([topic])
    expect((await take(consumer, 3)).map(({ value }) => value)).toEqual(['61', null, '63'])
    expect(seen).toEqual([
      [topic, 0, 0, false, [{ name: 'h', value: Buffer.from('x') }]],
      [topic, 0, 1, false, []],
      [topic, 0, 3, false, []],
    ])
    expect(errors).toHaveLength(1)
    expect(errors[0]?.cause).toEqual(new Error('not this one'))
  })
})
