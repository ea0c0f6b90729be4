// Consumers for tests: every mode under one call, closed after each test, and watched. A warning nobody expected fails
// the test, and so does a native client that is still there when the file is done.
import { setTimeout as sleep } from 'node:timers/promises'
import { binding } from '../../lib/binding'
import type { ConsumerProperties } from '../../lib/config'
import type { KafkaStreamConsumer } from '../../lib/consumer/consumer'
import { ConsumerFactory } from '../../lib/consumer/factory'
import type { KafkaError } from '../../lib/errors'
import type { Message } from '../../lib/message/message'
import { bytes, type Deserializer } from '../../lib/serde'
import { kafkaBootstrap } from './kafka/oracle'
import { uniqueName } from './topics'
import { waitFor, withDeadline } from './wait'

export const TIERS = ['standard', 'buffered', 'dedicated'] as const
export type Mode = (typeof TIERS)[number] | 'legacy'
/** Under ThreadSanitizer node-rdkafka, which is not built for it, ends the process by itself. */
const isThreadSanitized = process.env['RDKAFKA_TIERS_SANITIZE'] === 'thread'
export const MODES: readonly Mode[] = isThreadSanitized ? TIERS : [...TIERS, 'legacy']

export interface ConsumerOptions<K, V> {
  groupId?: string
  /** librdkafka's properties, over the helper's own. */
  config?: ConsumerProperties
  /** The package's own properties. */
  settings?: ConsumerProperties
  keyDeserializer?: Deserializer<K>
  valueDeserializer?: Deserializer<V>
  maxBufferedMessages?: number
  maxBufferedBytes?: number
  /** The test provokes warnings. Default: any warning fails it. */
  mayWarn?: boolean
}

/** What a test's consumer is configured with unless the test says otherwise. */
const DEFAULTS: ConsumerProperties = {
  'auto.offset.reset': 'earliest',
  'enable.auto.commit': false,
  // A test waits for whatever is noticed by these.
  'topic.metadata.refresh.interval.ms': 1000,
  'session.timeout.ms': 10_000,
  'heartbeat.interval.ms': 500,
  requestTimeoutMs: 10_000,
}

export function createConsumer<K = Buffer, V = Buffer>(
  mode: Mode,
  options: ConsumerOptions<K, V> = {},
): KafkaStreamConsumer<K, V> {
  const { config, settings, maxBufferedMessages, maxBufferedBytes } = options
  return ConsumerFactory.create(
    {
      'bootstrap.servers': config?.['bootstrap.servers'] ?? kafkaBootstrap(),
      'group.id': options.groupId ?? uniqueName('group'),
      'performance.tier': mode,
      ...DEFAULTS,
      ...config,
      ...settings,
      ...(maxBufferedMessages !== undefined && { maxBufferedMessages }),
      ...(maxBufferedBytes !== undefined && { maxBufferedBytes }),
    },
    options.keyDeserializer ?? (bytes() as unknown as Deserializer<K>),
    options.valueDeserializer ?? (bytes() as unknown as Deserializer<V>),
  )
}

export interface TestConsumers {
  create<K = Buffer, V = Buffer>(mode: Mode, options?: ConsumerOptions<K, V>): KafkaStreamConsumer<K, V>
  /** Warnings so far of a consumer that `create` made. */
  warnings(consumer: object): readonly KafkaError[]
}

/** Consumers that are closed after each test. Call where a hook may be registered. */
export function useConsumers(): TestConsumers {
  const made: { consumer: KafkaStreamConsumer<unknown, unknown>; warnings: KafkaError[]; mayWarn: boolean }[] = []
  afterEach(async () => {
    const all = made.splice(0)
    await Promise.all(
      all.map(({ consumer }) => withDeadline(consumer.close(), 20_000, 'close() of a consumer did not settle')),
    )
    const unexpected = all.flatMap(({ warnings, mayWarn }) => (mayWarn ? [] : warnings)).map(String)
    expect(unexpected).toEqual([])
  })
  afterAll(async () => {
    await waitFor(() => binding().counters().clients === 0 && binding().counters().rdkafkaThreads === 0, {
      describe: () => `no native client to be left; there are ${JSON.stringify(binding().counters())}`,
    })
  })
  return {
    create<K, V>(mode: Mode, options: ConsumerOptions<K, V> = {}) {
      const consumer = createConsumer(mode, options)
      const warnings: KafkaError[] = []
      consumer.on('warning', (warning) => warnings.push(warning))
      made.push({
        consumer: consumer,
        warnings,
        mayWarn: options.mayWarn ?? false,
      })
      return consumer
    },
    warnings: (consumer) => made.find((each) => (each.consumer as object) === consumer)?.warnings ?? [],
  }
}

export type How = 'stream' | 'batches'
export const HOWS: readonly How[] = ['stream', 'batches']

/** The messages one by one, whichever way they come. */
export async function* messagesOf<K, V>(
  consumer: KafkaStreamConsumer<K, V>,
  how: How,
): AsyncGenerator<Message<K, V>, void, undefined> {
  if (how === 'stream') {
    yield* consumer.stream()
  } else {
    for await (const batch of consumer.batches()) yield* batch
  }
}

/** The next `count` messages; the iteration is left then, the last one not yet processed. */
export async function take<K, V>(
  consumer: KafkaStreamConsumer<K, V>,
  count: number,
  options: { how?: How; deadlineMs?: number } = {},
): Promise<Message<K, V>[]> {
  const taken: Message<K, V>[] = []
  const reading = async (): Promise<void> => {
    for await (const message of messagesOf(consumer, options.how ?? 'stream')) {
      taken.push(message)
      if (taken.length === count) return
    }
    throw new Error(`the iteration ended after ${taken.length} of ${count} messages`)
  }
  await withDeadline(reading(), options.deadlineMs ?? 20_000, () => `took ${taken.length} of ${count} messages`)
  return taken
}

/**
 * Whether anything more is delivered within `withinMs`: the negative beside a positive. Leaves the iteration at once
 * when something is.
 */
export async function nextWithin<K, V>(
  consumer: KafkaStreamConsumer<K, V>,
  withinMs: number,
): Promise<Message<K, V> | undefined> {
  const controller = new AbortController()
  const stream = consumer.stream({ signal: controller.signal })
  const ended = sleep(withinMs).then(() => {
    controller.abort(new Error('nothing came'))
  })
  try {
    return (await stream.next()).value
  } catch (error) {
    if (controller.signal.aborted) return undefined
    throw error
  } finally {
    await stream.return()
    await ended
  }
}

/** Resolves when the consumer has this many partitions. */
export async function waitForAssignment(
  consumer: KafkaStreamConsumer<never, never> | KafkaStreamConsumer,
  partitions: number,
  deadlineMs = 20_000,
): Promise<void> {
  await waitFor(() => consumer.assignment().length === partitions, {
    deadlineMs,
    describe: () => `${partitions} partitions; there are ${JSON.stringify(consumer.assignment())}`,
  })
}
