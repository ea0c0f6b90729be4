import { EventKind } from '../binding'
import type { Assignment } from './assignment'
import { type ErrorCodes, type NativeError, nativeError, oneOf } from './errors'
import type { Flow } from './flow'
import type { RdkafkaConsumer, RdkafkaMessage, RdkafkaTopicPartition } from './node-rdkafka'
import type { RowQueue } from './rows'
import type { Toppars } from './toppars'

const ERR_ASSIGN_PARTITIONS = -175
const ERR_REVOKE_PARTITIONS = -174

/** Takes what comes from node-rdkafka's polling thread into the queue of rows, as long as it is wanted. */
export class Intake {
  /** It is being closed: rows are no longer wanted. */
  isLeaving = false
  /** Nobody answers rebalances any more. */
  isAbandoned = false

  constructor(
    private readonly client: RdkafkaConsumer,
    private readonly toppars: Toppars,
    private readonly rows: RowQueue,
    private readonly flow: Flow,
    private readonly assignment: Assignment,
    private readonly errors: ErrorCodes,
    private readonly wantsEof: boolean,
    private readonly subscription: () => readonly string[],
    /** Its thread is alive. */
    private readonly onHeard: () => void,
    /** There is something to poll. */
    private readonly onAdded: () => void,
  ) {}

  listen(): void {
    this.client.on('data', (message) => {
      this.onHeard()
      this.#onMessage(message)
    })
    this.client.on('partition.eof', ({ topic, partition, offset }) => {
      this.onHeard()
      this.#onEof(topic, partition, offset)
    })
    this.client.on('warning', (error) => {
      this.onHeard()
      this.#onWarning(this.errors.toNative(error))
    })
  }

  /** `rebalance_cb` */
  onRebalance(error: unknown, partitions: RdkafkaTopicPartition[]): void {
    this.onHeard()
    if (this.isAbandoned) {
      this.assignment.abandon()
      return
    }
    const { code, message } = this.errors.toNative(error)
    const kind = code === ERR_ASSIGN_PARTITIONS ? 'assign' : code === ERR_REVOKE_PARTITIONS ? 'revoke' : 'error'
    this.assignment.asked()
    this.rows.addUrgent([
      EventKind.Rebalance,
      kind,
      // node-rdkafka does not tell what was lost: it looks revoked.
      false,
      this.client.rebalanceProtocol(),
      message,
      ...partitions.flatMap(({ topic, partition }) => [topic, partition]),
    ])
    this.onAdded()
  }

  /** An error that belongs to no call, in order with the rows. */
  report({ code, message, isFatal, isRetriable }: NativeError): void {
    if (this.isLeaving) return
    this.rows.addEvent([EventKind.ConsumerError, code, message, isFatal, isRetriable, null, -1, -1])
    this.onAdded()
  }

  /** A topic is unknown, or forbidden; node-rdkafka does not tell which. */
  #onWarning(error: NativeError): void {
    const topics = [...new Set([...this.subscription(), ...[...this.toppars.opened].map(({ topic }) => topic)])]
    this.report(nativeError(error.code, [error.message, oneOf(topics)].filter((part) => part !== '').join(': '), error))
  }

  #onMessage(message: RdkafkaMessage): void {
    const toppar = this.toppars.get(message.topic, message.partition)
    if (toppar?.isOpen !== true || this.isLeaving) return
    // librdkafka goes on where it was when it was paused. If its polling thread had a message in hand just then, that
    // one comes twice, one after the other. (The same offset with another timestamp is another message: the end of the
    // partition was cut off and written anew.)
    if (toppar.wasPaused && message.offset + 1 === toppar.next && message.timestamp === toppar.timestamp) return
    toppar.next = message.offset + 1
    toppar.timestamp = message.timestamp
    this.flow.added(this.rows.addMessage(message, toppar.slot, this.assignment.epoch))
    this.onAdded()
  }

  #onEof(topic: string, partition: number, offset: number): void {
    const toppar = this.toppars.get(topic, partition)
    if (toppar?.isOpen !== true) return
    toppar.next = offset
    if (!this.wantsEof || this.isLeaving) return
    this.rows.addEvent([EventKind.PartitionEof, topic, partition, offset, this.assignment.epoch])
    this.onAdded()
  }
}
