// The boundary between TypeScript and the addon. Only this file names the addon; native/addon.cc is its other side.
//
//  1. In go strings, numbers, booleans and flat arrays, already validated. Out come numbers, strings, one ArrayBuffer
//     per batch, flat arrays and promises. Option objects and user functions never cross.
//  2. Pull until empty. The addon calls one function of ours, the wake-up. It carries no data: TypeScript then calls
//     `serve()` for what is not ordered with messages, and `poll()` until that returns POLL_NOTHING. A wake-up comes
//     only when something that was empty is so no longer, so whoever stops pulling early must remember that.
//  3. The three tiers share `poll()`. They differ only in the thread that asks librdkafka.
//  4. End of partition and consumer errors arrive in order with the rows. A rebalance overtakes rows that were
//     prefetched and not yet handed out: those of a revoked partition are to be dropped, and a slow handler must not
//     hold up the group. Errors, logs, statistics and commit results are not ordered with rows: `serve()`.
//  5. Whatever may block runs on the client's control thread and settles a promise.
//  6. `fence`: every row carries, through its buffer, the epoch at which it was polled. `assign`, `seek` and their like
//     return a new epoch; rows of those partitions polled at an earlier one must not be delivered any more.
//  7. Native errors are thrown (or reject) as plain Errors with `code` (librdkafka's number), `isFatal`, `isRetriable`;
//     TypeScript makes KafkaErrors of them.
//
// A buffer holds one batch; its layout is drawn in native/batch.h and read in lib/message/block.ts, nowhere else.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { LoadError } from './errors'
import { reasonOf } from './reason'

/** `poll()` found nothing; a wake-up will come. */
export const POLL_NOTHING = 0
/** `poll()` found an event: call `takeEvent()`. */
export const POLL_EVENT = -1
/** Set in `poll()`'s count when the rows start a new buffer: call `takeBuffer()`. */
export const POLL_NEW_BUFFER = 0x40000000
/** Set beside POLL_NEW_BUFFER when buffers that were let go are given back to the addon by a turn of the event loop. */
export const POLL_NEEDS_TURN = 0x20000000

/** Bits of the wake-up's argument. */
export const WAKE_ROWS = 1
export const WAKE_SERVE = 2

/** What `takeEvent()` and `serve()` return: a kind, then its fields, flat. */
export enum EventKind {
  /** [kind, 'assign' | 'revoke' | 'error', lost, protocol, message, topic, partition, topic, partition, …] */
  Rebalance = 1,
  /** [kind, topic, partition, offset, epoch of the poll that met it] */
  PartitionEof = 2,
  /** [kind, code, message, fatal, retriable, topic | null, partition, offset, epoch]: from the consumer's queue, in order with rows */
  ConsumerError = 3,
  /** [kind, code, message, fatal, retriable]: from the client: brokers, authentication */
  ClientError = 4,
  /** [kind, json] */
  Stats = 5,
  /** [kind, level, facility, message] */
  Log = 6,
  /** [kind, brokerName, brokerId, throttleTimeMs] */
  Throttle = 7,
  /** [kind, sasl.oauthbearer.config] */
  TokenRefresh = 8,
  /** [kind, count]: logs dropped because JavaScript did not take them in time */
  LogsDropped = 9,
}

export type NativeEvent = [kind: EventKind, ...fields: (string | number | boolean | null)[]]

/** topic, partition, topic, partition, … */
export type FlatPartitions = (string | number)[]
/** topic, partition, offset, leader epoch (-1 unknown), metadata, … (five each) */
export type FlatOffsets = (string | number)[]
/** topic, partition, offset, leader epoch, metadata, error code, … (six each) */
export type FlatOffsetResults = (string | number)[]

/** Where `poll()` asks librdkafka. */
export enum PollMode {
  /** `rd_kafka_consume_batch_queue`, on the caller's thread, for at most as many messages as the call says. */
  Direct = 0,
  /**
   * `poll()` takes from a bounded ring, which a native thread fills while the caller is busy. While the ring is empty it
   * asks librdkafka on the caller's thread.
   */
  Dedicated = 1,
}

export interface NativeMetadata {
  origBrokerId: number
  origBrokerName: string
  brokers: { id: number; host: string; port: number }[]
  /** `error`: librdkafka code, 0 none. */
  topics: {
    name: string
    error: number
    partitions: { id: number; leader: number; replicas: number[]; isrs: number[]; error: number }[]
  }[]
}

