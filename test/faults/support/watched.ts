// A consumer that reads on by itself, and all that its user sees.
import { inspect } from 'node:util'
import type { KafkaStreamConsumer } from '../../../lib/consumer/consumer'
import type { ConsumerEvents } from '../../../lib/consumer/types'
import type { KafkaError } from '../../../lib/errors'
import { type ConsumerOptions, createConsumer, type Mode } from '../../helpers/consumer'
import { waitFor, withDeadline } from '../../helpers/wait'

type Options = ConsumerOptions<Buffer, Buffer>

/** Partition to offsets, in the order in which they were processed. */
export type Processed = Map<number, number[]>

const EVENTS = ['assigned', 'revoked', 'lost', 'slow', 'warning', 'error'] as const
type Seen = (typeof EVENTS)[number]

export class Watched {
  readonly consumer: KafkaStreamConsumer
  readonly processed: Processed = new Map()
  readonly events: { name: Seen; value: unknown; at: number }[] = []
  /** What the iteration rejected with. */
  failure: unknown
  #reading: Promise<void> | undefined

  constructor(
    readonly mode: Mode,
    readonly options: Options,
  ) {
    this.consumer = createConsumer(mode, options)
    for (const name of EVENTS) {
      this.consumer.on(name, (value: ConsumerEvents[Seen][0]) => {
        this.events.push({ name, value, at: performance.now() })
      })
    }
  }

  /** Subscribes and reads; `onMessage` runs for each message. */
  async start(topics: readonly string[], onMessage?: (topic: string, offset: number) => Promise<void>): Promise<this> {
    await this.consumer.subscribe(topics)
    this.read(onMessage)
    return this
  }

  read(onMessage?: (topic: string, offset: number) => Promise<void>): void {
    const reading = async (): Promise<void> => {
      for await (const { topic, partition, offset } of this.consumer.stream()) {
        const offsets = this.processed.get(partition) ?? []
        this.processed.set(partition, offsets)
        offsets.push(offset)
        await onMessage?.(topic, offset)
      }
    }
    this.#reading = reading().catch((error: unknown) => {
      this.failure = error
    })
  }

  get count(): number {
    return [...this.processed.values()].reduce((sum, offsets) => sum + offsets.length, 0)
  }

  /** How many different messages. */
  get distinct(): number {
    return [...this.processed.values()].reduce((sum, offsets) => sum + new Set(offsets).size, 0)
  }

  values(name: Seen): unknown[] {
    return this.events.filter((event) => event.name === name).map(({ value }) => value)
  }

  warnings(code?: string): KafkaError[] {
    return (this.values('warning') as KafkaError[]).filter((error) => code === undefined || error.code === code)
  }

  waitForDistinct(count: number, deadlineMs = 30_000): Promise<unknown> {
    return waitFor(() => this.distinct >= count, {
      deadlineMs,
      describe: () => `${this.mode}: ${count} messages; it has ${this.distinct}. ${this.#state()}`,
    })
  }

  waitForEvent(name: Seen, isIt: (value: never) => boolean = () => true, deadlineMs = 30_000): Promise<unknown> {
    return waitFor(() => this.values(name).some((value) => isIt(value as never)), {
      deadlineMs,
      describe: () => `${this.mode}: event ${name}. ${this.#state()}`,
    })
  }

  /** Resolves with what the iteration ended with. */
  async ended(deadlineMs = 30_000): Promise<unknown> {
    if (this.#reading === undefined) throw new Error('it does not read')
    await withDeadline(this.#reading, deadlineMs, () => `${this.mode}: the iteration did not end. ${this.#state()}`)
    return this.failure
  }

  async close(): Promise<void> {
    await withDeadline(this.consumer.close(), 20_000, () => `${this.mode}: close() did not settle`)
    await this.#reading
  }

  #state(): string {
    const events = this.events.map(
      ({ name, value }) => `${name} ${value instanceof Error ? String(value) : JSON.stringify(value)}`,
    )
    return `It saw: ${events.join('; ')}${this.failure === undefined ? '' : `; it failed: ${inspect(this.failure)}`}`
  }
}

/** Closed when the enclosing `describe` (or file) ends. */
export function useWatched(defaults: () => Options): (mode: Mode, options?: Options) => Watched {
  const made: Watched[] = []
  afterAll(async () => {
    await Promise.all(made.map((watched) => watched.close()))
  })
  return (mode, options = {}) => {
    const all = defaults()
    const watched = new Watched(mode, { ...all, ...options, config: { ...all.config, ...options.config } })
    made.push(watched)
    return watched
  }
}

/** Offsets 0 to `count` - 1 of each of `partitions`: what is missing of them, and what came twice or out of its order. */
export function faultsIn(processed: Processed, partitions: number, count: number): { missing: number; again: number } {
  let missing = 0
  let again = 0
  for (let partition = 0; partition < partitions; partition++) {
    const offsets = processed.get(partition) ?? []
    const seen = new Set(offsets)
    for (let offset = 0; offset < count; offset++) if (!seen.has(offset)) missing++
    offsets.forEach((offset, index) => {
      if (index > 0 && offset <= (offsets[index - 1] as number)) again++
    })
  }
  return { missing, again }
}
