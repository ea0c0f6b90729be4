// Mock clusters and consumers of them, closed after each test.
import { setTimeout as sleep } from 'node:timers/promises'
import { binding } from '../../../lib/binding'
import { type ConsumerTier, parseTier } from '../../../lib/config/tier'
import { KafkaStreamConsumer } from '../../../lib/consumer/consumer'
import { pollMax, pollMode } from '../../../lib/consumer/polling'
import type { ConsumerSettings } from '../../../lib/consumer/settings'
import type { KafkaError } from '../../../lib/errors'
import type { Message } from '../../../lib/message/message'
import { bytes } from '../../../lib/serde'
import { MockCluster, type MockClusterOptions } from '../../../lib/testing'
import { waitFor, withDeadline } from '../../helpers/wait'
import { SETTINGS } from '../consumer/support/consumer'

export type Mode = 'standard' | 'buffered' | 'dedicated'
export const MODES: readonly Mode[] = ['standard', 'buffered', 'dedicated']

export function tierOf(mode: Mode): ConsumerTier {
  return parseTier(mode, 'mode') as ConsumerTier
}

export interface ConsumerOptions {
  mode?: Mode
  config?: Record<string, string>
  settings?: Partial<ConsumerSettings>
}

export interface Mocked {
  consumer: KafkaStreamConsumer
  warnings: KafkaError[]
}

export interface Mocks {
  cluster: (options?: MockClusterOptions) => Promise<MockCluster>
  consumer: (bootstrapServers: string, options?: ConsumerOptions) => Mocked
}

/** Call where a hook may be registered. */
export function useMocks(): Mocks {
  const clusters: MockCluster[] = []
  const consumers: KafkaStreamConsumer[] = []
  afterEach(async () => {
    await withDeadline(Promise.all(consumers.splice(0).map((each) => each.close())), 20_000, 'a consumer is not closed')
    await withDeadline(Promise.all(clusters.splice(0).map((each) => each.close())), 20_000, 'a cluster is not closed')
  })
  afterAll(async () => {
    await waitFor(() => binding().counters().clients === 0 && binding().counters().rdkafkaThreads === 0, {
      describe: () => `no native client to be left; there are ${JSON.stringify(binding().counters())}`,
    })
  })
  return {
    async cluster(options) {
      const cluster = await MockCluster.start(options)
      clusters.push(cluster)
      return cluster
    },
    consumer(bootstrapServers, options = {}) {
      const mode = options.mode ?? 'dedicated'
      const config = {
        'bootstrap.servers': bootstrapServers,
        'group.id': `group-${consumers.length}`,
        'auto.offset.reset': 'earliest',
        'enable.auto.commit': 'false',
        'enable.auto.offset.store': 'false',
        'session.timeout.ms': '6000',
        'heartbeat.interval.ms': '200',
        'reconnect.backoff.ms': '20',
        'reconnect.backoff.max.ms': '100',
        'topic.metadata.refresh.interval.ms': '500',
        ...options.config,
      }
      const consumer = new KafkaStreamConsumer(
        (wake) =>
          binding().createConsumer(Object.entries(config).flat(), pollMode(tierOf(mode)), wake, 10_000, 8 << 20),
        { ...SETTINGS, pollMax: pollMax(tierOf(mode)), requestTimeoutMs: 10_000, ...options.settings },
        bytes(),
        bytes(),
      )
      const warnings: KafkaError[] = []
      consumer.on('warning', (warning) => warnings.push(warning))
      consumers.push(consumer)
      return { consumer, warnings }
    },
  }
}

/** The next `count` messages. */
export function take(consumer: KafkaStreamConsumer, count: number, deadlineMs = 15_000): Promise<Message[]> {
  const taken: Message[] = []
  const reading = async (): Promise<Message[]> => {
    for await (const message of consumer.stream()) {
      taken.push(message)
      if (taken.length === count) break
    }
    return taken
  }
  return withDeadline(reading(), deadlineMs, () => `took ${taken.length} of ${count} messages`)
}

/** What comes within a time: the negative beside a positive. */
export async function takeWithin(consumer: KafkaStreamConsumer, withinMs: number): Promise<Message[]> {
  const controller = new AbortController()
  const taken: Message[] = []
  const reading = (async () => {
    for await (const message of consumer.stream({ signal: controller.signal })) taken.push(message)
  })().catch((error: unknown) => {
    if (!controller.signal.aborted) throw error
  })
  await Promise.race([reading, sleep(withinMs)])
  controller.abort()
  await reading
  return taken
}