export interface NativeConsumer {
  /**
   * Rows added (| POLL_NEW_BUFFER | POLL_NEEDS_TURN), POLL_NOTHING or POLL_EVENT. Never waits. `max` bounds the rows of
   * Buffered; 0 asks for a rebalance alone, which overtakes rows.
   */
  poll(max: number): number
  /** The buffer that the rows of the last `poll()` lie in. */
  takeBuffer(): ArrayBuffer
  takeEvent(): NativeEvent
  /** What is not ordered with rows, and settles finished calls. */
  serve(): NativeEvent[]
  /** Topic and partition of the slots from `first` on: rows name their partition by slot. */
  slots(first: number): FlatPartitions
  /** Asks librdkafka for at most one message, which counts as a poll for max.poll.interval.ms. */
  keepAlive(): void

  subscribe(topics: string[]): void
  unsubscribe(): void
  subscription(): string[]
  assignment(): FlatPartitions
  /** Each returns the new epoch. */
  assign(offsets: FlatOffsets): number
  incrementalAssign(offsets: FlatOffsets): number
  unassign(): number
  incrementalUnassign(offsets: FlatOffsets): number
  rebalanceProtocol(): string
  assignmentLost(): boolean
  pause(partitions: FlatPartitions): void
  resume(partitions: FlatPartitions): void
  /** librdkafka's cached watermarks: [low, high], -1001 unknown. */
  cachedWatermarks(topic: string, partition: number): [number, number]
  setOauthbearerToken(token: string, lifetimeMs: number, principal: string, extensions: string[]): void
  setOauthbearerTokenFailure(reason: string): void
  memberId(): string

  /** Resolves with the new epoch. */
  seek(offsets: FlatOffsets, timeoutMs: number): Promise<{ epoch: number; results: FlatOffsetResults }>
  commit(offsets: FlatOffsets): Promise<FlatOffsetResults>
  committed(partitions: FlatPartitions, timeoutMs: number): Promise<FlatOffsetResults>
  offsetsForTimes(times: FlatOffsets, timeoutMs: number): Promise<FlatOffsetResults>
  watermarks(topic: string, partition: number, timeoutMs: number): Promise<[number, number]>
  /** `topic` null: all. */
  metadata(topic: string | null, timeoutMs: number): Promise<NativeMetadata>

  /** Starts leaving the group. Rebalance events go on coming through `poll()` until `isClosed()`. */
  beginClose(): Promise<void>
  isClosed(): boolean
  /** Ends the client without leaving the group (call after `isClosed()`, or when there is no more time). */
  destroy(): Promise<void>
  /** Keeps the event loop alive (the default) or not. */
  ref(): void
  unref(): void
}

/** The addon's own consumer; legacy's over node-rdkafka is a `NativeConsumer` only. */
export interface AddonConsumer extends NativeConsumer {
  /** Blocks the thread until the coordinator has answered. librdkafka's code, 0 none. For the drop-in alone. */
  commitSync(offsets: FlatOffsets): number
  /** librdkafka's name of the client, such as `rdkafka#consumer-1`. */
  name(): string
}

export interface NativeProducer {
  /** Enqueues one message; false when librdkafka's queue is full. `headers`: name, value | null, … timestamp 0: now. */
  produce(
    topic: string,
    partition: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: (string | Uint8Array | null)[] | null,
    timestampMs: number,
  ): boolean
  /** [delivered, failed, in queue, first error | null] */
  state(): [number, number, number, string | null]
  serve(): NativeEvent[]
  metadata(topic: string | null, timeoutMs: number): Promise<NativeMetadata>
  destroy(): Promise<void>
}

export interface NativeMockCluster {
  bootstrapServers(): string
  createTopic(topic: string, partitions: number, replicationFactor: number): void
  /** librdkafka's API key number, then codes, each delivered to one request; rttMs with each. */
  pushRequestErrors(apiKey: number, codes: number[]): void
  pushBrokerRequestErrors(brokerId: number, apiKey: number, codesAndRttMs: number[]): void
  setTopicError(topic: string, code: number): void
  setBrokerUp(brokerId: number, up: boolean): void
  setRtt(brokerId: number, rttMs: number): void
  /** -1: no leader */
  setLeader(topic: string, partition: number, brokerId: number): void
  setFollower(topic: string, partition: number, brokerId: number): void
  setFollowerWatermarks(topic: string, partition: number, low: number, high: number): void
  setCoordinator(type: string, key: string, brokerId: number): void
  setRack(brokerId: number, rack: string): void
  setInitialRebalanceDelay(delayMs: number): void
  serve(): void
  destroy(): Promise<void>
}

