// Calls that ask the cluster, and commits: arguments as node-rdkafka takes them, results and errors as it gives them.
import { ERROR_CODES } from './codes'
import { codeError, fromNative } from './errors'
import { toMetadata, type Metadata, type MetadataOptions } from './metadata'
import type { Session } from './session'
import { NOT_CONNECTED, type TierConsumer } from './tier-consumer'
import {
  OFFSET_STORED,
  fromResults,
  isObject,
  OFFSET_INVALID,
  toAssigned,
  toFlat,
  toFlatPartitions,
  toResult,
  toToppar,
  toToppars,
  type Position,
  type Toppar,
} from './toppar'

const { ERR__INVALID_ARG, ERR__STATE, ERR__NO_OFFSET, ERR__UNKNOWN_PARTITION } = ERROR_CODES
const METADATA_TIMEOUT_MS = 30_000
const MIN_SEEK_TIMEOUT_MS = 10
const SEEK_RETRY_MS = 10
/** For no limit at all: calls of one client wait behind each other, `disconnect()` behind all. */
const LONGEST_TIMEOUT_MS = 60_000
const EXPECTED_TOPPARS = 'Need to specify an array of topic partitions'

export interface Watermarks {
  lowOffset: number
  highOffset: number
}

/** As node-rdkafka converts timeouts: to an unsigned integer, and that to one with a sign. */
export function toTimeout(timeout: unknown): number {
  return Number(timeout) | 0
}

/** For the addon, which takes no negative ones: -1 is librdkafka's for no limit, any other has passed already. */
function toLimit(timeout: unknown): number {
  const timeoutMs = toTimeout(timeout)
  return timeoutMs === -1 || timeout === Infinity ? LONGEST_TIMEOUT_MS : Math.max(0, timeoutMs)
}

async function ask<T>(tier: TierConsumer, call: (session: Session) => Promise<T>): Promise<T> {
  const { session } = tier
  if (session === undefined) throw codeError(ERR__STATE, NOT_CONNECTED)
  try {
    return await call(session)
  } catch (error) {
    throw fromNative(error)
  }
}

export function metadata(tier: TierConsumer, options: MetadataOptions): Promise<Metadata> {
  const { topic, allTopics, timeout } = options
  // All of them unless told otherwise, also beside a topic.
  const only = allTopics === false && topic !== undefined && topic !== null ? topic : ''
  const timeoutMs = typeof timeout === 'number' ? toLimit(timeout) : METADATA_TIMEOUT_MS
  return ask(tier, async (session) =>
    toMetadata(await session.ask((native) => native.metadata(only === '' ? null : only, timeoutMs))),
  )
}

/** @throws Error an argument is of the wrong type */
export function queryWatermarks(
  tier: TierConsumer,
  topic: unknown,
  partition: unknown,
  timeout: unknown,
): Promise<Watermarks> {
  const at = checkedPartition(topic, partition)
  if (typeof timeout !== 'number') throw new Error('3rd parameter must be a number of milliseconds')
  return ask(tier, async (session) => {
    const timeoutMs = toLimit(timeout)
    const [lowOffset, highOffset] = await session.ask((native) => native.watermarks(at.topic, at.partition, timeoutMs))
    return { lowOffset, highOffset }
  })
}

/** @throws Error an argument is of the wrong type */
export function cachedWatermarks(tier: TierConsumer, topic: unknown, partition: unknown): Watermarks {
  const at = checkedPartition(topic, partition)
  try {
    const [lowOffset, highOffset] = tier.run(({ native }) => native.cachedWatermarks(at.topic, at.partition))
    return { lowOffset, highOffset }
  } catch {
    // Nothing known of it.
    return { lowOffset: OFFSET_INVALID, highOffset: OFFSET_INVALID }
  }
}

function checkedPartition(topic: unknown, partition: unknown): { topic: string; partition: number } {
  if (typeof topic !== 'string') throw new Error('1st parameter must be a topic string')
  if (typeof partition !== 'number') throw new Error('2nd parameter must be a partition number')
  return { topic: topic.split('\0')[0] as string, partition: partition | 0 }
}

