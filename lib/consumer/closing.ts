// The end of a consumer: what was processed is committed, the group is left, the client destroyed, all in a given time.
import type { NativeConsumer } from '../binding'
import type { KafkaError } from '../errors'
import type { Delivery } from './delivery'
import type { Group } from './group'
import { awaiting } from './native-error'
import { commitWarning, type Offsets } from './offsets'
import type { Requests } from './requests'
import type { ConsumerSettings } from './settings'
import type { Source } from './source'
import { within } from './waits'

const MIN_DESTROY_MS = 50
const LEAVING_RETRY_MS = 300

export interface ClosingSteps {
  /** First of all. */
  onBegin: () => void
  /** Never rejects. */
  autoCommit: (what: string, retryMs: number) => Promise<void>
  onWarning: (error: KafkaError) => void
  /** Last of all. */
  onEnd: () => void
}

export class Closing {
  readonly #native: NativeConsumer
  readonly #settings: Pick<ConsumerSettings, 'closeTimeoutMs' | 'autoCommit'>
  readonly #group: Group
  readonly #offsets: Offsets
  readonly #delivery: Pick<Delivery<unknown, unknown>, 'close'>
  readonly #source: Source
  readonly #requests: Requests
  readonly #steps: ClosingSteps
  #closed: Promise<void> | undefined
  #isLeaving = false
  /** While the group is being left: what a wake-up calls. */
  #onProgress: (() => void) | undefined

  constructor(
    native: NativeConsumer,
    settings: Pick<ConsumerSettings, 'closeTimeoutMs' | 'autoCommit'>,
    parts: {
      group: Group
      offsets: Offsets
      delivery: Pick<Delivery<unknown, unknown>, 'close'>
      source: Source
      requests: Requests
    },
    steps: ClosingSteps,
  ) {
    this.#native = native
    this.#settings = settings
    this.#group = parts.group
    this.#offsets = parts.offsets
    this.#delivery = parts.delivery
    this.#source = parts.source
    this.#requests = parts.requests
    this.#steps = steps
  }

  get hasBegun(): boolean {
    return this.#closed !== undefined
  }

  /** The group is being left: rebalance handlers still run, and may commit. */
  get isLeaving(): boolean {
    return this.#isLeaving
  }

  /** Once it has begun: something may have come. */
  wake(): void {
    this.#onProgress?.()
  }

  /** The same promise at every call. It settles within `closeTimeoutMs`, and never rejects. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const deadline = performance.now() + this.#settings.closeTimeoutMs
    const left = (): number => Math.max(1, deadline - performance.now())
    this.#steps.onBegin()
    this.#isLeaving = true
    this.#delivery.close()
    try {
      await within(this.#leave(), left(), 'leaving the group')
    } catch (error) {
      this.#steps.onWarning(commitWarning(error, 'close'))
    }
    this.#isLeaving = false
    this.#onProgress = undefined
    this.#requests.close()
    this.#source.clear()
    // A call still under way on the control thread, or a group that was not left in time, may hold this up. It then ends
    // by itself, and the process need not wait for it.
    await within(this.#native.destroy(), Math.max(MIN_DESTROY_MS, left()), 'close').catch((error: unknown) => {
      this.#steps.onWarning(commitWarning(error, 'close'))
      this.#native.unref()
    })
    this.#steps.onEnd()
  }

  async #leave(): Promise<void> {
    await this.#group.idle
    if (this.#settings.autoCommit.enabled) {
      // A rebalance under way goes on: brokers refuse commits until it has ended.
      this.#onProgress = (): void => {
        while (this.#source.pullUrgent());
      }
      this.#onProgress()
      await this.#steps.autoCommit('commit on close', this.#settings.closeTimeoutMs / 2)
      await this.#group.idle
    }
    // From here on librdkafka takes no part in a rebalance: what is refused for one stays so, and others wait for us to go.
    this.#offsets.maxRetryMs = LEAVING_RETRY_MS
    await awaiting('close', () => this.#native.beginClose())
    for (;;) {
      // Made before looking: what rings while a handler runs is not to be missed.
      const progress = new Promise<void>((resolve) => (this.#onProgress = resolve))
      while (this.#source.pull());
      await this.#group.idle
      if (this.#native.isClosed()) return
      await progress
    }
  }
}
