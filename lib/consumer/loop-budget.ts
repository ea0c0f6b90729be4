// Longer than this and timers of the program are late; shorter and turns of the loop cost more than they give.
const BUDGET_MS = 8
// Reading the clock costs a tenth of delivering a message. More would make timers late by as many slow handlers.
const MESSAGES_PER_READ = 16

/**
 * Tells when to let the event loop turn. Messages that have arrived are delivered through microtasks, which starve
 * timers and I/O for as long as there are more.
 */
export class LoopBudget {
  #turnBegan = performance.now()
  #lastRead = this.#turnBegan
  #messages = 0
  #messagesPerRead = MESSAGES_PER_READ
  #isSpent = false

  /**
   * True when the budget is used up: wait for `turn()` before going on.
   *
   * @param messages How many were delivered since the last call.
   */
  isSpent(messages = 1): boolean {
    if (this.#isSpent) return true
    this.#messages += messages
    if (this.#messages < this.#messagesPerRead) return false
    const now = performance.now()
    // Where a few messages already take long, each is looked at.
    this.#messagesPerRead = now - this.#lastRead > BUDGET_MS / 4 ? 1 : MESSAGES_PER_READ
    this.#lastRead = now
    this.#messages = 0
    this.#isSpent = now - this.#turnBegan > BUDGET_MS
    return this.#isSpent
  }

  /** The loop is to turn, however little time went by. */
  spend(): void {
    this.#isSpent = true
  }

  /** The loop has just turned: called from a wake-up or after an idle wait. */
  turned(): void {
    this.#turnBegan = this.#lastRead = performance.now()
    this.#messages = 0
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
