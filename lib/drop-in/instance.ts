import type { EventEmitter } from 'node:events'
import type { Conf } from './conf'
import type { Metadata } from './metadata'
import type { TierConsumer } from './tier-consumer'
import type { Toppar } from './toppar'

export type Callback<T = unknown> = (error?: unknown, value?: T) => unknown

/**
 * What is called back, with the names and places that node-rdkafka has for it: user functions are wrapped there, and the
 * wrappers are told librdkafka's codes.
 */
export interface ClientCallbacks {
  global: {
    rebalance_cb?: (code: number, assignment: Toppar[]) => void
    /** `code` undefined: done. */
    offset_commit_cb?: (code: number | undefined, offsets: Toppar[]) => void
  }
  topic: object
  event: { event_cb?: (type: string, data: unknown) => void }
}

/** A consumer with a tier, and its own properties, with node-rdkafka's names: users and their tests read them. */
export interface TierInstance extends Omit<EventEmitter, 'emit'> {
  readonly _tier: TierConsumer
  _client: unknown
  _cb_configs: ClientCallbacks
  metrics: { connectionOpened?: number }
  _isConnected: boolean
  _isConnecting?: boolean
  _isDisconnecting?: boolean
  errorCounter: number
  lastError?: unknown
  _metadata: Metadata | object
  name?: string
  globalConfig: Conf
  topicConfig: unknown
  _consumeTimeout: number | undefined
  _consumeLoopTimeoutDelay: number | undefined
  emit(name: string, ...values: unknown[]): boolean
  isConnected(): boolean
  rebalanceProtocol(): string
  assign(list: unknown): unknown
  unassign(): unknown
  incrementalAssign(list: unknown): unknown
  incrementalUnassign(list: unknown): unknown
}
