import type { NativeConsumer, NativeEvent } from '../binding'
import { KafkaError, TimeoutError } from '../errors'
import { reasonOf } from '../reason'
import type { Delivery } from './delivery'
import { flatOffsets, flatPartitions } from './flat'
import { calling } from './native-error'
import { commitWarning, type Offsets } from './offsets'
import { partitionKey, type Partitions, type PartitionState } from './partitions'
import type { ConsumerSettings, RebalanceHandler } from './settings'
import type { TopicPartition } from './types'
import { within } from './waits'

type GroupNative = Pick<
  NativeConsumer,
  'assign' | 'incrementalAssign' | 'unassign' | 'incrementalUnassign' | 'pause' | 'resume'
>

// Of `rebalanceTimeoutMs`, for each step of an answer, however much those before it took: 1/2 more in all.
const LEAST_SHARE = 1 / 4

export interface GroupEvents {
  onAssigned(partitions: TopicPartition[]): void
  onRevoked(partitions: TopicPartition[]): void
  onLost(partitions: TopicPartition[]): void
  onWarning(error: KafkaError): void
}

/**
 * Answers the group's rebalances, one after the other, while nothing is delivered.
 *
 * Revoke: delivery of those partitions stops, `onRevoked` runs, with auto-commit what was processed is committed, and
 * only then are they given back. Assign: `onAssigned` runs, then fetching starts where it told them to.
 */
export class Group {
  /** Partitions being assigned, while `onAssigned` runs: seek() sets where they start. */
  #assigning: Map<string, PartitionStart> | undefined
  #running: Promise<void> = Promise.resolve()
  /** Of the answer that is under way. */
  #deadline = 0

  constructor(
    private readonly native: GroupNative,
    private readonly partitions: Partitions,
    private readonly offsets: Offsets,
    private readonly delivery: Pick<Delivery<unknown, unknown>, 'block' | 'unblock' | 'whenSettled' | 'source'>,
    private readonly settings: Pick<
      ConsumerSettings,
      'autoCommit' | 'rebalanceTimeoutMs' | 'onAssigned' | 'onRevoked' | 'onLost'
    >,
    private readonly events: GroupEvents,
  ) {}

  /** Settles when the rebalances that have come are answered. */
  get idle(): Promise<void> {
    return this.#running
  }

  onRebalance(event: NativeEvent): void {
    const [, kind, lost, protocol, message, ...flat] = event
    const partitions: TopicPartition[] = []
    for (let i = 0; i < flat.length; i += 2) {
      partitions.push({ topic: flat[i] as string, partition: flat[i + 1] as number })
    }
    const isCooperative = protocol === 'COOPERATIVE'
    this.delivery.block()
    const answer = async (): Promise<void> => {
      this.#deadline = performance.now() + this.settings.rebalanceTimeoutMs
      try {
        if (kind === 'assign') await this.#assigned(partitions, isCooperative)
        else if (kind === 'revoke') await this.#revoked(partitions, isCooperative, lost as boolean)
        else {
          for (const { topic, partition } of [...this.partitions.assigned]) this.partitions.revoke(topic, partition)
          this.native.unassign()
          this.events.onWarning(new KafkaError(`rebalance failed: ${String(message)}`, 'ERR_KAFKA_REBALANCE'))
        }
      } catch (error) {
        this.events.onWarning(commitWarning(error, 'rebalance'))
      } finally {
        this.delivery.unblock()
      }
    }
    this.#running = this.#running.then(answer)
  }

  /** `onAssigned` runs for it: seek(), pause() and resume() set how it starts. */
  isAssigning(topic: string, partition: number): boolean {
    return this.#assigning?.has(partitionKey(topic, partition)) ?? false
  }

  startAt(topic: string, partition: number, offset: number): void {
    const start = this.#assigning?.get(partitionKey(topic, partition))
    if (start !== undefined) start.offset = offset
  }

  startPaused(topic: string, partition: number, isPaused: boolean): void {
    const start = this.#assigning?.get(partitionKey(topic, partition))
    if (start !== undefined) start.isPaused = isPaused
  }

