import { binding } from './binding'

/** What the native library was built with, such as `ssl`, `sasl_scram`, `zstd`. */
export function features(): string[] {
  return [...binding().features]
}

/** Version of librdkafka inside the addon. */
export function librdkafkaVersion(): string {
  return binding().librdkafkaVersion
}

/** Versions of what is linked into the addon, and the allocator librdkafka uses. */
export function versions(): Record<string, string> {
  return { ...binding().versions, allocator: binding().allocator }
}
