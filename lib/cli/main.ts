import { bench, type MeasureTier } from './bench'
import { measureInChild } from './fork'
import { HELP, OptionError, readBenchOptions } from './options'
import { reasonOf } from '../reason'

/** Where text goes; a terminal has `isTTY` and gets a progress bar. */
export type Output = NodeJS.WritableStream & { isTTY?: boolean }

/** `npx rdkafka-tiers …`; resolves with the exit code: 0, 1 what was asked for failed, 2 the command line cannot be. */
export async function main(
  args: readonly string[],
  out: Output,
  err: Output,
  measureTier: MeasureTier = (job, onProgress) => measureInChild(job, onProgress),
): Promise<number> {
  const [command, ...rest] = args
  try {
    if (command === undefined || command === 'help' || command === '--help' || command === '-h') {
      out.write(HELP)
      return 0
    }
    if (command !== 'bench') throw new OptionError(`command: expected bench, got "${command}"; --help tells more`)
    const options = readBenchOptions(rest)
    if (options === 'help') {
      out.write(HELP)
      return 0
    }
    return (await bench(options, out, measureTier)) ? 0 : 1
  } catch (error) {
    err.write(`${reasonOf(error)}\n`)
    return error instanceof OptionError ? 2 : 1
  }
}
