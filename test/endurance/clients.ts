// A member of a group, of either client, under one interface: it reads a topic, hands each message to a function, writes
// down what became of it, and commits.
import type * as NodeRdkafka from 'node-rdkafka'
import type { KafkaStreamConsumer } from '../../lib/consumer/consumer'
import { createConsumer, type How, TIERS } from '../helpers/consumer'
import type { Ledger } from './marks'

/** What each client is run with, in turn. */
export const CLIENTS = { tiers: TIERS, 'node-rdkafka': ['flowing', 'consume'] } as const
export type ClientName = keyof typeof CLIENTS
export type ReaderMode = (typeof CLIENTS)[ClientName][number]

export type ReaderEvent =
  | { assigned: number }
  | { revoked: number }
  | { lost: number }
  /** A commit was not answered well, or the client warns of something. */
  | { warning: string }

/** What may be passed to another process. */
export interface ReaderParameters {
  mode: ReaderMode
  bootstrap: string
  topic: string
  groupId: string
  /** Of the tiers. */
  how?: How
  config?: Readonly<Record<string, string | number | boolean>>
  /** Commits in the loop, after this many messages. Default: never, or as the configuration says. */
  commitEvery?: number
}

export interface ReaderOptions extends ReaderParameters {
  ledger: Ledger
  /** With a message in hand: that it returns, or resolves, is what makes the message processed. */
  handle?: () => void | Promise<void>
  onEvent?: (event: ReaderEvent) => void
}

export interface Reader {
  /** Settles when reading ended: after `close`, or by an error. */
  readonly done: Promise<void>
  /** How many messages it is behind; NaN where nobody answers. */
  readonly lag: () => Promise<number>
  readonly close: () => Promise<void>
}

export function openReader(options: ReaderOptions): Promise<Reader> {
  const { mode } = options
  return mode === 'flowing' || mode === 'consume' ? openNodeRdkafka(options, mode) : openTier(options, mode)
}

interface Row {
  partition: number
  offset: number
}

async function openTier(options: ReaderOptions, mode: (typeof TIERS)[number]): Promise<Reader> {
  const { bootstrap, groupId, topic, ledger, onEvent, config } = options
  const consumer = createConsumer(mode, {
    groupId,
    config: { ...config, 'bootstrap.servers': bootstrap },
    settings: {
      onAssigned: (partitions) => {
        for (const { partition } of partitions) ledger.begin(partition)
        onEvent?.({ assigned: partitions.length })
      },
      onRevoked: (partitions) => {
        for (const { partition } of partitions) ledger.end(partition)
        onEvent?.({ revoked: partitions.length })
      },
      onLost: (partitions) => {
        for (const { partition } of partitions) ledger.end(partition)
        onEvent?.({ lost: partitions.length })
      },
    },
  })
  consumer.on('warning', ({ code }) => onEvent?.({ warning: code }))
  await consumer.subscribe([topic])
  const done = options.how === 'batches' ? readBatches(consumer, options) : readStream(consumer, options)
  return {
    done,
    async lag() {
      const all = await consumer.lag({ timeoutMs: 2000 }).catch(() => [{ lag: NaN }])
      return all.reduce((sum, { lag }) => sum + lag, 0)
    },
    async close() {
      await consumer.close()
      await done
    },
  }
}

async function readStream(consumer: KafkaStreamConsumer, options: ReaderOptions): Promise<void> {
  const { ledger, handle } = options
  const isCommitDue = every(options.commitEvery)
  for await (const message of consumer.stream()) {
    ledger.delivered(message.partition, message.offset)
    const handling = handle?.()
    if (handling !== undefined) await handling
    ledger.handled(message.partition, message.offset + 1)
    if (isCommitDue(1)) await commit(() => consumer.commit(message), [message], options)
  }
}

async function readBatches(consumer: KafkaStreamConsumer, options: ReaderOptions): Promise<void> {
  const { ledger, handle } = options
  const isCommitDue = every(options.commitEvery)
  for await (const batch of consumer.batches()) {
    const rows: Row[] = []
    for (const { partition, offset } of batch) {
      ledger.delivered(partition, offset)
      const handling = handle?.()
      if (handling !== undefined) await handling
      rows.push({ partition, offset })
    }
    // A batch is processed as a whole.
    for (const { partition, offset } of rows) ledger.handled(partition, offset + 1)
    if (isCommitDue(rows.length)) await commit(() => consumer.commit(batch), rows, options)
  }
}

/** Whether so many messages have come since it was last so. */
function every(count: number | undefined): (more: number) => boolean {
  let since = 0
  return (more) => {
    since += more
    if (count === undefined || since < count) return false
    since = 0
    return true
  }
}

