// What a client that read all messages of a topic must have summed up: benchmarks/raw-c/produce.c says what they hold.
import type { Variation } from '../types'

const OPENING_BRACE = 0x7b

/** Undefined where a client sums up nothing that is known before. */
export function expectedChecksum({ count, partitions, json, value, rate }: Variation): number | undefined {
  if (rate > 0) return undefined
  if (value === 'untouched') return 0
  if (json && value !== 'json') return OPENING_BRACE * count
  // A value begins with its sequence number's lowest byte, and JSON values are taken by theirs.
  let sum = 0
  for (let partition = 0; partition < partitions; partition++) {
    const messages = Math.floor((count + partitions - 1 - partition) / partitions)
    sum += sumOfLowBytes(messages)
  }
  return sum
}

/** Of the numbers 0 … n-1. */
function sumOfLowBytes(n: number): number {
  const rest = n % 256
  return ((n - rest) / 256) * ((255 * 256) / 2) + (rest * (rest - 1)) / 2
}
