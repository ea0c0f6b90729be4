import type { FlatOffsets, FlatOffsetResults, FlatPartitions } from '../binding'
import { resultError } from './errors'

export const OFFSET_BEGINNING = -2
export const OFFSET_END = -1
export const OFFSET_STORED = -1000
export const OFFSET_INVALID = -1001

/** One partition, and where in it, as users of node-rdkafka write them. */
export interface Toppar {
  topic: string
  partition: number
  offset?: number
}

/** Where a commit puts a partition. */
export interface Position extends Toppar {
  leaderEpoch?: number
}

const NAMED_OFFSETS: Readonly<Record<string, number>> = {
  earliest: OFFSET_BEGINNING,
  beginning: OFFSET_BEGINNING,
  latest: OFFSET_END,
  end: OFFSET_END,
  stored: OFFSET_STORED,
}

function namedOffset(offset: unknown): number {
  if (offset === undefined || offset === null) return OFFSET_STORED
  if (typeof offset === 'number') return offset
  if (typeof offset !== 'string') {
    throw new TypeError('"offset" must be a special string or number if it is set')
  }
  const named = NAMED_OFFSETS[offset.toLowerCase()]
  if (named === undefined) {
    throw new TypeError('"offset", if provided as a string, must be beginning, end, or stored.')
  }
  return named
}

/** For assign and seek: node-rdkafka's own checks, then those whose absence crashes it. */
export function toAssigned(element: unknown): Required<Toppar> {
  const { topic, partition, offset } = (element ?? {}) as Record<string, unknown>
  if (topic === undefined || topic === null || topic === '' || topic === 0 || topic === false) {
    throw new TypeError('"topic" must be a string and must be set')
  }
  if (partition === null || partition === undefined) throw new TypeError('"partition" must be a number and must set')
  const named = namedOffset(offset)
  return { ...checked(topic, partition), offset: integer(named) }
}

/** Its parameter is named as node-rdkafka's is, which stands in the message of the TypeError for what is no array. */
export function toAssignedList(array: unknown): Required<Toppar>[] {
  return (array as unknown[]).map((element) => toAssigned(element))
}

/**
 * For calls in which node-rdkafka takes what it gets, and crashes on what is malformed. No offset is offset 0, as there.
 */
export function toToppar(element: object): Required<Toppar> {
  const { topic, partition, offset } = element as Record<string, unknown>
  return { ...checked(topic, partition), offset: typeof offset === 'number' ? integer(offset) : 0 }
}

/** Elements that are no objects are passed over, as in node-rdkafka. */
export function toToppars(list: unknown, expected: string): Required<Toppar>[] {
  if (!Array.isArray(list)) throw new Error(expected)
  return (list as unknown[]).filter(isObject).map(toToppar)
}

export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

function integer(number: number): number {
  return Number.isFinite(number) ? Math.trunc(number) : 0
}

function checked(topic: unknown, partition: unknown): { topic: string; partition: number } {
  // As node-rdkafka does, which takes anything for a name.
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- a topic of that name does not exist, which is told
  const name = topic === undefined || topic === null ? '' : String(topic)
  const isPartition =
    typeof partition === 'number' && Number.isInteger(partition) && partition >= 0 && partition <= 0x7fffffff
  // librdkafka's names end at the first NUL.
  if (name === '' || name.includes('\0') || !isPartition) throw new Error('Invalid topic partition provided')
  return { topic: name, partition }
}

const UNKNOWN_EPOCH = -1

export function toFlat(toppars: readonly Position[]): FlatOffsets {
  return toppars.flatMap(({ topic, partition, offset, leaderEpoch }) => [
    topic,
    partition,
    offset ?? OFFSET_INVALID,
    leaderEpoch ?? UNKNOWN_EPOCH,
    '',
  ])
}

export function toFlatPartitions(toppars: readonly Toppar[]): FlatPartitions {
  return toppars.flatMap(({ topic, partition }) => [topic, partition])
}

/** One partition of a result, in the order of node-rdkafka's keys; no `offset` where there is none. */
export function toResult(topic: string, partition: number, offset: number | undefined): Toppar {
  return offset === undefined || offset === OFFSET_INVALID ? { partition, topic } : { offset, partition, topic }
}

interface FlatResult {
  topic: string
  partition: number
  offset: number
  error: number
}

/** The addon's results, one by one. */
export function* eachResult(flat: FlatOffsetResults): Generator<FlatResult> {
  for (let i = 0; i < flat.length; i += 6) {
    yield {
      topic: flat[i] as string,
      partition: flat[i + 1] as number,
      offset: flat[i + 2] as number,
      error: flat[i + 5] as number,
    }
  }
}

/** As node-rdkafka gives them: an error stands in the place of a partition that has one. */
export function fromResults(flat: FlatOffsetResults): (Toppar | Error)[] {
  return [...eachResult(flat)].map(({ topic, partition, offset, error }) =>
    error === 0 ? toResult(topic, partition, offset) : resultError(error),
  )
}
