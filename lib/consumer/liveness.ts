/** What the event `slow` tells. */
export interface Slow {
  /** Milliseconds since the program last asked for messages, at least. */
  elapsedMs: number
  /** After this the group gives the partitions to others. */
  maxPollIntervalMs: number
}

const TICKS = 20

/**
 * How often to look whether the program is alive, in milliseconds. Dedicated's thread takes the program for dead when it
 * heard nothing for two of these: a tenth of the interval, see native/pump.h.
 */
export function livenessTickMs(maxPollIntervalMs: number): number {
  return maxPollIntervalMs / TICKS
}

/** Of max.poll.interval.ms. The program may have asked up to a tick before the one that noticed it: 80 % at the latest. */
const SLOW_AT = 0.8 - 1 / TICKS

/** Watches over how long the program takes between two requests for messages. */
export class Liveness {
  /** How often `tick()` is to be called. */
  readonly intervalMs: number
  #ticked: number
  #alive: number
  #isTold = false

  constructor(
    private readonly maxPollIntervalMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.intervalMs = livenessTickMs(maxPollIntervalMs)
    this.#ticked = this.#alive = now()
  }

  /** @param isAlive The program waits for messages, or has asked for some since the last tick. */
  tick(isAlive: boolean): Slow | undefined {
    const now = this.now()
    // The event loop was held up: whether the program asked before that or after it, that time is gone.
    const isHeldUp = now - this.#ticked >= SLOW_AT * this.maxPollIntervalMs
    const since = isHeldUp ? this.#ticked : isAlive ? now : this.#alive
    const isSlow = now - since >= SLOW_AT * this.maxPollIntervalMs
    const isNews = isSlow && !this.#isTold
    this.#isTold = isSlow && !isAlive
    this.#ticked = now
    if (isAlive) this.#alive = now
    return isNews ? { elapsedMs: Math.round(now - since), maxPollIntervalMs: this.maxPollIntervalMs } : undefined
  }
}
