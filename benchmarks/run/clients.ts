// Clients made ready: what is missing is built where that is wanted, and where it cannot be, the reason is kept.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RunningChild, startChild, startNode } from '../../test/helpers/child'
import { repositoryRoot } from '../../test/helpers/deps'
import type { Client, NodeClient, Program } from '../clients/client'
import { confluentReason, installedVersion, installRivals } from '../clients/rivals'
import { VARIABLE } from '../harness/rivals'
import type { Job } from '../types'

const CHILD = join(repositoryRoot, 'benchmarks', 'harness', 'child.js')
/** Their modules are the repository's own. */
const AT_HOME = ['rdkafka-tiers', 'node-rdkafka']

export type Ready =
  | { client: Client; version: string; start(job: Job, deadlineMs: number): RunningChild }
  | { client: Client; notRun: string }

export async function makeReady(client: Client, mayBuild: boolean): Promise<Ready> {
  try {
    if (client.runtime === 'node') return await nodeReady(client, mayBuild)
    const program = await client.prepare({ mayBuild })
    return { client, version: program.version, start: (job, deadlineMs) => startProgram(program, job, deadlineMs) }
  } catch (error) {
    return { client, notRun: error instanceof Error ? error.message : String(error) }
  }
}

async function nodeReady(client: NodeClient, mayBuild: boolean): Promise<Ready> {
  const isRival = !AT_HOME.includes(client.package)
  const rivals = isRival ? await installRivals({ mayBuild }) : ''
  const reason = client.name === 'confluent' ? confluentReason(rivals) : undefined
  if (reason !== undefined) return { client, notRun: reason }
  const version = isRival ? installedVersion(rivals, client.package) : versionAtHome(client.package)
  return {
    client,
    version,
    start: (job, deadlineMs) =>
      startNode(CHILD, {
        args: [client.name, JSON.stringify(job)],
        // The variable would put one tier in the place of each.
        env: { [VARIABLE]: rivals, NODE_OPTIONS: undefined, RDKAFKA_TIERS_TIER: undefined },
        deadlineMs,
      }),
  }
}

function versionAtHome(name: string): string {
  const folder = name === 'rdkafka-tiers' ? repositoryRoot : join(repositoryRoot, 'node_modules', name)
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version
}

function startProgram(program: Program, job: Job, deadlineMs: number): RunningChild {
  const { command, args } = program.command(job)
  return startChild(command, { args, deadlineMs })
}
