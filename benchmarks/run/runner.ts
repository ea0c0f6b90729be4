// Runs trials: every cell in a fresh process, as many times as wanted, in shuffled order.
import { shuffled } from '../../test/helpers/statistics'
import { clientNamed } from '../clients'
import { CEILING } from '../trials'
import type { Cell, CellResult, Trial, TrialResult, Variation, VariationResult } from '../types'
import { type Place, runCell, settingsOf } from './cell'
import { makeReady, type Ready } from './clients'
import type { Cluster } from './cluster'

export interface RunOptions {
  runs: number
  /** Names of clients; undefined for all. Raw C is always there. */
  clients: readonly string[] | undefined
  /** Clients that are not built yet may be. */
  mayBuild: boolean
  /** Progress, a line at a time. */
  say: (line: string) => void
}

export class Runner {
  readonly #ready = new Map<string, Ready>()

  constructor(
    private readonly cluster: Cluster,
    private readonly options: RunOptions,
  ) {}

  /** Versions of the clients that were run. */
  get versions(): Record<string, string> {
    return Object.fromEntries(
      [...this.#ready.values()].flatMap((ready) => ('version' in ready ? [[ready.client.name, ready.version]] : [])),
    )
  }

  async run(trial: Trial): Promise<TrialResult> {
    const began = new Date().toISOString()
    const cells = trial.cells.filter((cell) => this.#isWanted(cell))
    for (const { client } of cells) await this.ready(client)
    const variations: VariationResult[] = []
    for (const variation of trial.variations) variations.push(await this.#runVariation(trial, variation, cells))
    const { id, title, kind } = trial
    return { id, title, kind, began, variations }
  }

  async ready(name: string): Promise<Ready> {
    let ready = this.#ready.get(name)
    if (ready === undefined) {
      ready = await makeReady(clientNamed(name), this.options.mayBuild)
      this.#ready.set(name, ready)
      if ('notRun' in ready) this.options.say(`${name} is not run: ${ready.notRun}`)
    }
    return ready
  }

  /** For the first who reads such a topic a broker is up to half as fast again later: it compiles its code then. */
  async #warmUp(place: Place): Promise<void> {
    const ready = await this.ready(CEILING.client)
    if ('notRun' in ready) return
    try {
      await runCell(ready, CEILING, place)
    } catch (error) {
      this.options.say(`warming up FAILED: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  #isWanted({ client }: Cell): boolean {
    const { clients } = this.options
    return clients === undefined || clients.includes(client) || client === 'raw-c'
  }

  async #runVariation(trial: Trial, variation: Variation, cells: readonly Cell[]): Promise<VariationResult> {
    const { runs, say } = this.options
    const results = new Map<Cell, CellResult>()
    for (const cell of cells) {
      const ready = await this.ready(cell.client)
      const settings = settingsOf(ready, cell, variation)
      const notRun = 'notRun' in ready ? { notRun: ready.notRun } : {}
      results.set(cell, { cell, settings, runs: [], failures: [], ...notRun })
    }
    const isFilled = trial.kind === 'catch-up'
    const topic = isFilled ? await this.cluster.fill(variation) : ''
    try {
      if (isFilled) await this.#warmUp({ cluster: this.cluster, trial, variation, topic })
      for (let run = 1; run <= runs; run++) {
        for (const cell of shuffled(cells)) {
          const ready = await this.ready(cell.client)
          const result = results.get(cell)
          if ('notRun' in ready || result === undefined) continue
          const name = `${trial.id}, ${variation.label}, run ${run} of ${runs}: ${cell.client} ${cell.way}, ${cell.settings}`
          try {
            const one = await runCell(ready, cell, { cluster: this.cluster, trial, variation, topic })
            result.runs.push(one)
            say(`${name}: ${figure(one)}`)
          } catch (error) {
            const reason = error instanceof Error ? error.message : String(error)
            result.failures.push(reason)
            say(`${name} FAILED: ${reason}`)
          }
        }
      }
    } finally {
      if (isFilled) await this.cluster.remove(topic)
    }
    return { variation, cells: [...results.values()] }
  }
}

function figure({ messages, messagesPerSecond, latencyMs, cpuSeconds, seconds }: CellResult['runs'][number]): string {
  if (latencyMs) return `p50 ${latencyMs.p50.toFixed(3)} ms, p99 ${latencyMs.p99.toFixed(3)} ms`
  if (messages === 0) return `${((100 * cpuSeconds) / seconds).toFixed(3)} % of a core`
  return `${Math.round(messagesPerSecond).toLocaleString('en-US')} messages a second`
}
