// In short; for long: npm run test:fuzz -- --what reader.
import { fuzz } from './support'

const BLOCKS = 5000
/** A process of Node takes half of it. */
const MOST_MIB = 400

it(`${BLOCKS} truncated and mutated blocks bring values of the block or a RangeError, and an end`, async () => {
  const report = await fuzz<{ mutants: number; blocks: number; values: number; errors: number; peakRssMiB: number }>(
    'reader',
    BLOCKS,
    30_000,
  )
  expect(report.mutants).toBe(BLOCKS)
  // Those that were not mutated gave back what was packed into them.
  expect(report.blocks).toBeGreaterThanOrEqual(BLOCKS / 20)
  // Neither was everything refused, nor was nothing.
  expect(report.values).toBeGreaterThan(10 * BLOCKS)
  expect(report.errors).toBeGreaterThan(BLOCKS)
  expect(report.peakRssMiB).toBeLessThan(MOST_MIB)
}, 40_000)
