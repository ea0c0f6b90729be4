// A fresh process for each measurement: what one tier compiled and allocated must not be the next one's.
import { fork } from 'node:child_process'
import { extname, join } from 'node:path'
import { TIER_VARIABLE } from '../config/tier'
import type { Figures, MeasureJob, OnProgress } from './measure'

export type Told =
  | { type: 'progress'; messages: number; total: number }
  | { type: 'measured'; figures: Figures }
  | { type: 'failed'; reason: string; isUnavailable: boolean }

/** The tier cannot be had here: legacy without node-rdkafka. */
export class Unavailable extends Error {}

export function measureInChild(
  job: MeasureJob,
  onProgress: OnProgress,
  nodeFlags: readonly string[] = process.execArgv,
): Promise<Figures> {
  // It would put the same tier in the place of each.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== TIER_VARIABLE))
  const child = fork(join(__dirname, `child${extname(__filename)}`), {
    env,
    execArgv: [...nodeFlags],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let stderr = ''
  child.stderr?.on('data', (text) => (stderr += String(text)))
  return new Promise((resolve, reject) => {
    let outcome: (() => void) | undefined
    child.on('message', (told: Told) => {
      if (told.type === 'progress') onProgress(told.messages, told.total)
      else if (told.type === 'measured') outcome = () => resolve(told.figures)
      else outcome = () => reject(told.isUnavailable ? new Unavailable(told.reason) : new Error(told.reason))
    })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      const last = reasonIn(stderr)
      if (outcome) outcome()
      else reject(new Error(`it ended with ${signal ?? `exit code ${code}`}${last === undefined ? '' : `: ${last}`}`))
    })
    child.send(job)
  })
}

/** Of what Node writes about an error that nobody caught, the line that says what it is. */
function reasonIn(stderr: string): string | undefined {
  const lines = stderr.trimEnd().split('\n')
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1)
}
