'use strict'
// What the demo shows: a progress bar for each step on a terminal, a line for each elsewhere, and the table.
const { SingleBar } = require('cli-progress')
const Table = require('cli-table3')

const BAR_WIDTH = 20
const NAME_WIDTH = 14
/** That of the table. */
const TEXT_WIDTH = 79

/** @param {number} value */
function grouped(value) {
  return Math.round(value).toLocaleString('en-US')
}

/** @param {number} count @param {number} seconds */
function rate(count, seconds) {
  return seconds > 0 ? count / seconds : 0
}

/** A step that takes a while. */
class Progress {
  #name
  #count = 0
  #seconds = 0
  #isStopped = false
  /** @type {SingleBar | undefined} */
  #bar

  /** @param {string} name @param {number} total messages */
  constructor(name, total) {
    this.#name = name
    if (!process.stdout.isTTY) return
    this.#bar = new SingleBar({
      format: `  ${name.padEnd(NAME_WIDTH)}{bar} {percentage}%  {figures}`,
      stream: process.stdout,
      barsize: BAR_WIDTH,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      hideCursor: true,
      // Ctrl-C is the demo's to handle.
      gracefulExit: false,
      formatValue: (value, _, type) => (type === 'percentage' ? String(value).padStart(3) : String(value)),
    })
    this.#bar.start(total, 0, { figures: '' })
  }

  /** @param {number} count @param {number} seconds */
  update(count, seconds) {
    this.#count = count
    this.#seconds = seconds
    this.#bar?.update(count, { figures: count === 0 ? '' : this.#figures() })
  }

  /** The first call counts. @param {string} [note] in place of the figures */
  stop(note) {
    if (this.#isStopped) return
    this.#isStopped = true
    if (this.#bar === undefined) {
      console.log(`  ${this.#name.padEnd(NAME_WIDTH)}${note ?? this.#figures()}`)
      return
    }
    if (note !== undefined) this.#bar.update({ figures: note })
    // An existing topic may have held fewer than were asked for.
    else this.#bar.setTotal(this.#count)
    this.#bar.stop()
  }

  #figures() {
    return `${grouped(this.#count)} messages, ${grouped(rate(this.#count, this.#seconds))} msg/s`
  }
}

/**
 * What came of a mode: its figures, or why there are none.
 *
 * @typedef {object} Row
 * @property {import('./modes').Mode} mode
 * @property {import('./child').Figures} [figures]
 * @property {string} [failure]
 * @property {string} [unavailable]
 */

/** @param {readonly Row[]} rows */
function table(rows) {
  const output = new Table({
    head: ['mode', 'read with', 'messages', 'msg/s', 'CPU/message', 'peak memory'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right'],
    style: { head: process.stdout.isTTY ? ['bold'] : [], border: [] },
  })
  for (const { mode, figures, failure } of rows) {
    // Why comes below the table: a sentence would not fit.
    const words = failure === undefined ? 'not available' : 'failed'
    if (figures === undefined) output.push([mode.name, { colSpan: 5, content: words }])
    else output.push([mode.name, `${mode.reads}()`, ...cells(figures)])
  }
  return output.toString()
}

/** @param {import('./child').Figures} figures */
function cells({ messages, seconds, cpuMicros, peakBytes }) {
  return [
    grouped(messages),
    grouped(rate(messages, seconds)),
    `${(cpuMicros / messages).toFixed(2)} µs`,
    `${grouped(peakBytes / (1 << 20))} MiB`,
  ]
}

/**
 * In lines that fit a terminal.
 *
 * @param {string} text
 */
function wrapped(text) {
  const lines = ['']
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`.trimStart()
    if (longer.length > TEXT_WIDTH) lines.push(word)
    else lines[lines.length - 1] = longer
  }
  return lines.join('\n')
}

module.exports = { Progress, table, grouped, wrapped }
