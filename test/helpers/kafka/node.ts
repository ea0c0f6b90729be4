// One broker: a JVM that runs KafkaNode.java on a directory of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { lastLines } from '../deps'
import { guardProcess } from '../guard'
import { withDeadline } from '../wait'
import type { KafkaJars } from './jars'

/** Longest a broker may take to start or to shut down, on a busy machine; usually 3 s and 1 s. */
const DEADLINE_MS = 60_000

export type BrokerSignal = 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'

/** A broker of a cluster that runs as processes of this machine. */
export interface Broker {
  readonly nodeId: number
  /** `host:port` of its plain listener. */
  readonly address: string
  /** Process id; undefined while it is down. */
  readonly pid: number | undefined
  /** Its log, across restarts. */
  readonly logFile: string
  /** Sends a signal. After SIGTERM (a clean shutdown) and SIGKILL it resolves when the process is gone. */
  kill(signal: BrokerSignal): Promise<void>
  /** Starts it again on the same directory and ports; resolves when it takes requests. It must be down. */
  restart(): Promise<void>
}

export class BrokerProcess implements Broker {
  readonly logFile: string
  readonly #consoleFile: string
  readonly #arguments: string[]
  #child: ChildProcess | undefined

  constructor(
    readonly nodeId: number,
    readonly address: string,
    jars: KafkaJars,
    directory: string,
    jvmOptions: readonly string[],
    nodeArguments: readonly string[],
  ) {
    this.logFile = join(directory, `node-${nodeId}.log`)
    this.#consoleFile = join(directory, `node-${nodeId}.console`)
    this.#arguments = [...jars.command('KafkaNode', { logFile: this.logFile, jvmOptions }), ...nodeArguments]
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  async restart(): Promise<void> {
    if (this.#child) throw new Error(`broker ${this.nodeId} runs already (pid ${this.#child.pid})`)
    const console = openSync(this.#consoleFile, 'a')
    const child = spawn('java', this.#arguments, {
      env: { ...process.env, LD_PRELOAD: undefined },
      stdio: ['ignore', 'pipe', console],
    })
    closeSync(console)
    guardProcess(child)
    this.#child = child
    child.once('exit', () => (this.#child = undefined))
    try {
      await withDeadline(ready(child), DEADLINE_MS, () => 'it did not become ready')
    } catch (error) {
      child.kill('SIGKILL')
      const reason = error instanceof Error ? error.message : String(error)
      throw new Error(`Kafka broker ${this.nodeId} did not start: ${reason}\n${this.#tail()}`, { cause: error })
    }
    // It runs for as long as its cluster; it must not keep a process alive that forgot to stop it.
    child.unref()
    ;(child.stdout as unknown as { unref(): void }).unref()
  }

  async kill(signal: BrokerSignal): Promise<void> {
    const child = this.#child
    if (!child) throw new Error(`broker ${this.nodeId} is down`)
    child.ref()
    const exit = once(child, 'exit')
    child.kill(signal)
    if (signal === 'SIGTERM' || signal === 'SIGKILL') {
      await withDeadline(exit, DEADLINE_MS, () => `broker ${this.nodeId} did not end on ${signal}\n${this.#tail()}`)
    } else {
      child.unref()
    }
  }

  /** Whatever its state, it is down afterwards. Its data is of no use any more, so it need not shut down cleanly. */
  async stop(): Promise<void> {
    if (this.#child) await this.kill('SIGKILL')
  }

  #tail(): string {
    return [this.#consoleFile, this.logFile]
      .filter((file) => existsSync(file))
      .map((file) => lastLines(readFileSync(file, 'utf8'), 15))
      .join('\n')
  }
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      reject(new Error(`its process ended with ${signal ?? `exit code ${code}`}`))
    })
    if (!child.stdout) return reject(new Error('no standard output'))
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'READY') resolve()
      if (line.startsWith('FAILED ')) reject(new Error(line.slice('FAILED '.length)))
    })
  })
}
