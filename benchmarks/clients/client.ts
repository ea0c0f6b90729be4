// The shape of a client: what each file of this folder exports.
import type { Job, Settings, SettingsName } from '../types'
import type { Meter } from '../harness/meter'

interface Described {
  /** As tables have it, and as `--clients` names it. */
  readonly name: string
  /** The ways it can be read: `eachBatch`, `stream`. A cell names one of them. */
  readonly ways: readonly string[]
  /** Its own configuration beside servers and group: shown with the results. */
  readonly settings: Readonly<Record<SettingsName, Settings>>
}

/** A client that runs in Node.js: in a fresh process, by harness/child.js. */
export interface NodeClient extends Described {
  readonly runtime: 'node'
  /** Whose version is shown; `rdkafka-tiers` for this package. */
  readonly package: string
  /** Consumes until the meter says that it is enough, then closes. */
  run(job: Job, meter: Meter): Promise<void>
}

/** A program of another language, which takes the job as its argument and writes a report. */
export interface ProgramClient extends Described {
  readonly runtime: 'program'
  /** Builds it, unless it is there; throws one sentence where its toolchain is missing. `mayBuild` false: only looks. */
  prepare(options: { mayBuild: boolean }): Promise<Program>
}

export interface Program {
  version: string
  /** The command line for a job. */
  command(job: Job): { command: string; args: string[] }
}

export type Client = NodeClient | ProgramClient
