import { ConfigError } from '../errors'
import { ERR_DESTROY, ERR_STATE, type ErrorCodes, type NativeError, nativeError } from './errors'
import type { RdkafkaCallback, RdkafkaConsumer, RdkafkaMetadata } from './node-rdkafka'

type ConnectionClient = Pick<RdkafkaConsumer, 'connect' | 'disconnect' | 'getMetadata'>

type State = 'connecting' | 'ready' | 'failed' | 'closing' | 'closed'

/**
 * The life of a node-rdkafka client: connect once, calls, disconnect once.
 *
 * What is called before it is ready waits; nothing is called after it began to disconnect, and it does not disconnect
 * before the calls that run on libuv's pool have ended: those use the client without a lock, and would use it freed.
 */
export class Connection {
  #state: State = 'connecting'
  readonly #client: ConnectionClient
  readonly #errors: ErrorCodes
  readonly #waiting: (() => void)[] = []
  /** Of the requests under way. */
  readonly #running = new Set<(error: Error) => void>()
  readonly #idle: (() => void)[] = []
  /** Above 0 no request may begin. */
  #reservations = 0
  readonly #reserved: (() => void)[] = []
  /** Why it cannot be connected. */
  #failure: ConfigError | undefined
  #disconnecting: Promise<void> | undefined

  constructor(client: ConnectionClient, errors: ErrorCodes) {
    this.#client = client
    this.#errors = errors
  }

  get isReady(): boolean {
    return this.#state === 'ready'
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** It was told to disconnect. */
  get isClosing(): boolean {
    return this.#state === 'closing' || this.#state === 'closed'
  }

  /**
   * Creates librdkafka's client, which takes milliseconds and needs no broker.
   *
   * node-rdkafka counts as connected only when a broker has answered a request for metadata; without an answer in time
   * it destroys the client and gives up. That request would also hold a thread of libuv's pool for as long. So its first
   * request is answered from here: librdkafka connects, and goes on trying, by itself.
   */
  connect(onReady: () => void, onFailure: (error: ConfigError) => void): void {
    this.#client.getMetadata = (_options, callback) => {
      Reflect.deleteProperty(this.#client, 'getMetadata')
      callback(null, { orig_broker_id: -1, orig_broker_name: '', brokers: [], topics: [] })
    }
    this.#client.connect({ allTopics: false, timeout: 30_000 }, (error) => {
      if (error === null || error === undefined) {
        this.#state = 'ready'
        onReady()
      } else {
        // Without a request to a broker, what fails is what librdkafka thinks of the configuration as a whole.
        const { message, code } = this.#errors.toNative(error)
        this.#failure = new ConfigError(`node-rdkafka refuses the configuration: ${message}`, {
          errno: code,
          cause: error,
        })
        this.#state = 'failed'
        onFailure(this.#failure)
      }
      for (const task of this.#waiting.splice(0)) task()
    })
  }

  /** Runs it now, or as soon as it is ready. Throws what it throws, if it runs now; `onError` gets it otherwise. */
  run(task: () => void, onError: (error: NativeError) => void): void {
    this.assertOpen()
    if (this.#state === 'ready') {
      this.#now(task)
      return
    }
    this.#waiting.push(() => {
      if (this.#state !== 'ready') return
      try {
        this.#now(task)
      } catch (error) {
        onError(error as NativeError)
      }
    })
  }

  /** A call that runs on libuv's pool and calls back. */
  async call<T>(start: (callback: RdkafkaCallback<T>) => unknown): Promise<T> {
    await this.connected()
    while (this.#reservations > 0) {
      await new Promise<void>((resolve) => this.#reserved.push(resolve))
      this.assertOpen()
    }
    return new Promise<T>((resolve, reject) => {
      const callback: RdkafkaCallback<T> = (error, value) => {
        this.#ended(reject)
        if (error === null || error === undefined) resolve(value)
        else reject(this.#errors.toNative(error))
      }
      this.#running.add(reject)
      try {
        start(callback)
      } catch (error) {
        callback(error, undefined as T)
      }
    })
  }

  /** Requests wait until `alone()` has run once more. */
  reserve(): void {
    this.#reservations++
  }

  /**
   * Runs it while no request is under way. A request holds node-rdkafka's lock until it is answered, and a call that
   * takes that lock, too, blocks the event loop as long.
   */
  async alone(task: () => unknown): Promise<void> {
    await this.connected()
    this.#reservations++
    try {
      if (this.#running.size > 0) await this.#untilIdle()
      this.assertOpen()
      this.#now(task)
    } finally {
      this.#reservations = 0
      this.#release()
    }
  }

  /** Resolves when it is ready. */
  async connected(): Promise<void> {
    this.assertOpen()
    await this.#settled()
    this.assertOpen()
  }

  assertOpen(): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.isClosing) throw nativeError(ERR_STATE, 'the client is closed')
  }

  metadata(topic: string | null, timeoutMs: number): Promise<RdkafkaMetadata> {
    return this.call((callback) =>
      this.#client.getMetadata(
        { ...(topic !== null && { topic }), allTopics: topic === null, timeout: timeoutMs },
        callback,
      ),
    )
  }

  /** Resolves when it is ready or has failed. */
  async #settled(): Promise<void> {
    if (this.#state === 'connecting') await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** There is no more time: who waits for a request learns it now. The requests themselves go on to their end. */
  giveUp(): void {
    for (const reject of this.#running) reject(nativeError(ERR_DESTROY, 'the client was closed'))
  }

  /**
   * Disconnects: once, when it is ready and idle, whoever asks. node-rdkafka would never call a second callback.
   *
   * Not to be called inside one of node-rdkafka's callbacks: it frees what delivers them.
   */
  disconnect(before: () => Promise<void>): Promise<void> {
    this.#disconnecting ??= this.#disconnect(before)
    return this.#disconnecting
  }

  async #disconnect(before: () => Promise<void>): Promise<void> {
    await this.#settled()
    if (this.#state === 'ready') {
      await before()
      this.#state = 'closing'
      this.#release()
      if (this.#running.size > 0) await this.#untilIdle()
      // Idle was told by one of its callbacks.
      await new Promise((resolve) => setImmediate(resolve))
      await new Promise<void>((resolve) => this.#client.disconnect(resolve))
    }
    this.#state = 'closed'
  }

  #ended(request: (error: Error) => void): void {
    this.#running.delete(request)
    if (this.#running.size === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }

  #untilIdle(): Promise<void> {
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** Those that wait look again. */
  #release(): void {
    for (const resolve of this.#reserved.splice(0)) resolve()
  }

  #now<T>(task: () => T): T {
    try {
      return task()
    } catch (error) {
      throw this.#errors.toNative(error)
    }
  }
}
