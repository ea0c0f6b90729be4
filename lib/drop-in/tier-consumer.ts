import { binding, EventKind, type NativeEvent } from '../binding'
import type { ConsumerTier } from '../config/tier'
import type { TierConf } from './conf'
import { codeError, eventError, fromNative } from './errors'
import type { Callback, ConfCallbacks } from './instance'
import { toMetadata, type Metadata, type MetadataOptions } from './metadata'
import type { PlainMessage } from './plain-message'
import type { Eof } from './reader'
import { Session, type SessionSink } from './session'
import {
  fromResults,
  OFFSET_INVALID,
  toAssigned,
  toFlat,
  toFlatPartitions,
  toToppar,
  toToppars,
  type Toppar,
} from './toppar'

const ERR_UNKNOWN_TOPIC = 3
const ERR_TOPIC_AUTHORIZATION = 29
const ERR_ASSIGN_PARTITIONS = -175
const ERR_REVOKE_PARTITIONS = -174
const ERR_STATE = -172
const ERR_NO_OFFSET = -168
const ERR_INVALID_ARG = -186
const METADATA_TIMEOUT_MS = 30_000
const MIN_SEEK_TIMEOUT_MS = 10
const SEEK_RETRY_MS = 10
/** node-rdkafka's: a token never ends by itself. */
const TOKEN_LIFETIME_MS = Math.floor(Number.MAX_SAFE_INTEGER / 1000)

/** The consumer that users hold: its events, and the functions they gave in the configuration. */
export interface Owner {
  emit(name: string, ...values: unknown[]): boolean
  readonly rebalance: ConfCallbacks['rebalance_cb']
  readonly offsetCommit: ConfCallbacks['offset_commit_cb']
  readonly hasEvents: boolean
  /** For user functions' `this`. */
  readonly self: object
}

/**
 * node-rdkafka's native consumer, over the addon: what its JavaScript class calls `_client`.
 *
 * One connection after the other; each is a Session. Errors look as node-rdkafka's do, except where those crash.
 */
export class TierConsumer implements SessionSink {
  /** Callbacks of disconnect() that wait. */
  readonly disconnects: Callback<object>[] = []
  #session: Session | undefined
  #flowCallback: Callback<PlainMessage> | undefined
  #token: string | undefined

  constructor(
    private readonly conf: TierConf,
    private readonly tier: ConsumerTier,
    private readonly owner: Owner,
  ) {}

  get isOpen(): boolean {
    return this.#session !== undefined
  }

  // ---- life ----

  /** @returns the client's name */
  open(): string {
    if (!this.conf.hasGroup) throw fromNative(Object.assign(new Error('"group.id" must be configured'), { code: -1 }))
    try {
      this.#session = new Session(this.conf, this.tier, this)
      if (this.#token !== undefined) this.#setToken(this.#session, this.#token)
      return this.#session.native.name()
    } catch (error) {
      throw fromNative(error)
    }
  }

  async close(): Promise<void> {
    const session = this.#session
    if (session === undefined) return
    // Rebalance handlers of the way out still assign and commit.
    await session.close()
    if (this.#session === session) this.#session = undefined
    this.#flowCallback = undefined
  }

  setToken(token: string): void {
    this.#token = token
    if (this.#session !== undefined) this.#setToken(this.#session, token)
  }

  #setToken(session: Session, token: string): void {
    try {
      session.native.setOauthbearerToken(token, TOKEN_LIFETIME_MS, '', [])
    } catch (error) {
      throw new Error((error as Error).message, { cause: error })
    }
  }

  // ---- the group ----

  subscribe(topics: unknown): void {
    if (!Array.isArray(topics)) throw new Error('First parameter must be an array')
    const names = topics.map((topic: unknown) => {
      if (topic instanceof RegExp) return topic.source
      if (typeof topic !== 'string' || topic.includes('\0')) throw codeError(ERR_INVALID_ARG)
      return topic
    })
    this.#run((session) => {
      session.subscribe(names)
    })
  }

