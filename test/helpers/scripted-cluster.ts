// Brokers that say what a test has them say: what real ones say only in moments that nobody can bring about. Each has its
// own view of the one partition there is (0 of topic `t`), as a broker has that was cut off for a while.
import type { Socket } from 'node:net'
import { LoopbackServer } from './loopback-server'
import { recordBatch } from './record-batch'
import { int16, int32, int64, text } from './wire'

export const TOPIC = 't'

const HOST = '127.0.0.1'

const NONE = 0
const OFFSET_OUT_OF_RANGE = 1
const NOT_LEADER_OR_FOLLOWER = 6
const UNSUPPORTED_VERSION = 35
const FENCED_LEADER_EPOCH = 74
const UNKNOWN_LEADER_EPOCH = 75

/** `timestamp` of ListOffsets. */
const LATEST = -1
const IDLE_FETCH_MS = 50

/** What is answered, and the one version that is spoken. */
const VERSIONS = {
  Fetch: [1, 11],
  ListOffsets: [2, 5],
  Metadata: [3, 9],
  OffsetFetch: [9, 5],
  FindCoordinator: [10, 0],
  ApiVersions: [18, 0],
  OffsetForLeaderEpoch: [23, 2],
} as const

/** Is not answered, but without its versions 0 to 7 librdkafka does not believe in record batches. */
const PRODUCE = [0, 0, 7]

export type Api = keyof typeof VERSIONS
const API_OF = new Map(Object.entries(VERSIONS).map(([name, [key]]) => [key as number, name as Api]))

export interface View {
  /** Brokers that metadata names. */
  brokers: readonly number[]
  leader: number
  leaderEpoch: number
  /** The leader epoch of each message there is; the offset is the position. */
  messages: readonly number[]
}

export class ScriptedBroker {
  view: View
  /** How often each was asked. */
  readonly asked: Partial<Record<Api, number>> = {}
  readonly #id: number
  readonly #cluster: ScriptedCluster
  readonly #server: LoopbackServer
  readonly #held = new Map<Api, (() => void)[]>()
  readonly #said = new Map<Api, Buffer[]>()

  constructor(id: number, view: View, cluster: ScriptedCluster) {
    this.#id = id
    this.view = view
    this.#cluster = cluster
    this.#server = new LoopbackServer((socket) => {
      this.#serve(socket)
    })
  }

  get port(): number {
    return this.#server.port
  }

  start(): Promise<void> {
    return this.#server.start()
  }

  stop(): Promise<void> {
    return this.#server.stop()
  }

  /** Answers to it wait, others go on. */
  hold(api: Api): void {
    this.#held.set(api, [])
  }

  release(api: Api): void {
    const held = this.#held.get(api) ?? []
    this.#held.delete(api)
    for (const go of held) go()
  }

  /** The next questions are answered with these, one each, whatever they ask for. */
  say(api: Api, answers: readonly Buffer[]): void {
    this.#said.set(api, [...answers])
  }

  #serve(socket: Socket): void {
    let received = Buffer.alloc(0)
    socket.on('data', (data: Buffer) => {
      received = Buffer.concat([received, data])
      while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
        const end = 4 + received.readInt32BE(0)
        void this.#answer(socket, received.subarray(4, end))
        received = received.subarray(end)
      }
    })
  }

  async #answer(socket: Socket, request: Buffer): Promise<void> {
    const api = API_OF.get(request.readInt16BE(0))
    if (api === undefined) return // Nobody joins a group here.
    this.asked[api] = (this.asked[api] ?? 0) + 1
    const version = request.readInt16BE(2)
    const body = request.subarray(10 + Math.max(0, request.readInt16BE(8)))
    const held = this.#held.get(api)
    if (held !== undefined) await new Promise<void>((resolve) => held.push(resolve))
    const answer = this.#said.get(api)?.shift() ?? (await this.#answerTo(api, version, body))
    const correlationId = request.subarray(4, 8)
    socket.write(Buffer.concat([int32(4 + answer.length), correlationId, answer]))
  }

  #answerTo(api: Api, version: number, body: Buffer): Buffer | Promise<Buffer> {
    switch (api) {
      case 'ApiVersions':
        return apiVersions(version === VERSIONS.ApiVersions[1] ? NONE : UNSUPPORTED_VERSION)
      case 'Metadata':
        return this.#metadata()
      case 'FindCoordinator':
        return Buffer.concat([int16(NONE), int32(this.#id), text(HOST), int32(this.port)])
      case 'OffsetFetch':
        // Nothing was committed.
        return Buffer.concat([...ofPartition, int32(0), int64(-1), int32(-1), text(''), int16(NONE), int16(NONE)])
      case 'ListOffsets':
        return this.#listOffsets(body)
      case 'OffsetForLeaderEpoch':
        return this.#offsetForLeaderEpoch(body)
      case 'Fetch':
        return this.#fetch(body)
    }
  }

  #metadata(): Buffer {
    const { brokers, leader, leaderEpoch } = this.view
    return Buffer.concat([
      ...[tags, int32(0), count(brokers.length)],
      ...brokers.flatMap((id) => {
        const { port } = this.#cluster.broker(id)
        return [int32(id), compact(HOST), int32(port), Buffer.of(0), tags] // no rack
      }),
      ...[Buffer.of(0), int32(this.#id)], // no name of the cluster, the controller
      ...[count(1), int16(NONE), compact(TOPIC), Buffer.of(0)],
      ...[count(1), int16(NONE), int32(0), int32(leader), int32(leaderEpoch)],
      ...[count(1), int32(leader), count(1), int32(leader), count(0), tags], // replicas: in sync, offline
      ...[int32(-2_147_483_648), tags], // operations are not told
      ...[int32(-2_147_483_648), tags],
    ])
  }

  #listOffsets(body: Buffer): Buffer {
    const at = 4 + 1 + 4 + text(TOPIC).length + 4
    const epoch = body.readInt32BE(at + 4)
    const { messages } = this.view
    const error = this.#refusal(epoch)
    const offset = Number(body.readBigInt64BE(at + 8)) === LATEST ? messages.length : 0
    // Of an empty partition nobody knows the epoch.
    const found = error === NONE ? [int64(offset), int32(messages[offset] ?? -1)] : [int64(-1), int32(-1)]
    return Buffer.concat([...ofPartition, int32(0), int16(error), int64(-1), ...found])
  }

  #offsetForLeaderEpoch(body: Buffer): Buffer {
    const at = 4 + text(TOPIC).length + 4
    const [current, asked] = [body.readInt32BE(at + 4), body.readInt32BE(at + 8)]
    const { messages, leaderEpoch } = this.view
    const error = this.#refusal(current)
    const isKnown = error === NONE && asked <= leaderEpoch
    const later = messages.findIndex((epoch) => epoch > asked)
    const end = later < 0 ? messages.length : later
    return Buffer.concat([
      ...[...ofPartition, int16(error), int32(0)],
      ...[int32(isKnown ? asked : -1), int64(isKnown ? end : -1)],
    ])
  }

  async #fetch(body: Buffer): Promise<Buffer> {
    const at = 4 + 4 + 4 + 4 + 1 + 4 + 4 + 4 + text(TOPIC).length + 4
    const offset = Number(body.readBigInt64BE(at + 8))
    const { messages } = this.view
    const refusal = this.#refusal(body.readInt32BE(at + 4))
    const error = refusal !== NONE || offset <= messages.length ? refusal : OFFSET_OUT_OF_RANGE
    const records = error === NONE ? messages.slice(offset).map((epoch, index) => oneRecord(offset + index, epoch)) : []
    if (records.length === 0) await new Promise((resolve) => setTimeout(resolve, IDLE_FETCH_MS))
    const bytes = Buffer.concat(records)
    return Buffer.concat([
      ...[int32(0), int16(NONE), int32(0), int32(1), text(TOPIC), int32(1)],
      ...[int32(0), int16(error), int64(messages.length), int64(messages.length), int64(0)],
      ...[int32(-1), int32(-1), int32(bytes.length), bytes], // nothing aborted, no other replica
    ])
  }

  /** As a broker checks what a client knows of the leader. */
  #refusal(epoch: number): number {
    const { leader, leaderEpoch } = this.view
    if (leader !== this.#id) return NOT_LEADER_OR_FOLLOWER
    // One that tells none checks none.
    if (epoch === -1 || leaderEpoch === -1 || epoch === leaderEpoch) return NONE
    return epoch < leaderEpoch ? FENCED_LEADER_EPOCH : UNKNOWN_LEADER_EPOCH
  }
}

