import { StateError } from '../errors'
import { ERROR_CODES } from './codes'
import { codeError, reparsed, throwOutside } from './errors'
import type { Callback, TierInstance } from './instance'
import type { Metadata, MetadataOptions } from './metadata'
import type { PlainMessage } from './plain-message'
import * as queries from './queries'
import type { ReadCallback } from './read'
import type { Toppar } from './toppar'

const DEFAULT_TIMEOUT_MS = 1000
const DISCONNECTED = 'Client is disconnected'

// Callbacks are named `cb` as in node-rdkafka: where none was given, the TypeError has that name in its message.

/** Calls back outside the promise: what user code throws is the process's, as with node-rdkafka. */
function settle<T>(promise: Promise<T>, cb: Callback<T>, values: (result: T) => unknown[]): void {
  promise.then(
    (result) => {
      process.nextTick(() => {
        cb(...(values(result) as []))
      })
    },
    (error: unknown) => {
      process.nextTick(() => {
        cb(error)
      })
    },
  )
}

const none = (): void => undefined

/** Tells all who wait for the connect() that is under way how it ended. Whatever one of them throws, all are told. */
function endConnect(consumer: TierInstance, error: unknown, metadata?: Metadata): void {
  const callbacks = consumer._tier.connecting ?? []
  consumer._tier.connecting = undefined
  consumer._isConnecting = false
  for (const each of callbacks) {
    try {
      each(error, metadata)
    } catch (thrown) {
      throwOutside(thrown)
    }
  }
}

/** A disconnect() ended the connection before it was ready: who connects from now on is not to wait for it. */
function interruptConnect(consumer: TierInstance): void {
  const failure = reparsed(codeError(ERROR_CODES.ERR__DESTROY))
  consumer._isConnected = false
  try {
    consumer.emit('connection.failure', failure, consumer.metrics)
  } catch (error) {
    throwOutside(error)
  }
  endConnect(consumer, failure)
}

/** `(…, timeout, cb)`, `(…, cb)`; no timeout, also 0, is the default one. */
function timeoutAndCallback<T>(timeout: unknown, cb: Callback<T> | undefined): [unknown, Callback<T>] {
  if (typeof timeout === 'function') return [DEFAULT_TIMEOUT_MS, timeout as Callback<T>]
  return [timeout ? timeout : DEFAULT_TIMEOUT_MS, cb ? cb : none]
}

/**
 * The methods of a consumer with a tier, with the names, arguments, order of events and callbacks of node-rdkafka's.
 * What they do is the TierConsumer's; here is only how it looks.
 */
