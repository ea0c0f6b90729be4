import { isUtf8 } from 'node:buffer'
import { ArgumentError } from '../errors'
import type { Serde } from './serde'

const LONE_SURROGATE = /\p{Surrogate}/u
const REPLACEMENT = '\ufffd'

/**
 * Text in UTF-8, strictly: bytes that are no UTF-8 are refused instead of being replaced by `�`.
 *
 * @see Java `StringDeserializer`, which replaces them
 */
export function string(): Serde<string> {
  return {
    deserialize: (data) => decode(data, 0, data.length),
    deserializeRange: decode,
    serialize(value) {
      if (typeof (value as unknown) !== 'string') {
        throw new ArgumentError(`string: expected a string, got ${typeof value}`)
      }
      // It has no UTF-8; Node would write a replacement character.
      if (LONE_SURROGATE.test(value)) throw new ArgumentError('string: expected text without lone surrogates')
      return Buffer.from(value, 'utf8')
    },
  }
}

/** @internal */
export function decode(buffer: Buffer, start: number, end: number): string {
  const text = buffer.toString('utf8', start, end)
  // Decoding puts this character in place of what is no UTF-8; only then are the bytes looked at again.
  if (text.includes(REPLACEMENT) && !isUtf8(buffer.subarray(start, end))) throw new TypeError('not valid UTF-8')
  return text
}
