import { Readable } from 'node:stream'
import type { TierInstance } from './instance'
import type { tierMethods } from './methods'
import type { Metadata } from './metadata'
import type { PlainMessage } from './plain-message'

type Topics = string | RegExp | (string | RegExp)[]

/** As node-rdkafka's `createReadStream` takes them, and Node's for a Readable. */
export interface StreamOptions {
  topics: Topics | ((metadata: Metadata) => Topics)
  /** Longest pause after nothing came, in milliseconds; default 1000. 0: try again at once. */
  waitInterval?: number
  /** Messages a `consume(n)` asks for; default 1. */
  fetchSize?: number
  /** Default true: messages; false: their values. */
  objectMode?: boolean
  highWaterMark?: number
  /** Disconnect at the end; default true. */
  autoClose?: boolean
  /** Push arrays, as they were fetched. */
  streamAsBatch?: boolean
  connectOptions?: object
  initOauthBearerToken?: string
}

/** What of a consumer a stream uses. */
type StreamConsumer = TierInstance & typeof tierMethods

const DEFAULT_WAIT_MS = 1000

/** node-rdkafka's `KafkaConsumerStream` for consumers with a tier: a Readable over `consume(n)`. */
export class KafkaConsumerStream extends Readable {
  readonly consumer: StreamConsumer
  readonly topics: StreamOptions['topics']
  readonly autoClose: boolean
  readonly waitInterval: number
  readonly fetchSize: number
  readonly connectOptions: object
  readonly streamAsBatch: boolean
  messages: PlainMessage[] = []
  readonly #isObjectMode: boolean
  #isReading = false

  constructor(consumer: unknown, given: StreamOptions | number | undefined) {
    const options = checkOptions(given)
    const fetchSize = options.fetchSize ?? 1
    const isObjectMode = options.objectMode ?? true
    super({
      objectMode: isObjectMode,
      autoDestroy: false,
      highWaterMark: options.highWaterMark ?? (isObjectMode ? fetchSize + 2 : undefined),
    })
    this.consumer = consumer as StreamConsumer
    this.topics = options.topics
    this.autoClose = options.autoClose ?? true
    this.waitInterval = options.waitInterval ?? DEFAULT_WAIT_MS
    this.fetchSize = fetchSize
    this.connectOptions = options.connectOptions ?? {}
    this.streamAsBatch = options.streamAsBatch ?? false
    this.#isObjectMode = isObjectMode
    this.consumer.on('unsubscribed', () => {
      this.push(null)
    })
    if (options.initOauthBearerToken !== undefined) this.consumer.setOauthBearerToken(options.initOauthBearerToken)
    this.connect(this.connectOptions)
    this.once('end', () => {
      if (this.autoClose) this.destroy()
    })
  }

  connect(options: object): void {
    const onConnected = (error?: unknown, metadata?: Metadata): void => {
      if (error !== null && error !== undefined) {
        this.emit('error', error)
        this.destroy()
        return
      }
      try {
        const topics = typeof this.topics === 'function' ? this.topics(metadata as Metadata) : this.topics
        this.consumer.subscribe(Array.isArray(topics) ? topics : [topics])
      } catch (thrown) {
        this.emit('error', thrown)
        this.destroy()
        return
      }
      this.read()
    }
    if (this.consumer.isConnected()) {
      setImmediate(() => {
        onConnected(null, this.consumer._metadata as Metadata)
      })
    } else this.consumer.connect(options, onConnected)
  }

  refreshOauthBearerToken(token: string): void {
    this.consumer.setOauthBearerToken(token)
  }

  override _read(size: number): void {
    const waiting = this.messages.shift()
    if (waiting !== undefined) {
      this.#give(waiting)
      return
    }
    if (this.#isReading || this.destroyed) return
    if (!this.consumer.isConnected()) {
      this.consumer.once('ready', () => {
        this._read(size)
      })
      return
    }
    this.#isReading = true
    this.consumer.consume(Math.min(size, this.fetchSize), (error?: unknown, messages: PlainMessage[] = []) => {
      this.#isReading = false
      if (error !== null && error !== undefined) this.emit('error', error)
      const [first, ...rest] = messages
      if (first === undefined) this.#tryLater(size)
      else if (this.streamAsBatch) this.push(messages)
      else {
        this.messages.push(...rest)
        this.#give(first)
      }
    })
  }

  /** As node-rdkafka's: unsubscribes and disconnects, then 'close'. */
  override destroy(): this {
    if (!this.destroyed) {
      // Readable's own would end at once, while the consumer still disconnects.
      Object.defineProperty(this, 'destroyed', { value: true, configurable: true, writable: true })
      this.close()
    }
    return this
  }

  close(callback?: () => void): void {
    if (callback !== undefined) this.once('close', callback)
    const { consumer } = this
    if (consumer._isConnecting === true) {
      consumer.once('ready', () => {
        this.close()
      })
    } else if (consumer._isConnected) {
      consumer.unsubscribe()
      consumer.disconnect(() => {
        this.emit('close')
      })
    } else this.emit('close')
  }

  #give(message: PlainMessage): void {
    this.push(this.#isObjectMode ? message : message.value)
  }

  /** After a pause of random length, so that many streams do not ask together. It keeps no process alive. */
  #tryLater(size: number): void {
    if (this.waitInterval === 0)
      setImmediate(() => {
        this._read(size)
      })
    else
      setTimeout(() => {
        this._read(size)
      }, this.waitInterval * Math.random()).unref()
  }
}

function checkOptions(given: unknown): StreamOptions {
  const options = given === undefined || typeof given === 'number' ? {} : given
  if (options === null || typeof options !== 'object') {
    throw new TypeError('"options" argument must be a number or an object')
  }
  const { topics } = options as { topics?: unknown }
  const isTopics =
    typeof topics === 'string' || typeof topics === 'function' || topics instanceof RegExp || Array.isArray(topics)
  if (!isTopics) throw new TypeError('"topics" argument must be a string, regex, or an array')
  return options as StreamOptions
}