async function commit(
  committing: () => Promise<unknown>,
  rows: readonly Row[],
  { ledger, onEvent }: ReaderOptions,
): Promise<void> {
  try {
    await committing()
    for (const { partition, offset } of rows) ledger.committed(partition, offset + 1)
  } catch (error) {
    // Of a group that goes on without us: it is delivered again.
    onEvent?.({ warning: String(error) })
  }
}

const ASSIGN = -175
const REVOKE = -174
/** Messages that one `consume(n, callback)` asks for, and how long it waits. */
const CONSUME_COUNT = 100
const CONSUME_MS = 100

async function openNodeRdkafka(options: ReaderOptions, mode: 'flowing' | 'consume'): Promise<Reader> {
  const { bootstrap, groupId, topic, ledger, onEvent, config } = options
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- only where it is asked for
  const { KafkaConsumer } = require('node-rdkafka') as typeof NodeRdkafka
  const consumer = new KafkaConsumer(
    {
      'metadata.broker.list': bootstrap,
      'group.id': groupId,
      'enable.auto.commit': false,
      'session.timeout.ms': 10_000,
      'heartbeat.interval.ms': 500,
      'topic.metadata.refresh.interval.ms': 1000,
      ...(config as NodeRdkafka.ConsumerGlobalConfig | undefined),
      rebalance_cb: ({ code }: { code: number }, partitions: NodeRdkafka.TopicPartition[]) => {
        if (code === ASSIGN) {
          for (const { partition } of partitions) ledger.begin(partition)
          consumer.assign(partitions)
          onEvent?.({ assigned: partitions.length })
        } else if (code === REVOKE) {
          for (const { partition } of partitions) ledger.end(partition)
          consumer.unassign()
          onEvent?.({ revoked: partitions.length })
        }
      },
    },
    { 'auto.offset.reset': 'earliest' },
  )
  consumer.on('event.error', ({ message }) => onEvent?.({ warning: message }))
  consumer.setDefaultConsumeTimeout(CONSUME_MS)
  await calling((settle) => consumer.connect({}, settle))
  consumer.subscribe([topic])
  const ending = new AbortController()
  const done = mode === 'flowing' ? flow(consumer, options) : consume(consumer, options, ending.signal)
  return {
    done,
    lag: () => Promise.resolve(NaN),
    async close() {
      ending.abort()
      if (mode === 'consume') await done
      // Not from within the listener of a message.
      await new Promise((resolve) => setImmediate(resolve))
      await calling((settle) => consumer.disconnect(settle))
    },
  }
}

function flow(consumer: NodeRdkafka.KafkaConsumer, options: ReaderOptions): Promise<void> {
  const isCommitDue = every(options.commitEvery)
  consumer.on('data', ({ partition, offset }) => {
    options.ledger.delivered(partition, offset)
    // Nobody waits for what a listener returns.
    void options.handle?.()
    options.ledger.handled(partition, offset + 1)
    if (isCommitDue(1)) commitSync(consumer, [{ partition, offset }], options)
  })
  consumer.consume()
  return Promise.resolve()
}

async function consume(
  consumer: NodeRdkafka.KafkaConsumer,
  options: ReaderOptions,
  signal: AbortSignal,
): Promise<void> {
  const { ledger, handle, onEvent } = options
  const isCommitDue = every(options.commitEvery)
  while (!signal.aborted) {
    let messages: readonly NodeRdkafka.Message[] = []
    try {
      await calling((settle) => {
        consumer.consume(CONSUME_COUNT, (error: unknown, some) => {
          if (error === null) messages = some
          settle(error)
        })
      })
    } catch (error) {
      // That it was given up, for example; the next call joins again.
      onEvent?.({ warning: String(error) })
      await new Promise((resolve) => setImmediate(resolve))
    }
    for (const { partition, offset } of messages) {
      ledger.delivered(partition, offset)
      const handling = handle?.()
      if (handling !== undefined) await handling
      ledger.handled(partition, offset + 1)
    }
    if (isCommitDue(messages.length)) commitSync(consumer, messages, options)
  }
}

function commitSync(
  consumer: NodeRdkafka.KafkaConsumer,
  rows: readonly Row[],
  { topic, ledger, onEvent }: ReaderOptions,
): void {
  const last = new Map(rows.map(({ partition, offset }) => [partition, offset + 1]))
  try {
    consumer.commitSync([...last].map(([partition, offset]) => ({ topic, partition, offset })))
    for (const [partition, offset] of last) ledger.committed(partition, offset)
  } catch (error) {
    onEvent?.({ warning: String(error) })
  }
}

/** Of a function that calls back with an error or none. */
function calling(call: (settle: (error: unknown) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    call((error) => {
      if (error === null || error === undefined) resolve()
      else reject(error instanceof Error ? error : new Error(JSON.stringify(error)))
    })
  })
}
