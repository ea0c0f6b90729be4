import type { EventEmitter } from 'node:events'
import { EventKind, type NativeConsumer, type NativeEvent } from '../binding'
import { CorruptRecordError, KafkaError, type KafkaErrorDetails } from '../errors'
import { reasonOf } from '../reason'
import { calling, kafkaError } from './native-error'
import type { Partitions } from './partitions'
import { Repeats } from './repeats'
import type { ConsumerSettings, Logger } from './settings'
import type { ConsumerEvents } from './types'

const ERR_AUTO_OFFSET_RESET = -140

type EventsNative = Pick<NativeConsumer, 'setOauthbearerToken' | 'setOauthbearerTokenFailure'>

/** Turns what the addon reports into the consumer's events. */
export class Events {
  readonly #repeats = new Repeats()

  constructor(
    private readonly native: EventsNative,
    private readonly emitter: EventEmitter<ConsumerEvents>,
    private readonly settings: Pick<ConsumerSettings, 'logger' | 'oauthbearerTokenRefresh'>,
    private readonly onRebalance: (event: NativeEvent) => void,
    private readonly onFatal: (error: KafkaError) => void,
    /** A partition cannot go on where it is: librdkafka tries again and again. */
    private readonly onCorrupt: (error: KafkaError) => void,
    /** A partition stands still: librdkafka has given up on it. */
    private readonly onHalted: (error: KafkaError, epoch: number) => void,
    /** Grows with every message that comes. */
    private readonly progress: () => number,
    private readonly partitions: Pick<Partitions, 'isReading'>,
  ) {}

  /** A listener that throws must not keep what comes after its event from happening: its error goes to the process. */
  emit<E extends keyof ConsumerEvents>(name: E, ...values: ConsumerEvents[E]): void {
    apart(() => {
      // The emitter's type asks for a tuple of a known name; E is one, which TypeScript cannot follow here.
      ;(this.emitter as EventEmitter).emit(name, ...values)
    })
  }

  /** What comes from librdkafka is not told again and again; what user code did is told each time. */
  warn(error: KafkaError): void {
    if (error.errno === undefined || this.#repeats.isNews(error, this.progress())) this.emit('warning', error)
  }

  dispatch(event: NativeEvent): void {
    switch (event[0]) {
      case EventKind.Rebalance:
        this.onRebalance(event)
        return
      case EventKind.PartitionEof: {
        const [, topic, partition, offset, epoch] = event as [EventKind, string, number, number, number]
        if (this.partitions.isReading(topic, partition, epoch)) this.emit('partitionEof', { topic, partition, offset })
        return
      }
      case EventKind.ConsumerError:
      case EventKind.ClientError: {
        const [, code, message, fatal, retriable, ...at] = event as [EventKind, number, string, boolean, boolean]
        const [, , , epoch] = at as (number | undefined)[]
        this.#error(kafkaError(code, message, { fatal, retriable, ...placeOf(at) }), epoch)
        return
      }
      case EventKind.Stats:
        this.#statistics(event[1] as string)
        return
      case EventKind.Log: {
        const [, level, facility, message] = event as [EventKind, number, string, string]
        this.emit('log', { level, facility, message })
        this.#log(logMethod(level), `${facility}: ${message}`)
        return
      }
      case EventKind.LogsDropped:
        this.#log('warn', `${String(event[1])} lines of librdkafka's log were dropped`)
        return
      case EventKind.Throttle: {
        const [, brokerName, brokerId, throttleTimeMs] = event as [EventKind, string, number, number]
        this.emit('throttle', { brokerName, brokerId, throttleTimeMs })
        return
      }
      case EventKind.TokenRefresh:
        void this.#refreshToken(event[1] as string)
    }
  }

  /** librdkafka does not escape what is configured, such as a quote in `client.id`. */
  #statistics(json: string): void {
    let statistics: Record<string, unknown>
    try {
      statistics = JSON.parse(json) as Record<string, unknown>
    } catch (cause) {
      this.emit(
        'warning',
        new KafkaError(`statistics are no JSON: ${reasonOf(cause)}`, 'ERR_KAFKA_STATISTICS', { cause }),
      )
      return
    }
    this.emit('statistics', statistics)
  }

  #log(method: keyof Logger, line: string): void {
    apart(() => {
      this.settings.logger?.[method](line)
    })
  }

  /** `epoch`: of the poll that brought it, where it came in order with rows. */
  #error(error: KafkaError, epoch = Infinity): void {
    const { topic, partition } = error
    // Sought, given back or assigned anew since: it no longer holds.
    const isOver = topic !== undefined && partition !== undefined && !this.partitions.isReading(topic, partition, epoch)
    // librdkafka reads the same again and again: nobody is to wait for what cannot come.
    if (error instanceof CorruptRecordError && partition !== undefined) {
      if (!isOver) this.onCorrupt(error)
      return
    }
    if (!error.fatal) {
      // No offset to go on from, with `auto.offset.reset: error`.
      if (error.errno !== ERR_AUTO_OFFSET_RESET) this.warn(error)
      else if (!isOver) this.onHalted(error, epoch)
      return
    }
    this.onFatal(error)
    // Without a listener the iteration, or the next call, carries it; an unheard 'error' would end the process.
    if (this.emitter.listenerCount('error') > 0) this.emit('error', error)
  }

  async #refreshToken(config: string): Promise<void> {
    const refresh = this.settings.oauthbearerTokenRefresh
    try {
      if (refresh === undefined) throw new Error('oauthbearerTokenRefresh is not configured')
      const { tokenValue, lifetimeMs, principal, extensions = {} } = await refresh(config)
      calling('token refresh', () => {
        this.native.setOauthbearerToken(tokenValue, lifetimeMs, principal, Object.entries(extensions).flat())
      })
    } catch (error) {
      this.#refuseToken(reasonOf(error))
    }
  }

  /** librdkafka reports the reason as an error of the client, and asks again after a while. */
  #refuseToken(reason: string): void {
    try {
      this.native.setOauthbearerTokenFailure(reason)
    } catch {
      // Closed while the token was fetched: nobody needs it any more.
    }
  }
}

/** Fields that only the errors of a topic or a partition have. */
function placeOf([topic, partition, offset]: readonly unknown[]): Pick<
  KafkaErrorDetails,
  'topic' | 'partition' | 'offset'
> {
  return {
    ...(typeof topic === 'string' && { topic }),
    ...(typeof topic === 'string' && typeof partition === 'number' && partition >= 0 && { partition }),
    ...(typeof offset === 'number' && offset >= 0 && { offset }),
  }
}

/** Runs user code in the middle of ours: what it throws is the process's. */
function apart(call: () => void): void {
  try {
    call()
  } catch (error) {
    process.nextTick(() => {
      throw error
    })
  }
}

/** syslog's levels, which librdkafka uses, as a logger's methods. */
function logMethod(level: number): keyof Logger {
  if (level <= 3) return 'error'
  if (level === 4) return 'warn'
  return level <= 6 ? 'info' : 'debug'
}