export const tierMethods = {
  connect(this: TierInstance, options?: MetadataOptions | null, cb?: Callback<Metadata>): TierInstance {
    const called = cb ? cb : none
    if (this._isConnected) {
      setImmediate(called)
      return this
    }
    if (this._tier.connecting !== undefined) {
      // The one that began it is called last, as there.
      this._tier.connecting.splice(-1, 0, called)
      return this
    }
    const callbacks = [called]
    this._tier.connecting = callbacks
    this._isConnecting = true
    const onMetadata = (error: unknown, name: string, metadata?: Metadata): void => {
      // Whoever has asked it to disconnect meanwhile is not told that it is ready: the end of that ends this.
      if (this._isDisconnecting === true || this._tier.connecting !== callbacks) return
      if (error !== null) {
        const failure = reparsed(error as Error)
        this._isConnected = false
        settle<unknown>(
          this._tier.close(),
          () => {
            endConnect(this, failure)
          },
          () => [],
        )
        this.emit('connection.failure', failure, this.metrics)
        return
      }
      this._isConnecting = false
      this._metadata = metadata as Metadata
      try {
        this.emit('ready', { name }, metadata)
      } finally {
        endConnect(this, null, metadata)
      }
    }
    setImmediate(() => {
      let name: string
      try {
        name = this._tier.open()
      } catch (error) {
        endConnect(this, error)
        return
      }
      this._isConnected = true
      settle(
        queries.metadata(this._tier, options ?? {}),
        (error, metadata) => {
          onMetadata(error, name, metadata)
        },
        (metadata) => [null, metadata],
      )
    })
    return this
  },

  /** Every callback is called, also those of calls made while it is under way. */
  disconnect(this: TierInstance, cb?: Callback<object>): TierInstance {
    if (typeof cb === 'function') this._tier.disconnects.push(cb)
    if (this._isDisconnecting === true) return this
    this._isDisconnecting = true
    this._tier.halt()
    // Not inside the call: it may come from a listener that is just being given a message.
    setImmediate(() => {
      settle(
        this._tier.close(),
        () => {
          this._isDisconnecting = false
          if (this._isConnected && this._tier.connecting !== undefined) interruptConnect(this)
          const metrics = { ...this.metrics }
          const callbacks = this._tier.disconnects.splice(0)
          try {
            this.emit('disconnected', metrics)
          } finally {
            for (const each of callbacks) {
              try {
                each(null, metrics)
              } catch (error) {
                throwOutside(error)
              }
            }
          }
        },
        () => [],
      )
    })
    return this
  },

  isConnected(this: TierInstance): boolean {
    return this._isConnected
  },

  connectedTime(this: TierInstance): number {
    return this.isConnected() ? Date.now() - (this.metrics.connectionOpened ?? NaN) : 0
  },

  getLastError(this: TierInstance): unknown {
    return this.lastError ?? null
  },

  /**
   * Throws: there is no client of node-rdkafka's.
   *
   * Its producers ask for one in `sendOffsetsToTransaction()`, and with any other object end the process. Here they,
   * whoever made them, throw this instead, and node-rdkafka's classes stay as they are.
   */
  getClient(this: TierInstance): never {
    throw new StateError(
      "a consumer with 'performance.tier' has no client of node-rdkafka's: sendOffsetsToTransaction() and whatever else " +
        "calls getClient() needs a consumer without 'performance.tier'",
    )
  },

  setOauthBearerToken(this: TierInstance, token: unknown): TierInstance {
    if (typeof token !== 'string' || token === '') {
      throw new Error('OAuthBearer token is undefined/empty or not a string')
    }
    this._tier.setToken(token)
    return this
  },

  getMetadata(this: TierInstance, options: MetadataOptions | null | undefined, cb: Callback<Metadata>): unknown {
    if (!this.isConnected()) return cb(new Error(DISCONNECTED))
    const asked = queries.metadata(this._tier, options ?? {})
    settle(
      asked.then((metadata) => (this._metadata = metadata)),
      (cb as unknown) ? cb : none,
      (metadata) => [null, metadata],
    )
    return undefined
  },

  queryWatermarkOffsets(
    this: TierInstance,
    topic: unknown,
    partition: unknown,
    timeout?: unknown,
    cb?: Callback<queries.Watermarks>,
  ): unknown {
    if (!this.isConnected()) return cb?.(new Error(DISCONNECTED))
    const [timeoutMs, done] = timeoutAndCallback(timeout, cb)
    settle(queries.queryWatermarks(this._tier, topic, partition, timeoutMs), done, (offsets) => [null, offsets])
    return undefined
  },

  offsetsForTimes(this: TierInstance, times: unknown, timeout?: unknown, cb?: Callback<unknown[]>): unknown {
    if (!this.isConnected()) return cb?.(new Error(DISCONNECTED))
    const [timeoutMs, done] = timeoutAndCallback(timeout, cb)
    settle(queries.offsetsForTimes(this._tier, times, timeoutMs), done, (offsets) => [null, offsets])
    return undefined
  },

  // ---- the group ----

  subscribe(this: TierInstance, topics: unknown): TierInstance {
    this._tier.subscribe(topics)
    this.emit('subscribed', topics)
    return this
  },

  unsubscribe(this: TierInstance): TierInstance {
    this._tier.unsubscribe()
    this.emit('unsubscribed', [])
    this.emit('unsubscribe', [])
    return this
  },

  subscription(this: TierInstance): string[] {
    return this._tier.subscription()
  },

  assignments(this: TierInstance): Toppar[] {
    return this._tier.assignments()
  },

  assign(this: TierInstance, list: unknown): TierInstance {
    this._tier.assign(list)
    return this
  },

  unassign(this: TierInstance): TierInstance {
    this._tier.unassign()
    return this
  },

  incrementalAssign(this: TierInstance, list: unknown): TierInstance {
    this._tier.incrementalAssign(list)
    return this
  },

  incrementalUnassign(this: TierInstance, list: unknown): TierInstance {
    this._tier.incrementalUnassign(list)
    return this
  },

  rebalanceProtocol(this: TierInstance): string {
    return this._tier.rebalanceProtocol()
  },

  // ---- messages ----

  setDefaultConsumeTimeout(this: TierInstance, timeoutMs: number): void {
    this._consumeTimeout = timeoutMs
  },

  /** Kept, and without effect: nothing sleeps between polls here. */
  setDefaultConsumeLoopTimeoutDelay(this: TierInstance, delayMs: number): void {
    this._consumeLoopTimeoutDelay = delayMs
  },

  consume(this: TierInstance, number?: unknown, cb?: unknown): void {
    const timeout = this._consumeTimeout === undefined ? DEFAULT_TIMEOUT_MS : this._consumeTimeout
    const isRead = (typeof number === 'number' && Boolean(number)) || (Boolean(number) && Boolean(cb))
    if (!isRead) {
      const listener = cb === undefined && typeof number === 'function' ? number : cb
      if (listener !== undefined && typeof listener !== 'function') throw new Error('Need to specify a callback')
      this._tier.flow((listener ?? none) as Callback<PlainMessage>)
      return
    }
    if (cb !== undefined && typeof cb !== 'function') throw new TypeError('Callback must be a function')
    if (typeof number !== 'number') throw new Error('Need to specify a callback')
    const callback = (cb ?? none) as ReadCallback
    // As node-rdkafka converts it: to an unsigned integer.
    this._tier.read(queries.toTimeout(timeout), number >>> 0, callback)
  },

  pause(this: TierInstance, list: unknown): number {
    if (!this.isConnected()) throw new Error(DISCONNECTED)
    return this._tier.setPaused(list, true)
  },

  resume(this: TierInstance, list: unknown): number {
    if (!this.isConnected()) throw new Error(DISCONNECTED)
    return this._tier.setPaused(list, false)
  },

  seek(this: TierInstance, target: unknown, timeout: unknown, cb: Callback<void>): TierInstance {
    settle(
      queries.seek(this._tier, target, timeout),
      (...values) => cb(...values),
      () => [],
    )
    return this
  },

  // ---- offsets ----

  commit(this: TierInstance, what?: unknown): TierInstance {
    queries.commit(this._tier, what)
    return this
  },

  commitMessage(this: TierInstance, msg: PlainMessage): TierInstance {
    queries.commit(this._tier, after(msg))
    return this
  },

  commitSync(this: TierInstance, what?: unknown): TierInstance {
    queries.commitSync(this._tier, what)
    return this
  },

  commitMessageSync(this: TierInstance, msg: PlainMessage): TierInstance {
    queries.commitSync(this._tier, after(msg))
    return this
  },

  offsetsStore(this: TierInstance, list: unknown): number {
    if (!this.isConnected()) throw new Error(DISCONNECTED)
    return this._tier.offsetsStore(list)
  },

  /** `(list, timeout, cb)`, or of the assignment `(timeout, cb)`. */
  committed(this: TierInstance, ...values: unknown[]): TierInstance {
    const [list, timeout, cb] = (values[2] ? values : [null, ...values]) as [unknown, unknown, Callback<unknown[]>]
    const wanted = list ? list : this._tier.assignments()
    settle(
      queries.committed(this._tier, wanted, timeout),
      (...results) => cb(...results),
      (offsets) => [null, offsets],
    )
    return this
  },

  position(this: TierInstance, list?: unknown): Toppar[] {
    return queries.position(this._tier, list ? list : this._tier.assignments())
  },

  getWatermarkOffsets(this: TierInstance, topic: unknown, partition: unknown): queries.Watermarks {
    if (!this.isConnected()) throw new Error(DISCONNECTED)
    return queries.cachedWatermarks(this._tier, topic, partition)
  },

  _errorWrap(this: TierInstance, code: unknown, isValue?: boolean): unknown {
    const number = isValue === true ? (typeof code === 'number' ? code : 0) : code
    if (number !== 0) throw codeError(number as number)
    return isValue === true ? code : true
  },
}

function after(msg: PlainMessage): Toppar {
  return { topic: msg.topic, partition: msg.partition, offset: msg.offset + 1 }
}

type Method = (this: object, ...values: never[]) => unknown

/**
 * The prototype: each method answers for a consumer with a tier, and is passed on to node-rdkafka's (`base`) for one
 * without.
 */
export function methods(base: object): Record<string, unknown> {
  const prototype = Object.create(base) as Record<string, unknown>
  for (const [name, tierMethod] of Object.entries(tierMethods)) {
    const own = tierMethod as unknown as Method
    const theirs = (base as Record<string, Method | undefined>)[name] ?? own
    const dispatch = function (this: Partial<TierInstance>, ...values: never[]): unknown {
      return (this._tier === undefined ? theirs : own).apply(this, values)
    }
    Object.defineProperty(dispatch, 'name', { value: name })
    Object.defineProperty(prototype, name, { value: dispatch, writable: true, configurable: true, enumerable: true })
  }
  return prototype
}
