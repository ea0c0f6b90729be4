// npm run bench (-- --help lists the options)
import { basename, dirname } from 'node:path'
import { clients } from './clients'
import { runMicro } from './micro'
import { HELP, OptionError, type Options, readOptions } from './options'
import { writeReport } from './report'
import { defaultFile, merged, readResults, writeResults } from './results'
import { makeReady } from './run/clients'
import { type Cluster, openCluster } from './run/cluster'
import { machine } from './run/machine'
import { Runner } from './run/runner'
import { quickTrials, smokeTrials, trial, trials } from './trials'
import type { Results, Trial } from './types'

const OWN = ['raw-c', 'raw-c-mimalloc', 'rdkafka-tiers', 'drop-in']

const started = performance.now()

function say(line: string): void {
  process.stderr.write(`[${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s] ${line}\n`)
}

function chosenTrials({ mode, trials: ids }: Options): readonly Trial[] {
  const all = mode === 'full' ? trials : mode === 'quick' ? quickTrials : smokeTrials
  // Refuses what there is not.
  ids?.forEach(trial)
  return ids === undefined ? all : all.filter(({ id }) => ids.includes(id))
}

async function measure(options: Options): Promise<void> {
  const chosen = chosenTrials(options)
  const date = new Date().toISOString()
  const file = options.out ?? defaultFile(date, options.mode)
  const results: Results = {
    date,
    mode: options.mode,
    runs: options.runs,
    machine: machine(),
    versions: {},
    broker: '',
    trials: [],
    micro: [],
  }
  const cluster = await openCluster(options.bootstrap)
  try {
    say(cluster.description)
    await measureTrials(cluster, chosen, options, results, file)
  } finally {
    await cluster.stop()
  }
  if (options.isWithMicro) {
    results.micro = await runMicro(options.mode, say)
    writeResults(file, results)
  }
  process.stdout.write(`${file}\n`)
  if (options.isWithReport) await report([file])
}

async function measureTrials(
  cluster: Cluster,
  chosen: readonly Trial[],
  { runs, clients: names, mode }: Options,
  results: Results,
  file: string,
): Promise<void> {
  const runner = new Runner(cluster, { runs, clients: names, mayBuild: mode === 'full', say })
  results.broker = cluster.description
  for (const each of chosen) {
    results.trials.push(await runner.run(each))
    results.versions = { ...runner.versions, 'Node.js': process.versions.node }
    writeResults(file, results)
  }
  const failed = results.trials.flatMap(({ variations }) =>
    variations.flatMap(({ cells }) => cells.filter(({ failures }) => failures.length > 0)),
  )
  for (const { cell, failures } of failed) {
    say(`${cell.client} ${cell.way}, ${cell.settings}: ${failures.length} runs FAILED; they are in the results`)
  }
  // What a rival cannot do is a result.
  if (failed.some(({ cell }) => OWN.includes(cell.client))) process.exitCode = 1
}

async function prepare(names: readonly string[] | undefined): Promise<void> {
  for (const client of clients) {
    if (names !== undefined && !names.includes(client.name)) continue
    const ready = await makeReady(client, true)
    process.stdout.write(`${client.name}: ${'notRun' in ready ? `not run: ${ready.notRun}` : ready.version}\n`)
  }
}

async function report(files: readonly string[]): Promise<void> {
  const results = merged(files.map(readResults))
  const names = files.map((file) => basename(file))
  for (const written of await writeReport(results, names, dirname(files.at(-1) ?? ''))) {
    process.stdout.write(`${written}\n`)
  }
}

function list(): void {
  for (const { id, title, variations, cells } of trials) {
    const labels = variations.map(({ label }) => label).join(', ')
    process.stdout.write(`${id.padEnd(12)} ${title}: ${labels}; ${cells.length} rows\n`)
  }
  for (const { name, ways } of clients) process.stdout.write(`${name.padEnd(14)} ${ways.join(', ')}\n`)
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  switch (options.task) {
    case 'help':
      process.stdout.write(HELP)
      return
    case 'list':
      list()
      return
    case 'prepare':
      return prepare(options.clients)
    case 'report':
      return report(options.reportOf)
    case 'measure':
      return measure(options)
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof OptionError ? error.message : String((error as Error).stack)}\n`)
  process.exit(error instanceof OptionError ? 2 : 1)
})
