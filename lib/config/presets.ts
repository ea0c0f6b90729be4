import type { ConsumerProperties, PropertyMap } from './properties'
import { CLASSIC_ONLY, isConsumerProtocol } from './rules'

/** Settings for a purpose. Where Java has one timeout for requests, librdkafka's own and ours are set alike. */
export const PRESETS = {
  highThroughput: {
    'fetch.min.bytes': 50_000,
    'fetch.wait.max.ms': 100,
    'fetch.max.bytes': 104_857_600,
    'max.partition.fetch.bytes': 2_097_152,
    'enable.auto.commit': true,
    'auto.commit.interval.ms': 1000,
    'retry.backoff.ms': 200,
    'socket.timeout.ms': 60_000,
    'socket.send.buffer.bytes': 131_072,
    'socket.receive.buffer.bytes': 131_072,
    requestTimeoutMs: 60_000,
    batchMaxMessages: 1000,
  },
  lowLatency: {
    'fetch.min.bytes': 1,
    'fetch.wait.max.ms': 1,
    'session.timeout.ms': 6000,
    'heartbeat.interval.ms': 1000,
    'retry.backoff.ms': 50,
    'socket.timeout.ms': 10_000,
    'socket.send.buffer.bytes': 32_768,
    'socket.receive.buffer.bytes': 32_768,
    requestTimeoutMs: 10_000,
    batchMaxMessages: 1,
  },
  maxDurability: {
    'enable.auto.commit': false,
    'session.timeout.ms': 60_000,
    'heartbeat.interval.ms': 10_000,
    'max.poll.interval.ms': 600_000,
    'retry.backoff.ms': 1000,
    'socket.timeout.ms': 120_000,
    'socket.send.buffer.bytes': 262_144,
    'socket.receive.buffer.bytes': 262_144,
    requestTimeoutMs: 120_000,
  },
  development: {
    'auto.offset.reset': 'latest',
    'enable.auto.commit': true,
    'auto.commit.interval.ms': 1000,
    'session.timeout.ms': 10_000,
    'heartbeat.interval.ms': 1000,
    'log.connection.close': false,
    'retry.backoff.ms': 100,
    'socket.timeout.ms': 15_000,
    requestTimeoutMs: 15_000,
  },
  streaming: {
    'fetch.min.bytes': 1,
    'fetch.wait.max.ms': 50,
    'enable.auto.commit': false,
    'max.poll.interval.ms': 120_000,
    'retry.backoff.ms': 150,
    'socket.timeout.ms': 30_000,
    'socket.send.buffer.bytes': 65_536,
    'socket.receive.buffer.bytes': 65_536,
    requestTimeoutMs: 30_000,
    batchMaxMessages: 100,
  },
  batchProcessing: {
    'fetch.min.bytes': 100_000,
    'fetch.wait.max.ms': 500,
    'fetch.max.bytes': 52_428_800,
    'max.poll.interval.ms': 1_800_000,
    'retry.backoff.ms': 500,
    'socket.timeout.ms': 180_000,
    'socket.send.buffer.bytes': 524_288,
    'socket.receive.buffer.bytes': 524_288,
    requestTimeoutMs: 180_000,
    batchMaxMessages: 2000,
  },
} as const satisfies Readonly<Record<string, ConsumerProperties>>

export type PresetName = keyof typeof PRESETS

/** The preset's properties that can go with the user's, whose `group.protocol` may leave some to the broker. */
export function presetProperties(name: PresetName, values: PropertyMap): Record<string, unknown> {
  const entries = Object.entries<unknown>(PRESETS[name])
  if (!isConsumerProtocol(values)) return Object.fromEntries(entries)
  return Object.fromEntries(entries.filter(([key]) => !CLASSIC_ONLY.some((classic) => classic === key)))
}
