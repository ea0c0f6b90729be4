// Errors of node-rdkafka as the addon would give them: plain Errors with librdkafka's number.
import { binding } from '../binding'

export const ERR_DESTROY = -197
export const ERR_INVALID_ARG = -186
export const ERR_STATE = -172
export const ERR_NOT_IMPLEMENTED = -170
export const ERR_AUTHENTICATION = -169
export const ERR_FATAL = -150
const ERR_UNKNOWN = -1
/** Of those node-rdkafka says nothing, but it is so: a transport failure, and what timed out. */
const RETRIABLE = [-195, -185, -166]

export interface NativeError extends Error {
  code: number
  isFatal: boolean
  isRetriable: boolean
}

/** Describes a code of librdkafka. */
export type Describe = (code: number) => string

export function nativeError(code: number, message: string, cause?: unknown): NativeError {
  const error = new Error(message, cause === undefined ? undefined : { cause })
  const { isFatal, isRetriable } = (cause ?? {}) as { isFatal?: unknown; isRetriable?: unknown }
  return Object.assign(error, {
    code,
    isFatal: isFatal === true || code === ERR_FATAL,
    isRetriable: isRetriable === true || RETRIABLE.includes(code),
  })
}

/** For an error that does not tell what it is about. */
export function oneOf(names: readonly string[]): string {
  return names.length > 1 ? `one of ${names.join(', ')}` : names.join()
}

/**
 * Turns what node-rdkafka throws, calls back with and emits into errors with a code.
 *
 * Some of it is an Error that lost its code (`code` is -1 then, or missing) and half of its message: of "Local: Broker
 * transport failure" only "broker transport failure" is left. librdkafka's descriptions are distinct, so the code is
 * found again by them.
 */
export class ErrorCodes {
  #codes: Map<string, number> | undefined

  constructor(private readonly describe: Describe = (code) => binding().errorMessage(code)) {}

  toNative(error: unknown): NativeError {
    const { code, message } = (typeof error === 'object' && error !== null ? error : {}) as {
      code?: unknown
      message?: unknown
    }
    const text = typeof message === 'string' ? message : String(error)
    if (typeof code === 'number' && code !== ERR_UNKNOWN) {
      return nativeError(code, this.#isDescription(code, text) ? this.describe(code) : text, error)
    }
    const found = this.#byDescription().get(text.toLowerCase())
    return found === undefined ? nativeError(ERR_UNKNOWN, text, error) : nativeError(found, this.describe(found), error)
  }

  #isDescription(code: number, text: string): boolean {
    return this.#byDescription().get(text.toLowerCase()) === code
  }

  #byDescription(): Map<string, number> {
    if (this.#codes !== undefined) return this.#codes
    const codes = new Map<string, number>()
    // librdkafka's own errors lie between -200 and -100, the brokers' from -1 on.
    for (let code = 150; code >= -200; code--) {
      if (code === 0 || (code < ERR_UNKNOWN && code > -100)) continue
      const description = this.describe(code).toLowerCase()
      // What node-rdkafka leaves of it: what lies between the first ': ' and the second.
      for (const name of [description, description.split(': ')[1]]) if (name !== undefined) codes.set(name, code)
    }
    this.#codes = codes
    return codes
  }
}
