// In short; for long: npm run test:fuzz.
import { fuzz } from './support'

const CALLS = 20_000

it(`${CALLS} calls of the addon that nobody means bring JavaScript errors, and nothing else`, async () => {
  const report = await fuzz<{
    calls: number
    thrown: number
    returned: number
    callbacks: number
    functions: number
  }>('binding', CALLS, 100_000)
  expect(report.calls).toBeGreaterThanOrEqual(CALLS)
  // Neither was everything refused, nor was nothing.
  expect(report.thrown).toBeGreaterThan(CALLS / 20)
  expect(report.returned).toBeGreaterThan(CALLS / 20)
  expect(report.callbacks).toBeGreaterThan(0)
  expect(report.functions).toBeGreaterThan(50)
}, 120_000)
