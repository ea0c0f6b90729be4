// What a scenario works with: the module under test, consumers of it that are ended whatever happens, and the trace.
import type { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Shaper, type Names } from './shape'

export type Mode = 'node-rdkafka' | 'legacy' | 'standard' | 'buffered' | 'dedicated'
export const TIERS = ['standard', 'buffered', 'dedicated'] as const satisfies readonly Mode[]
/** Compared with node-rdkafka. */
export const COMPARED: readonly Mode[] = ['legacy', ...TIERS]

/** Topics that every scenario may read, and none writes to. */
export interface Topics {
  /** One partition, messages `m0` to `m9`, keys `k0` to `k9`, one a second from `FIRST_MESSAGE_TIME` on. */
  ten: string
  /** One partition: tombstone, empty value, headers of every kind, no key, binary bytes. */
  shapes: string
  /** Two partitions of six messages. */
  two: string
  /** One partition without messages. */
  empty: string
  /** One partition that scenarios write to. */
  trickle: string
}

export const FIRST_MESSAGE_TIME = 1_700_000_000_000

type Method = (...values: unknown[]) => unknown
type MethodName =
  | 'connect'
  | 'disconnect'
  | 'isConnected'
  | 'connectedTime'
  | 'getLastError'
  | 'getClient'
  | 'getMetadata'
  | 'queryWatermarkOffsets'
  | 'getWatermarkOffsets'
  | 'offsetsForTimes'
  | 'setOauthBearerToken'
  | 'subscribe'
  | 'unsubscribe'
  | 'subscription'
  | 'assignments'
  | 'assign'
  | 'unassign'
  | 'incrementalAssign'
  | 'incrementalUnassign'
  | 'rebalanceProtocol'
  | 'position'
  | 'committed'
  | 'commit'
  | 'commitSync'
  | 'commitMessage'
  | 'commitMessageSync'
  | 'offsetsStore'
  | 'pause'
  | 'resume'
  | 'seek'
  | 'consume'
  | 'setDefaultConsumeTimeout'
  | 'setDefaultConsumeLoopTimeoutDelay'

export type Consumer = EventEmitter & Record<MethodName, Method> & Record<string, unknown>

export interface ConsumerClass {
  new (conf: unknown, topicConf?: unknown): Consumer
  (conf: unknown, topicConf?: unknown): Consumer
  createReadStream: (conf: unknown, topicConf: unknown, options: unknown) => NodeJS.ReadableStream & EventEmitter
  prototype: object
}

export type Module = Record<string, unknown> & { KafkaConsumer: ConsumerClass }

export type Conf = Record<string, unknown>

/** A scenario: what it traces must be equal in every mode. */
export type Scenario = (kit: Kit) => Promise<void> | void
export type Scenarios = Readonly<Record<string, Scenario>>

export interface Message {
  topic: string
  partition: number
  offset: number
  value: Buffer | null
  key: Buffer | null
}

export interface KitOptions {
  mode: Mode
  module: Module
  bootstrap: string
  topics: Topics
  /** Different in each process. */
  unique: string
  scenario: string
}

const WAIT_MS = 10_000
const CONSUME_TIMEOUT_MS = 300

export class Kit {
  readonly lines: [where: string, ...values: unknown[]][] = []
  readonly #consumers: Consumer[] = []
  readonly #known = new Map<object, string>()
  readonly #shaper: Shaper
  #groups = 0

