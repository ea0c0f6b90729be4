// What is shown: a bar on a terminal, a line elsewhere, and the table.
import { SingleBar } from 'cli-progress'
import type { Row } from './bench'
import type { Output } from './main'
import type { Figures } from './measure'

const NAME_WIDTH = 18
const BAR_WIDTH = 24

export class Progress {
  readonly #name: string
  readonly #out: Output
  readonly #bar: SingleBar | undefined
  #isStarted = false
  #messages = 0

  constructor(out: Output, name: string) {
    this.#out = out
    this.#name = name
    if (out.isTTY !== true) return
    this.#bar = new SingleBar({
      format: `  ${name.padEnd(NAME_WIDTH)}{bar} {percentage} %  {note}`,
      stream: out,
      barsize: BAR_WIDTH,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      // It would take SIGINT and SIGTERM for itself, and go on.
      gracefulExit: false,
    })
  }

  update(messages: number, total: number): void {
    if (this.#bar === undefined) return
    if (!this.#isStarted) this.#bar.start(total, 0, { note: '' })
    this.#isStarted = true
    this.#messages = messages
    this.#bar.update(Math.min(messages, total), { note: `${messages.toLocaleString('en-US')} messages` })
  }

  stop(note: string): void {
    if (this.#bar === undefined || !this.#isStarted) {
      this.#out.write(`  ${this.#name.padEnd(NAME_WIDTH)}${note}\n`)
      return
    }
    // Stopped by time, or by the end of the topic: that was all.
    if (this.#messages > 0) this.#bar.setTotal(this.#messages)
    this.#bar.update({ note })
    this.#bar.stop()
  }
}

/** Medians over the rounds of a tier. */
export interface Medians {
  messagesPerSecond: number
  least: number
  most: number
  cpuMicrosPerMessage: number
  peakRssBytes: number
}

export function medians(rounds: readonly Figures[]): Medians {
  const rates = rounds.map(({ messages, seconds }) => messages / seconds)
  return {
    messagesPerSecond: median(rates),
    least: Math.min(...rates),
    most: Math.max(...rates),
    cpuMicrosPerMessage: median(rounds.map(({ cpuSeconds, messages }) => (cpuSeconds / messages) * 1e6)),
    peakRssBytes: Math.max(...rounds.map(({ peakRssBytes }) => peakRssBytes)),
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN
}

export function table(rows: readonly Row[]): string {
  const lines = [['tier', 'messages/s', 'least', 'most', 'CPU µs/message', 'peak RSS, MiB'], ...rows.map(cells)]
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function cells({ tier, rounds, unavailable }: Row): string[] {
  if (rounds.length === 0) return [tier, unavailable === undefined ? 'failed' : 'not available']
  const { messagesPerSecond, least, most, cpuMicrosPerMessage, peakRssBytes } = medians(rounds)
  const grouped = [messagesPerSecond, least, most].map((value) => Math.round(value).toLocaleString('en-US'))
  return [tier, ...grouped, cpuMicrosPerMessage.toFixed(2), (peakRssBytes / 2 ** 20).toFixed(0)]
}
