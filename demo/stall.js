'use strict'

/** Nothing came for so long: the rest will not come. */
const STALL_MS = 30_000

/**
 * Calls `action` when a count has stood still for 30 s. Returns what ends the watch.
 *
 * @param {() => number} count
 * @param {() => unknown} action
 */
function onStall(count, action) {
  let seen = count()
  let seenAt = performance.now()
  const timer = setInterval(() => {
    if (count() !== seen) {
      seen = count()
      seenAt = performance.now()
    } else if (performance.now() - seenAt > STALL_MS) {
      clearInterval(timer)
      action()
    }
  }, STALL_MS / 30)
  return () => clearInterval(timer)
}

module.exports = { onStall }
