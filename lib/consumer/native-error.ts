import { binding } from '../binding'
import { ClosedError, TimeoutError, type KafkaError, type KafkaErrorDetails } from '../errors'
import { errorClass, isRetriable } from './error-kinds'

const ERR_STATE = -172
const ERR_TIMED_OUT = -185
const ERR_DESTROY = -197
const ERR_TIMED_OUT_QUEUE = -166

interface NativeError extends Error {
  code: number
  isFatal?: boolean
  isRetriable?: boolean
}

function isNativeError(error: unknown): error is NativeError {
  // Not `instanceof`: the addon's errors may be of another realm, as in a test runner that gives each file its own.
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  return typeof code === 'number' && typeof message === 'string'
}

/** An error of librdkafka by its code, as this package shows it. */
export function kafkaError(errno: number, message: string, details: Omit<KafkaErrorDetails, 'errno'> = {}): KafkaError {
  if (errno === ERR_DESTROY) return new ClosedError('the consumer was closed before the call finished')
  const fatal = details.fatal ?? false
  const retriable = !fatal && (details.retriable === true || isRetriable(errno))
  const all = { ...details, errno, fatal, retriable }
  if (errno === ERR_TIMED_OUT || errno === ERR_TIMED_OUT_QUEUE) return new TimeoutError(message, all)
  return new (errorClass(errno))(message, `ERR_${binding().errorName(errno)}`, all)
}

/** What the addon threw or rejected with, as a KafkaError with the caller's stack. Others pass as they are. */
export function fromNative(error: unknown, doing: string): unknown {
  if (!isNativeError(error)) return error
  if (error.code === ERR_STATE && error.message === 'the client is closed') return new ClosedError()
  const { code, isFatal: fatal, isRetriable: retriable } = error
  return kafkaError(code, `${doing}: ${error.message}`, {
    ...(fatal !== undefined && { fatal }),
    ...(retriable !== undefined && { retriable }),
  })
}

/** Runs a call of the addon, and turns what it throws. */
export function calling<T>(doing: string, call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw fromNative(error, doing)
  }
}

/** Awaits a call of the addon, and turns what it rejects with. */
export async function awaiting<T>(doing: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw fromNative(error, doing)
  }
}
