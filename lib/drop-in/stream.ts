import { Readable, type ReadableOptions } from 'node:stream'
import type { TierInstance } from './instance'
import type { tierMethods } from './methods'
import type { Metadata } from './metadata'
import type { PlainMessage } from './plain-message'

type Topics = string | RegExp | (string | RegExp)[]

/** As node-rdkafka's `createReadStream` takes them, and Node's for a Readable. */
export interface StreamOptions extends ReadableOptions {
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
  /** What was fetched and not pushed yet. */
  messages: unknown[] = []
  readonly #isObjectMode: boolean

  constructor(consumer: unknown, given: StreamOptions | number | undefined) {
    const { topics, ...options } = checkOptions(given)
    const fetchSize = options.fetchSize ? options.fetchSize : 1
    const isModeGiven = options.objectMode !== undefined && (options.objectMode as unknown) !== null
    super({
      ...options,
      objectMode: isModeGiven ? options.objectMode : true,
      // Room for one fetch; where the mode is given, as Node has it.
      ...(!isModeGiven && !options.highWaterMark && { highWaterMark: fetchSize + 2 }),
    })
    this.consumer = consumer as StreamConsumer
    this.topics = topics
    this.autoClose = options.autoClose === undefined ? true : options.autoClose
    this.waitInterval = options.waitInterval === undefined ? DEFAULT_WAIT_MS : options.waitInterval
    this.fetchSize = fetchSize
    this.connectOptions = options.connectOptions ? options.connectOptions : {}
    this.streamAsBatch = options.streamAsBatch ? options.streamAsBatch : false
    this.#isObjectMode = !isModeGiven || options.objectMode === true
    this.consumer.on('unsubscribed', () => {
      this.push(null)
    })
    if (options.initOauthBearerToken) this.consumer.setOauthBearerToken(options.initOauthBearerToken)
    this.connect(this.connectOptions)
    this.once('end', () => {
      if (this.autoClose) this.destroy()
    })
  }

  connect(options: object): void {
    const onConnected = (error?: unknown, metadata?: Metadata): void => {
      if (error) {
        this.emit('error', error)
        this.destroy()
        return
      }
      if (this.destroyed) return
      try {
        this.consumer.subscribe(typeof this.topics === 'function' ? this.topics(metadata as Metadata) : this.topics)
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
    if (this.messages.length > 0) {
      this.push(this.messages.shift())
      return
    }
    if (!this.consumer.isConnected() || this.consumer._isDisconnecting === true) {
      this.consumer.once('ready', () => {
        this._read(size)
      })
      return
    }
    if (this.destroyed) return
    this.consumer.consume(Math.min(size, this.fetchSize), (error: unknown, messages: PlainMessage[] = []) => {
      // To whoever listens; it goes on all the same.
      if (error) this.emit('error', error)
      if (error || messages.length === 0) {
        this.#tryLater(size)
      } else if (this.streamAsBatch) {
        this.push(messages)
      } else {
        for (const message of messages) this.messages.push(this.#isObjectMode ? message : message.value)
        this.push(this.messages.shift())
      }
    })
  }

  /** As node-rdkafka's: unsubscribes and disconnects, then 'close'; whatever error it is given, there is none. */
  // @ts-expect-error Readable's returns the stream.
  override destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.close()
  }

  close(callback?: () => void): void {
    if (callback) this.once('close', callback)
    const { consumer } = this
    if (consumer._isConnecting) {
      consumer.once('ready', () => {
        this.close()
      })
    } else if (consumer._isConnected) {
      const isClosing = consumer._isDisconnecting === true
      consumer.unsubscribe()
      // Once: the end that a close() brings about closes too, and disconnect() calls back for each of its calls.
      consumer.disconnect(() => {
        if (!isClosing) this.emit('close')
      })
    } else this.emit('close')
  }

  /** After a pause of random length, so that many streams do not ask together. It keeps no process alive. */
  #tryLater(size: number): void {
    if (this.waitInterval)
      setTimeout(() => {
        this._read(size)
      }, this.waitInterval * Math.random()).unref()
    else
      setImmediate(() => {
        this._read(size)
      })
  }
}

function checkOptions(given: unknown): StreamOptions {
  const options = given === undefined || typeof given === 'number' ? {} : given
  if (options === null || typeof options !== 'object') {
    throw new TypeError('"options" argument must be a number or an object')
  }
  const { topics } = options as { topics?: unknown }
  if (typeof topics === 'function' || Array.isArray(topics)) return options as StreamOptions
  if (typeof topics !== 'string' && !(topics instanceof RegExp)) {
    throw new TypeError('"topics" argument must be a string, regex, or an array')
  }
  return { ...options, topics: [topics] }
}
