// Configurations from objects, YAML and environments that nobody means. A configuration comes of it, or a ConfigError that
// names the key; no secret is shown, no prototype is written to, and it ends.
//
//   npm run test:fuzz -- --what config --count 200000 --seed 4711
import { Random } from '../helpers/random'
import { check, type Tally } from './config/check'
import { environmentCase, withTierVariable } from './config/environments'
import { objectCase } from './config/objects'
import { yamlCase } from './config/yaml'
import { again, countOr, from, seed, seedOf } from './options'

const KINDS = { objects: objectCase, yaml: yamlCase, environments: environmentCase } as const
type Kind = keyof typeof KINDS
const kinds = Object.keys(KINDS) as Kind[]

const count = countOr(200_000)
const empty = (): Tally & { misplaced: number } => ({ made: 0, refused: 0, thrown: 0, misplaced: 0, slowestMs: 0 })
const tallies = { objects: empty(), yaml: empty(), environments: empty() } satisfies Record<Kind, Tally>

// Most of what is thrown is expected, and its stack costs more than all else here.
Error.stackTraceLimit = 0
for (let at = from; at < from + count; at++) {
  const random = new Random(seedOf(at))
  const kind = random.pick(kinds)
  const each = KINDS[kind](random)
  if (each.isMisplaced) tallies[kind].misplaced++
  try {
    withTierVariable(random, () => check(each, tallies[kind]))
  } catch (error) {
    throw new Error(`configuration ${at} of seed ${seed}, ${kind}; ${again(at)}`, { cause: error })
  }
}
for (const tally of Object.values(tallies)) tally.slowestMs = Math.round(tally.slowestMs)
console.log(JSON.stringify({ seed, count, ...tallies }))
