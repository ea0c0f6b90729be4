/**
 * How what outlives a consumer (the addon, which holds its wake-up function, and timers) reaches it: weakly at first, so
 * that one that was made and is not used is collected and its client ends; strongly once it takes part, as a socket that
 * is open stays when only its listeners hold it.
 *
 * A function holds the whole scope that it was made in. So those that are given away are made here, of functions that were
 * made where no consumer is in scope: one made in its constructor would hold it for ever.
 */
export class Anchor<T extends object> {
  readonly #weak: WeakRef<T>
  #kept: T | undefined

  constructor(target: T) {
    this.#weak = new WeakRef(target)
  }

  /** From now on it is held, until it is closed: the addon lets go of its function then. */
  keep(target: T): void {
    this.#kept = target
  }

  /** For the addon. Does nothing once the target has been collected. */
  calling(action: (target: T, bits: number) => void): (bits: number) => void {
    return (bits) => {
      const target = this.#target
      if (target !== undefined) action(target, bits)
    }
  }

  /** A timer that does not keep the process. */
  every(intervalMs: number, action: (target: T) => void): NodeJS.Timeout {
    const timer = setInterval(
      () => {
        const target = this.#target
        if (target === undefined) clearInterval(timer)
        else action(target)
      },
      Math.max(1, Math.min(intervalMs, 0x7fffffff)),
    )
    return timer.unref()
  }

  get #target(): T | undefined {
    // A weak reference costs a microsecond, at each wake-up.
    return this.#kept ?? this.#weak.deref()
  }
}
