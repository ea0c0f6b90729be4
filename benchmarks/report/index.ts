// Writes the report: tables and plots beside the results, and the document that sets targets beside measurements.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { repositoryRoot } from '../../test/helpers/deps'
import { trials } from '../trials'
import type { Results } from '../types'
import { migrationResults } from './migration-results'
import { plotsOf } from './plots'
import { reportPage } from './page'
import { toSvg } from './vega'

export const DOCUMENT = join(repositoryRoot, 'docs', 'FR-081-12-KAFKA-MIGRATION-RESULTS.md')

/**
 * The files written, into `directory`. `sources` are the names of the results' files: the report is named after the last
 * one. Only results of all trials write the document: its figures are the project's.
 */
export async function writeReport(
  results: Results,
  sources: readonly string[],
  directory: string,
  document: string | undefined = isWhole(results) ? DOCUMENT : undefined,
): Promise<string[]> {
  const name = (sources.at(-1) ?? 'report').replace(/\.json$/, '')
  const plotFolder = join(directory, name)
  mkdirSync(plotFolder, { recursive: true })
  const written: string[] = []
  const drawn = new Map<string, string[]>()
  let whyNoPlots: string | undefined
  for (const trial of results.trials) {
    for (const { name: plotName, title, spec } of plotsOf(trial)) {
      if (whyNoPlots !== undefined) break
      const file = join(plotFolder, `${plotName}.svg`)
      try {
        writeFileSync(file, `${await toSvg(spec)}\n`)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
        whyNoPlots = 'vega and vega-lite are not installed'
        break
      }
      written.push(file)
      drawn.set(trial.id, [...(drawn.get(trial.id) ?? []), `![${title}](${name}/${plotName}.svg)`])
    }
  }
  const page = join(directory, `${name}.md`)
  writeFileSync(page, reportPage(results, sources, drawn, whyNoPlots))
  written.push(page)
  if (document !== undefined) {
    writeFileSync(document, migrationResults(results, relative(join(document, '..'), page)))
    written.push(document)
  }
  return written
}

function isWhole({ mode, trials: measured }: Results): boolean {
  return mode === 'full' && trials.every(({ id }) => measured.some((each) => each.id === id))
}
