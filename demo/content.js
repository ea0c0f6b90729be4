'use strict'
// The messages the demo writes: each value begins and ends with its own number, and is counted as it is written.
const { checksum, Tally } = require('./tally')

/**
 * One message after the other, evenly over the partitions, some hundreds at a time to the same one, as a producer that
 * fills its batches writes. `value` is one buffer that the next message overwrites.
 *
 * @param {{ messages: number, size: number, partitions: number, tally: Tally }} options
 * @returns {Generator<{ partition: number, value: Buffer }, void, undefined>}
 */
function* content({ messages, size, partitions, tally }) {
  const value = Buffer.alloc(size, 'rdkafka-tiers demo ')
  const view = new DataView(value.buffer, value.byteOffset)
  const next = new Array(partitions).fill(0)
  const run = Math.max(1, Math.min(500, Math.floor(messages / partitions)))
  for (let number = 0; number < messages; number++) {
    const partition = Math.floor(number / run) % partitions
    value.writeUInt32LE(number)
    value.writeUInt32LE(~number >>> 0, size - 4)
    tally.add(partition, next[partition]++, checksum(view, 0, size))
    yield { partition, value }
  }
}

/** @param {{ messages: number, size: number, partitions: number }} options */
function contentOf(options) {
  const tally = new Tally()
  return { messages: content({ ...options, tally }), tally }
}

module.exports = { contentOf }
