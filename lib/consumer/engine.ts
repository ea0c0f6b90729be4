// What works under the face of a consumer, put together, and what sets it going: wake-ups of the addon and timers.
import type { EventEmitter } from 'node:events'
import { WAKE_ROWS, WAKE_SERVE, type NativeConsumer } from '../binding'
import { ClosedError, type KafkaError } from '../errors'
import type { Deserializer } from '../serde'
import { Anchor } from './anchor'
import { Closing } from './closing'
import { Delivery } from './delivery'
import { Events } from './events'
import { Group } from './group'
import { Liveness } from './liveness'
import { calling } from './native-error'
import { commitWarning, Offsets } from './offsets'
import { Partitions } from './partitions'
import { Positions } from './positions'
import { Requests } from './requests'
import type { ConsumerSettings } from './settings'
import { Source } from './source'
import type { ConsumerEvents } from './types'

/** Makes the consumer under a consumer: the addon's, or legacy's over node-rdkafka. */
export type CreateNative = (wake: (bits: number) => void) => NativeConsumer

/** Of whatever keys and values. */
type AnyEngine = Pick<Engine<unknown, unknown>, 'wake' | 'tick' | 'autoCommit'>

// What the anchor calls: made here, where no engine is in scope.
const wake = (engine: AnyEngine, bits: number): void => {
  engine.wake(bits)
}
const tick = (engine: AnyEngine): void => {
  engine.tick()
}
const commitInTime = (engine: AnyEngine): void => {
  void engine.autoCommit('auto-commit')
}

export class Engine<K, V> {
  readonly native: NativeConsumer
  readonly partitions: Partitions
  readonly source: Source
  readonly delivery: Delivery<K, V>
  readonly offsets: Offsets
  readonly group: Group
  readonly requests: Requests
  readonly positions: Positions
  readonly closing: Closing
  subscription: readonly string[] = []
  readonly #anchor: Anchor<AnyEngine>
  readonly #events: Events
  readonly #liveness: Liveness
  readonly #timers: NodeJS.Timeout[] = []
  #isDraining = false

  constructor(
    create: CreateNative,
    emitter: EventEmitter<ConsumerEvents>,
    settings: ConsumerSettings,
    keyDeserializer: Deserializer<K>,
    valueDeserializer: Deserializer<V>,
  ) {
    const anchor = (this.#anchor = new Anchor<AnyEngine>(this))
    this.native = calling('create consumer', () => create(anchor.calling(wake)))
    this.partitions = new Partitions(this.native)
    this.source = new Source(this.native, this.partitions, settings.pollMax, (event) => {
      this.#events.dispatch(event)
    })
    this.delivery = new Delivery(
      this.source,
      this.partitions,
      { slots: this.partitions, keyDeserializer, valueDeserializer },
      settings,
      (error) => {
        if (typeof settings.onDeserializationError === 'function') settings.onDeserializationError(error)
        else this.#events.emit('deserializationError', error)
      },
      () => {
        setImmediate(() => {
          this.#look()
        })
      },
    )
    this.offsets = new Offsets(this.native, this.partitions, () => this.subscription.length > 0)
    this.group = new Group(this.native, this.partitions, this.offsets, this.delivery, settings, {
      onAssigned: (partitions) => {
        this.#events.emit('assigned', partitions)
      },
      onRevoked: (partitions) => {
        this.#events.emit('revoked', partitions)
      },
      onLost: (partitions) => {
        this.#events.emit('lost', partitions)
      },
      onWarning: (error) => {
        this.#warn(error)
      },
    })
    this.requests = new Requests(this.native, settings.requestTimeoutMs, this)
    this.positions = new Positions(
      this.native,
      this.partitions,
      this.delivery,
      this.group,
      this.requests,
      settings.autoOffsetReset,
    )
    this.#events = new Events(
      this.native,
      emitter,
      settings,
      (event) => {
        this.group.onRebalance(event)
      },
      (error) => {
        this.delivery.fail(error)
      },
      (error) => {
        this.delivery.interrupt(error)
      },
      (error, epoch) => {
        this.delivery.halt(error, epoch)
      },
      () => this.source.progress,
      this.partitions,
    )
    this.closing = new Closing(
      this.native,
      settings,
      {
        group: this.group,
        offsets: this.offsets,
        delivery: this.delivery,
        source: this.source,
        requests: this.requests,
      },
      {
        onBegin: () => {
          for (const timer of this.#timers) clearInterval(timer)
        },
        autoCommit: (what, retryMs) => this.autoCommit(what, retryMs),
        onWarning: (error) => {
          this.#warn(error)
        },
        onEnd: () => {
          this.#events.emit('close')
        },
      },
    )
    this.#liveness = new Liveness(settings.maxPollIntervalMs)
    this.#timers.push(anchor.every(this.#liveness.intervalMs, tick))
    if (settings.autoCommit.enabled) {
      this.#timers.push(anchor.every(settings.autoCommit.intervalMs, commitInTime))
    }
  }

  /** While the group is being left rebalance handlers may still ask for something. */
  assertOpen(): void {
    if (this.closing.hasBegun && !this.closing.isLeaving) throw new ClosedError()
  }

  /** It takes part now: it goes on until it is closed, whoever holds it. */
  keep(): void {
    this.#anchor.keep(this)
  }

  /** The addon has rung: for `bits`. */
  wake(bits: number): void {
    if (bits & WAKE_SERVE) for (const event of this.native.serve()) this.#events.dispatch(event)
    if (bits & WAKE_ROWS) this.#look()
  }

  /**
   * Counts as a poll for max.poll.interval.ms when user code is alive: it waits for messages, or has asked for some
   * since the last time. Otherwise librdkafka lets the group evict this member, as Kafka means it.
   */
  tick(): void {
    const isAlive = this.delivery.isAlive || this.delivery.isWaiting
    this.delivery.isAlive = false
    const slow = this.#liveness.tick(isAlive)
    if (slow !== undefined && this.subscription.length > 0) this.#events.emit('slow', slow)
    if (isAlive) this.native.keepAlive()
  }

  /** Commits what was processed; what fails is warned of. */
  async autoCommit(what: string, retryMs = 0): Promise<void> {
    try {
      await this.offsets.commitProcessed(undefined, retryMs)
    } catch (error) {
      this.#warn(commitWarning(error, what))
    }
  }

  /**
   * Where nobody iterates: dispatches events and drops rows that may not be delivered, until there is one that may, which
   * waits for an iteration, or nothing more. A wake-up comes only after that.
   */
  async drain(): Promise<void> {
    if (this.#isDraining) return
    this.#isDraining = true
    const { budget } = this.source
    try {
      while (!this.closing.hasBegun && this.delivery.isIdle && !this.source.nextRow()) {
        if (!this.source.pull()) return
        if (budget.isSpent()) await budget.turn()
      }
    } finally {
      this.#isDraining = false
    }
  }

  /** Something may have come: to whoever waits for messages, and where nobody does, rebalances are looked for. */
  #look(): void {
    if (this.closing.hasBegun) {
      this.closing.wake()
    } else if (this.delivery.isWaiting && !this.delivery.isBlocked) {
      this.delivery.wake()
    } else {
      while (this.source.pullUrgent());
      void this.drain()
    }
  }

  #warn(error: KafkaError): void {
    this.#events.warn(error)
  }
}
