// NativeConsumer over node-rdkafka's KafkaConsumer in flowing mode.
//
// Threads: node-rdkafka polls librdkafka on a thread of its own, and hands over messages and what librdkafka calls back
// through the event loop. Everything here runs on JavaScript's thread.
import {
  EventKind,
  WAKE_ROWS,
  WAKE_SERVE,
  type FlatOffsetResults,
  type FlatOffsets,
  type FlatPartitions,
  type NativeConsumer,
  type NativeEvent,
  type NativeMetadata,
  POLL_NOTHING,
} from '../binding'
import { Assignment } from './assignment'
import { Bell } from './bell'
import { Commits } from './commits'
import { createClient } from './conf'
import { Connection } from './connection'
import { ERR_DESTROY, ERR_FATAL, ErrorCodes, type NativeError, nativeError } from './errors'
import { Events } from './events'
import { cachedWatermarks, Flow, type Limits } from './flow'
import type { Rdkafka, RdkafkaConsumer } from './node-rdkafka'
import { Intake } from './intake'
import { Requests } from './requests'
import { RowQueue } from './rows'
import { fromFlatPartitions, Toppars } from './toppars'
import { Watchdog } from './watchdog'

/**
 * How long one poll of node-rdkafka's thread waits for a message. Disconnecting joins that thread on JavaScript's, and
 * blocks it for as long at most; an idle consumer wakes up as often.
 */
const POLL_TIMEOUT_MS = 50

export class LegacyConsumer implements NativeConsumer {
  readonly #client: RdkafkaConsumer
  readonly #bell: Bell
  readonly #errors: ErrorCodes
  readonly #connection: Connection
  readonly #commits: Commits
  readonly #toppars = new Toppars()
  readonly #rows = new RowQueue()
  readonly #flow: Flow
  readonly #assignment: Assignment
  readonly #requests: Requests
  readonly #intake: Intake
  readonly #events: Events
  readonly #watchdog: Watchdog
  #subscription: string[] = []
  /** node-rdkafka's thread has ended. */
  #isDead = false
  #hasEnded = false
  #onChange: (() => void) | undefined

