// exit() frees what OpenSSL holds, unless it is told not to: under threads that still run. Of processes with that fault one
// in six crashed here.
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:tls'
import { TemporaryDirectory } from '../helpers/guard'
import { startFixture } from '../helpers/fixture'
import { type Certificates, makeCertificates } from '../helpers/kafka/certificates'

const PROCESSES = 24
const AT_ONCE = 4
const ADDRESSES = Array.from({ length: 16 }, (_, index) => `127.0.0.${index + 1}`)

const directory = new TemporaryDirectory('handshakes')
let certificates: Certificates
let server: Server

beforeAll(async () => {
  certificates = await makeCertificates(directory.path)
  const store = readFileSync(certificates.brokerKeyStore, 'utf8')
  server = createServer({ key: store, cert: store }, (socket) => {
    socket.on('error', () => undefined)
    socket.end()
  })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
})

afterAll(() => {
  server.close()
  directory.remove()
})

it('process.exit() amid TLS handshakes keeps its exit code, whoever took the listeners away', async () => {
  const { port } = server.address() as AddressInfo
  const bootstrap = ADDRESSES.map((address) => `${address}:${port}`).join(',')
  const ends: object[] = []
  for (let begun = 0; begun < PROCESSES; begun += AT_ONCE) {
    const some = Array.from({ length: AT_ONCE }, (_, index) =>
      startFixture('exit-amid-handshakes', { bootstrap, ca: certificates.ca, afterMs: 5 + 10 * (begun + index) }),
    )
    ends.push(...(await Promise.all(some.map(({ result }) => result))).map(({ code, signal }) => ({ code, signal })))
  }
  expect(ends).toEqual(ends.map(() => ({ code: 7, signal: null })))
}, 60_000)
