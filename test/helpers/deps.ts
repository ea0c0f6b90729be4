// What tests and benchmarks build or download once and keep: Kafka's jars, compiled helpers.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

export const repositoryRoot = resolve(__dirname, '..', '..')

/** Flags of node with which a script, or a worker thread, loads TypeScript as the tests do. */
export const REGISTER = ['--require', join(__dirname, 'register.js')]

/** Where it is kept: `RDKAFKA_TIERS_DEPS`, or `.deps` in the repository. */
export function depsDir(): string {
  return process.env['RDKAFKA_TIERS_DEPS'] ?? join(repositoryRoot, '.deps')
}

/**
 * Fills `directory` by `build` unless it is there already, and returns it.
 *
 * The work is done in a scratch folder beside it and renamed at the end, so an interrupted build leaves nothing that
 * looks finished, and of two processes that build at the same time one wins and the other uses the winner's.
 */
export async function buildOnce(directory: string, build: (scratch: string) => Promise<void>): Promise<string> {
  if (existsSync(directory)) return directory
  await mkdir(dirname(directory), { recursive: true })
  const scratch = await mkdtemp(`${directory}.building-`)
  try {
    await build(scratch)
    await rename(scratch, directory).catch((error: unknown) => {
      if (!existsSync(directory)) throw error
    })
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
  return directory
}

/** A short name for the content of some files (and whatever else decides the result). */
export function contentHash(files: readonly string[], ...more: string[]): string {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  for (const text of more) hash.update(text)
  return hash.digest('hex').slice(0, 16)
}

/** A program that has to be installed before tests or benchmarks can run. */
export class MissingPrerequisite extends Error {
  override name = 'MissingPrerequisite'
}

/**
 * Runs a command to its end; rejects with the last lines it wrote.
 *
 * `install` is the sentence for a command that does not exist: what needs it, and what to install.
 */
export function run(
  command: string,
  args: readonly string[],
  options: { install: string; cwd?: string; deadlineMs?: number },
): Promise<{ stdout: string; stderr: string }> {
  return new Promise((fulfil, reject) => {
    execFile(
      command,
      args,
      { cwd: options.cwd, timeout: options.deadlineMs ?? 600_000, killSignal: 'SIGKILL', maxBuffer: 64 << 20 },
      (error, stdout, stderr) => {
        if (!error) return fulfil({ stdout, stderr })
        if (error.code === 'ENOENT') return reject(new MissingPrerequisite(options.install))
        const said = lastLines(`${stdout}\n${stderr}`, 15)
        const why = error.killed ? `took more than ${options.deadlineMs ?? 600_000} ms` : `exit code ${error.code}`
        reject(new Error(`${command} ${args.join(' ')}: ${why}\n${said}`))
      },
    )
  })
}

/** The end of a program's output, for an error message. */
export function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n')
}
