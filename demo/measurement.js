'use strict'
const { Tally } = require('./tally')

/** Time, CPU and memory of this process, from the first message to the last. */
class Measurement {
  tally
  /** Called once, when the last message has come. @type {() => void} */
  onComplete = () => undefined
  /** @type {NodeJS.CpuUsage | undefined} */
  #cpuAtBegin
  #beganAt = 0
  /** @type {{ ms: number, cpu: NodeJS.CpuUsage } | undefined} */
  #total

  /** @param {readonly import('./tally').PartitionTally[]} expected */
  constructor(expected) {
    this.tally = new Tally(expected)
  }

  /**
   * Counts a message; false when it is none of those expected.
   *
   * @param {number} partition
   * @param {number} offset
   * @param {number | null} checksum of its value
   */
  add(partition, offset, checksum) {
    if (this.#cpuAtBegin === undefined) {
      this.#cpuAtBegin = process.cpuUsage()
      this.#beganAt = performance.now()
    }
    const isExpected = this.tally.add(partition, offset, checksum)
    if (this.#total === undefined && this.tally.isComplete) {
      this.#total = { ms: performance.now() - this.#beganAt, cpu: process.cpuUsage(this.#cpuAtBegin) }
      this.onComplete()
    }
    return isExpected
  }

  progress() {
    const ms = this.#total?.ms ?? (this.#beganAt === 0 ? 0 : performance.now() - this.#beganAt)
    return { count: this.tally.count, seconds: ms / 1000 }
  }

  /** @returns {import('./child').Figures} */
  figures() {
    const { ms, cpu } = this.#total ?? { ms: 0, cpu: { user: 0, system: 0 } }
    return {
      messages: this.tally.count,
      seconds: ms / 1000,
      cpuMicros: cpu.user + cpu.system,
      peakBytes: process.resourceUsage().maxRSS * 1024,
    }
  }
}

module.exports = { Measurement }
