import type { NativeConsumer } from '../binding'
import { KafkaError } from '../errors'
import type { Delivery } from './delivery'
import { checkOffsets, checkPartitions, flatOffsets, flatPartitions, fromFlatResults } from './flat'
import type { Group } from './group'
import { awaiting, calling, kafkaError } from './native-error'
import type { Partitions } from './partitions'
import type { Requests } from './requests'
import type {
  CallOptions,
  TopicPartition,
  TopicPartitionLag,
  TopicPartitionOffset,
  TopicPartitionResult,
} from './types'

const ERR_STATE = -172
const ERR_UNKNOWN_PARTITION = -190
const SEEK_RETRY_MS = 10

type PositionsNative = Pick<NativeConsumer, 'seek' | 'pause' | 'resume'>

/** Where delivery stands in each assigned partition, and moving or halting it there. */
export class Positions {
  constructor(
    private readonly native: PositionsNative,
    private readonly partitions: Partitions,
    private readonly delivery: Pick<Delivery<unknown, unknown>, 'inHand' | 'block' | 'unblock' | 'forgive'>,
    private readonly group: Group,
    private readonly requests: Requests,
    private readonly autoOffsetReset: string,
  ) {}

  position(): TopicPartitionResult[] {
    return [...this.partitions.assigned].map((state) => {
      const { topic, partition, startOffset } = state
      const told = startOffset !== undefined && startOffset >= 0 ? startOffset : undefined
      return { topic, partition, offset: this.delivery.inHand(state.slot) ?? this.partitions.delivered(state) ?? told }
    })
  }

  current(options: CallOptions): Promise<TopicPartitionOffset[]> {
    return this.#current(this.requests.sharing(options))
  }

  async #current(asking: () => CallOptions): Promise<TopicPartitionOffset[]> {
    const states = [...this.partitions.assigned]
    const unknown = states.filter(
      (state) => this.partitions.next(state) === undefined && state.startOffset === undefined,
    )
    const committed = await this.requests.committed(unknown, asking())
    return Promise.all(
      states.map(async (state) => {
        const { topic, partition, startOffset } = state
        const known =
          this.partitions.next(state) ??
          startOffset ??
          committed.find((result) => result.topic === topic && result.partition === partition)?.offset
        if (known !== undefined && known >= 0) return { topic, partition, offset: known }
        const { low, high } = await this.requests.watermarks(topic, partition, asking())
        const isFromEnd = known === undefined ? isLatest(this.autoOffsetReset) : known === -1
        return { topic, partition, offset: isFromEnd ? high : low }
      }),
    )
  }

  async lag(options: CallOptions): Promise<TopicPartitionLag[]> {
    const asking = this.requests.sharing(options)
    const current = await this.#current(asking)
    return Promise.all(
      current.map(async ({ topic, partition, offset: before }) => {
        const { high } = await this.requests.watermarks(topic, partition, asking())
        // Reading went on meanwhile.
        const state = this.partitions.get(topic, partition)
        const offset = Math.max(before, (state && this.partitions.next(state)) ?? 0)
        return { topic, partition, offset, high, lag: Math.max(0, high - offset) }
      }),
    )
  }

  async seek(target: TopicPartitionOffset | readonly TopicPartitionOffset[], options: CallOptions): Promise<void> {
    const list = checkOffsets(Array.isArray(target) ? target : [target], 'target', -2)
    const timeoutMs = this.requests.timeout(options)
    const rest = list.filter(({ topic, partition }) => !this.group.isAssigning(topic, partition))
    this.#assertAssigned(rest, 'seek')
    for (const { topic, partition, offset } of list) this.group.startAt(topic, partition, offset)
    if (rest.length === 0) return
    this.delivery.block()
    // Until the broker side has moved nothing is delivered, also when the caller no longer waits for it.
    const seeking = this.#seek(rest, timeoutMs).finally(() => {
      this.delivery.unblock()
    })
    await this.requests.bounded(seeking, options, 'seek')
  }

  setPaused(partitions: readonly TopicPartition[], isPaused: boolean): void {
    const doing = isPaused ? 'pause' : 'resume'
    const list = checkPartitions(partitions, 'partitions')
    const rest = list.filter(({ topic, partition }) => !this.group.isAssigning(topic, partition))
    this.#assertAssigned(rest, doing)
    for (const { topic, partition } of list) this.group.startPaused(topic, partition, isPaused)
    if (rest.length === 0) return
    calling(doing, () => {
      if (isPaused) this.native.pause(flatPartitions(rest))
      else this.native.resume(flatPartitions(rest))
    })
    for (const { topic, partition } of rest) {
      const state = this.partitions.get(topic, partition)
      if (state !== undefined) this.partitions.setPaused(state, isPaused)
    }
  }

  #assertAssigned(list: readonly TopicPartition[], doing: string): void {
    for (const { topic, partition } of list) {
      if (this.partitions.get(topic, partition) !== undefined) continue
      throw new KafkaError(`${doing}: ${topic} [${partition}] is not assigned`, 'ERR__UNKNOWN_PARTITION', {
        errno: ERR_UNKNOWN_PARTITION,
      })
    }
  }

  async #seek(list: readonly TopicPartitionOffset[], timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs
    const seek = {}
    let rest = list.flatMap((target) => {
      const state = this.partitions.get(target.topic, target.partition)
      if (state !== undefined) state.seek = seek
      return state === undefined ? [] : [{ target, state }]
    })
    for (;;) {
      const targets = flatOffsets(rest.map(({ target }) => target))
      const { epoch, results } = await awaiting('seek', () => this.native.seek(targets, timeoutMs))
      const parsed = fromFlatResults(results)
      let refused: KafkaError | undefined
      const again = rest.filter(({ target, state }, index) => {
        const error = parsed[index]?.error ?? 0
        if (error === 0 && this.partitions.isStill(state)) {
          this.partitions.seek(state, epoch, target.offset)
          this.delivery.forgive(target.topic, target.partition, epoch)
        }
        if (error === 0) return false
        if (error === ERR_STATE && this.partitions.isStill(state) && performance.now() < deadline) return true
        refused ??= refusal(error, target)
        return false
      })
      // After all that did move are fenced.
      if (refused !== undefined) throw refused
      if (again.length === 0) return
      // Just assigned: librdkafka still asks where to begin, and refuses to seek until it knows.
      await new Promise((resolve) => setTimeout(resolve, SEEK_RETRY_MS))
      const gone = again.find(({ state }) => !this.partitions.isStill(state))
      if (gone !== undefined) throw refusal(ERR_STATE, gone.target)
      // A later seek says where they go on.
      rest = again.filter(({ state }) => state.seek === seek)
      if (rest.length === 0) return
    }
  }
}

function refusal(error: number, { topic, partition, offset }: TopicPartitionOffset): KafkaError {
  return kafkaError(error, `seek: ${topic} [${partition}]`, { topic, partition, offset })
}

function isLatest(reset: string): boolean {
  return reset === 'latest' || reset === 'largest' || reset === 'end'
}
