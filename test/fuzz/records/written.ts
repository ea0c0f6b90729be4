// Topics full of messages of every shape, and whether somebody reads them as they were sent.
import { createHash } from 'node:crypto'
import type { Message } from '../../../lib/message/message'
import type { Mode } from '../../helpers/consumer'
import { type Codec, produce } from '../../helpers/produce'
import type { Random } from '../../helpers/random'
import type { ReadMessage } from '../../helpers/read'
import { describeCluster, describeTopic } from '../../helpers/topics'
import type { BatchCodec } from '../../helpers/record-batch'
import { produceRaw } from './raw-producer'
import { randomSent, type Sent } from './sent'

/** What a topic of these needs: the broker refuses and deletes nothing for its time. */
export const TOPIC_CONFIG = {
  'message.timestamp.before.max.ms': String(2 ** 52),
  'message.timestamp.after.max.ms': String(2 ** 52),
  'retention.ms': '-1',
}

export interface Kind {
  codec: Codec
  /** By a request of our own, with names that are no UTF-8. */
  isRaw: boolean
}

export const KINDS: readonly Kind[] = [
  ...(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const).map((codec) => ({ codec, isRaw: false })),
  ...(['none', 'gzip'] as const).map((codec) => ({ codec, isRaw: true })),
]

export interface Written extends Kind {
  topic: string
  sent: readonly Sent[]
}

/** Into partition 0 of an empty topic, in batches of some. */
export async function write(
  random: Random,
  topic: string,
  kind: Kind,
  count: number,
  options: { bootstrap?: string } = {},
): Promise<Written> {
  // All is chosen before anything is awaited, so that topics can be written side by side and a seed repeats them.
  const sent = Array.from({ length: count }, () => randomSent(random, kind))
  const batches: Sent[][] = []
  for (let at = 0; at < count; at += batches.at(-1)?.length ?? 0)
    batches.push(sent.slice(at, at + random.integer(1, 10)))
  if (kind.isRaw) {
    const leader = (await describeTopic(topic, options))[0]?.leader ?? -1
    const broker = (await describeCluster(options)).nodes[leader] ?? ''
    for (const batch of batches) await produceRaw(broker, topic, batch, kind.codec as BatchCodec)
  } else {
    const messages = sent.map(({ headers, ...rest }) => ({
      ...rest,
      partition: 0,
      headers: headers.map(([name, value]) => [name.toString(), value] as const),
    }))
    await produce(topic, messages, { codec: kind.codec, ...options })
  }
  return { ...kind, topic, sent }
}

/** What a mode can hold; the tiers hold everything. */
export function holds(mode: Mode, { codec }: Kind): boolean {
  // node-rdkafka is installed without zstd.
  return mode !== 'legacy' || codec !== 'zstd'
}

/** A message small enough to read in a failure, and as exact as its bytes. */
interface Shown {
  offset: number
  timestamp: number
  key: string | null
  value: string | null
  headers: [name: string, value: string | null][]
}

export function shownSent({ sent, isRaw }: Written, mode: Mode | 'java'): Shown[] {
  // node-rdkafka ends names at a NUL, and makes an empty value of a null one.
  const nameOf = (name: Buffer): string => (mode === 'legacy' ? untilNul(name) : name).toString()
  const none = mode === 'legacy' ? Buffer.alloc(0) : null
  return sent.map(({ key, value, headers, timestamp }, offset) => ({
    ...{ offset, timestamp, key: brief(key), value: brief(value) },
    headers: headers.map(([name, content]) => [isNameless(mode, isRaw) ? '' : nameOf(name), brief(content ?? none)]),
  }))
}

export function shownMessage({ offset, timestamp = -1, key, value, headers }: Message): Shown {
  return {
    ...{ offset, timestamp, key: brief(key), value: brief(value) },
    headers: headers.map(({ name, value: content }) => [name, brief(content)]),
  }
}

/** As Kafka's own consumer read it. */
export function shownRead({ offset, timestamp, key, value, headers }: ReadMessage, { isRaw }: Kind): Shown {
  return {
    ...{ offset, timestamp, key: brief(key), value: brief(value) },
    headers: headers.map(([name, content]) => [isNameless('java', isRaw) ? '' : name, brief(content)]),
  }
}

/** Java has its own way to make text of what is none. */
function isNameless(mode: Mode | 'java', isRaw: boolean): boolean {
  return mode === 'java' && isRaw
}

function untilNul(name: Buffer): Buffer {
  const nul = name.indexOf(0)
  return nul < 0 ? name : name.subarray(0, nul)
}

function brief(bytes: Uint8Array | null): string | null {
  if (bytes === null) return null
  if (bytes.length <= 16) return `${bytes.length}:${Buffer.from(bytes).toString('hex')}`
  return `${bytes.length}:sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