  unsubscribe(): void {
    if (this.#session?.isSubscribed !== true) return
    this.#run((session) => {
      session.unsubscribe()
    })
  }

  subscription(): string[] {
    return this.#run((session) => session.native.subscription())
  }

  assignments(): Toppar[] {
    const flat = this.#run((session) => session.native.assignment())
    const list: Toppar[] = []
    for (let i = 0; i < flat.length; i += 2) {
      list.push({ offset: -1000, partition: flat[i + 1] as number, topic: flat[i] as string })
    }
    return list
  }

  assign(list: unknown): void {
    const checked = toAssignedList(list)
    if (this.#session === undefined) throw new Error(binding().errorMessage(ERR_STATE))
    this.#run((session) => {
      session.assign(checked)
    })
  }

  unassign(): void {
    if (this.#session === undefined) throw new Error('KafkaConsumer is disconnected')
    this.#run((session) => {
      session.unassign()
    })
  }

  incrementalAssign(list: unknown): void {
    const checked = toAssignedList(list)
    this.#run((session) => {
      session.incrementalAssign(checked)
    })
  }

  incrementalUnassign(list: unknown): void {
    const checked = toAssignedList(list)
    this.#run((session) => {
      session.incrementalUnassign(checked)
    })
  }

  rebalanceProtocol(): string {
    return this.#session?.native.rebalanceProtocol() ?? 'NONE'
  }

  // ---- messages ----

  flow(callback: Callback<PlainMessage>): void {
    const session = this.#session
    if (session === undefined) throw new Error('Connect must be called before consume')
    if (session.reader.isFlowing) throw new Error('Consume was already called')
    this.#flowCallback = callback
    session.reader.flow()
  }

  read(timeoutMs: number, count: number, callback: Callback<PlainMessage[]>): void {
    const session = this.#session
    if (session === undefined) {
      setImmediate(() => {
        callback(fromNative(Object.assign(new Error('KafkaConsumer is not connected'), { code: ERR_STATE })))
      })
      return
    }
    session.reader.read(count, timeoutMs, (error, messages, ends) => {
      if (error !== null) {
        callback(error)
        return
      }
      let next = 0
      const emitEnds = (upTo: number): void => {
        while (next < ends.length && (ends[next]?.before ?? 0) <= upTo) this.onEof(ends[next++]?.eof as Eof)
      }
      emitEnds(0)
      messages.forEach((message, index) => {
        this.owner.emit('data', message)
        emitEnds(index + 1)
      })
      callback(null, messages)
    })
  }

  setPaused(list: unknown, isPaused: boolean): number {
    const checked = toToppars(list)
    this.#run((session) => {
      session.setPaused(checked, isPaused)
    })
    return 0
  }

  async seek(target: unknown, timeoutMs: number): Promise<void> {
    const checked = toAssigned(target)
    const deadline = performance.now() + Math.max(timeoutMs, MIN_SEEK_TIMEOUT_MS)
    for (;;) {
      const session = this.#session
      if (session === undefined) throw codeError(ERR_STATE)
      const left = Math.max(MIN_SEEK_TIMEOUT_MS, Math.round(deadline - performance.now()))
      const { epoch, results } = await settled(session.native.seek(toFlat([checked]), left))
      const code = results[5] as number
      if (code === 0) {
        session.sought(checked, epoch)
        return
      }
      // Just assigned: librdkafka refuses to seek until it knows where to begin.
      if (code !== ERR_STATE || performance.now() >= deadline) throw codeError(code)
      await new Promise((resolve) => setTimeout(resolve, SEEK_RETRY_MS))
    }
  }

  // ---- offsets ----

  commit(what: unknown): void {
    const { list, session } = this.#toCommit(what)
    if (list.length > 0) session.commit(list)
    else setImmediate(() => this.onCommitted(ERR_NO_OFFSET, []))
  }

  commitSync(what: unknown): void {
    const { list, session } = this.#toCommit(what)
    const code = list.length > 0 ? session.commitSync(list) : ERR_NO_OFFSET
    if (code !== 0) throw codeError(code)
  }

  offsetsStore(list: unknown): number {
    const checked = toToppars(list)
    if (this.conf.storesOffsets) throw codeError(ERR_INVALID_ARG)
    this.#run((session) => {
      for (const toppar of checked) if (!session.storeOffset(toppar)) throw codeError(ERR_STATE)
    })
    return 0
  }

  /** `offset` is missing where nothing was handed out yet. */
  position(list: unknown): Toppar[] {
    const checked = list === undefined || list === null ? this.assignments() : toToppars(list)
    return this.#run((session) =>
      checked.map(({ topic, partition }) => {
        const offset = session.position({ topic, partition })
        return offset === undefined ? { topic, partition } : { topic, partition, offset }
      }),
    )
  }

  async committed(list: unknown, timeoutMs: number): Promise<unknown[]> {
    const checked = toToppars(list)
    const flat = await this.#ask((session) => session.native.committed(toFlatPartitions(checked), timeoutMs))
    return fromResults(flat, codeError)
  }

  async offsetsForTimes(list: unknown, timeoutMs: number): Promise<unknown[]> {
    const times = toToppars(list)
    const flat = await this.#ask((session) => session.native.offsetsForTimes(toFlat(times), timeoutMs))
    return fromResults(flat, codeError)
  }

  async queryWatermarks(topic: unknown, partition: unknown, timeoutMs: number): Promise<Watermarks> {
    const at = toToppar({ topic, partition })
    const [lowOffset, highOffset] = await this.#ask((session) =>
      session.native.watermarks(at.topic, at.partition, timeoutMs),
    )
    return { lowOffset, highOffset }
  }

  cachedWatermarks(topic: unknown, partition: unknown): Watermarks {
    const at = toToppar({ topic, partition })
    try {
      const [lowOffset, highOffset] = this.#run((session) => session.native.cachedWatermarks(at.topic, at.partition))
      return { lowOffset, highOffset }
    } catch {
      // Nothing known of it.
      return { lowOffset: OFFSET_INVALID, highOffset: OFFSET_INVALID }
    }
  }

  async metadata({ topic, timeout }: MetadataOptions): Promise<Metadata> {
    const name = typeof topic === 'string' && topic !== '' ? topic : null
    return toMetadata(await this.#ask((session) => session.native.metadata(name, timeout ?? METADATA_TIMEOUT_MS)))
  }

  // ---- what the session reports ----

  onMessage(message: PlainMessage): void {
    this.owner.emit('data', message)
    this.#flowCallback?.(null, message)
  }

  onEof(eof: Eof): void {
    this.owner.emit('partition.eof', eof)
  }

  onConsumerError(code: number): void {
    const error = codeError(code)
    if (code === ERR_UNKNOWN_TOPIC || code === ERR_TOPIC_AUTHORIZATION) {
      this.owner.emit('warning', error)
      return
    }
    // To whoever waits for messages, and to listeners: at once, and the loop goes on.
    if (this.#session?.reader.fail(error) !== true) this.#flowCallback?.(error)
    if (this.owner.hasEvents) this.owner.emit('event.error', error)
  }

  onCommitted(code: number, offsets: Toppar[]): void {
    const { offsetCommit, self } = this.owner
    if (offsetCommit === undefined || offsetCommit === false) return
    const error = code === 0 ? undefined : codeError(code)
    this.owner.emit('offset.commit', error, offsets)
    if (typeof offsetCommit === 'function') offsetCommit.call(self, error, offsets)
  }

  onRebalance(isAssign: boolean, partitions: Toppar[]): void {
    const { rebalance, self } = this.owner
    const error = codeError(isAssign ? ERR_ASSIGN_PARTITIONS : ERR_REVOKE_PARTITIONS)
    if (rebalance !== undefined && rebalance !== false) this.owner.emit('rebalance', error, partitions)
    if (typeof rebalance === 'function') {
      rebalance.call(self, error, partitions)
      return
    }
    try {
      this.#answer(isAssign, partitions)
    } catch (thrown) {
      this.owner.emit('rebalance.error', thrown)
    }
  }

  onRebalanceError(message: string): void {
    this.owner.emit('rebalance.error', new Error(message))
  }

  onClientEvent(event: NativeEvent): void {
    if (!this.owner.hasEvents) return
    const [kind, ...fields] = event
    if (kind === EventKind.ClientError) this.owner.emit('event.error', eventError(String(fields[1])))
    else if (kind === EventKind.Stats) this.owner.emit('event.stats', { message: fields[0] })
    else if (kind === EventKind.Log) {
      const [severity, fac, message] = fields
      this.owner.emit('event.log', { severity, fac, message })
    } else if (kind === EventKind.Throttle) {
      const [brokerName, brokerId, throttleTime] = fields
      const data = { message: `Broker ${String(brokerName)} throttled`, throttleTime, brokerName, brokerId }
      this.owner.emit('event.event', data)
      this.owner.emit('event.throttle', data)
    }
    // Token refresh: users set tokens themselves. The rest comes in order with messages.
  }

  #answer(isAssign: boolean, partitions: Toppar[]): void {
    const isCooperative = this.rebalanceProtocol() === 'COOPERATIVE'
    if (isAssign) {
      if (isCooperative) this.incrementalAssign(partitions)
      else this.assign(partitions)
    } else if (isCooperative) this.incrementalUnassign(partitions)
    else this.unassign()
  }

  #toCommit(what: unknown): { list: readonly Toppar[]; session: Session } {
    const session = this.#session
    if (session === undefined) throw new Error('KafkaConsumer is disconnected')
    if (what === null || what === undefined) return { list: session.stored(), session }
    if (typeof what !== 'object') throw new Error('First parameter must be an object or an array')
    const list = Array.isArray(what) ? toToppars(what) : [toToppar(what)]
    return { list, session }
  }

  /** Synchronous calls. */
  #run<T>(call: (session: Session) => T): T {
    if (this.#session === undefined) throw codeError(ERR_STATE)
    try {
      return call(this.#session)
    } catch (error) {
      throw fromNative(error)
    }
  }

  #ask<T>(call: (session: Session) => Promise<T>): Promise<T> {
    return settled(this.#run(call))
  }
}

export interface Watermarks {
  lowOffset: number
  highOffset: number
}

async function settled<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw fromNative(error)
  }
}

function toAssignedList(list: unknown): Required<Toppar>[] {
  if (!Array.isArray(list)) throw new TypeError('assignments.map is not a function')
  return (list as unknown[]).map(toAssigned)
}
