// Reads blocks of rows that were truncated and mutated. A value comes of it or a RangeError; never a view outside of the
// block, never more memory than the block has, and an end. As they were packed they give back what was packed.
//
//   npm run test:fuzz -- --what reader --count 1000000 --seed 4711
import { Block, packRows } from '../../lib/message/block'
import { resident } from '../fixtures/support/resident'
import { Random } from '../helpers/random'
import { again, countOr, from, seed, seedOf } from './options'
import { Reading, expectRows, type Tally } from './reader/checks'
import { integersOf, mutated } from './reader/mutations'
import { randomRows } from './reader/rows'

/** Of one block. */
const MUTANTS = 20

const count = countOr(1_000_000)
const tally: Tally & { blocks: number; mutants: number; bytes: number } = {
  ...{ blocks: 0, mutants: 0, bytes: 0 },
  ...{ values: 0, errors: 0 },
}

function run(at: number, mutants: number): void {
  const random = new Random(seedOf(at))
  const rows = randomRows(random)
  const epoch = random.integer(-(2 ** 31), 2 ** 31 - 1)
  const original = packRows(rows, epoch)
  expectRows(original, rows, epoch)
  tally.blocks++
  const integers = integersOf(new Block(original), rows.length)
  for (let i = 0; i < mutants; i++) {
    const buffer = mutated(random, original, integers)
    tally.mutants++
    tally.bytes += buffer.byteLength
    const reading = Reading.of(buffer, tally)
    reading?.rows(rows.length)
    // It is built on the others.
    if (i % 4 === 0) reading?.messages(rows.length, random.integer(0, 2))
    reading?.stranger(random.pick([rows.length, rows.length + 1, -1, 2 ** 31 - 1]))
  }
}

// Most of what is thrown is expected, and its stack costs more than all else here.
Error.stackTraceLimit = 0
for (let at = from; tally.mutants < count; at++) {
  try {
    run(at, Math.min(MUTANTS, count - tally.mutants))
  } catch (error) {
    throw new Error(`block ${at} of seed ${seed}; ${again(at).replace(/ 1$/, ` ${MUTANTS}`)}`, { cause: error })
  }
}
const peakRssMiB = Math.round(resident('VmHWM'))
console.log(JSON.stringify({ seed, ...tally, peakRssMiB }))
