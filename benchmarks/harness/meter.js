'use strict'
// Counts, touches and times what a client delivers, at a cost of a few nanoseconds a message.
const { readFileSync } = require('node:fs')
const { monitorEventLoopDelay } = require('node:perf_hooks')

/** @typedef {import('../types').Job} Job */
/** @typedef {import('../types').Report} Report */
/** @typedef {Buffer | Uint8Array | string | { sequence: number } | null | undefined} Value */

/** The clock is read this often: twice a second at the slowest, for nothing at the fastest. */
const LOOK_EVERY = 64
/** A warm-up ends after this time, however few messages it had. */
const WARM_UP_MS = 1000
const CPU_HANDLER_NS = 100_000n
const IO_HANDLER_MS = 1
const LOOP_DELAY_RESOLUTION_MS = 1
/** From this process's clock to CLOCK_MONOTONIC, which is what messages are stamped with: to a few microseconds. */
const CLOCK_OFFSET_MS = clockOffsetMs()

class Meter {
  /** Calls so far of `take`, and what `take` made of them. */
  messages = 0
  bytes = 0
  checksum = 0
  /** @type {Promise<Report>} settles with the last message */
  finished
  /** @type {(report: Report) => void} */
  #finish = () => undefined
  /** At this many messages there is something to do beside counting. */
  #next = 1
  #startUpMs = 0
  #firstMs = 0
  /** @type {{ ms: number, cpu: NodeJS.CpuUsage, messages: number } | undefined} */
  #begin
  #isOver = false
  #pending = 0
  #mostPending = 0
  /** @type {Float64Array | undefined} */
  #latencies
  #loopDelay = monitorEventLoopDelay({ resolution: LOOP_DELAY_RESOLUTION_MS })
  /** @type {() => void} */
  #onReady

  /**
   * @param {Job} job
   * @param {() => void} onReady
   */
  constructor(job, onReady) {
    this.job = job
    this.#onReady = onReady
    this.finished = new Promise((resolve) => (this.#finish = resolve))
    if (job.kind === 'paced') this.#latencies = new Float64Array(job.count)
    /**
     * One message's value. True when it was the last one wanted: the client stops then. A promise of that where user
     * code waits for something: the client waits for it where it can.
     *
     * @type {(value: Value) => boolean | Promise<boolean>}
     */
    this.take = this.#taker()
  }

  /** The client has its partitions: what comes now is delivered. */
  ready() {
    this.#onReady()
    this.#onReady = () => undefined
  }

  get isOver() {
    return this.#isOver
  }

  #taker() {
    const { kind, value, handler } = this.job
    if (kind === 'paced') return (/** @type {Value} */ bytes) => this.#takeTimed(/** @type {Buffer} */ (bytes))
    const touch = this.#toucher(value)
    if (handler === 'cpu') {
      return (/** @type {Value} */ each) => {
        compute()
        return touch(each)
      }
    }
    if (handler === 'io') return (/** @type {Value} */ each) => this.#wait(touch, each)
    return touch
  }

  /** @param {Job['value']} use @returns {(value: Value) => boolean} */
  #toucher(use) {
    switch (use) {
      case 'untouched':
        return () => this.#count()
      case 'bytes':
        return (value) => {
          const bytes = /** @type {Buffer} */ (value)
          this.checksum += /** @type {number} */ (bytes[0])
          this.bytes += bytes.length
          return this.#count()
        }
      case 'string':
        return (value) => {
          const text = typeof value === 'string' ? value : /** @type {Buffer} */ (value).toString('utf8')
          this.checksum += text.charCodeAt(0)
          this.bytes += text.length
          return this.#count()
        }
      case 'json':
        return (value) => {
          const object = value instanceof Uint8Array ? JSON.parse(value.toString()) : value
          this.checksum += object.sequence & 255
          return this.#count()
        }
    }
  }