/** @throws Error the list is none */
export function offsetsForTimes(tier: TierConsumer, list: unknown, timeout: unknown): Promise<unknown[]> {
  const times = toToppars(list, EXPECTED_TOPPARS)
  const timeoutMs = toLimit(timeout)
  return ask(tier, async (session) =>
    fromResults(await session.ask((native) => native.offsetsForTimes(toFlat(times), timeoutMs))),
  )
}

/** @throws Error the list is none */
export function committed(tier: TierConsumer, list: unknown, timeout: unknown): Promise<unknown[]> {
  const toppars = toToppars(list, EXPECTED_TOPPARS)
  const timeoutMs = toLimit(timeout)
  return ask(tier, async (session) =>
    fromResults(await session.ask((native) => native.committed(toFlatPartitions(toppars), timeoutMs))),
  )
}

/** `offset` is missing where nothing was handed out yet. */
export function position(tier: TierConsumer, list: unknown): Toppar[] {
  const toppars = toToppars(list, EXPECTED_TOPPARS)
  return tier.run((session) =>
    toppars.map(({ topic, partition }) => toResult(topic, partition, session.position({ topic, partition }))),
  )
}

/** @throws TypeError the target is malformed. Error the timeout is none */
export function seek(tier: TierConsumer, target: unknown, timeout: unknown): Promise<void> {
  const checked = toAssigned(target)
  if (typeof timeout !== 'number' && timeout !== null) throw new Error('Timeout must be a number.')
  const deadline = performance.now() + Math.max(toTimeout(timeout), MIN_SEEK_TIMEOUT_MS)
  return ask(tier, async (session) => {
    // librdkafka refuses it after it has dropped what it has of the partition, which then stands still.
    if (checked.offset === OFFSET_STORED) {
      const isAssigned = session.partitions.get(checked.topic, checked.partition) !== undefined
      throw codeError(isAssigned ? ERR__INVALID_ARG : ERR__STATE)
    }
    for (;;) {
      const left = Math.max(MIN_SEEK_TIMEOUT_MS, Math.round(deadline - performance.now()))
      const { epoch, results } = await session.ask((native) => native.seek(toFlat([checked]), left))
      const code = results[5] as number
      if (code === 0) {
        session.sought(checked, epoch)
        return
      }
      const isAssigned = session.partitions.get(checked.topic, checked.partition) !== undefined
      // The call of librdkafka that node-rdkafka uses has this code for it; the one that fences has another.
      if (!isAssigned && code === ERR__UNKNOWN_PARTITION) throw codeError(ERR__STATE)
      // Just assigned: librdkafka refuses to seek until it knows where to begin.
      if (code !== ERR__STATE || !isAssigned || performance.now() >= deadline) throw codeError(code)
      await new Promise((resolve) => setTimeout(resolve, SEEK_RETRY_MS))
    }
  })
}

interface Commit {
  session: Session
  list: readonly Position[]
  /** What is told of it: the whole assignment where what is stored was to be committed. */
  reported: readonly Toppar[]
}

/** @throws Error it is not connected, or `what` is nothing to commit */
function toCommit({ session }: TierConsumer, what: unknown): Commit {
  if (session === undefined) throw new Error('KafkaConsumer is disconnected')
  if (what === null || what === undefined) {
    // By its own commit user code says that it is done with what it has in hand.
    session.reader.settleHand()
    const list = session.commits.stored()
    return { session, list, reported: session.commits.withAssignment(list) }
  }
  if (!isObject(what)) throw new Error('First parameter must be an object or an array')
  const list = Array.isArray(what) ? toToppars(what, '') : [toToppar(what)]
  return { session, list, reported: list }
}

/** The result is told by an event. */
export function commit(tier: TierConsumer, what: unknown): void {
  const { session, list, reported } = toCommit(tier, what)
  if (list.length > 0) session.commits.commit(list, reported)
  else session.commits.reportLater(ERR__NO_OFFSET, reported)
}

/** @throws LibrdKafkaError it was refused, or there is nothing to commit */
export function commitSync(tier: TierConsumer, what: unknown): void {
  const { session, list, reported } = toCommit(tier, what)
  let code: number = ERR__NO_OFFSET
  if (list.length > 0) code = tier.run(() => session.commits.commitSync(list, reported))
  else session.commits.reportLater(code, reported)
  if (code !== 0) throw codeError(code)
}
