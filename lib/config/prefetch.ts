/**
 * Properties of librdkafka whose defaults are other ones here: how much it reads ahead. A full queue holds messages and
 * their descriptions (some 260 bytes each), so with librdkafka's own bounds (100,000 messages of each partition, 64 MiB)
 * most of a process is messages that nobody asked for yet; smaller ones are no slower, as the messages are still in the
 * processor's caches when they are read. librdkafka looks at a full queue again after the backoff, one second by its own
 * default: a partition would stand still for so long.
 */
export const PREFETCH = {
  'fetch.queue.backoff.ms': 2,
  'queued.min.messages': 20_000,
  'queued.max.messages.kbytes': 16_384,
} as const

export type PrefetchName = keyof typeof PREFETCH

/** Those that are not given, as librdkafka takes them. */
export function prefetchDefaults(isGiven: (name: PrefetchName) => boolean): [name: PrefetchName, value: string][] {
  return (Object.keys(PREFETCH) as PrefetchName[])
    .filter((name) => !isGiven(name))
    .map((name) => [name, String(PREFETCH[name])])
}
