import type { FlatOffsets, FlatOffsetResults, FlatPartitions } from '../binding'

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
  if (topic === undefined || topic === null || topic === '') {
    throw new TypeError('"topic" must be a string and must be set')
  }
  if (partition === null || partition === undefined) throw new TypeError('"partition" must be a number and must set')
  return { ...checked(topic, partition), offset: namedOffset(offset) }
}

/** For calls in which node-rdkafka takes what it gets, and crashes on what is malformed. */
export function toToppar(element: unknown): Toppar {
  if (typeof element !== 'object' || element === null) throw new Error('Invalid topic partition provided')
  const { topic, partition, offset } = element as Record<string, unknown>
  const toppar: Toppar = checked(topic, partition)
  if (typeof offset === 'number' && Number.isFinite(offset)) toppar.offset = Math.trunc(offset)
  return toppar
}

export function toToppars(list: unknown): Toppar[] {
  if (!Array.isArray(list)) throw new Error('Topic partitions must be an array')
  return (list as unknown[]).map(toToppar)
}

function checked(topic: unknown, partition: unknown): { topic: string; partition: number } {
  if (typeof topic !== 'string' || topic === '' || topic.includes('\0'))
    throw new Error('Invalid topic partition provided')
  if (typeof partition !== 'number' || !Number.isInteger(partition) || partition < 0 || partition > 0x7fffffff) {
    throw new Error('Invalid topic partition provided')
  }
  return { topic, partition }
}

const UNKNOWN_EPOCH = -1

export function toFlat(toppars: readonly Toppar[]): FlatOffsets {
  return toppars.flatMap(({ topic, partition, offset }) => [
    topic,
    partition,
    offset ?? OFFSET_INVALID,
    UNKNOWN_EPOCH,
    '',
  ])
}

export function toFlatPartitions(toppars: readonly Toppar[]): FlatPartitions {
  return toppars.flatMap(({ topic, partition }) => [topic, partition])
}

/** As node-rdkafka gives them: no `offset` where there is none. */
export function fromResults(flat: FlatOffsetResults, onError: (code: number) => unknown): unknown[] {
  const list: unknown[] = []
  for (let i = 0; i < flat.length; i += 6) {
    const [topic, partition, offset, , , error] = flat.slice(i, i + 6) as [
      string,
      number,
      number,
      number,
      string,
      number,
    ]
    if (error !== 0) list.push(onError(error))
    else list.push(offset >= 0 ? { topic, partition, offset } : { topic, partition })
  }
  return list
}
