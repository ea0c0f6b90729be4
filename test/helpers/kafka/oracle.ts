// The Java side of the helpers (java/Oracle.java): one JVM, asked over loopback.
//
// The run's global setup starts it once and passes its port on; a process without that (a benchmark, a script) gets one
// of its own at the first request, which ends with the process.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { lastLines } from '../deps'
import { guardProcess, TemporaryDirectory } from '../guard'
import { withDeadline } from '../wait'
import { kafkaJars } from './jars'

export const ORACLE_PORT_VARIABLE = 'RDKAFKA_TIERS_TEST_ORACLE'
export const BOOTSTRAP_VARIABLE = 'RDKAFKA_TIERS_TEST_BOOTSTRAP'

/** What Kafka's Java client refused: `type` is the Java class, such as `UnknownTopicOrPartitionException`. */
export class OracleError extends Error {
  override name = 'OracleError'
  constructor(
    readonly type: string,
    message: string,
  ) {
    super(`${type}: ${message}`)
  }
}

export interface OracleOptions {
  /** Which cluster. Default: the run's own broker. */
  bootstrap?: string
  /** More properties of the Java client: security and the like. */
  clientConfig?: Readonly<Record<string, string>>
  /** Default 30 000 ms. */
  deadlineMs?: number
}

/** The shared broker of the run; throws where there is none, instead of letting a client search for one. */
export function kafkaBootstrap(): string {
  const bootstrap = process.env[BOOTSTRAP_VARIABLE]
  if (bootstrap === undefined || bootstrap === '') {
    throw new Error(
      'There is no broker in this run: tests that need one belong to a Jest project with test/helpers/global-setup as its globalSetup.',
    )
  }
  return bootstrap
}

/** One request; resolves with the operation's result (see java/Oracle*.java). */
export async function ask<T>(operation: string, parameters: object, options: OracleOptions = {}): Promise<T> {
  const deadlineMs = options.deadlineMs ?? 30_000
  const client = { 'bootstrap.servers': options.bootstrap ?? kafkaBootstrap(), ...options.clientConfig }
  const connection = await currentConnection()
  // The Java side keeps the deadline too and says what it waited for; this one is for a JVM that hangs.
  return withDeadline(
    connection.request<T>({ op: operation, client, deadlineMs, ...parameters }),
    deadlineMs + 10_000,
    `${operation}: no answer from the Java helper`,
  )
}

/** Ends what this process started. Nothing to do where the port came from the global setup. */
export async function stopOracle(): Promise<void> {
  const connection = await connecting?.catch(() => undefined)
  connecting = undefined
  connection?.close()
  const process = await own?.catch(() => undefined)
  own = undefined
  await process?.stop()
}

export interface OracleProcess {
  readonly port: number
  stop(): Promise<void>
}

export async function startOracle(): Promise<OracleProcess> {
  const jars = await kafkaJars()
  const directory = new TemporaryDirectory('oracle')
  const consoleFile = join(directory.path, 'console')
  const console = openSync(consoleFile, 'a')
  const command = jars.command('Oracle', {
    logFile: join(directory.path, 'oracle.log'),
    logLevel: 'WARN',
    jvmOptions: ['-Xmx768m', '-XX:+UseSerialGC'],
  })
  const child = spawn('java', command, {
    env: { ...process.env, LD_PRELOAD: undefined },
    stdio: ['ignore', 'pipe', console],
  })
  closeSync(console)
  guardProcess(child)
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.ref()
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    }
    directory.remove()
  }
  try {
    const port = await withDeadline(announcedPort(child), 60_000, 'it did not announce its port')
    child.unref()
    ;(child.stdout as unknown as Socket).unref()
    return { port, stop }
  } catch (error) {
    const tail = lastLines(readFileSync(consoleFile, 'utf8'), 15)
    await stop()
    throw new Error(`The Java helper did not start: ${String(error)}\n${tail}`, { cause: error })
  }
}

/** One for this process and those that it starts, as long as `use` takes. */
export async function withOracle<T>(use: () => Promise<T>): Promise<T> {
  const oracle = await startOracle()
  process.env[ORACLE_PORT_VARIABLE] = String(oracle.port)
  try {
    return await use()
  } finally {
    await oracle.stop()
  }
}

let own: Promise<OracleProcess> | undefined
let connecting: Promise<Connection> | undefined

function currentConnection(): Promise<Connection> {
  connecting ??= (async () => {
    const given = process.env[ORACLE_PORT_VARIABLE]
    if (given !== undefined) return Connection.open(Number(given))
    own ??= startOracle()
    return Connection.open((await own).port)
  })()
  // A failure must not stick: the next request tries again.
  connecting.catch(() => (connecting = undefined))
  return connecting
}

interface Pending {
  resolve(result: unknown): void
  reject(error: Error): void
}

interface Response {
  id: number
  result?: unknown
  error?: { type: string; message: string }
}

class Connection {
  readonly #socket: Socket
  readonly #pending = new Map<number, Pending>()
  /** Pieces of a line not complete yet; joined once, as an answer can be many megabytes. */
  #pieces: Buffer[] = []
  #lastId = 0

  static async open(port: number): Promise<Connection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    return new Connection(socket)
  }

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (data) => this.#receive(data))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      connecting = undefined
      for (const pending of this.#pending.values()) pending.reject(new Error('the Java helper went away'))
      this.#pending.clear()
    })
    // Idle, it must not keep the test process alive.
    socket.unref()
  }

  request<T>(request: object): Promise<T> {
    const id = ++this.#lastId
    return new Promise<T>((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve, reject })
      this.#socket.ref()
      this.#socket.write(`${JSON.stringify({ id, ...request })}\n`)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(data: Buffer): void {
    let from = 0
    for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10, from)) {
      this.#pieces.push(data.subarray(from, end))
      const line = Buffer.concat(this.#pieces).toString('utf8')
      this.#pieces = []
      from = end + 1
      this.#settle(JSON.parse(line) as Response)
    }
    if (from < data.length) this.#pieces.push(data.subarray(from))
  }

  #settle({ id, result, error }: Response): void {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    if (this.#pending.size === 0) this.#socket.unref()
    if (error) pending?.reject(new OracleError(error.type, error.message))
    else pending?.resolve(result)
  }
}

function announcedPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => reject(new Error(`its process ended with ${signal ?? `exit code ${code}`}`)))
    if (!child.stdout) return reject(new Error('no standard output'))
    createInterface({ input: child.stdout }).once('line', (line) => {
      const port = Number(/^PORT (\d+)$/.exec(line)?.[1])
      if (port > 0) resolve(port)
      else reject(new Error(`expected PORT and a number, got ${line}`))
    })
  })
}
