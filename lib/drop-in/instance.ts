import type { EventEmitter } from 'node:events'
import type { Metadata } from './metadata'
import type { TierConsumer } from './tier-consumer'
import type { Toppar } from './toppar'

export type Callback<T = unknown> = (error?: unknown, value?: T) => void

/** Functions that the configuration may carry, or `true` for the event alone. */
export interface ConfCallbacks {
  rebalance_cb?: boolean | ((error: unknown, assignment: Toppar[]) => void)
  offset_commit_cb?: boolean | ((error: unknown, offsets: Toppar[]) => void)
}

/** A consumer with a tier, and its own properties, with node-rdkafka's names: users and their tests read them. */
export interface TierInstance extends Omit<EventEmitter, 'emit'> {
  readonly _tier: TierConsumer
  _client: unknown
  _cb_configs: { global: object; topic: object; event: object }
  metrics: { connectionOpened?: number }
  _isConnected: boolean
  _isConnecting?: boolean
  _isDisconnecting?: boolean
  errorCounter: number
  lastError?: unknown
  _metadata: Metadata | object
  name?: string
  globalConfig: Readonly<Record<string, unknown>>
  topicConfig: Readonly<Record<string, unknown>> | undefined
  _consumeTimeout: number | undefined
  _consumeLoopTimeoutDelay: number | undefined
  emit(name: string, ...values: unknown[]): boolean
}