  #count() {
    return ++this.messages >= this.#next && this.#look()
  }

  /** @param {Buffer} bytes */
  #takeTimed(bytes) {
    // Numbers, which hold nanoseconds since the machine's start for 100 days: bigints cost half as much again.
    const sentMs = (bytes.readUInt32LE(4) * 0x1_0000_0000 + bytes.readUInt32LE(0)) / 1e6
    const latencies = /** @type {Float64Array} */ (this.#latencies)
    if (this.messages < latencies.length) latencies[this.messages] = performance.now() + CLOCK_OFFSET_MS - sentMs
    this.bytes += bytes.length
    return this.#count()
  }

  /**
   * @param {(value: Value) => boolean} touch
   * @param {Value} value
   */
  async #wait(touch, value) {
    this.#mostPending = Math.max(this.#mostPending, ++this.#pending)
    await new Promise((resolve) => setTimeout(resolve, IO_HANDLER_MS))
    this.#pending--
    return touch(value)
  }

  /** At the first message, every so often, and at the last one. */
  #look() {
    if (this.#isOver) return true
    const now = performance.now()
    const { job } = this
    if (this.#firstMs === 0) {
      this.#firstMs = now
      this.#startUpMs = now
      if (job.warmUp === 0) this.#start(now, 0)
    } else if (this.#begin === undefined) {
      // A steady rate has all of its warm-up: the producer's connections and the broker's are warmed up, too.
      const isLong = job.kind !== 'paced' && now - this.#firstMs >= WARM_UP_MS
      if (this.messages >= job.warmUp || isLong) this.#start(now, this.messages)
    }
    const isLate = this.#begin !== undefined && job.kind !== 'paced' && now - this.#begin.ms >= job.maxSeconds * 1000
    if (this.messages >= job.count || isLate) return this.#end(now)
    this.#next = Math.min(this.messages + LOOK_EVERY, job.count)
    if (this.#begin === undefined && this.messages < job.warmUp) this.#next = Math.min(this.#next, job.warmUp)
    return false
  }

  /** @param {number} ms @param {number} messages */
  #start(ms, messages) {
    this.#begin = { ms, cpu: process.cpuUsage(), messages }
    // It costs a timer a millisecond: only where it is what is measured.
    if (this.job.handler !== 'none') this.#loopDelay.enable()
  }

  /** @param {number} now */
  #end(now) {
    this.#isOver = true
    const begin = this.#begin ?? { ms: this.#firstMs, cpu: { user: 0, system: 0 }, messages: 0 }
    const cpu = process.cpuUsage(begin.cpu)
    const seconds = (now - begin.ms) / 1000
    const measuredMessages = this.messages - begin.messages
    /** @type {Report} */
    const report = {
      messages: this.messages,
      measuredMessages,
      bytes: this.bytes,
      checksum: this.checksum,
      seconds,
      messagesPerSecond: measuredMessages / seconds,
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      peakRssKiB: peakRssKiB(),
      startUpMs: this.#startUpMs,
    }
    if (this.#latencies !== undefined) report.latencyMs = summary(this.#latencies.subarray(this.job.warmUp))
    if (this.job.handler !== 'none') {
      const { percentile, max } = delays(this.#loopDelay)
      report.loopDelayMs = { p50: percentile(50), p99: percentile(99), max }
      report.mostPending = this.#mostPending
    }
    this.#finish(report)
    return true
  }
}

function clockOffsetMs() {
  // Less is what was held up between the two clocks: the first time by a millisecond.
  return Math.max(...Array.from({ length: 10 }, () => Number(process.hrtime.bigint()) / 1e6 - performance.now()))
}

function compute() {
  const end = process.hrtime.bigint() + CPU_HANDLER_NS
  while (process.hrtime.bigint() < end);
}

/** @param {import('node:perf_hooks').IntervalHistogram} histogram how late timers were, in milliseconds */
function delays(histogram) {
  histogram.disable()
  // It records the time between two runs of a timer, of which its own interval is no delay.
  const ms = (/** @type {number} */ ns) => Math.max(0, ns / 1e6 - LOOP_DELAY_RESOLUTION_MS)
  return { percentile: (/** @type {number} */ share) => ms(histogram.percentile(share)), max: ms(histogram.max) }
}

/** @param {Float64Array} values @returns {import('../types').Latencies} */
function summary(values) {
  const sorted = Float64Array.from(values).sort()
  const at = (/** @type {number} */ share) =>
    /** @type {number} */ (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))])
  return { messages: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), p999: at(0.999), max: at(1) }
}

/** Of this program alone: what getrusage says may be that of the process which started it. */
function peakRssKiB() {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))
  return line === null ? process.resourceUsage().maxRSS : Number(line[1])
}

module.exports = { Meter }