export class ScriptedCluster {
  readonly #brokers = new Map<number, ScriptedBroker>()

  /** Brokers 1 to `count`, all of one view. */
  static async start(count: number, view: View): Promise<ScriptedCluster> {
    const cluster = new ScriptedCluster()
    for (let id = 1; id <= count; id++) cluster.#brokers.set(id, new ScriptedBroker(id, view, cluster))
    await Promise.all([...cluster.#brokers.values()].map((broker) => broker.start()))
    return cluster
  }

  broker(id: number): ScriptedBroker {
    const broker = this.#brokers.get(id)
    if (broker === undefined) throw new Error(`there is no broker ${id}`)
    return broker
  }

  /** Of all brokers. */
  set view(view: View) {
    for (const broker of this.#brokers.values()) broker.view = view
  }

  bootstrapServers(...ids: number[]): string {
    return ids.map((id) => `${HOST}:${this.broker(id).port}`).join()
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#brokers.values()].map((broker) => broker.stop()))
  }
}

/** A cluster for each test. Call where a hook may be registered. */
export function useScriptedCluster(count: number, view: View): { readonly current: ScriptedCluster } {
  const held = {} as { current: ScriptedCluster }
  beforeEach(async () => {
    held.current = await ScriptedCluster.start(count, view)
  })
  afterEach(() => held.current.stop())
  return held
}

const tags = Buffer.of(0)
/** No throttling; one topic, one partition. */
const ofPartition = [int32(0), int32(1), text(TOPIC), int32(1)]

function apiVersions(error: number): Buffer {
  const known = [...Object.values(VERSIONS).map(([key, version]) => [key, version, version]), PRODUCE]
  return Buffer.concat([int16(error), int32(known.length), ...known.flat().map(int16)])
}

/** Length of a compact array. */
function count(length: number): Buffer {
  return Buffer.of(length + 1)
}

function compact(value: string): Buffer {
  return Buffer.concat([Buffer.of(value.length + 1), Buffer.from(value)])
}

function oneRecord(offset: number, leaderEpoch: number): Buffer {
  const record = { key: null, value: Buffer.from(String(offset)), headers: [], timestamp: 0 }
  return recordBatch([record], { offset, leaderEpoch })
}
