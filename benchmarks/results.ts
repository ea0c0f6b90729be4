// Results on disk: one dated JSON file for each run, written anew after each trial, so that an interrupted run keeps what
// it has.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { repositoryRoot } from '../test/helpers/deps'
import type { Results, TrialResult } from './types'

export const resultsDirectory = join(repositoryRoot, 'benchmarks', 'results')

/** `2025-11-25T034500Z.json`: sorts by time, and every file system takes it. */
export function defaultFile(date: string, mode: Results['mode']): string {
  const stamp = date.replace(/:/g, '').replace(/\.\d+/, '')
  return join(resultsDirectory, `${stamp}${mode === 'full' ? '' : `-${mode}`}.json`)
}

export function writeResults(file: string, results: Results): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.writing`, `${JSON.stringify(results, null, 1)}\n`)
  renameSync(`${file}.writing`, file)
}

export function readResults(file: string): Results {
  const results = JSON.parse(readFileSync(file, 'utf8')) as Partial<Results>
  if (!Array.isArray(results.trials) || typeof results.date !== 'string') {
    throw new Error(`${file}: expected results of the benchmarks`)
  }
  return results as Results
}

/**
 * Several runs as one: of each trial the latest. Trials stay whole, for a figure is compared with its own run's ceiling
 * only.
 */
export function merged(all: readonly Results[]): Results {
  const sorted = [...all].sort((a, b) => a.date.localeCompare(b.date))
  const last = sorted.at(-1)
  if (last === undefined) throw new Error('results: expected at least one file')
  const trials = new Map<string, TrialResult>()
  for (const { trials: some } of sorted) for (const trial of some) trials.set(trial.id, trial)
  return {
    ...last,
    runs: Math.min(...sorted.map(({ runs }) => runs)),
    versions: Object.assign({}, ...sorted.map(({ versions }) => versions)) as Results['versions'],
    trials: [...trials.values()],
    micro: [...sorted].reverse().find(({ micro }) => micro.length > 0)?.micro ?? [],
  }
}
