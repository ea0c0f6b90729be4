// Calls no consumer can make sense of, each by its name: what plain JavaScript, or a cast, lets a program do.
import { inspect } from 'node:util'
import type { KafkaStreamConsumer } from '../../lib/consumer/consumer'

export interface BadCall {
  name: string
  call: (consumer: KafkaStreamConsumer) => unknown
}

type Method = 'subscribe' | 'assign' | 'commit' | 'committed' | 'seek' | 'pause' | 'resume' | 'offsetsForTimes'
type AnyConsumer = Record<string, (...args: unknown[]) => unknown>

const GOOD = 'a-topic'
const notLists: unknown[] = [null, true, 0, 1.5, NaN, 10n, '', 'a-topic', {}, Symbol('a'), () => undefined, new Map()]
const notTopics: unknown[] = [
  ...[undefined, null, 5, true, {}, [], 10n, ''],
  ...['.', '..', 'a topic', 'a/b', 'ü', 'a\0b', '\0', `${GOOD}\n`, 'x'.repeat(250), 'x'.repeat(1 << 20)],
]
const notPartitions: unknown[] = [undefined, null, '0', -1, 1.5, NaN, Infinity, 2 ** 31, -(2 ** 31), 10n, {}]
const notOffsets: unknown[] = [null, '0', 1.5, NaN, Infinity, -Infinity, -3, -1000, -1001, 2 ** 53, 10n, {}]
const notElements: unknown[] = [undefined, null, 5, 'a-topic', true, 10n, [], ['a-topic', 0], {}, () => undefined]

/** On a consumer to which partition 0 of `topic` is assigned. Every one of them is to be refused, doing nothing. */
export function badCalls(topic: string): BadCall[] {
  const calls: BadCall[] = []
  const add = (method: Method | 'watermarkOffsets' | 'batches' | 'stream', ...args: unknown[]): void => {
    calls.push({
      name: `${method}(${args.map(shown).join(', ').replaceAll(topic, 'TOPIC')})`,
      call: (consumer) => (consumer as unknown as AnyConsumer)[method]?.(...args),
    })
  }

  for (const value of [undefined, ...notLists, []]) add('subscribe', value)
  for (const value of notTopics) add('subscribe', [topic, value])
  // eslint-disable-next-line no-sparse-arrays -- a hole is what it is about
  add('subscribe', [topic, , topic])
  for (const value of [/a/i, /(?=a)a/, /a\0/, '^a\0']) add('subscribe', [value])

  const lists: [Method, object][] = [
    ['assign', { offset: 0 }],
    ['commit', { offset: 0 }],
    ['committed', {}],
    ['seek', { offset: 0 }],
    ['pause', {}],
    ['resume', {}],
    ['offsetsForTimes', { timestamp: 0 }],
  ]
  for (const [method, rest] of lists) {
    for (const value of notLists) add(method, value)
    for (const value of notElements) add(method, [{ topic, partition: 0, ...rest }, value])
    for (const value of notTopics) add(method, [{ topic: value, partition: 0, ...rest }])
    for (const value of notPartitions) add(method, [{ topic, partition: value, ...rest }])
  }
  for (const value of notOffsets) {
    for (const method of ['assign', 'commit', 'seek'] as const) add(method, [{ topic, partition: 0, offset: value }])
    add('offsetsForTimes', [{ topic, partition: 0, timestamp: value }])
  }
  for (const method of ['commit', 'seek'] as const) add(method, [{ topic, partition: 0 }])
  for (const value of [-1, -2]) add('commit', [{ topic, partition: 0, offset: value }])
  for (const leaderEpoch of [-1, 1.5, '0', null, 2 ** 31])
    add('commit', [{ topic, partition: 0, offset: 0, leaderEpoch }])
  for (const metadata of [5, null, {}, Buffer.from('x')]) add('commit', [{ topic, partition: 0, offset: 0, metadata }])

  for (const value of notTopics) add('watermarkOffsets', value, 0)
  for (const value of notPartitions) add('watermarkOffsets', topic, value)

  for (const maxMessages of [0, -1, 1.5, NaN, Infinity, '5', null, 1e9, 10n, {}]) add('batches', { maxMessages })
  for (const options of [{ signal: {} }, { signal: 5 }, { signal: null }, { signal: new EventTarget() }]) {
    add('stream', options)
    add('batches', options)
    add('subscribe', [topic], options)
    add('committed', [{ topic, partition: 0 }], options)
    add('commit', [{ topic, partition: 0, offset: 0 }], options)
    add('seek', { topic, partition: 0, offset: 0 }, options)
    add('watermarkOffsets', topic, 0, options)
  }
  for (const timeoutMs of [-1, 1.5, NaN, Infinity, '100', null, 2 ** 31, 10n]) {
    const options = { timeoutMs }
    add('subscribe', [topic], options)
    add('committed', [{ topic, partition: 0 }], options)
    add('commit', [{ topic, partition: 0, offset: 0 }], options)
    add('seek', { topic, partition: 0, offset: 0 }, options)
    add('watermarkOffsets', topic, 0, options)
    add('offsetsForTimes', [{ topic, partition: 0, timestamp: 0 }], options)
  }
  return calls
}

/** Every method there is, called as it should be. */
export function goodCalls(topic: string): BadCall[] {
  const at = { topic, partition: 0 }
  const calls: Record<string, BadCall['call']> = {
    subscribe: (consumer) => consumer.subscribe([topic]),
    unsubscribe: (consumer) => {
      consumer.unsubscribe()
    },
    assign: (consumer) => {
      consumer.assign([at])
    },
    stream: (consumer) => consumer.stream(),
    batches: (consumer) => consumer.batches(),
    commit: (consumer) => consumer.commit([{ ...at, offset: 0 }]),
    'commit of what was processed': (consumer) => consumer.commit(),
    currentOffsets: (consumer) => consumer.currentOffsets(),
    position: (consumer) => consumer.position(),
    committed: (consumer) => consumer.committed([at]),
    seek: (consumer) => consumer.seek({ ...at, offset: 0 }),
    pause: (consumer) => {
      consumer.pause([at])
    },
    resume: (consumer) => {
      consumer.resume([at])
    },
    watermarkOffsets: (consumer) => consumer.watermarkOffsets(topic, 0),
    offsetsForTimes: (consumer) => consumer.offsetsForTimes([{ ...at, timestamp: 0 }]),
  }
  return Object.entries(calls).map(([name, call]) => ({ name, call }))
}

function shown(value: unknown): string {
  return inspect(value, { breakLength: Infinity, maxStringLength: 60, depth: 3 })
}