  get assigning(): TopicPartition[] {
    return [...(this.#assigning?.values() ?? [])].map(({ topic, partition }) => ({ topic, partition }))
  }

  async #assigned(partitions: TopicPartition[], isCooperative: boolean): Promise<void> {
    const starts = new Map<string, PartitionStart>()
    for (const { topic, partition } of partitions) {
      starts.set(partitionKey(topic, partition), { topic, partition, offset: undefined, isPaused: false })
    }
    this.#assigning = starts
    await this.#handle(this.settings.onAssigned, partitions, 'onAssigned')
    this.#assigning = undefined
    const list = [...starts.values()]
    const epoch = calling('assign', () =>
      isCooperative ? this.native.incrementalAssign(flatOffsets(list)) : this.native.assign(flatOffsets(list)),
    )
    for (const { topic, partition, offset, isPaused } of list) {
      this.partitions.assign(topic, partition, epoch, offset)
      const state = this.partitions.get(topic, partition)
      if (!isPaused || state === undefined) continue
      this.partitions.setPaused(state, true)
      calling('pause', () => {
        this.native.pause([topic, partition])
      })
    }
    this.events.onAssigned(partitions)
  }

  async #revoked(partitions: TopicPartition[], isCooperative: boolean, isLost: boolean): Promise<void> {
    const states: PartitionState[] = []
    for (const { topic, partition } of partitions) {
      const state = this.partitions.get(topic, partition)
      if (state === undefined) continue
      states.push(state)
      this.partitions.stopDelivery(state)
    }
    if (isLost) {
      await this.#handle(this.settings.onLost, partitions, 'onLost')
    } else {
      await this.#settled(states)
      await this.#handle(this.settings.onRevoked, partitions, 'onRevoked')
      if (this.settings.autoCommit.enabled) {
        try {
          await this.#within(this.offsets.commitProcessed(states, this.#leftMs), 'commit on revoke')
        } catch (error) {
          this.events.onWarning(commitWarning(error, 'commit on revoke'))
        }
      }
    }
    this.resumePaused(states)
    for (const { topic, partition } of partitions) this.partitions.revoke(topic, partition)
    this.delivery.source.dropHeld()
    calling('unassign', () =>
      isCooperative ? this.native.incrementalUnassign(flatOffsets(partitions)) : this.native.unassign(),
    )
    if (isLost) this.events.onLost(partitions)
    else this.events.onRevoked(partitions)
  }

  /** librdkafka keeps a pause beyond the assignment; whoever is assigned the partition next would wait for ever. */
  resumePaused(states: Iterable<PartitionState>): PartitionState[] {
    const paused = [...states].filter(({ isPaused }) => isPaused)
    if (paused.length === 0) return paused
    calling('resume', () => {
      this.native.resume(flatPartitions(paused))
    })
    return paused
  }

  /** Gives these partitions back by `giveBack`; where that throws they are as before. */
  withoutPauses<T>(states: Iterable<PartitionState>, giveBack: () => T): T {
    const paused = this.resumePaused(states)
    try {
      return giveBack()
    } catch (error) {
      if (paused.length > 0) this.native.pause(flatPartitions(paused))
      throw error
    }
  }

  /** The open consumer keeps the process alive. One that was closed without waiting for this does not. */
  #within<T>(promise: Promise<T>, what: string): Promise<T> {
    return within(promise, this.#leftMs, what, false)
  }

  get #leftMs(): number {
    const left = Math.ceil(this.#deadline - performance.now())
    return Math.max(left, Math.ceil(this.settings.rebalanceTimeoutMs * LEAST_SHARE))
  }

  /** What user code has in hand of them may still be finished, and then counts. */
  async #settled(states: readonly PartitionState[]): Promise<void> {
    try {
      const slots = states.map(({ slot }) => slot)
      await this.#within(this.delivery.whenSettled(slots), 'the message in hand')
    } catch (error) {
      this.events.onWarning(commitWarning(error, 'rebalance'))
    }
  }

  /** A handler that throws or takes too long is reported; the group does not wait for it. */
  async #handle(handler: RebalanceHandler | undefined, partitions: TopicPartition[], name: string): Promise<void> {
    if (handler === undefined) return
    try {
      const copies = partitions.map(({ topic, partition }) => ({ topic, partition }))
      await this.#within(Promise.resolve(handler(copies)), name)
    } catch (error) {
      this.events.onWarning(
        error instanceof TimeoutError
          ? error
          : new KafkaError(`${name} failed: ${reasonOf(error)}`, 'ERR_KAFKA_HANDLER', { cause: error }),
      )
    }
  }
}

interface PartitionStart extends TopicPartition {
  offset: number | undefined
  isPaused: boolean
}
