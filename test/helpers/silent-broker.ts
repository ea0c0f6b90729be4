// What takes connections and never answers: for every wait that must end by its timeout or its AbortSignal.
import { LoopbackServer } from './loopback-server'

export interface SilentBroker {
  /** `bootstrap.servers`. */
  readonly bootstrap: string
  /** Connections there are now. */
  readonly connections: number
  stop(): Promise<void>
}

export async function startSilentBroker(): Promise<SilentBroker> {
  const server = new LoopbackServer((socket) => socket.resume())
  await server.start()
  return {
    bootstrap: `127.0.0.1:${server.port}`,
    get connections() {
      return server.connections
    },
    stop: () => server.stop(),
  }
}

/** `bootstrap.servers` of a port where nobody listens. */
export async function deadAddress(): Promise<string> {
  const broker = await startSilentBroker()
  await broker.stop()
  return broker.bootstrap
}
