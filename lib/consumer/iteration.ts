export const DONE = { done: true, value: undefined } as const

/** Requests made before the previous one was answered are answered in their order. */
export class IterationRequests {
  #last: Promise<unknown> | undefined

  get isEmpty(): boolean {
    return this.#last === undefined
  }

  add<T>(answer: () => Promise<T>): Promise<T> {
    const promise = this.#last === undefined ? answer() : this.#last.then(answer, answer)
    this.#last = promise
    const clear = (): void => {
      if (this.#last === promise) this.#last = undefined
    }
    promise.then(clear, clear)
    return promise
  }
}