  constructor(
    rdkafka: Rdkafka,
    conf: Readonly<Record<string, string>>,
    wake: (bits: number) => void,
    limits: Limits,
    errors = new ErrorCodes(),
  ) {
    this.#bell = new Bell(wake)
    this.#errors = errors
    this.#client = createClient(rdkafka, conf, {
      rebalance_cb: (error, partitions) => {
        this.#intake.onRebalance(error, partitions)
      },
      offset_commit_cb: (error, partitions) => {
        this.#watchdog.heard()
        this.#commits.onResult(error, partitions)
      },
    })
    this.#connection = new Connection(this.#client, errors)
    this.#commits = new Commits(this.#client, errors)
    this.#events = new Events(conf, () => {
      this.#bell.ring(WAKE_SERVE)
    })
    this.#requests = new Requests(this.#client, this.#connection, errors)
    this.#flow = new Flow(this.#client, this.#toppars, this.#rows, errors, limits, {
      collected: () => {
        this.#bell.ring(WAKE_ROWS)
      },
      resumed: (partitions) => {
        this.#requests.rouse(partitions)
      },
      error: (error) => {
        this.#intake.report(error)
      },
    })
    this.#assignment = new Assignment(
      this.#client,
      this.#connection,
      this.#commits,
      this.#toppars,
      this.#flow,
      errors,
      (error) => {
        this.#intake.report(error)
      },
      () => this.#onChange?.(),
    )
    this.#watchdog = new Watchdog(
      () => this.#commits.echo(),
      () => {
        this.#die()
      },
    )
    this.#intake = new Intake(
      this.#client,
      this.#toppars,
      this.#rows,
      this.#flow,
      this.#assignment,
      errors,
      conf['enable.partition.eof'] === 'true',
      () => this.#subscription,
      () => {
        this.#watchdog.heard()
      },
      () => {
        this.#bell.ring(WAKE_ROWS)
      },
    )
    this.#intake.listen()
    // Without a token no request can be answered.
    if (this.#events.wantsToken) this.#connection.reserve()
    this.#events.listen(this.#client, errors)
    this.#connection.connect(
      () => {
        this.#start()
      },
      ({ message, errno }) => {
        this.#events.add([EventKind.ClientError, errno ?? ERR_FATAL, message, true, false])
      },
    )
  }

  // ---- rows and events ----

  poll(max: number): number {
    if (this.#rows.hasUrgent) return this.#rows.poll(true)
    if (max === 0 || this.#intake.isLeaving) return POLL_NOTHING
    if (this.#rows.isEmpty) {
      this.#flow.drained()
      return POLL_NOTHING
    }
    return this.#flow.mayHandOut() ? this.#rows.poll(false) : POLL_NOTHING
  }

  takeBuffer(): ArrayBuffer {
    return this.#rows.takeBuffer()
  }

  takeEvent(): NativeEvent {
    return this.#rows.takeEvent()
  }

  serve(): NativeEvent[] {
    return this.#events.take()
  }

  slots(first: number): FlatPartitions {
    return this.#toppars.slots(first)
  }

  /** Flowing mode polls by itself, whatever user code does: max.poll.interval.ms has no effect. */
  keepAlive(): void {
    // Nothing to do.
  }

  // ---- what to consume ----

  subscribe(topics: string[]): void {
    this.#run(() => this.#client.subscribe(topics))
    this.#subscription = [...topics]
  }

  unsubscribe(): void {
    this.#run(() => this.#client.unsubscribe())
    this.#subscription = []
  }

  subscription(): string[] {
    return [...this.#subscription]
  }

  assignment(): FlatPartitions {
    return [...this.#toppars.opened].flatMap(({ topic, partition }) => [topic, partition])
  }

  assign(offsets: FlatOffsets): number {
    return this.#assignment.assign(offsets)
  }

  incrementalAssign(offsets: FlatOffsets): number {
    return this.#assignment.incrementalAssign(offsets)
  }

  unassign(): number {
    return this.#assignment.unassign()
  }

  incrementalUnassign(offsets: FlatOffsets): number {
    return this.#assignment.incrementalUnassign(offsets)
  }

  rebalanceProtocol(): string {
    return this.#connection.isReady ? this.#client.rebalanceProtocol() : 'NONE'
  }

  /** node-rdkafka does not tell: lost partitions look revoked. */
  assignmentLost(): boolean {
    return false
  }

  pause(partitions: FlatPartitions): void {
    this.#setPaused(partitions, true)
  }

  resume(partitions: FlatPartitions): void {
    this.#setPaused(partitions, false)
  }

  cachedWatermarks(topic: string, partition: number): [number, number] {
    return cachedWatermarks(this.#client, topic, partition)
  }

  // ---- requests ----

  seek(offsets: FlatOffsets, timeoutMs: number): Promise<{ epoch: number; results: FlatOffsetResults }> {
    return this.#assignment.seek(offsets, timeoutMs)
  }

  async commit(offsets: FlatOffsets): Promise<FlatOffsetResults> {
    await this.#connection.connected()
    return this.#commits.commit(offsets)
  }

  committed(partitions: FlatPartitions, timeoutMs: number): Promise<FlatOffsetResults> {
    return this.#requests.committed(partitions, timeoutMs)
  }

  offsetsForTimes(times: FlatOffsets, timeoutMs: number): Promise<FlatOffsetResults> {
    return this.#requests.offsetsForTimes(times, timeoutMs)
  }

  watermarks(topic: string, partition: number, timeoutMs: number): Promise<[number, number]> {
    return this.#requests.watermarks(topic, partition, timeoutMs)
  }

  metadata(topic: string | null, timeoutMs: number): Promise<NativeMetadata> {
    return this.#requests.metadata(topic, timeoutMs)
  }

  /** node-rdkafka passes on neither principal nor extensions. */
  setOauthbearerToken(token: string, lifetimeMs: number, _principal: string, _extensions: string[]): void {
    this.#connection.assertOpen()
    this.#connection
      .alone(() => this.#client.setOauthBearerToken(token))
      .then(
        () => {
          this.#events.tokenSet(lifetimeMs)
        },
        (error: unknown) => {
          if (!this.#intake.isLeaving) this.#events.tokenFailed(this.#errors.toNative(error).message)
        },
      )
  }

  setOauthbearerTokenFailure(reason: string): void {
    this.#connection.assertOpen()
    this.#events.tokenFailed(reason)
  }

  /** node-rdkafka does not tell. */
  memberId(): string {
    return ''
  }

  // ---- life ----

  beginClose(): Promise<void> {
    void this.#disconnect()
    return Promise.resolve()
  }

  isClosed(): boolean {
    return this.#connection.isClosed
  }

  /** Without waiting for answers to rebalances. node-rdkafka leaves the group all the same, if a broker is there. */
  destroy(): Promise<void> {
    this.#intake.isAbandoned = true
    this.#connection.giveUp()
    this.#onChange?.()
    return this.#disconnect()
  }

  /** node-rdkafka's handles always keep the process alive. */
  ref(): void {
    // Nothing to do.
  }

  unref(): void {
    // Nothing can be done.
  }

  // ---- inside ----

  #start(): void {
    this.#client.setDefaultConsumeTimeout(POLL_TIMEOUT_MS)
    // After a poll that found nothing its thread would sleep so long, messages or not.
    this.#client.setDefaultConsumeLoopTimeoutDelay(0)
    // At once, and not when something is subscribed to: the same thread serves all that librdkafka calls back.
    this.#client.consume((error) => {
      if (error !== null && error !== undefined) this.#onEnd(this.#errors.toNative(error))
    })
    this.#watchdog.start()
  }

  #disconnect(): Promise<void> {
    this.#intake.isLeaving = true
    this.#rows.clear()
    return this.#connection
      .disconnect(() => this.#leave())
      .then(() => {
        this.#events.stop()
        this.#bell.ring(WAKE_ROWS)
      })
  }

  /**
   * Leaves the group while commits still work: node-rdkafka refuses them once it disconnects, and then onRevoked could
   * not commit. And empties the list between its thread and JavaScript: what lies there when it disconnects is never
   * freed, and librdkafka waits for it without limit.
   */
  async #leave(): Promise<void> {
    if (!this.#intake.isAbandoned) {
      try {
        if (this.#subscription.length > 0) this.#client.unsubscribe()
        if (this.#assignment.isManual) this.#assignment.unassign()
      } catch {
        // Disconnecting does it, too.
      }
      await this.#untilLeft()
    }
    this.#intake.isAbandoned = true
    this.#assignment.abandon()
    if (!this.#isDead) await this.#commits.echo().catch(() => undefined)
    this.#watchdog.stop()
    this.#flow.stop()
    this.#commits.fail(nativeError(ERR_DESTROY, 'the client was closed'))
  }

  /** The group took everything back, or nobody waits for that any more. */
  #untilLeft(): Promise<void> {
    return new Promise((resolve) => {
      this.#onChange = () => {
        if (this.#assignment.isEmpty || this.#intake.isAbandoned) resolve()
      }
      this.#onChange()
    })
  }

  /** The watchdog hears nothing more. Only by disconnecting does node-rdkafka tell why. */
  #die(): void {
    this.#isDead = true
    this.#intake.isAbandoned = true
    this.#commits.fail(nativeError(ERR_FATAL, 'node-rdkafka has stopped polling'))
    this.#onChange?.()
    void this.#disconnect().then(() => {
      this.#onEnd(nativeError(ERR_FATAL, 'for a reason it did not tell'))
    })
  }

  /** Its thread has ended at an error. */
  #onEnd({ code, message }: NativeError): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    const text = `node-rdkafka has stopped polling: ${message}; close this consumer and make another`
    this.#events.add([EventKind.ClientError, code, text, this.#isDead, false])
  }

  #setPaused(flat: FlatPartitions, isPaused: boolean): void {
    this.#connection.assertOpen()
    const toppars = fromFlatPartitions(flat).map(({ topic, partition }) => this.#toppars.of(topic, partition))
    for (const toppar of toppars) toppar.isUserPaused = isPaused
    this.#flow.apply(toppars)
  }

  #run(task: () => unknown): void {
    this.#connection.run(task, (error) => {
      this.#intake.report(error)
    })
  }
}
