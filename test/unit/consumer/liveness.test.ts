import { Liveness, type Slow } from '../../../lib/consumer/liveness'

const MAX_MS = 1000

/** Ticks at these times; the program asked before those of `alive`. */
function told(times: readonly number[], alive: readonly number[]): [time: number, slow: Slow][] {
  let now = 0
  const liveness = new Liveness(MAX_MS, () => now)
  return times.flatMap((time) => {
    now = time
    const slow = liveness.tick(alive.includes(time))
    return slow === undefined ? [] : [[time, slow] as [number, Slow]]
  })
}

const ticks = (from: number, to: number): number[] =>
  Array.from({ length: (to - from) / 50 + 1 }, (_, index) => from + 50 * index)
const slow = (elapsedMs: number): Slow => ({ elapsedMs, maxPollIntervalMs: MAX_MS })

it('twenty ticks are an interval', () => {
  expect(new Liveness(MAX_MS).intervalMs).toBe(50)
})

it('a program that goes on asking is not slow', () => {
  const times = ticks(50, 3000)
  expect(told(times, times)).toEqual([])
})

it('one that does not ask is told of once, before 80 % of the interval are over', () => {
  expect(told(ticks(50, 3000), [100])).toEqual([[850, slow(750)]])
})

it('and again when it was alive in between', () => {
  expect(told(ticks(50, 3000), [100, 1500])).toEqual([
    [850, slow(750)],
    [2250, slow(750)],
  ])
})

it.each([[[100]], [[100, 900]]])(
  'an event loop that is held up is told of as soon as it is free, whether or not it asks at once: %j',
  (alive) => {
    expect(told([50, 100, 900, 950], alive)).toEqual([[900, slow(800)]])
  },
)

it('what was told already is not told again when the loop was held up, too', () => {
  expect(told([...ticks(50, 900), 1700, 1750], [100])).toEqual([[850, slow(750)]])
})
