// The slopes by which a leak is told from noise.
import { Random } from '../helpers/random'
import { growth, type Resources } from './resources'
import { theilSen, Z_95 } from './theil-sen'

const count = (length: number): number[] => Array.from({ length }, (_, index) => index)

/** About normal, of this deviation. */
function noise(random: Random, deviation: number): number {
  const sum = Array.from({ length: 12 }, () => random.next()).reduce((total, each) => total + each, 0)
  return (sum - 6) * deviation
}

describe('theilSen', () => {
  it('finds the slope of a line exactly', () => {
    const xs = [0, 1, 2, 5, 9, 10]
    const { slope, low, high } = theilSen(
      xs,
      xs.map((x) => 3 - 2.5 * x),
    )
    expect([slope, low, high]).toEqual([-2.5, -2.5, -2.5])
  })

  it('finds a slope planted under noise, and is not moved by a quarter of wild samples', () => {
    const random = new Random(1)
    const xs = count(200)
    const ys = xs.map((x) => 0.5 * x + noise(random, 5) + (x % 4 === 0 ? random.integer(-1000, 1000) : 0))
    const { slope, low, high } = theilSen(xs, ys)
    expect(slope).toBeCloseTo(0.5, 1)
    expect(low).toBeGreaterThan(0.4)
    expect(high).toBeLessThan(0.6)
  })

  it('tells no slope where there is none, as often as it says', () => {
    const random = new Random(2)
    const xs = count(40)
    const trends = count(200).map(() =>
      theilSen(
        xs,
        xs.map(() => noise(random, 1)),
        Z_95,
      ),
    )
    const wrong = trends.filter(({ low, high }) => low > 0 || high < 0).length
    expect(wrong / trends.length).toBeLessThan(0.1)
    expect(wrong).toBeGreaterThan(0)
  })

  it('thins many samples out and finds the same', () => {
    const random = new Random(3)
    const xs = count(10_000)
    const { slope, low, high } = theilSen(
      xs,
      xs.map((x) => 7 * x + noise(random, 100)),
    )
    expect(slope).toBeCloseTo(7, 2)
    expect(low).toBeLessThan(7)
    expect(high).toBeGreaterThan(7)
  })

  it('says nothing of too few samples', () => {
    expect(theilSen([1, 2, 3], [1, 2, 3])).toEqual({ slope: NaN, low: NaN, high: NaN })
    expect(() => theilSen([1], [])).toThrow('expected as many ys as xs, got 0 and 1')
  })
})

describe('growth', () => {
  const MIB = 2 ** 20
  const held = (turns: number, perTurn: Partial<Resources>, random = new Random(4)): Resources[] =>
    count(turns).map((turn) => ({
      // Half a megabyte of noise, and what is set up in the first turns.
      rss: 100 * MIB + Math.min(turn, 4) * 8 * MIB + noise(random, MIB / 2) + turn * (perTurn.rss ?? 0),
      fds: 30 + Math.floor(turn * (perTurn.fds ?? 0)),
      threads: 12 + Math.floor(turn * (perTurn.threads ?? 0)),
    }))

  it('finds nothing where nothing grows', () => {
    expect(growth(held(60, {})).violations).toEqual([])
    expect(growth(held(5000, {})).violations).toEqual([])
  })

  it.each([
    [60, 256 * 1024],
    [5000, 2048],
  ])('of %i turns finds that %i bytes stay behind with each', (turns, rss) => {
    expect(growth(held(turns, { rss })).violations).toEqual([
      expect.stringMatching(/^resident memory grows by .* KiB a turn/),
    ])
  })

  it('allows in few turns as much in all as in many, and a kibibyte a turn in many', () => {
    expect(growth(held(5000, {})).limit).toBe(1024)
    expect(growth(held(100, {})).limit).toBe((1024 * 4500) / 90)
  })

  it('finds one descriptor and one thread that are left', () => {
    expect(growth(held(60, { fds: 1 / 50, threads: 1 / 50 })).violations).toEqual([
      'fds: 30 after warm-up, 31 at the end',
      'threads: 12 after warm-up, 13 at the end',
    ])
  })
})
