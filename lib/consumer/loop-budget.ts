// Longer than this and timers of the program are late; shorter and turns of the loop cost more than they give.
const BUDGET_MS = 8
const MAX_CALLS = 1024

/**
 * Tells when to let the event loop turn. Messages that have arrived are delivered through microtasks, which starve
 * timers and I/O for as long as there are more.
 *
 * Reading the clock costs as much as delivering a message, so it is read only every so many calls: many when calls are
 * quick, each one when they are slow.
 */
export class LoopBudget {
  #turnBegan = performance.now()
  #lastRead = this.#turnBegan
  #calls = 0
  #callsPerRead = 16
  #isSpent = false

  /** True when the budget is used up: wait for `turn()` before going on. */
  isSpent(): boolean {
    if (this.#isSpent) return true
    if (++this.#calls < this.#callsPerRead) return false
    const now = performance.now()
    const elapsed = now - this.#lastRead
    if (elapsed < BUDGET_MS / 8) this.#callsPerRead = Math.min(MAX_CALLS, this.#callsPerRead * 2)
    else if (elapsed > BUDGET_MS / 2) this.#callsPerRead = Math.max(1, this.#callsPerRead >> 2)
    this.#lastRead = now
    this.#calls = 0
    this.#isSpent = now - this.#turnBegan > BUDGET_MS
    return this.#isSpent
  }

  /** The loop has just turned: called from a wake-up or after an idle wait. */
  turned(): void {
    this.#turnBegan = this.#lastRead = performance.now()
    this.#calls = 0
    this.#isSpent = false
  }

  /** Resolves after the loop has turned. */
  turn(): Promise<void> {
    return new Promise((resolve) =>
      setImmediate(() => {
        this.turned()
        resolve()
      }),
    )
  }
}
