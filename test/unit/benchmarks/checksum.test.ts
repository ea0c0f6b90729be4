import { expectedChecksum } from '../../../benchmarks/run/checksum'
import { smokeTrials } from '../../../benchmarks/trials'
import type { Variation } from '../../../benchmarks/types'

const base = smokeTrials[0]?.variations[0] as Variation

/** One message after the other, as raw C sums them up. */
function counted(count: number, partitions: number): number {
  let sum = 0
  for (let i = 0; i < count; i++) sum += Math.floor(i / partitions) & 255
  return sum
}

test.each([
  [1, 1],
  [255, 1],
  [257, 1],
  [1000, 3],
  [50_000, 4],
])('of %d messages in %d partitions it is the sum of their first bytes', (count, partitions) => {
  expect(expectedChecksum({ ...base, count, partitions })).toBe(counted(count, partitions))
})

test('JSON taken as bytes or as text begins with a brace, and as an object has its number', () => {
  const json: Variation = { ...base, count: 1000, partitions: 2, json: true }
  expect(expectedChecksum({ ...json, value: 'bytes' })).toBe(123_000)
  expect(expectedChecksum({ ...json, value: 'string' })).toBe(123_000)
  expect(expectedChecksum({ ...json, value: 'json' })).toBe(counted(1000, 2))
})

test('untouched values sum up to nothing, and paced ones to nothing known', () => {
  expect(expectedChecksum({ ...base, value: 'untouched' })).toBe(0)
  expect(expectedChecksum({ ...base, rate: 1000 })).toBeUndefined()
})
