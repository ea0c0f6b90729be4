// The command line of the benchmarks. Every refusal is one sentence: the option, what was expected, what came.
import { parseArgs } from 'node:util'

export const HELP = `Measures this package beside raw C and other clients, on real Kafka.

Usage: npm run bench -- [options]

  --quick              some trials, two runs, under five minutes; what is not built yet is left out
  --smoke              seconds: only whether it works
  --trials LIST        only these, by id
  --clients LIST       only these and raw C, by name
  --runs N             how often each figure is measured (default 5; quick 2, smoke 1)
  --bootstrap H:P      on this cluster: topics are created, filled, and deleted (default: a broker of its own)
  --out FILE           where the results go (default benchmarks/results/DATE.json)
  --prepare            only build and install the clients
  --no-micro           without the micro-benchmarks
  --no-report          only measure
  --report FILE,...    only write the report of these results, of which later ones come before earlier ones
  --list               the trials and clients
`

export interface Options {
  mode: 'full' | 'quick' | 'smoke'
  trials: string[] | undefined
  clients: string[] | undefined
  runs: number
  bootstrap: string | undefined
  out: string | undefined
  task: 'measure' | 'prepare' | 'report' | 'list' | 'help'
  isWithMicro: boolean
  isWithReport: boolean
  reportOf: string[]
}

/** A command line that cannot be. */
export class OptionError extends Error {}

const RUNS = { full: 5, quick: 2, smoke: 1 }
const MAX_RUNS = 100

export function readOptions(args: readonly string[]): Options {
  const values = parse(args)
  if (values.quick && values.smoke) throw new OptionError('--quick: expected without --smoke')
  const mode = values.smoke ? 'smoke' : values.quick ? 'quick' : 'full'
  return {
    mode,
    trials: list(values.trials),
    clients: list(values.clients),
    runs: values.runs === undefined ? RUNS[mode] : runs(values.runs),
    bootstrap: values.bootstrap,
    out: values.out,
    task: values.help
      ? 'help'
      : values.list
        ? 'list'
        : values.prepare
          ? 'prepare'
          : values.report === undefined
            ? 'measure'
            : 'report',
    isWithMicro: !values['no-micro'],
    isWithReport: !values['no-report'],
    reportOf: list(values.report) ?? [],
  }
}

function list(text: string | undefined): string[] | undefined {
  return text
    ?.split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function runs(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN
  if (value >= 1 && value <= MAX_RUNS) return value
  throw new OptionError(`--runs: expected an integer from 1 to ${MAX_RUNS}, got "${text}"`)
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean' },
        smoke: { type: 'boolean' },
        trials: { type: 'string' },
        clients: { type: 'string' },
        runs: { type: 'string' },
        bootstrap: { type: 'string' },
        out: { type: 'string' },
        prepare: { type: 'boolean' },
        'no-micro': { type: 'boolean' },
        'no-report': { type: 'boolean' },
        report: { type: 'string' },
        list: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    // Node's message goes on with advice on positional arguments, of which there are none here.
    const [sentence] = (error as Error).message.split(/\.\s/)
    throw new OptionError(`${sentence ?? ''}; --help lists the options`)
  }
}
