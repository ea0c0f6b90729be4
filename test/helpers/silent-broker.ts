// What takes connections and never answers: for every wait that must end by its timeout or its AbortSignal.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

export interface SilentBroker {
  /** `bootstrap.servers`. */
  readonly bootstrap: string
  /** Connections there are now. */
  readonly connections: number
  stop(): Promise<void>
}

export async function startSilentBroker(): Promise<SilentBroker> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.resume()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    bootstrap: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections() {
      return sockets.size
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      const closed = once(server, 'close')
      server.close()
      await closed
    },
  }
}

/** `bootstrap.servers` of a port where nobody listens. */
export async function deadAddress(): Promise<string> {
  const broker = await startSilentBroker()
  await broker.stop()
  return broker.bootstrap
}
