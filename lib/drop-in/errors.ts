import { binding } from '../binding'
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
  isRetriable?: boolean
}

const CODE_FIRST = -200
const CODE_LAST_LOCAL = -100
const CODE_LAST = 150

/** node-rdkafka's names of librdkafka's codes. */
export function errorCodes(): Record<string, number> {
  const theirs = nodeRdkafka()?.CODES.ERRORS
  if (theirs !== undefined) return theirs
  const codes: Record<string, number> = { ERR__BEGIN: CODE_FIRST, ERR__END: CODE_LAST_LOCAL }
  for (let code = CODE_FIRST + 1; code <= CODE_LAST; code++) {
    const name = binding().errorName(code)
    // Codes that librdkafka does not have are named after their number.
    if (!/^ERR_/.test(name)) codes[`ERR_${name}`] = code
  }
  return codes
}

/** Stands in for node-rdkafka's class of the same name where node-rdkafka cannot be loaded. */
class OwnLibrdKafkaError extends Error implements LibrdKafkaError {
  // Declared as fields in this order, for that is how they print.
  override readonly message: string
  readonly code: number
  readonly errno: number
  readonly origin: string

  constructor({ message, code, ...flags }: ErrorLike) {
    super()
    this.message = message
    this.code = this.errno = code
    // The wrong way round, as in node-rdkafka: what is below is librdkafka's own.
    this.origin = code >= CODE_LAST_LOCAL ? 'local' : 'kafka'
    Object.assign(this, flags)
  }
}
Object.defineProperty(OwnLibrdKafkaError, 'name', { value: 'LibrdKafkaError' })

function create(error: ErrorLike): LibrdKafkaError {
  const Theirs = nodeRdkafka()?.LibrdKafkaError
  return Theirs === undefined ? new OwnLibrdKafkaError(error) : new Theirs(error)
}

/** The error of a code, with librdkafka's description. */
export function codeError(code: number): LibrdKafkaError {
  return create({ message: binding().errorMessage(code), code })
}

/**
 * What the addon threw, or reported, as node-rdkafka would show it.
 *
 * Where node-rdkafka shows librdkafka's description of the code, so does this; the addon's own words are kept where
 * there is no code.
 */
export function fromNative(error: unknown): LibrdKafkaError {
  const { code, message, isFatal, isRetriable } = error as Partial<ErrorLike>
  const number = typeof code === 'number' ? code : -1
  return create({
    message: number === -1 ? String(message) : binding().errorMessage(number),
    code: number,
    ...(isFatal === true && { isFatal }),
    ...(isRetriable === true && { isRetriable }),
  })
}

/**
 * As node-rdkafka makes one of an event of the client: the code is lost (always -1), the message in lower case without
 * what stands before its first colon.
 */
export function eventError(message: string): LibrdKafkaError {
  const Theirs = nodeRdkafka()?.LibrdKafkaError
  const plain = new Error(message)
  if (Theirs !== undefined) return new Theirs(plain)
  const [origin, text] = message.includes(': ') ? message.split(': ') : ['unknown', message]
  const error = new OwnLibrdKafkaError({ message: String(text).toLowerCase(), code: -1 })
  return Object.assign(error, { origin: String(origin).toLowerCase(), stack: plain.stack })
}
