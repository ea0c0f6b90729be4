// What must hold between properties. librdkafka checks most of it too, but only when the consumer is made, and without
// saying which values it found.
import { ConfigError } from '../errors'
import { OPTIONS } from './options'
import { fetchMaxBytes, type Given, integerDefault, type IntegerName } from './prefetch'
import { identity, type PropertyMap } from './properties'

/** What was given under this name or another name of the same property. */
export function given(values: PropertyMap, name: string): unknown {
  const direct = values.get(name)
  if (direct !== undefined) return direct
  for (const [other, value] of values) if (identity(other) === identity(name)) return value
  return undefined
}

export function givenIntegers(values: PropertyMap): Given {
  return (name) => given(values, name) as number | undefined
}

/** What was given, or the default: this package's own, or librdkafka's. */
export function integerOf(values: PropertyMap, name: IntegerName): number {
  return givenIntegers(values)(name) ?? integerDefault(name)
}

/** What was given, or the default, which leaves the group half its patience. */
export function rebalanceTimeoutMs(values: PropertyMap): number {
  const limit = Math.max(1, Math.floor(integerOf(values, 'max.poll.interval.ms') / 2))
  return (values.get('rebalanceTimeoutMs') as number | undefined) ?? Math.min(OPTIONS.rebalanceTimeoutMs.default, limit)
}

/** With group.protocol=consumer the broker decides these. */
export const CLASSIC_ONLY = [
  'session.timeout.ms',
  'heartbeat.interval.ms',
  'partition.assignment.strategy',
  'group.protocol.type',
] as const

export function isConsumerProtocol(values: PropertyMap): boolean {
  const protocol = values.get('group.protocol')
  return typeof protocol === 'string' && protocol.toLowerCase() === 'consumer'
}

/** @throws ConfigError properties that cannot go together, or one that is missing */
export function checkTogether(values: PropertyMap): void {
  for (const name of ['bootstrap.servers', 'group.id']) {
    if (given(values, name) === undefined) {
      throw new ConfigError(`${name}: expected a string, as a consumer cannot do without it, got undefined`)
    }
  }
  checkGroup(values)
  checkSizes(values)
  if (values.has('reconnect.backoff.ms') || values.has('reconnect.backoff.max.ms')) {
    atLeast(values, 'reconnect.backoff.max.ms', 'reconnect.backoff.ms')
  }
  if (values.has('ssl.keystore.location') && !values.has('ssl.keystore.password')) {
    throw new ConfigError(
      'ssl.keystore.password: expected a string, as "ssl.keystore.location" needs its password, got undefined',
    )
  }
}

function checkGroup(values: PropertyMap): void {
  if (isConsumerProtocol(values)) {
    for (const name of CLASSIC_ONLY) {
      if (!values.has(name)) continue
      const twin = name === 'partition.assignment.strategy' ? '; its twin is "group.remote.assignor"' : ''
      throw new ConfigError(
        `${name}: expected to be left out, as with "group.protocol" consumer the broker decides it, got a value${twin}`,
      )
    }
  } else {
    atLeast(values, 'max.poll.interval.ms', 'session.timeout.ms')
    const heartbeat = integerOf(values, 'heartbeat.interval.ms')
    const session = integerOf(values, 'session.timeout.ms')
    if (heartbeat >= session) {
      throw new ConfigError(
        `heartbeat.interval.ms: expected less than "session.timeout.ms" (${session}), or the group would expire the member between two heartbeats, got ${heartbeat}`,
      )
    }
  }
  const rebalance = values.get('rebalanceTimeoutMs') as number | undefined
  const maxPoll = integerOf(values, 'max.poll.interval.ms')
  if (rebalance !== undefined && rebalance >= maxPoll) {
    throw new ConfigError(
      `rebalanceTimeoutMs: expected less than "max.poll.interval.ms" (${maxPoll}), or the group would give the member up while its handlers run, got ${rebalance}`,
    )
  }
}

function checkSizes(values: PropertyMap): void {
  if (values.has('fetch.max.bytes')) atLeast(values, 'fetch.max.bytes', 'message.max.bytes')
  const receive = values.get('receive.message.max.bytes') as number | undefined
  const fetch = fetchMaxBytes(givenIntegers(values))
  if (receive !== undefined && receive < fetch + 512) {
    throw new ConfigError(
      `receive.message.max.bytes: expected at least "fetch.max.bytes" + 512 (${fetch + 512}), got ${receive}`,
    )
  }
}

function atLeast(values: PropertyMap, name: IntegerName, bound: IntegerName): void {
  const value = integerOf(values, name)
  const least = integerOf(values, bound)
  if (value >= least) return
  throw new ConfigError(`${name}: expected at least "${bound}" (${least}), got ${value}`)
}
