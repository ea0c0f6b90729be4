import type { FlatOffsets, FlatOffsetResults, FlatPartitions } from '../binding'
import { ArgumentError } from '../errors'
import type { TopicPartition, TopicPartitionOffset } from './types'

const UNKNOWN_EPOCH = -1

const SHOWN_CHARACTERS = 64

function show(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value)
  }
  if (typeof value === 'bigint') return `${value}n`
  if (value === null || typeof value !== 'object') return String(value)
  return Array.isArray(value) ? 'an array' : 'an object'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

// What brokers accept. librdkafka itself would take a name to the first NUL and wait for such a topic for ever.
const TOPIC = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/

export function checkTopic(value: unknown, name: string): string {
  if (typeof value !== 'string' || !TOPIC.test(value)) {
    throw new ArgumentError(
      `${name}: expected a topic name (1 to 249 letters, digits, dots, underscores, hyphens), got ${show(value)}`,
    )
  }
  return value
}

function checkInteger(value: unknown, name: string, low: number, high: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high) {
    throw new ArgumentError(`${name}: expected an integer from ${low} to ${high}, got ${show(value)}`)
  }
  return value
}

function checkList(value: unknown, name: string): unknown[] {
  if (!Array.isArray(value)) throw new ArgumentError(`${name}: expected an array, got ${show(value)}`)
  // Without holes: `map` would leave them out.
  return Array.from(value as unknown[])
}

export function checkPartitions(value: unknown, name: string): TopicPartition[] {
  return checkList(value, name).map((element, index) => {
    const at = `${name}[${index}]`
    if (!isRecord(element)) throw new ArgumentError(`${at}: expected { topic, partition }, got ${show(element)}`)
    return {
      topic: checkTopic(element['topic'], `${at}.topic`),
      partition: checkInteger(element['partition'], `${at}.partition`, 0, 0x7fffffff),
    }
  })
}

/** @throws ArgumentError one is named twice */
export function checkEachOnce(list: readonly TopicPartition[], name: string): void {
  const seen = new Set<string>()
  for (const { topic, partition } of list) {
    const key = `${topic} [${partition}]`
    if (seen.has(key)) throw new ArgumentError(`${name}: expected each partition once, got ${key} twice`)
    seen.add(key)
  }
}

/** `lowest`: 0 for real offsets, -2 where the beginning (-2) and the end (-1) have a meaning. */
export function checkOffsets(
  value: unknown,
  name: string,
  lowest: number,
  field: 'offset' | 'timestamp' = 'offset',
): TopicPartitionOffset[] {
  return checkList(value, name).map((element, index) => {
    const at = `${name}[${index}]`
    if (!isRecord(element)) {
      throw new ArgumentError(`${at}: expected { topic, partition, ${field} }, got ${show(element)}`)
    }
    const checked: TopicPartitionOffset = {
      topic: checkTopic(element['topic'], `${at}.topic`),
      partition: checkInteger(element['partition'], `${at}.partition`, 0, 0x7fffffff),
      offset: checkInteger(element['offset'], `${at}.${field}`, lowest, Number.MAX_SAFE_INTEGER),
    }
    if (element['leaderEpoch'] !== undefined) {
      checked.leaderEpoch = checkInteger(element['leaderEpoch'], `${at}.leaderEpoch`, 0, 0x7fffffff)
    }
    if (element['metadata'] !== undefined) {
      if (typeof element['metadata'] !== 'string') {
        throw new ArgumentError(`${at}.metadata: expected a string, got ${show(element['metadata'])}`)
      }
      checked.metadata = element['metadata']
    }
    return checked
  })
}

export function checkTimeout(value: unknown, fallback: number): number {
  return value === undefined ? fallback : checkInteger(value, 'timeoutMs', 0, 0x7fffffff)
}

export function flatPartitions(partitions: readonly TopicPartition[]): FlatPartitions {
  return partitions.flatMap(({ topic, partition }) => [topic, partition])
}

/** `offset` undefined: librdkafka's stored offset, that is the committed one. */
export function flatOffsets(
  offsets: readonly (TopicPartition & { offset?: number | undefined; leaderEpoch?: number; metadata?: string })[],
): FlatOffsets {
  return offsets.flatMap(({ topic, partition, offset, leaderEpoch, metadata }) => [
    topic,
    partition,
    offset ?? OFFSET_STORED,
    leaderEpoch ?? UNKNOWN_EPOCH,
    metadata ?? '',
  ])
}

const OFFSET_STORED = -1000

export interface FlatResult extends TopicPartitionOffset {
  leaderEpoch: number
  metadata: string
  /** librdkafka code, 0 none. */
  error: number
}

export function fromFlatResults(flat: FlatOffsetResults): FlatResult[] {
  const results: FlatResult[] = []
  for (let i = 0; i < flat.length; i += 6) {
    results.push({
      topic: flat[i] as string,
      partition: flat[i + 1] as number,
      offset: flat[i + 2] as number,
      leaderEpoch: flat[i + 3] as number,
      metadata: flat[i + 4] as string,
      error: flat[i + 5] as number,
    })
  }
  return results
}

const MAX_NAMES = 5

/** For messages: `orders [0], orders [1]`. */
export function namesOf(partitions: readonly TopicPartition[]): string {
  const names = partitions.slice(0, MAX_NAMES).map(({ topic, partition }) => `${topic} [${partition}]`)
  return names.join(', ') + (partitions.length > MAX_NAMES ? `, and ${partitions.length - MAX_NAMES} more` : '')
}
