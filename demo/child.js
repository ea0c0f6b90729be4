'use strict'
// The child's side of the demo's processes: one job, whose words go to the parent.

/**
 * What a child says to its parent.
 *
 * @typedef {{ type: 'progress', count: number, seconds: number }
 *   | { type: 'ready', topic: FilledTopic }
 *   | { type: 'consumed', figures: Figures }
 *   | { type: 'unavailable', reason: string }
 *   | { type: 'failed', reason: string }} ChildMessage
 */

/**
 * A topic to consume, and what is in it.
 *
 * @typedef {object} FilledTopic
 * @property {string} bootstrap
 * @property {string} name
 * @property {import('./tally').PartitionTally[]} partitions
 */

/**
 * What one mode did from its first message to its last.
 *
 * @typedef {object} Figures
 * @property {number} messages
 * @property {number} seconds
 * @property {number} cpuMicros of all threads of the process
 * @property {number} peakBytes most memory of the process, from its start
 */

/** @typedef {{ isWanted: boolean, wanted: Promise<void> }} End whether the parent wants it to end, or is gone */

/**
 * Tells the parent; resolves when the message is on its way.
 *
 * @typedef {(message: ChildMessage) => Promise<void>} Say
 */

const TIDY_MS = 15_000

/**
 * Does the job that the parent gave, and says why when it fails. When the parent is gone, the process ends: at once, or
 * with `tidiesUp` by the job's own heeding of `end`.
 *
 * @template Job
 * @param {(job: Job, say: Say, end: End) => Promise<void>} work
 * @param {{ tidiesUp?: boolean }} [options]
 */
function asChild(work, { tidiesUp = false } = {}) {
  // Ctrl-C reaches every process of the terminal; the parent decides what ends when.
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => undefined)
  /** @type {End} */
  const end = { isWanted: false, wanted: Promise.resolve() }
  end.wanted = new Promise((resolve) => {
    const want = () => {
      end.isWanted = true
      resolve()
    }
    process.on('message', want)
    process.on('disconnect', () => {
      if (!tidiesUp) process.exit(1)
      want()
      setTimeout(() => process.exit(1), TIDY_MS).unref()
    })
  })
  void run(work, end).finally(() => {
    process.removeAllListeners('disconnect')
    if (process.connected) process.disconnect()
  })
}

/**
 * @template Job
 * @param {(job: Job, say: Say, end: End) => Promise<void>} work
 * @param {End} end
 */
async function run(work, end) {
  /** @type {Say} */
  const say = (message) =>
    new Promise((resolve) => {
      if (process.connected) process.send?.(message, undefined, undefined, () => resolve())
      else resolve()
    })
  try {
    await work(/** @type {Job} */ (JSON.parse(process.argv[2] ?? 'null')), say, end)
  } catch (error) {
    await say({ type: 'failed', reason: error instanceof Error ? error.message : String(error) })
  }
}

/**
 * Tells the parent how far it is, by the time since this call.
 *
 * @param {Say} say
 * @returns {(count: number) => Promise<void>}
 */
function sayingProgress(say) {
  const started = performance.now()
  return (count) => say({ type: 'progress', count, seconds: (performance.now() - started) / 1000 })
}

module.exports = { asChild, sayingProgress }
