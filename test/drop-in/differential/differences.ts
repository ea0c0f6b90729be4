// Where two traces of a scenario differ.
import type { ScenarioTrace } from './child'

export interface Difference {
  /** What was traced there. */
  where: string
  /** Lines of node-rdkafka that are missing, and lines in their place. */
  theirs: string[]
  ours: string[]
}

type Line = ScenarioTrace['lines'][number]

const text = ([, ...values]: Line): string => values.map((value) => JSON.stringify(value)).join(' ')

/** The longest common run of lines stays; what is left is told by where it was traced. */
export function differences(theirs: readonly Line[], ours: readonly Line[]): Difference[] {
  const a = theirs.map((line) => JSON.stringify(line))
  const b = ours.map((line) => JSON.stringify(line))
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0))
  const length = (i: number, j: number): number => lengths[i]?.[j] ?? 0
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const longest = a[i] === b[j] ? length(i + 1, j + 1) + 1 : Math.max(length(i + 1, j), length(i, j + 1))
      ;(lengths[i] as number[])[j] = longest
    }
  }
  const found = new Map<string, Difference>()
  const at = (line: Line): Difference => {
    const [where] = line
    const difference = found.get(where) ?? { where, theirs: [], ours: [] }
    found.set(where, difference)
    return difference
  }
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i++
      j++
    } else if (j >= b.length || (i < a.length && length(i + 1, j) >= length(i, j + 1))) {
      const line = theirs[i++] as Line
      at(line).theirs.push(text(line))
    } else {
      const line = ours[j++] as Line
      at(line).ours.push(text(line))
    }
  }
  return [...found.values()]
}
