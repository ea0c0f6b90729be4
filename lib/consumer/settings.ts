import type { DeserializationError } from '../errors'
import type { TopicPartition } from './types'

/** `log` of librdkafka goes here; pino and console have this shape. */
export interface Logger {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

/** A handler may be async; it is awaited, at most `rebalanceTimeoutMs`. seek() and commit() are allowed inside. */
export type RebalanceHandler = (partitions: TopicPartition[]) => void | Promise<void>

export interface OauthbearerToken {
  tokenValue: string
  /** Milliseconds since 1970 at which the token ends. */
  lifetimeMs: number
  principal: string
  extensions?: Record<string, string>
}

/** What the consumer itself needs of the configuration; the rest is librdkafka's. */
export interface ConsumerSettings {
  /** Rows that one poll may take: 16 for Standard, the batch size of Buffered. */
  pollMax: number
  autoCommit: { enabled: boolean; intervalMs: number }
  autoOffsetReset: string
  maxPollIntervalMs: number
  batchMaxMessages: number
  closeTimeoutMs: number
  rebalanceTimeoutMs: number
  requestTimeoutMs: number
  onDeserializationError: 'fail' | 'skip' | ((error: DeserializationError) => void)
  onAssigned: RebalanceHandler | undefined
  onRevoked: RebalanceHandler | undefined
  onLost: RebalanceHandler | undefined
  oauthbearerTokenRefresh: ((config: string) => OauthbearerToken | Promise<OauthbearerToken>) | undefined
  logger: Logger | undefined
}
