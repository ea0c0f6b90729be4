'use strict'
// What was written and what was consumed, in numbers that can be compared: for each partition how many messages, the last
// offset, and a checksum over every byte of every value in order.

/**
 * @typedef {object} PartitionTally
 * @property {number} partition
 * @property {number} count
 * @property {number} last offset of the last message, -1 for none
 * @property {number} checksum
 */

/** Checksum of a null value: no value of any length has it as its seed. */
const NULL_CHECKSUM = -1

/**
 * A checksum of bytes `start` to `end`, four at a time: some 40 ns for 100 bytes, so that the check does not hide what it checks.
 *
 * @param {DataView} view
 * @param {number} start
 * @param {number} end
 */
function checksum(view, start, end) {
  let sum = end - start
  let at = start
  for (; at + 4 <= end; at += 4) sum = mix(sum, view.getUint32(at, true))
  for (; at < end; at++) sum = mix(sum, view.getUint8(at))
  return sum
}

/** @param {number} sum @param {number} word */
function mix(sum, word) {
  const mixed = Math.imul(sum ^ word, 0x9e3779b1)
  return (mixed << 13) | (mixed >>> 19)
}

/** Adds messages up, and knows when the last expected one has come. Adding one takes some 10 ns. */
class Tally {
  /** By partition; `end` is the last offset to expect. @type {(PartitionTally & { end: number })[]} */
  #tallies = []
  #unfinished = 0
  /** The first message that came again or out of order. @type {{ partition: number, offset: number, last: number } | undefined} */
  misplaced

  /** @param {readonly PartitionTally[]} [expected] without it, whatever comes */
  constructor(expected = []) {
    for (const { partition, last } of expected) {
      this.#begin(partition, last)
      if (last >= 0) this.#unfinished++
    }
  }

  /** The last expected message of every partition has come. */
  get isComplete() {
    return this.#unfinished === 0
  }

  /** Messages so far. */
  get count() {
    return this.#tallies.reduce((sum, { count }) => sum + count, 0)
  }

  /**
   * False when the message lies behind the last expected one of its partition; it is not counted then.
   *
   * @param {number} partition
   * @param {number} offset
   * @param {number | null} sum checksum of the value
   */
  add(partition, offset, sum) {
    const tally = this.#tallies[partition] ?? this.#begin(partition, Infinity)
    if (offset > tally.end) return false
    if (offset > tally.last) {
      tally.last = offset
      if (offset === tally.end) this.#unfinished--
    } else {
      this.misplaced ??= { partition, offset, last: tally.last }
    }
    tally.count++
    tally.checksum = mix(tally.checksum, sum ?? NULL_CHECKSUM)
    return true
  }

  /**
   * @param {readonly number[]} [partitions] others that are there, though nothing came from them
   * @returns {PartitionTally[]}
   */
  result(partitions = []) {
    for (const partition of partitions) if (this.#tallies[partition] === undefined) this.#begin(partition, Infinity)
    return this.#tallies.flatMap(({ partition, count, last, checksum }) => ({ partition, count, last, checksum }))
  }

  /** @param {number} partition @param {number} end */
  #begin(partition, end) {
    return (this.#tallies[partition] = { partition, count: 0, last: -1, checksum: 0, end })
  }
}

/**
 * What is wrong with what was consumed, in a sentence; undefined when nothing is.
 *
 * @param {readonly PartitionTally[]} expected
 * @param {Tally} consumed
 */
function mistake(expected, consumed) {
  if (consumed.misplaced !== undefined) {
    const { partition, offset, last } = consumed.misplaced
    return `offset ${offset} of partition ${partition} came again or out of order, after offset ${last}`
  }
  const found = new Map(consumed.result().map((tally) => [tally.partition, tally]))
  for (const { partition, count, last, checksum } of expected) {
    const got = found.get(partition)
    if (got?.count !== count || got.last !== last) {
      return `partition ${partition} gave ${got?.count ?? 0} of its ${count} messages, to offset ${got?.last ?? -1} of ${last}`
    }
    if (got.checksum !== checksum) return `the values of partition ${partition} are not those that were written`
  }
  if (found.size > expected.length) return 'there were messages of a partition that is not expected'
  return undefined
}

module.exports = { Tally, checksum, mistake }
