// What each of the fuzzers is told: how much, and from which seed.
import { parseArgs } from 'node:util'
import { number } from '../helpers/options'
import { newSeed } from '../helpers/random'

const { values } = parseArgs({
  options: {
    what: { type: 'string', default: 'binding' },
    count: { type: 'string' },
    /** The same, of the binding. */
    calls: { type: 'string' },
    /** Goes on at that case of the seed, such as the one that failed. */
    from: { type: 'string', default: '0' },
    seed: { type: 'string', default: String(newSeed()) },
  },
})

export const what: string = values.what
export const seed = number('seed', values.seed, 0)
export const from = number('from', values.from, 0)

export function countOr(fallback: number): number {
  return number('count', values.count ?? values.calls ?? String(fallback), 1)
}

/** How to have it again, in an error's message. */
export function again(at: number): string {
  return `to repeat it: npm run test:fuzz -- --what ${what} --seed ${seed} --from ${at} --count 1`
}

/** Case `at` has choices of its own: it is repeated without those before it. */
export function seedOf(at: number): number {
  return Math.imul(seed + 1, 0x9e3779b1) + at
}
