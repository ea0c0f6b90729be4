// One tier on the user's topic, in the process it is called in.
import { readFileSync } from 'node:fs'
import type { ConsumerProperties } from '../config'
import { merged } from '../config/properties'
import type { KafkaStreamConsumer } from '../consumer/consumer'
import { ConsumerFactory } from '../consumer/factory'
import { bytes } from '../serde'
import type { Reading } from './options'

export interface MeasureJob {
  topic: string
  properties: ConsumerProperties
  tier: string
  reading: Reading
  messages: number
  seconds: number
}

export interface Figures {
  /** Measured: what came in the warm-up is left out. */
  messages: number
  bytes: number
  seconds: number
  /** Of all threads of the process. */
  cpuSeconds: number
  peakRssBytes: number
}

/** Messages so far, of at most how many. */
export type OnProgress = (messages: number, total: number) => void

/** Connections are made and code is compiled: the first second, or the first tenth of the messages. */
const WARM_UP_MS = 1000
const WARM_UP_SHARE = 0.1
/** A topic that is compacted, or written in transactions, has fewer messages than offsets: its end shows in silence. */
const SILENCE_MS = 3000
const ANSWER_MS = 15_000
const PROGRESS_MS = 100
/** The clock is read this often. */
const LOOK_EVERY = 64

export async function measure(job: MeasureJob, onProgress: OnProgress): Promise<Figures> {
  const consumer = ConsumerFactory.create(
    merged(
      Object.entries(job.properties),
      // Read-only: it commits nothing.
      Object.entries({ 'enable.auto.commit': false, 'auto.offset.reset': 'earliest', 'performance.tier': job.tier }),
    ),
    bytes(),
    bytes(),
  )
  try {
    const total = Math.min(job.messages, await messagesIn(consumer, job.topic))
    if (total === 0) throw new Error(`topic ${job.topic} is empty`)
    return await new Measurement(consumer, job, total, onProgress).run()
  } finally {
    await consumer.close()
  }
}

/** Joins the group and asks how much there is. */
async function messagesIn(consumer: KafkaStreamConsumer, topic: string): Promise<number> {
  const assigned = new Promise<void>((resolve) => consumer.once('assigned', () => resolve()))
  await consumer.subscribe([topic], { timeoutMs: ANSWER_MS })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`topic ${topic}: no partition was assigned within ${ANSWER_MS / 1000} s: does it exist?`))
    }, ANSWER_MS)
  })
  await Promise.race([assigned, late]).finally(() => clearTimeout(timer))
  const watermarks = await Promise.all(
    consumer
      .assignment()
      .map((each) => consumer.watermarkOffsets(each.topic, each.partition, { timeoutMs: ANSWER_MS })),
  )
  return watermarks.reduce((sum, { low, high }) => sum + high - low, 0)
}

class Measurement {
  #messages = 0
  #bytes = 0
  #next = 1
  #firstMs = 0
  #begin: { ms: number; cpu: NodeJS.CpuUsage; messages: number; bytes: number } | undefined
  readonly #controller = new AbortController()

  constructor(
    private readonly consumer: KafkaStreamConsumer,
    private readonly job: MeasureJob,
    private readonly total: number,
    private readonly onProgress: OnProgress,
  ) {}

  async run(): Promise<Figures> {
    let seen = -1
    let seenMs = performance.now()
    let lastMs = 0
    const timer = setInterval(() => {
      this.onProgress(this.#messages, this.total)
      const now = performance.now()
      if (seen !== this.#messages) {
        seen = this.#messages
        seenMs = lastMs = now
      } else if (now - seenMs >= SILENCE_MS) this.#controller.abort()
    }, PROGRESS_MS)
    try {
      await this.#read()
    } catch (error) {
      if (!this.#controller.signal.aborted) throw error
    } finally {
      clearInterval(timer)
    }
    this.onProgress(this.#messages, this.total)
    // The silence is no part of it.
    return this.#figures(this.#controller.signal.aborted ? lastMs : performance.now())
  }

  async #read(): Promise<void> {
    const options = { signal: this.#controller.signal }
    if (this.job.reading === 'stream') {
      for await (const message of this.consumer.stream(options)) if (this.#take(message.value)) return
      return
    }
    for await (const batch of this.consumer.batches(options)) {
      for (let index = 0; index < batch.length; index++) if (this.#take(batch.valueBytes(index))) return
    }
  }

  /** True with the last one wanted. */
  #take(value: Buffer | null): boolean {
    // Touched, as a program would.
    if (value !== null && value.length > 0) this.#bytes += value.length + ((value[0] as number) & 0)
    return ++this.#messages >= this.#next && this.#look()
  }

  #look(): boolean {
    const now = performance.now()
    if (this.#firstMs === 0) this.#firstMs = now
    else if (this.#begin === undefined) {
      if (now - this.#firstMs >= WARM_UP_MS || this.#messages >= this.total * WARM_UP_SHARE) {
        this.#begin = { ms: now, cpu: process.cpuUsage(), messages: this.#messages, bytes: this.#bytes }
      }
    } else if (now - this.#begin.ms >= this.job.seconds * 1000) return true
    this.#next = Math.min(this.#messages + LOOK_EVERY, this.total)
    return this.#messages >= this.total
  }

  #figures(endMs: number): Figures {
    // Fewer messages than the clock is read after: all of them count.
    const begin = this.#begin ?? { ms: this.#firstMs, cpu: { user: 0, system: 0 }, messages: 0, bytes: 0 }
    const cpu = process.cpuUsage(begin.cpu)
    const messages = this.#messages - begin.messages
    if (messages === 0) throw new Error(`topic ${this.job.topic}: too few messages came to measure anything`)
    return {
      messages,
      bytes: this.#bytes - begin.bytes,
      seconds: Math.max(endMs - begin.ms, 1e-3) / 1000,
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      peakRssBytes: peakRssBytes(),
    }
  }
}

/** Of this program alone: what getrusage says may be that of the process which started it. */
function peakRssBytes(): number {
  try {
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    if (kib !== undefined) return Number(kib) * 1024
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024
}
