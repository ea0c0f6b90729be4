// Results as a run would write them, with figures that a test chooses.
import { smokeTrials } from '../../../benchmarks/trials'
import type { Cell, CellResult, Latencies, Results, Run, TrialKind, Variation } from '../../../benchmarks/types'

const base = smokeTrials[0]?.variations[0] as Variation

export function cell(client: string, way: string, settings: Cell['settings'] = 'default'): Cell {
  return { client, way, settings }
}

export const RAW_BATCH = cell('raw-c', 'batch', 'best')
export const RAW_POLL = cell('raw-c', 'poll', 'best')

export function run(changes: Partial<Run>): Run {
  const messagesPerSecond = changes.messagesPerSecond ?? 1_000_000
  return {
    messages: 1000,
    measuredMessages: 1000,
    bytes: 100_000,
    checksum: 0,
    seconds: 1000 / messagesPerSecond,
    messagesPerSecond,
    cpuSeconds: 0.001,
    peakRssKiB: 100 * 1024,
    isComplete: true,
    ...changes,
  }
}

/** A cell with one run for each rate. */
export function rates(which: Cell, ...all: readonly number[]): CellResult {
  return {
    cell: which,
    settings: {},
    runs: all.map((messagesPerSecond) => run({ messagesPerSecond })),
    failures: [],
  }
}

export function latencies(which: Cell, p50: number, p99: number): CellResult {
  const latencyMs: Latencies = { messages: 1000, p50, p95: (p50 + p99) / 2, p99, p999: p99 * 2, max: p99 * 3 }
  return { cell: which, settings: {}, runs: [run({ latencyMs })], failures: [] }
}

export interface Part {
  id: string
  label: string
  kind?: TrialKind
  changes?: Partial<Variation>
  cells: CellResult[]
}

export function results(...parts: readonly Part[]): Results {
  return {
    date: '2030-01-02T03:04:05.678Z',
    mode: 'full',
    runs: 3,
    machine: { processor: 'a processor', cores: 2, memoryGiB: 4, system: 'a system', loadAverage: [0, 0, 0] },
    versions: { 'Node.js': '20.0.0' },
    broker: 'a broker',
    micro: [],
    trials: parts.map(({ id, label, kind = 'catch-up', changes, cells }) => ({
      id,
      title: `Trial ${id}`,
      kind,
      began: '2030-01-02T03:04:06.000Z',
      variations: [{ variation: { ...base, ...changes, label }, cells }],
    })),
  }
}
