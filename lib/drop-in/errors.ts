import { binding } from '../binding'
import { ERROR_CODES } from './codes'
import { nodeRdkafka } from './node-rdkafka'

/** As node-rdkafka's errors look to who catches them. */
export interface LibrdKafkaError extends Error {
  message: string
  /** librdkafka's code. */
  code: number
  errno: number
  origin: string
  isFatal?: boolean
  isRetriable?: boolean
  isTxnRequiresAbort?: boolean
}

interface ErrorLike {
  message: string
  code: number
  isFatal?: boolean
}

const CODE_LAST_LOCAL = -100

/** node-rdkafka's names of librdkafka's codes. */
export function errorCodes(): Readonly<Record<string, number>> {
  return nodeRdkafka()?.CODES.ERRORS ?? ERROR_CODES
}

/** Stands in for node-rdkafka's class of the same name where node-rdkafka cannot be loaded. */
class OwnLibrdKafkaError extends Error implements LibrdKafkaError {
  // Assigned in this order, for that is how they print.
  declare message: string
  declare code: number
  declare errno: number
  declare origin: string
  declare isFatal?: boolean

  constructor(error: ErrorLike | Error) {
    super()
    if (error instanceof Error) {
      const [origin, text] = error.message.includes(': ') ? error.message.split(': ') : ['unknown', error.message]
      const { code } = error as Partial<ErrorLike>
      this.origin = String(origin).toLowerCase()
      this.message = String(text).toLowerCase()
      this.code = this.errno = typeof code === 'number' ? code : -1
      Object.defineProperty(this, 'stack', { value: error.stack, enumerable: true })
      return
    }
    this.message = error.message
    this.code = this.errno = error.code
    // The wrong way round, as in node-rdkafka: what is below is librdkafka's own.
    this.origin = error.code >= CODE_LAST_LOCAL ? 'local' : 'kafka'
    if (error.isFatal !== undefined) this.isFatal = error.isFatal
  }
}
Object.defineProperty(OwnLibrdKafkaError, 'name', { value: 'LibrdKafkaError' })

function create(error: ErrorLike | Error): LibrdKafkaError {
  const Theirs = nodeRdkafka()?.LibrdKafkaError
  return Theirs === undefined ? new OwnLibrdKafkaError(error) : new Theirs(error)
}

/** The error of a code, with librdkafka's description or other words. */
export function codeError(code: number, message = binding().errorMessage(code)): LibrdKafkaError {
  return create({ message, code })
}

/** node-rdkafka says by the code that an error is fatal, and programs look for that; which one it is, the message says. */
export function fatalError(message: string): LibrdKafkaError {
  return create({ message, code: ERROR_CODES.ERR__FATAL, isFatal: true })
}

/** librdkafka's code of what the addon threw; undefined where it was not librdkafka that refused. */
export function nativeCode(error: unknown): number | undefined {
  const { code } = error as { code?: unknown }
  return typeof code === 'number' ? code : undefined
}

/**
 * What the addon threw, or reported, as node-rdkafka would show it: with librdkafka's description of the code; the
 * addon's own words are kept where there is no code.
 */
export function fromNative(error: unknown): LibrdKafkaError {
  const code = nativeCode(error)
  return code === undefined ? codeError(-1, (error as Error).message) : codeError(code)
}

/**
 * As node-rdkafka makes one of another error, which it does for events and failed connects: the message in lower case
 * without what stands before its first colon, which is the origin then.
 */
export function reparsed(error: Error): LibrdKafkaError {
  return create(error)
}

/** What stands for a partition in a list of results: an error without a code. */
export function resultError(code: number): Error {
  return new Error(binding().errorMessage(code))
}

/**
 * User code threw where it was called from the addon's wake-up: to the process, as with node-rdkafka, and not into the
 * middle of what is going on here.
 */
export function throwOutside(error: unknown): void {
  process.nextTick(() => {
    throw error
  })
}