/** Live native objects of this environment, for tests. */
export interface NativeCounters {
  clients: number
  pumps: number
  /** Bytes of batches, in JavaScript's hands or waiting for it. */
  batchBytes: number
  /** Threads of all librdkafka clients of the process. */
  rdkafkaThreads: number
}

export interface Binding {
  librdkafkaVersion: string
  features: string[]
  /** Allocator librdkafka was built with. */
  allocator: 'mimalloc' | 'system'
  /** Versions of what is linked in: openssl, zlib, zstd. */
  versions: Record<string, string>
  /** `conf`: name, value, name, value … `wake` is called with WAKE_ bits; it must not keep the consumer alive. */
  createConsumer(
    conf: string[],
    mode: PollMode,
    wake: (bits: number) => void,
    maxBufferedMessages: number,
    maxBufferedBytes: number,
  ): AddonConsumer
  createProducer(conf: string[], wake: (bits: number) => void): NativeProducer
  createMockCluster(brokers: number, wake: (bits: number) => void): NativeMockCluster
  /** What librdkafka makes of a configuration: name, value, … with its defaults. */
  dumpConfiguration(conf: string[]): string[]
  /** Name of a librdkafka error code, such as `_TIMED_OUT`, and its description. */
  errorName(code: number): string
  errorMessage(code: number): string
  counters(): NativeCounters
  /** Stops every client of this environment, without leaving groups, within `timeoutMs`. For process 'exit'. */
  shutdown(timeoutMs: number): void
}

const FILE = 'rdkafka_tiers.node'

function platformTag(): string {
  const musl = process.platform === 'linux' && !glibcVersion()
  return `${process.platform}-${process.arch}${musl ? '-musl' : ''}`
}

function glibcVersion(): string | undefined {
  const report = process.report as unknown as { excludeNetwork?: boolean; getReport(): unknown }
  report.excludeNetwork = true // a report otherwise looks up host names, which can take seconds
  const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } }
  return header.glibcVersionRuntime
}

function load(): Binding {
  const root = join(__dirname, '..')
  const tag = platformTag()
  const candidates = [
    process.env['RDKAFKA_TIERS_BINARY'],
    join(root, 'build', 'Release', FILE),
    join(root, 'build', 'Debug', FILE),
    join(root, 'prebuilds', tag, FILE),
  ]
  const tried: string[] = []
  for (const file of candidates) {
    if (file === undefined) continue
    if (!existsSync(file)) {
      tried.push(`${file}: not there`)
      continue
    }
    try {
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- a .node file is loaded by require alone
      const binding = require(file) as Binding
      shutDownAtExit(binding)
      return binding
    } catch (error) {
      tried.push(`${file}: ${reasonOf(error)}`)
    }
  }
  throw new LoadError(
    `rdkafka-tiers has no working binary for ${tag} (Node ${process.version}, glibc ${glibcVersion() ?? 'none'}). ` +
      `Build one with \`npm run build:addon\` in ${root} (needs a C++ compiler, make and Python 3), or install a release ` +
      `that ships one for this platform. Tried: ${tried.join('; ')}`,
  )
}

const LOADED = Symbol.for('rdkafka-tiers.loaded')

/**
 * Neither cleanup hooks nor finalizers run on process.exit() of the main thread, while native threads go on running under
 * destructors of statics. One listener, however often and in how many copies this is loaded: Node warns at the 11th.
 */
function shutDownAtExit(binding: Binding): void {
  const shared = process as unknown as { [LOADED]?: Set<Binding> }
  const known = shared[LOADED]
  const all = known ?? (shared[LOADED] = new Set<Binding>())
  all.add(binding)
  if (known !== undefined) return
  process.on('exit', () => {
    for (const each of all) each.shutdown(200)
  })
}

let loaded: Binding | undefined

/** The addon, loaded at the first call. */
export function binding(): Binding {
  loaded ??= load()
  return loaded
}
