import { binding, EventKind, type NativeEvent } from '../binding'
import type { ConsumerTier } from '../config/tier'
import { answer, type Answering } from './callbacks'
import { ERROR_CODES } from './codes'
import type { TierConf } from './conf'
import { codeError, fromNative, nativeCode, reparsed, throwOutside, type LibrdKafkaError } from './errors'
import type { Callback, ClientCallbacks } from './instance'
import type { Metadata } from './metadata'
import type { PlainMessage } from './plain-message'
import type { Eof, ReadCallback } from './read'
import { Session, type SessionSink } from './session'
import { toAssignedList, toToppars, type Toppar } from './toppar'

const { ERR__STATE, ERR__INVALID_ARG, ERR_UNKNOWN_TOPIC_OR_PART, ERR_TOPIC_AUTHORIZATION_FAILED } = ERROR_CODES
/** node-rdkafka's: a token never ends by itself. */
const TOKEN_LIFETIME_MS = Math.floor(Number.MAX_SAFE_INTEGER / 1000)
const MAX_TOPIC_BYTES = 500

export const NOT_CONNECTED = 'KafkaConsumer is not connected'
const EXPECTED_TOPPARS = 'Topic partition must be an array of objects'

/** The consumer that users hold. */
export interface Owner {
  emit(name: string, ...values: unknown[]): boolean
  /** Looked at when they are needed: a connection begins with those of its time. */
  callbacks(): ClientCallbacks
}

/**
 * node-rdkafka's native consumer, over the addon: what its JavaScript class calls `_client`.
 *
 * One connection after the other; each is a Session. Errors look as node-rdkafka's do, except where those crash.
 */
