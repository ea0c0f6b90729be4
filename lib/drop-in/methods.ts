import { codeError } from './errors'
import type { Callback, TierInstance } from './instance'
import type { Metadata, MetadataOptions } from './metadata'
import type { PlainMessage } from './plain-message'
import type { Watermarks } from './tier-consumer'
import type { Toppar } from './toppar'

const DEFAULT_TIMEOUT_MS = 1000
const DISCONNECTED = 'Client is disconnected'

/** Settles a callback, outside the promise: what it throws is the process's, as with node-rdkafka. */
function settle<T>(promise: Promise<T>, callback: Callback<T> | undefined, value: (result: T) => unknown[]): void {
  promise.then(
    (result) => {
      process.nextTick(() => callback?.(...(value(result) as [])))
    },
    (error: unknown) => {
      process.nextTick(() => callback?.(error))
    },
  )
}

/** Runs what may throw at once, so that its error reaches the callback like a later one. */
function attempt<T>(call: () => Promise<T>): Promise<T> {
  return new Promise((resolve) => {
    resolve(call())
  })
}

function timeoutAndCallback<T>(
  timeout: number | Callback<T> | undefined,
  callback: Callback<T> | undefined,
): { timeoutMs: number; callback: Callback<T> | undefined } {
  if (typeof timeout === 'function') return { timeoutMs: DEFAULT_TIMEOUT_MS, callback: timeout }
  return { timeoutMs: timeout === undefined || timeout === 0 ? DEFAULT_TIMEOUT_MS : timeout, callback }
}

/**
 * The methods of a consumer with a tier, with the names, arguments, order of events and callbacks of node-rdkafka's.
 * What they do is the TierConsumer's; here is only how it looks.
 */
