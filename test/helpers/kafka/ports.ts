// Free TCP ports on loopback.
import { createServer } from 'node:net'

/**
 * Ports nobody listens on.
 *
 * They are taken from below the range the operating system gives to outgoing connections. A port from that range (what
 * "bind to 0" would give) could be taken by any client while a broker is down, and the broker could not come back on it.
 */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = []
  while (found.length < count) {
    const port = 15_000 + Math.floor(Math.random() * 17_000)
    if (!found.includes(port) && (await isFree(port))) found.push(port)
  }
  return found
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
