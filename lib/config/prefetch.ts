import { LIBRDKAFKA_PROPERTIES } from './librdkafka-properties'

export type IntegerName = {
  [Name in keyof typeof LIBRDKAFKA_PROPERTIES]: (typeof LIBRDKAFKA_PROPERTIES)[Name] extends {
    readonly kind: 'integer'
    readonly default: number
  }
    ? Name
    : never
}[keyof typeof LIBRDKAFKA_PROPERTIES]

/**
 * Properties of librdkafka whose defaults are other ones here: how much it reads ahead. A full queue holds messages and
 * their descriptions (some 260 bytes each), so with librdkafka's own bounds (answers of 50 MiB, 100,000 messages, 64 MiB)
 * most of a process is messages that nobody asked for yet; smaller ones are faster, as the messages are still in the
 * processor's caches when they are read. librdkafka looks at a full queue again after the backoff, one second by its own
 * default: a partition would stand still for so long.
 */
export const PREFETCH = {
  'fetch.max.bytes': 3_145_728,
  'fetch.queue.backoff.ms': 2,
  'queued.min.messages': 20_000,
  'queued.max.messages.kbytes': 8192,
} as const

export type PrefetchName = keyof typeof PREFETCH

const DEFAULTS: Readonly<Partial<Record<IntegerName, number>>> = PREFETCH

/** This package's own default, or librdkafka's. */
export function integerDefault(name: IntegerName): number {
  return DEFAULTS[name] ?? LIBRDKAFKA_PROPERTIES[name].default
}

/** What was given under a name, or another name of the same property. */
export type Given = (name: IntegerName) => number | undefined

/**
 * `fetch.max.bytes` as given. Where it is not, it must not be what keeps larger messages or larger fetches of a partition,
 * when these are asked for, from coming; and an answer is not larger than the queue may be.
 */
export function fetchMaxBytes(given: Given): number {
  const integerOf = (name: IntegerName): number => given(name) ?? integerDefault(name)
  const wanted = Math.max(PREFETCH['fetch.max.bytes'], integerOf('fetch.message.max.bytes'))
  const bounded = Math.min(wanted, integerOf('queued.max.messages.kbytes') * 1024)
  return given('fetch.max.bytes') ?? Math.max(bounded, integerOf('message.max.bytes'))
}

/** Those that are not given, as librdkafka takes them. */
export function prefetchDefaults(given: Given): [name: PrefetchName, value: string][] {
  return (Object.keys(PREFETCH) as PrefetchName[])
    .filter((name) => given(name) === undefined)
    .map((name) => [name, String(name === 'fetch.max.bytes' ? fetchMaxBytes(given) : PREFETCH[name])])
}
