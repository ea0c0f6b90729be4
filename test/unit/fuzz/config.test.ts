// In short; for long: npm run test:fuzz -- --what config.
import { fuzz } from './support'

const CONFIGURATIONS = 2000

interface Tally {
  made: number
  refused: number
  misplaced: number
}

it(`${CONFIGURATIONS} configurations that nobody means are made, or refused by an error that names the key`, async () => {
  const report = await fuzz<Record<'objects' | 'yaml' | 'environments', Tally>>('config', CONFIGURATIONS, 30_000)
  for (const { made, refused, misplaced } of [report.objects, report.yaml, report.environments]) {
    // Neither was everything refused, nor was nothing; and next to none showed a secret by the mutation's fault.
    expect(made).toBeGreaterThan(CONFIGURATIONS / 100)
    expect(refused).toBeGreaterThan(CONFIGURATIONS / 20)
    expect(misplaced).toBeLessThan(CONFIGURATIONS / 50)
  }
}, 40_000)
