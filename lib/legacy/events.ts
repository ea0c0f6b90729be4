import { EventKind, type NativeEvent } from '../binding'
import { ERR_AUTHENTICATION, type ErrorCodes } from './errors'
import type { RdkafkaConsumer } from './node-rdkafka'

const REFRESH_AT = 0.8
const RETRY_MS = 10_000

/**
 * What is not ordered with rows: errors of the client, statistics, logs, throttling, and the token that is due.
 *
 * node-rdkafka does not ask for OAuth tokens as librdkafka does, and tells it that they last for ever. So it is asked
 * for here: at the start, and by a timer before the last one ends, or a while after it could not be had.
 */
export class Events {
  #events: NativeEvent[] = []
  #refresh: NodeJS.Timeout | undefined
  #isStopped = false
  readonly #onEvent: () => void
  readonly #config: string
  /** Tokens are to be had from user code. */
  readonly wantsToken: boolean

  constructor(conf: Readonly<Record<string, string>>, onEvent: () => void) {
    this.#onEvent = onEvent
    this.#config = conf['sasl.oauthbearer.config'] ?? ''
    this.wantsToken =
      (conf['sasl.mechanisms'] ?? conf['sasl.mechanism'])?.toUpperCase() === 'OAUTHBEARER' &&
      conf['sasl.oauthbearer.method']?.toLowerCase() !== 'oidc' &&
      conf['enable.sasl.oauthbearer.unsecure.jwt'] !== 'true'
  }

  listen(client: RdkafkaConsumer, errors: ErrorCodes): void {
    client.on('event.error', (error) => {
      const { code, message, isFatal, isRetriable } = errors.toNative(error)
      this.add([EventKind.ClientError, code, message, isFatal, isRetriable])
    })
    client.on('event.stats', ({ message }) => {
      this.add([EventKind.Stats, message])
    })
    client.on('event.log', ({ severity, fac, message }) => {
      this.add([EventKind.Log, severity, fac, message])
    })
    client.on('event.throttle', ({ brokerName, brokerId, throttleTime }) => {
      this.add([EventKind.Throttle, brokerName, brokerId, throttleTime])
    })
    if (this.wantsToken) this.#askForToken()
  }

  add(event: NativeEvent): void {
    this.#events.push(event)
    this.#onEvent()
  }

  take(): NativeEvent[] {
    if (this.#events.length === 0) return []
    const events = this.#events
    this.#events = []
    return events
  }

  /** `lifetimeMs`: when it ends, milliseconds since 1970. */
  tokenSet(lifetimeMs: number): void {
    this.#askAfter((lifetimeMs - Date.now()) * REFRESH_AT)
  }

  tokenFailed(reason: string): void {
    if (this.#isStopped) return
    this.add([EventKind.ClientError, ERR_AUTHENTICATION, `cannot get an OAUTHBEARER token: ${reason}`, false, true])
    this.#askAfter(RETRY_MS)
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#refresh)
  }

  #askAfter(delayMs: number): void {
    if (this.#isStopped) return
    clearTimeout(this.#refresh)
    const timer = setTimeout(
      () => {
        this.#askForToken()
      },
      Math.max(1, Math.min(delayMs, 0x7fffffff)),
    )
    this.#refresh = timer.unref()
  }

  #askForToken(): void {
    this.add([EventKind.TokenRefresh, this.#config])
  }
}
