/**
 * Wakes the consumer in the next turn of the event loop, once for all that has come by then.
 *
 * Never at once: node-rdkafka's callbacks run one after the other inside one native loop, with all microtasks after
 * each. User code must not run there: a client that is disconnected in such a callback is freed under it.
 */
export class Bell {
  #bits = 0

  constructor(private readonly wake: (bits: number) => void) {}

  /** WAKE_ bits */
  ring(bits: number): void {
    if (this.#bits === 0) {
      setImmediate(() => {
        const all = this.#bits
        this.#bits = 0
        this.wake(all)
      })
    }
    this.#bits |= bits
  }
}