export const tierMethods = {
  connect(this: TierInstance, options?: MetadataOptions, callback?: Callback<Metadata>): TierInstance {
    const next = (error?: unknown, metadata?: Metadata): void => {
      this._isConnecting = false
      callback?.(error, metadata)
    }
    if (this._isConnected) {
      setImmediate(next)
      return this
    }
    if (this._isConnecting === true) {
      this.once('ready', () => {
        next(null, this._metadata as Metadata)
      })
      return this
    }
    this._isConnecting = true
    setImmediate(() => {
      let name: string
      try {
        name = this._tier.open()
      } catch (error) {
        next(error)
        return
      }
      this._isConnected = true
      settle(
        this._tier.metadata(options ?? {}),
        (error?: unknown, metadata?: Metadata) => {
          if (error !== null) {
            this._isConnected = false
            const metrics = this.metrics
            void this._tier.close().then(() => {
              next(error)
            })
            this.emit('connection.failure', error, metrics)
            return
          }
          this._isConnecting = false
          this._metadata = metadata as Metadata
          this.emit('ready', { name }, metadata)
          next(null, metadata)
        },
        (metadata) => [null, metadata],
      )
    })
    return this
  },

  /** Every callback is called, also those of calls made while it is under way. */
  disconnect(this: TierInstance, callback?: Callback<object>): TierInstance {
    if (typeof callback === 'function') this._tier.disconnects.push(callback)
    if (this._isDisconnecting === true) return this
    this._isDisconnecting = true
    // Not inside the call: it may come from a listener that is just being given a message.
    setImmediate(() => {
      void this._tier.close().then(() => {
        process.nextTick(() => {
          this._isDisconnecting = false
          const metrics = { ...this.metrics }
          this.emit('disconnected', metrics)
          for (const each of this._tier.disconnects.splice(0)) each(null, metrics)
        })
      })
    })
    return this
  },

  isConnected(this: TierInstance): boolean {
    return this._isConnected
  },

  connectedTime(this: TierInstance): number {
    return this._isConnected ? Date.now() - (this.metrics.connectionOpened ?? NaN) : 0
  },

  getLastError(this: TierInstance): unknown {
    return this.lastError ?? null
  },

  getClient(this: TierInstance): unknown {
    return this._client
  },

  setOauthBearerToken(this: TierInstance, token: unknown): TierInstance {
    if (typeof token !== 'string' || token === '') {
      throw new Error('OAuthBearer token is undefined/empty or not a string')
    }
    this._tier.setToken(token)
    return this
  },

  getMetadata(this: TierInstance, options: MetadataOptions | undefined, callback?: Callback<Metadata>): void {
    if (!this._isConnected) {
      ;(callback as Callback<Metadata>)(new Error(DISCONNECTED))
      return
    }
    settle(
      attempt(() => this._tier.metadata(options ?? {})).then((metadata) => (this._metadata = metadata)),
      callback,
      (metadata) => [null, metadata],
    )
  },

  queryWatermarkOffsets(
    this: TierInstance,
    topic: unknown,
    partition: unknown,
    timeout?: number | Callback<Watermarks>,
    callback?: Callback<Watermarks>,
  ): void {
    const { timeoutMs, callback: done } = timeoutAndCallback(timeout, callback)
    if (this._isConnected) {
      settle(
        attempt(() => this._tier.queryWatermarks(topic, partition, timeoutMs)),
        done,
        (offsets) => [null, offsets],
      )
    } else callback?.(new Error(DISCONNECTED))
  },

  offsetsForTimes(
    this: TierInstance,
    times: unknown,
    timeout?: number | Callback<unknown[]>,
    callback?: Callback<unknown[]>,
  ): void {
    const { timeoutMs, callback: done } = timeoutAndCallback(timeout, callback)
    if (this._isConnected) {
      settle(
        attempt(() => this._tier.offsetsForTimes(times, timeoutMs)),
        done,
        (offsets) => [null, offsets],
      )
    } else callback?.(new Error(DISCONNECTED))
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

  consume(
    this: TierInstance,
    number?: number | Callback<PlainMessage>,
    callback?: Callback<PlainMessage> | Callback<PlainMessage[]>,
  ): void {
    const isRead = (typeof number === 'number' && number !== 0) || (Boolean(number) && callback !== undefined)
    if (!isRead) {
      const listener = typeof number === 'function' && callback === undefined ? number : callback
      this._tier.flow((listener ?? ((): void => undefined)) as Callback<PlainMessage>)
      return
    }
    if (callback !== undefined && typeof (callback as unknown) !== 'function') {
      throw new TypeError('Callback must be a function')
    }
    this._tier.read(
      this._consumeTimeout ?? DEFAULT_TIMEOUT_MS,
      number as number,
      (callback ?? ((): void => undefined)) as Callback<PlainMessage[]>,
    )
  },

  pause(this: TierInstance, list: unknown): number {
    if (!this._isConnected) throw new Error(DISCONNECTED)
    return this._tier.setPaused(list, true)
  },

  resume(this: TierInstance, list: unknown): number {
    if (!this._isConnected) throw new Error(DISCONNECTED)
    return this._tier.setPaused(list, false)
  },

  seek(this: TierInstance, target: unknown, timeoutMs: number | null, callback: Callback<void>): TierInstance {
    // A malformed target is thrown, a refused one called back.
    const seeking = this._tier.seek(target, timeoutMs ?? 0)
    settle(seeking, callback, () => [])
    return this
  },

  // ---- offsets ----

  commit(this: TierInstance, what?: unknown): TierInstance {
    this._tier.commit(what)
    return this
  },

  commitMessage(this: TierInstance, { topic, partition, offset }: PlainMessage): TierInstance {
    this._tier.commit({ topic, partition, offset: offset + 1 })
    return this
  },

  commitSync(this: TierInstance, what?: unknown): TierInstance {
    this._tier.commitSync(what)
    return this
  },

  commitMessageSync(this: TierInstance, { topic, partition, offset }: PlainMessage): TierInstance {
    this._tier.commitSync({ topic, partition, offset: offset + 1 })
    return this
  },

  offsetsStore(this: TierInstance, list: unknown): number {
    if (!this._isConnected) throw new Error(DISCONNECTED)
    return this._tier.offsetsStore(list)
  },

  committed(this: TierInstance, ...values: unknown[]): TierInstance {
    const [list, timeoutMs, callback] = (values[2] === undefined ? [null, ...values] : values) as [
      unknown,
      number,
      Callback<unknown[]>,
    ]
    const wanted = list ?? this._tier.assignments()
    settle(
      attempt(() => this._tier.committed(wanted, timeoutMs)),
      callback,
      (offsets) => [null, offsets],
    )
    return this
  },

  position(this: TierInstance, list?: unknown): Toppar[] {
    return this._tier.position(list)
  },

  getWatermarkOffsets(this: TierInstance, topic: unknown, partition: unknown): Watermarks {
    if (!this._isConnected) throw new Error(DISCONNECTED)
    return this._tier.cachedWatermarks(topic, partition)
  },

  _errorWrap(this: TierInstance, code: unknown, isValue?: boolean): unknown {
    const number = isValue === true ? (typeof code === 'number' ? code : 0) : code
    if (number !== 0) throw codeError(number as number)
    return isValue === true ? code : true
  },
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
