import { ArgumentError } from '../errors'
import type { Serde } from './serde'

/**
 * Bytes as they are.
 *
 * A message's `key` and `value` are then views into its batch: `message.copy()` for those you store.
 *
 * @see Java `ByteArrayDeserializer`
 */
export function bytes(): Serde<Buffer> {
  return {
    infallible: true,
    deserialize: (data) => data,
    serialize(value) {
      if (!((value as unknown) instanceof Uint8Array)) {
        throw new ArgumentError(`bytes: expected a Uint8Array, got ${typeof value}`)
      }
      return value
    },
  }
}
