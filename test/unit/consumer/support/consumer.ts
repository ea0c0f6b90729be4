// A consumer over a fake addon, closed after each test.
import { KafkaStreamConsumer } from '../../../../lib/consumer/consumer'
import type { ConsumerSettings } from '../../../../lib/consumer/settings'
import { string } from '../../../../lib/serde'
import { withDeadline } from '../../../helpers/wait'
import { FakeNative } from './fake-native'

export interface Faked {
  native: FakeNative
  consumer: KafkaStreamConsumer<string, string>
  /** Events so far: name, then values. */
  events: unknown[][]
}

export const SETTINGS: ConsumerSettings = {
  pollMax: 32,
  autoCommit: { enabled: false, intervalMs: 5000 },
  autoOffsetReset: 'earliest',
  maxPollIntervalMs: 300_000,
  batchMaxMessages: 100,
  closeTimeoutMs: 2000,
  rebalanceTimeoutMs: 1000,
  requestTimeoutMs: 1000,
  onDeserializationError: 'fail',
  onAssigned: undefined,
  onRevoked: undefined,
  onLost: undefined,
  oauthbearerTokenRefresh: undefined,
  logger: undefined,
}

const NAMES = ['assigned', 'revoked', 'lost', 'partitionEof', 'warning', 'deserializationError', 'statistics', 'close']

/** Call where a hook may be registered. */
export function useFakedConsumers(): { create(settings?: Partial<ConsumerSettings>): Faked } {
  const made: Faked[] = []
  afterEach(async () => {
    await Promise.all(
      made.splice(0).map(({ consumer }) => withDeadline(consumer.close(), 5000, 'close() did not settle')),
    )
  })
  return {
    create(settings = {}) {
      const native = new FakeNative()
      const consumer = new KafkaStreamConsumer<string, string>(
        (wake) => {
          native.wake = wake
          return native
        },
        { ...SETTINGS, ...settings },
        string(),
        string(),
      )
      const events: unknown[][] = []
      for (const name of NAMES) {
        consumer.on(name as 'close', (...values: unknown[]) => events.push([name, ...values]))
      }
      const faked = { native, consumer, events }
      made.push(faked)
      return faked
    },
  }
}
