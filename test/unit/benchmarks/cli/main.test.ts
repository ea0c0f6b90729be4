import { PassThrough } from 'node:stream'
import type { MeasureTier } from '../../../../lib/cli/bench'
import { Unavailable } from '../../../../lib/cli/fork'
import { main, type Output } from '../../../../lib/cli/main'
import type { Figures, MeasureJob } from '../../../../lib/cli/measure'

function output(isTerminal = false): { stream: Output; text(): string } {
  let text = ''
  const stream: Output = Object.assign(new PassThrough(), { isTTY: isTerminal })
  stream.on('data', (part) => (text += String(part)))
  return { stream, text: () => text }
}

async function run(
  args: readonly string[],
  measureTier: MeasureTier,
  isTerminal = false,
): Promise<{ code: number; out: string; err: string }> {
  const [out, err] = [output(isTerminal), output()]
  const code = await main(args, out.stream, err.stream, measureTier)
  return { code, out: out.text(), err: err.text() }
}

const BENCH = ['bench', '--bootstrap', 'a:1', '--topic', 't']

const figures = (rate: number): Figures => ({
  messages: rate,
  bytes: rate * 100,
  seconds: 1,
  cpuSeconds: 1,
  peakRssBytes: 100 * 2 ** 20,
})

/** Rates by tier, each time the same. */
const rates =
  (byTier: Record<string, number>): MeasureTier =>
  ({ tier, messages }, onProgress) => {
    onProgress(1, messages)
    return Promise.resolve(figures(byTier[tier] ?? 0))
  }

const never: MeasureTier = () => Promise.reject(new Error('nothing was to be measured'))

test('each tier is measured as often as wanted, commits nothing, and has a group of its own', async () => {
  const jobs: MeasureJob[] = []
  const { code, out } = await run([...BENCH, '--tiers', 'standard,dedicated', '--rounds', '2'], (job) => {
    jobs.push(job)
    return Promise.resolve(figures(job.tier === 'dedicated' ? 3_000_000 : 1_000_000))
  })
  expect(code).toBe(0)
  expect(jobs.map(({ tier }) => tier).sort()).toEqual(['dedicated', 'dedicated', 'standard', 'standard'])
  expect(new Set(jobs.map(({ properties }) => properties['group.id'])).size).toBe(4)
  expect(out).toMatch(/^dedicated +3,000,000 +3,000,000 +3,000,000 +0\.33 +100$/m)
  expect(out).toContain("Recommended here: 'performance.tier': 'dedicated': 3,000,000 messages a second.")
})

test('where tiers are as fast as each other, the simplest is recommended', async () => {
  const tiers = { legacy: 100_000, standard: 950_000, 'buffered:32': 990_000, dedicated: 1_000_000 }
  const { out } = await run([...BENCH, '--tiers', Object.keys(tiers).join()], rates(tiers))
  expect(out).toContain("'performance.tier': 'standard'")
  expect(out).toContain('All tiers are within a tenth of the fastest')
  expect(out).toContain("That is 9.5 times legacy's rate.")
})

test('a smaller batch that is as fast as a larger one is recommended', async () => {
  const tiers = { standard: 1, 'buffered:1000': 1_000_000, 'buffered:32': 910_000, dedicated: 890_000 }
  const { out } = await run([...BENCH, '--tiers', Object.keys(tiers).join()], rates(tiers))
  expect(out).toContain("'performance.tier': 'buffered:32'")
  expect(out).toContain('It is within a tenth of the fastest, and simpler.')
})

test('a tier that cannot be had is said to be so, and is no failure', async () => {
  const { code, out } = await run([...BENCH, '--tiers', 'legacy,standard'], (job) =>
    job.tier === 'legacy'
      ? Promise.reject(new Unavailable('node-rdkafka is not installed'))
      : Promise.resolve(figures(5)),
  )
  expect(code).toBe(0)
  expect(out).toContain('legacy is not available: node-rdkafka is not installed')
  expect(out.match(/not available$/gm)).toHaveLength(2)
})

test('a tier that fails is not tried again, and makes the exit code 1', async () => {
  let tries = 0
  const { code, out } = await run([...BENCH, '--tiers', 'standard,dedicated'], ({ tier }) => {
    if (tier === 'standard') return Promise.resolve(figures(5))
    tries++
    return Promise.reject(new Error('it fell over'))
  })
  expect({ code, tries }).toEqual({ code: 1, tries: 1 })
  expect(out).toContain('dedicated FAILED: it fell over')
  expect(out).toContain("'performance.tier': 'standard'")
})

test('where only legacy was measured nothing is recommended', async () => {
  const { out } = await run([...BENCH, '--tiers', 'legacy'], rates({ legacy: 5 }))
  expect(out).toContain('Nothing to recommend')
})

test('on a terminal there is a bar, elsewhere a line', async () => {
  const args = [...BENCH, '--tiers', 'standard', '--rounds', '1']
  expect((await run(args, rates({ standard: 5 }), true)).out).toContain('█')
  const plain = await run(args, rates({ standard: 5 }))
  expect(plain.out).not.toContain('█')
  expect(plain.out).toMatch(/^ {2}standard 1\/1 +5 messages a second$/m)
})

test.each([[[]], [['--help']], [['bench', '--help']]])('%j tells how it is used', async (args) => {
  const { code, out } = await run(args, never)
  expect(code).toBe(0)
  expect(out).toContain('Usage: npx rdkafka-tiers bench --bootstrap HOST:PORT --topic NAME')
})

test.each([
  [['test'], 'command: expected bench, got "test"; --help tells more\n'],
  [['bench'], '--topic: expected the name of a topic, got nothing\n'],
])('%j is refused with exit code 2', async (args, message) => {
  expect(await run(args, never)).toEqual({ code: 2, out: '', err: message })
})
