// Nothing a test started may outlive it, however the test ends: finished, failed, Ctrl-C, SIGKILL.
//
// Exit hooks cannot promise that (none runs on SIGKILL, and a worker of the test runner is killed so). Therefore a small
// shell sits beside every process that starts others. It holds one end of a pipe; when the pipe closes, for whatever
// reason, it kills what is still on its list and removes the temporary folders. A stopped process (SIGSTOP), which
// could not watch a pipe by itself, goes the same way.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'

const SCRIPT = `
trap '' INT TERM HUP QUIT
pids=' '
dirs=''
newline='
'
while read -r op what; do
  case $op in
    +pid) pids="$pids$what " ;;
    -pid) pids=$(printf %s "$pids" | sed "s/ $what / /g") ;;
    +dir) dirs="$dirs$what$newline" ;;
  esac
done
for pid in $pids; do kill -KILL "$pid" 2>/dev/null; done
printf %s "$dirs" | while read -r dir; do rm -rf "$dir"; done
`

let guard: { process: ChildProcess; stdin: Writable } | undefined
let guarded = 0

function tell(line: string): void {
  if (!guard) {
    const process = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    process.unref()
    // The pipe alone must not keep a finished test run alive either.
    ;(process.stdin as unknown as { unref(): void }).unref()
    // A guard that is gone (killed by hand) must not take the test run with it.
    process.stdin.on('error', () => undefined)
    guard = { process, stdin: process.stdin }
  }
  guard.stdin.write(`${line}\n`)
}

function release(): void {
  guarded--
  if (guarded > 0 || !guard) return
  // Nothing left to watch: let the shell go, so that a test file leaves no process behind. The next one starts anew.
  guard.stdin.end()
  guard = undefined
}

/** Kills the process when this one ends, whatever ends it. Call at once after spawning. */
export function guardProcess(child: ChildProcess): void {
  const pid = child.pid
  if (pid === undefined) return
  guarded++
  tell(`+pid ${pid}`)
  child.once('exit', () => {
    tell(`-pid ${pid}`)
    release()
  })
}

/** A temporary folder that is removed when this process ends, at the latest. */
export class TemporaryDirectory {
  readonly path: string
  #removed = false

  constructor(name: string) {
    this.path = mkdtempSync(join(tmpdir(), `rdkafka-tiers-${name}-`))
    guarded++
    if (!keep()) tell(`+dir ${this.path}`)
  }

  remove(): void {
    if (this.#removed) return
    this.#removed = true
    if (!keep()) rmSync(this.path, { recursive: true, force: true })
    release()
  }
}

/** `RDKAFKA_TIERS_KEEP=1` keeps logs and data of brokers and children for reading afterwards. */
function keep(): boolean {
  return process.env['RDKAFKA_TIERS_KEEP'] === '1'
}
