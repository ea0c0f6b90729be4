const INTERVAL_MS = 2000
/** Intervals without a sign of life before it counts as dead: one alone may have been cut short by a suspended process. */
const MISSES = 3

/**
 * Notices that node-rdkafka's polling thread has ended.
 *
 * It ends at any error that librdkafka hands to the application in place of a message, but two (a topic that is unknown,
 * or forbidden), and tells nobody: from then on nothing comes, no message, no rebalance, no result of a commit. Only a
 * question that goes unanswered shows it, and only a timer can ask one.
 */
export class Watchdog {
  #timer: NodeJS.Timeout | undefined
  #hasHeard = true
  #misses = 0

  constructor(
    private readonly ask: () => Promise<void>,
    private readonly onSilence: () => void,
  ) {}

  start(): void {
    this.#timer = setInterval(() => {
      this.#look()
    }, INTERVAL_MS)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Something came from the thread. */
  heard(): void {
    this.#hasHeard = true
  }

  #look(): void {
    // What came while the event loop was blocked is taken in this turn of the loop, but after its timers.
    setImmediate(() => {
      if (this.#timer === undefined) return
      if (this.#hasHeard) {
        this.#misses = 0
      } else if (this.#misses++ === 0) {
        // Rejects when it is closed meanwhile.
        this.ask().then(
          () => {
            this.heard()
          },
          () => undefined,
        )
      } else if (this.#misses > MISSES) {
        this.stop()
        this.onSilence()
      }
      this.#hasHeard = false
    })
  }
}
