'use strict'
// How messages are spread over a mock cluster, which keeps the newest 5 MiB of a partition and forgets the rest: over as
// many partitions as it takes to keep all, so that every mode reads every message once and none is read again.

const MIN_PARTITIONS = 4
const MAX_PARTITIONS = 128
/** Below the 5 MiB, as batches have heads and are forgotten as a whole. */
const PARTITION_BYTES = 4 << 20
/** What a message takes beside its value, at most. */
const MESSAGE_BYTES = 24

/**
 * @param {number} messages
 * @param {number} size bytes of a value
 */
function plan(messages, size) {
  const perPartition = Math.floor(PARTITION_BYTES / (size + MESSAGE_BYTES))
  const partitions = Math.min(MAX_PARTITIONS, Math.max(MIN_PARTITIONS, Math.ceil(messages / perPartition)))
  return { partitions, maxMessages: perPartition * MAX_PARTITIONS }
}

module.exports = { plan }