  constructor(private readonly options: KitOptions) {
    const { topics, bootstrap, unique } = options
    const names: Names = [
      ...Object.entries(topics).map(([name, topic]: [string, string]) => [topic, `<${name}>`] as const),
      [bootstrap, '<broker>'],
      [bootstrap.split(':')[1] as string, '<port>'],
      [unique, '<unique>'],
      [/rdkafka#consumer-\d+/g, '<client>'],
    ]
    this.#shaper = new Shaper(names, this.#known)
  }

  get module(): Module {
    return this.options.module
  }

  get topics(): Topics {
    return this.options.topics
  }

  get bootstrap(): string {
    return this.options.bootstrap
  }

  /** A group that nobody else uses. */
  group(): string {
    return `${this.options.unique}-${this.options.scenario.replaceAll(/\W+/g, '-')}-${this.#groups++}`
  }

  /** A configuration, with the tier of the mode: only here do the modes differ. */
  conf(more: Conf = {}): Conf {
    const { mode, bootstrap } = this.options
    const tier = mode === 'node-rdkafka' || mode === 'legacy' ? undefined : mode
    return {
      'metadata.broker.list': bootstrap,
      'group.id': this.group(),
      'enable.auto.commit': false,
      'topic.metadata.refresh.interval.ms': 2000,
      'fetch.wait.max.ms': 50,
      'fetch.error.backoff.ms': 50,
      ...more,
      ...(tier !== undefined && { 'performance.tier': tier === 'buffered' ? 'buffered:4' : tier }),
    }
  }

  /** With the tier of the mode, and else as given. */
  tiered(conf: unknown): unknown {
    const tier = this.conf()['performance.tier']
    return tier === undefined || typeof conf !== 'object' ? conf : { ...conf, 'performance.tier': tier }
  }

  create(conf: Conf = {}, topicConf: unknown = { 'auto.offset.reset': 'earliest' }): Consumer {
    return this.own(new this.module.KafkaConsumer(this.conf(conf), topicConf))
  }

  /** It is disconnected when the scenario has ended. Waits are short: what they are is no matter of these scenarios. */
  own(consumer: Consumer, name = '<consumer>'): Consumer {
    this.#consumers.push(consumer)
    this.#known.set(consumer, name)
    consumer.setDefaultConsumeTimeout(CONSUME_TIMEOUT_MS)
    consumer.setDefaultConsumeLoopTimeoutDelay(5)
    return consumer
  }

  async connected(conf: Conf = {}, topicConf?: unknown): Promise<Consumer> {
    const consumer = this.create(conf, topicConf)
    await this.connect(consumer)
    return consumer
  }

  async connect(consumer: Consumer): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      consumer.connect({ timeout: 5000 }, (error: Error | null) => (error ? reject(error) : resolve()))
    })
  }

  /** Connected, with a group's partitions in hand. */
  async joined(topics: string[], conf: Conf = {}, topicConf?: unknown): Promise<Consumer> {
    const consumer = await this.connected(conf, topicConf)
    consumer.subscribe(topics)
    // Who asks for no messages is not told of its partitions there. One at a time, and not for long, so that one message
    // at most is gone.
    consumer.setDefaultConsumeTimeout(20)
    await this.until(async () => {
      await this.read(consumer, 1)
      return (consumer.assignments() as unknown[]).length > 0
    }, 'partitions')
    consumer.setDefaultConsumeTimeout(CONSUME_TIMEOUT_MS)
    return consumer
  }

  /** Connected, at the beginning of partition 0, without a group. */
  async at(topic: string, offset = 0, conf: Conf = {}): Promise<Consumer> {
    const consumer = await this.connected(conf)
    consumer.assign([{ topic, partition: 0, offset }])
    return consumer
  }

  async disconnect(consumer: Consumer): Promise<void> {
    await this.within(
      new Promise<void>((resolve) => {
        consumer.disconnect(() => {
          resolve()
        })
      }),
      'disconnect',
    )
  }

  /** `consume(count)`, as a promise. */
  read(consumer: Consumer, count: number): Promise<Message[]> {
    return new Promise((resolve, reject) => {
      consumer.consume(count, (error: Error | null, messages: Message[]) => (error ? reject(error) : resolve(messages)))
    })
  }

  /** Reads until there are `count`. */
  async readAll(consumer: Consumer, count: number): Promise<Message[]> {
    const messages: Message[] = []
    await this.until(async () => {
      messages.push(...(await this.read(consumer, count - messages.length)))
      return messages.length >= count
    }, `${count} messages`)
    return messages
  }

  // ---- the trace ----

  trace(where: string, ...values: unknown[]): void {
    this.lines.push([where, ...values.map((value) => this.#shaper.of(value))])
  }

  /** What a call returns or throws. */
  call(where: string, call: () => unknown): unknown {
    try {
      const value = call()
      this.trace(where, 'returns', value)
      return value
    } catch (error) {
      this.trace(where, 'throws', error)
      return undefined
    }
  }

  /** What a call returns or throws, and what its callback is called with; resolves then. */
  async callback(where: string, call: (callback: Method) => unknown): Promise<unknown[]> {
    const values = new Promise<unknown[]>((resolve) => {
      try {
        const returned = call((...given) => {
          this.trace(`${where}: callback`, ...given)
          resolve(given)
        })
        this.trace(where, 'returns', returned)
      } catch (error) {
        this.trace(where, 'throws', error)
        resolve([])
      }
    })
    return this.within(values, `the callback of ${where}`)
  }

  /** Traces events from now on. */
  watch(emitter: EventEmitter, names: readonly string[], prefix = 'event'): void {
    for (const name of names) {
      emitter.on(name, (...values: unknown[]) => {
        this.trace(`${prefix} ${name}`, ...values)
      })
    }
  }

  // ---- waiting ----

  async until(condition: () => unknown, what: string, deadlineMs = WAIT_MS): Promise<void> {
    const end = Date.now() + deadlineMs
    while (!(await condition())) {
      if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
      await sleep(10)
    }
  }

  async event(emitter: EventEmitter, name: string): Promise<unknown[]> {
    return this.within(
      new Promise((resolve) => {
        emitter.once(name, (...values: unknown[]) => {
          resolve(values)
        })
      }),
      `event ${name}`,
    )
  }

  async within<T>(promise: Promise<T>, what: string, deadlineMs = WAIT_MS): Promise<T> {
    const cancel = new AbortController()
    const late = sleep(deadlineMs, undefined, { signal: cancel.signal }).then(() => {
      throw new Error(`waited in vain for ${what}`)
    })
    late.catch(() => undefined)
    try {
      return await Promise.race([promise, late])
    } finally {
      cancel.abort()
    }
  }

  /** For what must not come: long enough that it would have. */
  async quiet(ms = 300): Promise<void> {
    await sleep(ms)
  }

  /** Ends what the scenario left. */
  async end(): Promise<void> {
    // On a turn of its own: disconnecting where a message is being delivered ends the process there.
    await sleep(20)
    await Promise.all(
      this.#consumers.map(async (consumer) => {
        consumer.removeAllListeners('data')
        if (consumer.isConnected() === true) await this.disconnect(consumer)
      }),
    )
  }
}