export class TierConsumer implements SessionSink {
  /** Callbacks of the connect() that is under way, and of those that joined it; undefined while none is. */
  connecting: Callback<Metadata>[] | undefined
  /** Callbacks of disconnect() that wait. */
  readonly disconnects: Callback<object>[] = []
  readonly #conf: TierConf
  readonly #tier: ConsumerTier
  readonly #owner: Owner
  #session: Session | undefined
  #closing: Promise<void> | undefined
  #callbacks: ClientCallbacks | undefined
  #flowCallback: Callback<PlainMessage> | undefined
  #token: string | undefined
  readonly #answering: Answering = {
    rebalanceProtocol: () => this.rebalanceProtocol(),
    assign: (list) => this.assign(list),
    unassign: () => this.unassign(),
    incrementalAssign: (list) => this.incrementalAssign(list),
    incrementalUnassign: (list) => this.incrementalUnassign(list),
    isConnected: () => this.#session !== undefined,
    emit: (name, ...values) => this.#owner.emit(name, ...values),
  }

  // Private names: whoever prints a consumer is not to see its passwords twice.
  constructor(conf: TierConf, tier: ConsumerTier, owner: Owner) {
    this.#conf = conf
    this.#tier = tier
    this.#owner = owner
  }

  get session(): Session | undefined {
    return this.#session
  }

  get storesOffsets(): boolean {
    return this.#conf.storesOffsets
  }

  // ---- life ----

  /**
   * @returns the client's name
   * @throws LibrdKafkaError as a failed connect calls back with
   */
  open(): string {
    if (!this.#conf.hasGroup) throw reparsed(new Error('"group.id" must be configured'))
    this.#callbacks = this.#owner.callbacks()
    let session: Session | undefined
    try {
      session = new Session(this.#conf, this.#tier, this)
      if (this.#token !== undefined) setToken(session, this.#token)
      const name = session.native.name()
      this.#session = session
      return name
    } catch (error) {
      if (session !== undefined) void session.close()
      // Without the code, as there.
      throw reparsed(new Error((error as Error).message))
    }
  }

  /** Nothing more is delivered: close() follows. */
  halt(): void {
    this.#session?.reader.halt()
  }

  /** Resolves always. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // Rebalance handlers of the way out still assign and commit.
    await this.#session?.close()
    this.#session = undefined
    this.#flowCallback = undefined
    this.#closing = undefined
  }

  /** Kept, and used again when the consumer connects again. */
  setToken(token: string): void {
    if (this.#session !== undefined) setToken(this.#session, token)
    this.#token = token
  }

  // ---- the group ----

  subscribe(topics: unknown): void {
    if (!Array.isArray(topics)) throw new Error('First parameter must be an array')
    const names = topics.map((topic: unknown) => (topic instanceof RegExp ? topic.source : String(topic)))
    this.run((session) => {
      if (!names.every(isTopicName)) throw codeError(ERR__INVALID_ARG)
      session.subscribe(names)
    })
  }

  unsubscribe(): void {
    if (this.#session?.isSubscribed !== true) return
    this.run((session) => {
      session.unsubscribe()
    })
  }

  subscription(): string[] {
    return this.run((session) => session.native.subscription())
  }

  assignments(): Toppar[] {
    return this.run((session) => {
      const flat = session.native.assignment()
      const list: Toppar[] = []
      for (let i = 0; i < flat.length; i += 2) {
        const topic = flat[i] as string
        const partition = flat[i + 1] as number
        list.push({ offset: session.startOf(topic, partition), partition, topic })
      }
      return list
    })
  }

  assign(list: unknown): void {
    const checked = toAssignedList(list)
    const session = this.#session
    plainly(() => {
      if (session === undefined) throw codeError(ERR__STATE)
      session.assign(checked)
    })
  }

  unassign(): void {
    const session = this.#session
    if (session === undefined) throw new Error('KafkaConsumer is disconnected')
    plainly(() => {
      session.unassign()
    })
  }

  incrementalAssign(list: unknown): void {
    const checked = toAssignedList(list)
    const session = this.#session
    if (session === undefined) throw asObject('KafkaConsumer is disconnected', ERR__STATE)
    asObjects(() => {
      session.incrementalAssign(checked)
    })
  }

  incrementalUnassign(list: unknown): void {
    const checked = toAssignedList(list)
    const session = this.#session
    if (session === undefined) throw asObject(binding().errorMessage(ERR__STATE), ERR__STATE)
    asObjects(() => {
      session.incrementalUnassign(checked)
    })
  }

  rebalanceProtocol(): string {
    try {
      return this.#session?.native.rebalanceProtocol() ?? 'NONE'
    } catch {
      // The client is going.
      return 'NONE'
    }
  }

  // ---- messages ----

  flow(callback: Callback<PlainMessage>): void {
    const session = this.#session
    if (session === undefined) throw new Error('Connect must be called before consume')
    // It disconnects: nothing would come any more.
    if (session.reader.isStopped) return
    if (session.reader.isFlowing) throw new Error('Consume was already called')
    this.#flowCallback = callback
    session.reader.flow()
  }

  read(timeoutMs: number, count: number, callback: ReadCallback): void {
    const session = this.#session
    if (session !== undefined && !session.reader.isStopped) {
      session.reader.read(count, timeoutMs, callback)
      return
    }
    setImmediate(() => {
      callback(codeError(ERR__STATE, NOT_CONNECTED))
    })
  }

  setPaused(list: unknown, isPaused: boolean): number {
    const checked = toToppars(list, EXPECTED_TOPPARS)
    this.run((session) => {
      session.setPaused(checked, isPaused)
    })
    return 0
  }

  // ---- offsets ----

  /** Where at least one could be stored, there is no error, as with librdkafka. */
  offsetsStore(list: unknown): number {
    const checked = toToppars(list, EXPECTED_TOPPARS)
    this.run((session) => {
      if (!session.isSubscribed) throw codeError(ERR__STATE)
      if (checked.length === 0) return
      if (this.storesOffsets) throw codeError(ERR__INVALID_ARG)
      const stored = checked.filter((toppar) => session.storeOffset(toppar))
      if (stored.length === 0) throw codeError(ERROR_CODES.ERR__UNKNOWN_PARTITION)
    })
    return 0
  }

  /** Synchronous calls. */
  run<T>(call: (session: Session) => T): T {
    if (this.#session === undefined) throw codeError(ERR__STATE)
    try {
      return call(this.#session)
    } catch (error) {
      throw fromNative(error)
    }
  }

  // ---- what the session tells ----

  onMessage(message: PlainMessage): void {
    this.#owner.emit('data', message)
    this.#flowCallback?.(null, message)
  }

  onReadMessage(message: PlainMessage): void {
    this.#owner.emit('data', message)
  }

  onEof(eof: Eof): void {
    this.#tell(() => this.#owner.emit('partition.eof', eof))
  }

  onFlowError(error: LibrdKafkaError): void {
    const { code } = error
    if (code === ERR_UNKNOWN_TOPIC_OR_PART || code === ERR_TOPIC_AUTHORIZATION_FAILED) {
      this.#tell(() => this.#owner.emit('warning', error))
      return
    }
    // node-rdkafka's loop ends here, and tells nobody before disconnect(). This one tells, and goes on.
    this.#tell(() => this.#flowCallback?.(error))
    if (this.#callbacks?.event.event_cb !== undefined) this.#tell(() => this.#owner.emit('event.error', error))
  }

  onCommitted(code: number, offsets: Toppar[]): void {
    this.#tell(() => this.#callbacks?.global.offset_commit_cb?.(code === 0 ? undefined : code, offsets))
  }

  onRebalance(isAssign: boolean, partitions: Toppar[]): void {
    const code = isAssign ? ERROR_CODES.ERR__ASSIGN_PARTITIONS : ERROR_CODES.ERR__REVOKE_PARTITIONS
    const onRebalance = this.#callbacks?.global.rebalance_cb
    this.#tell(() => {
      // Without one librdkafka answers by itself.
      if (onRebalance === undefined) answer(this.#answering, code, partitions)
      else onRebalance(code, partitions)
    })
  }

  onRebalanceError(message: string): void {
    this.#tell(() => this.#owner.emit('rebalance.error', new Error(message)))
  }

  onClientEvent(event: NativeEvent): void {
    const onEvent = this.#callbacks?.event.event_cb
    if (onEvent === undefined) return
    this.#tell(() => {
      const [kind, ...fields] = event
      if (kind === EventKind.ClientError) onEvent('error', new Error(binding().errorMessage(fields[0] as number)))
      else if (kind === EventKind.Stats) onEvent('stats', { message: fields[0] })
      else if (kind === EventKind.Log) {
        const [severity, fac, message] = fields
        onEvent('log', { severity, fac, message })
      } else if (kind === EventKind.Throttle) {
        const [brokerName, brokerId, throttleTime] = fields
        onEvent('throttle', { message: binding().errorMessage(0), throttleTime, brokerName, brokerId })
      }
      // Token refresh: users set tokens themselves. The rest comes in order with messages.
    })
  }

  /** User code. What it throws must not stop what called it. */
  #tell(call: () => unknown): void {
    try {
      call()
    } catch (error) {
      throwOutside(error)
    }
  }
}

/** What librdkafka can be told: its names end at the first NUL, and longer ones end the process. */
function isTopicName(name: string): boolean {
  return name !== '' && !name.includes('\0') && Buffer.byteLength(name) <= MAX_TOPIC_BYTES
}

function setToken(session: Session, token: string): void {
  try {
    session.native.setOauthbearerToken(token, TOKEN_LIFETIME_MS, '', [])
  } catch (error) {
    throw new Error((error as Error).message, { cause: error })
  }
}

/** node-rdkafka throws errors without a code there. */
function plainly(call: () => void): void {
  try {
    call()
  } catch (error) {
    throw new Error(fromNative(error).message, { cause: error })
  }
}

/** node-rdkafka throws objects there that are no errors, and whoever catches them looks at their `code`. */
function asObjects(call: () => void): void {
  try {
    call()
  } catch (error) {
    throw asObject((error as Error).message, nativeCode(error) ?? -1)
  }
}

function asObject(message: string, code: number): unknown {
  return { message, code }
}
