// Keeps a topic growing at a rate, through Kafka's own Java client: idempotent, acks=all.
import { setTimeout as sleep } from 'node:timers/promises'
import { patternPayload } from '../helpers/pattern'
import { produce } from '../helpers/produce'

export interface SoakProducerOptions {
  bootstrap: string
  topic: string
  partitions: number
  /** Messages a second, in all partitions together. */
  rate: number
}

const INTERVAL_MS = 100
const BYTES = 100
/** What is owed after brokers were down comes in pieces. */
const MOST_AT_ONCE = 5000
/** Longer than brokers are down: the fate of every message is to be known. */
const DELIVERY_MS = 180_000

export class SoakProducer {
  acked = 0
  /** May be in the log, or not; they are not sent again. */
  unknown = 0
  readonly #options: SoakProducerOptions
  readonly #running: Promise<void>
  #isStopping = false
  #sequence = 0

  constructor(options: SoakProducerOptions) {
    this.#options = options
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#running
  }

  async #run(): Promise<void> {
    const began = performance.now()
    while (!this.#isStopping) {
      const due = Math.floor(((performance.now() - began) / 1000) * this.#options.rate)
      const count = Math.min(MOST_AT_ONCE, due - this.#sequence)
      if (count > 0) await this.#send(count)
      await sleep(INTERVAL_MS)
    }
  }

  async #send(count: number): Promise<void> {
    const { bootstrap, topic, partitions } = this.#options
    const messages = Array.from({ length: count }, (_, index) => {
      const number = this.#sequence + index
      const partition = number % partitions
      return { partition, value: patternPayload(partition, Math.floor(number / partitions), BYTES) }
    })
    this.#sequence += count
    try {
      const reports = await produce(topic, messages, {
        bootstrap,
        deadlineMs: DELIVERY_MS + 10_000,
        producerConfig: {
          'delivery.timeout.ms': String(DELIVERY_MS),
          'request.timeout.ms': '10000',
          'max.block.ms': String(DELIVERY_MS),
          'reconnect.backoff.max.ms': '500',
          'metadata.max.age.ms': '5000',
        },
      })
      this.acked += reports.length
    } catch {
      this.unknown += count
    }
  }
}
