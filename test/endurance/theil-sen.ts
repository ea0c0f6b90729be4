// The slope of what was sampled over time, as Theil and Sen estimate it: the median of the slopes between all pairs of
// samples. A third of the samples may be anything (a collection, a peak) without moving it.

export interface Trend {
  /** Of y, for each unit of x. */
  slope: number
  /** Between these it lies, with 99.9 % unless asked otherwise, if samples are independent. NaN when there are too few. */
  low: number
  high: number
}

/** More samples than this are thinned out to medians: there are n² / 2 pairs. */
const MOST = 400
const FEWEST = 4
/** Of the normal distribution, on both sides: what is told of thousands of runs must not be noise. */
export const Z_999 = 3.29
export const Z_95 = 1.96

export function theilSen(xs: readonly number[], ys: readonly number[], z = Z_999): Trend {
  if (xs.length !== ys.length) throw new Error(`theilSen: expected as many ys as xs, got ${ys.length} and ${xs.length}`)
  const [x, y] = thinned(xs, ys)
  const slopes: number[] = []
  for (let i = 0; i < x.length; i++) {
    for (let j = i + 1; j < x.length; j++) {
      const width = at(x, j) - at(x, i)
      if (width !== 0) slopes.push((at(y, j) - at(y, i)) / width)
    }
  }
  if (x.length < FEWEST || slopes.length === 0) return { slope: NaN, low: NaN, high: NaN }
  const sorted = Float64Array.from(slopes).sort()
  // How far Kendall's S, the rising pairs less the falling ones, strays where there is no trend.
  const n = x.length
  const strays = z * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18)
  return {
    slope: middle(sorted),
    low: at(sorted, Math.max(0, Math.floor((sorted.length - strays) / 2))),
    high: at(sorted, Math.min(sorted.length - 1, Math.ceil((sorted.length + strays) / 2))),
  }
}

/** As it is shown: the slope, and between which it lies. */
export function showTrend({ slope, low, high }: Trend, digits = 1): string {
  return `${slope.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`
}

/** Of bytes, in KiB. */
export function showKib({ slope, low, high }: Trend): string {
  return showTrend({ slope: slope / 1024, low: low / 1024, high: high / 1024 })
}

function thinned(xs: readonly number[], ys: readonly number[]): [readonly number[], readonly number[]] {
  if (xs.length <= MOST) return [xs, ys]
  const size = Math.ceil(xs.length / MOST)
  const groups = Array.from({ length: Math.ceil(xs.length / size) }, (_, index) => index * size)
  const medians = (values: readonly number[]): number[] =>
    groups.map((from) => middle(Float64Array.from(values.slice(from, from + size)).sort()))
  return [medians(xs), medians(ys)]
}

function middle(sorted: Float64Array): number {
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? at(sorted, half) : (at(sorted, half - 1) + at(sorted, half)) / 2
}

function at(values: ArrayLike<number>, index: number): number {
  return values[index] ?? NaN
}
