// What a network does between clients and brokers: connections are reset, go silent without a word, are slow, are lost.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { Transform, type TransformCallback } from 'node:stream'
import type { KafkaCluster, KafkaOptions } from './kafka'
import type { Random } from './random'

/** Of the brokers: where clients of the proxies come in. */
const LISTENER = 'PROXIED'

/** One proxy, in front of one broker. */
export class FaultyProxy {
  /** Milliseconds that each piece of data waits. */
  delayMs = 0
  /** The chance of each piece of data that its connection is reset instead. */
  lossShare = 0
  readonly #server: Server
  readonly #random: Random
  readonly #connections = new Set<() => void>()
  /** Pieces that wait for the end of a silence. */
  readonly #silenced: (() => void)[] = []
  #isSilent = false
  #port = 0

  constructor(random: Random) {
    this.#random = random
    this.#server = createServer((client) => {
      this.#connect(client)
    })
    this.#server.unref()
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Where it leads to. */
  lead(address: string): void {
    this.#port = Number(address.split(':')[1])
  }

  /** Connections stay, and nothing comes through: as behind a firewall that has forgotten them. */
  set isSilent(isSilent: boolean) {
    this.#isSilent = isSilent
    if (!isSilent) for (const go of this.#silenced.splice(0)) go()
  }

  /** RST, for all connections. */
  reset(): void {
    for (const reset of this.#connections) reset()
  }

  close(): void {
    this.reset()
    this.#server.close()
  }

  #connect(client: Socket): void {
    const broker = connect(this.#port, '127.0.0.1')
    const reset = (): void => {
      if (!this.#connections.delete(reset)) return
      broker.destroy()
      // One that is closed already has nothing to reset, and Node would wait for it at its end.
      if (client.readyState === 'open') client.resetAndDestroy()
      else client.destroy()
    }
    this.#connections.add(reset)
    for (const [from, to] of [
      [client, broker],
      [broker, client],
    ] as const) {
      from.on('error', reset)
      from.on('close', reset)
      from.pipe(this.#through(reset)).pipe(to, { end: false })
    }
  }

  #through(reset: () => void): Transform {
    const transform = (piece: Buffer, _: BufferEncoding, done: TransformCallback): void => {
      const go = (): void => {
        done(null, piece)
      }
      if (this.#isSilent) this.#silenced.push(go)
      else if (this.lossShare > 0 && this.#random.next() < this.lossShare) reset()
      else if (this.delayMs > 0) setTimeout(go, this.delayMs)
      else go()
    }
    return new Transform({ transform })
  }
}

/** Proxies for a cluster that is yet to be started, one for each broker. */
export class FaultyProxies implements Disposable {
  readonly all: readonly FaultyProxy[]

  private constructor(count: number, random: Random) {
    this.all = Array.from({ length: count }, () => new FaultyProxy(random))
  }

  static async start(count: number, random: Random): Promise<FaultyProxies> {
    const proxies = new FaultyProxies(count, random)
    await Promise.all(proxies.all.map((proxy) => proxy.start()))
    return proxies
  }

  /** For `startKafka`. */
  get listeners(): NonNullable<KafkaOptions['listeners']> {
    return { [LISTENER]: { protocol: 'PLAINTEXT', advertised: this.all.map(({ address }) => address) } }
  }

  leadTo(cluster: KafkaCluster): void {
    const addresses = cluster.listener(LISTENER).split(',')
    this.all.forEach((proxy, index) => {
      proxy.lead(addresses[index] ?? '')
    })
  }

  get bootstrap(): string {
    return this.all.map(({ address }) => address).join()
  }

  [Symbol.dispose](): void {
    for (const proxy of this.all) proxy.close()
  }
}
