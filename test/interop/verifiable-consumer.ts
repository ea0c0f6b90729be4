// A consumer that speaks the protocol of Kafka's own system tests, so that they can drive it in place of Java's
// VerifiableConsumer: its command line, its JSON lines, its ends.
//
//   node --require test/helpers/register.js test/interop/verifiable-consumer.ts --help
import { bytes, ConsumerFactory, type KafkaStreamConsumer, type MessageBatch } from '../../lib/index'
import { type Arguments, readArguments, USAGE } from './verifiable/arguments'
import { configOf } from './verifiable/config'
import { type Committed, type Consumed, type ConsumerBody, line, type Partition } from './verifiable/protocol'
import { Uncommitted } from './verifiable/uncommitted'

/** Most that batches() takes. */
const MAX_BATCH = 10_000

const uncommitted = new Uncommitted()

// A pipe is written to at once: what was said before a SIGKILL is not lost.
const say = (body: ConsumerBody): void => void process.stdout.write(line(body))

async function main(): Promise<void> {
  const options = readArguments(process.argv.slice(2))
  if (options === undefined) {
    process.stdout.write(USAGE)
    return
  }
  // The batch in hand is finished and committed before the loop ends.
  const ending = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => ending.abort())

  const revoked = (partitions: Partition[]): void => {
    uncommitted.forget(partitions)
    say({ name: 'partitions_revoked', partitions })
  }
  const consumer: KafkaStreamConsumer = ConsumerFactory.create(
    configOf(options, {
      onAssigned: (partitions) => say({ name: 'partitions_assigned', partitions }),
      onRevoked: async (partitions) => {
        const offsets = uncommitted.of(partitions)
        if (offsets.length > 0) await commit(consumer, offsets)
        revoked(partitions)
      },
      // Java's tool does not tell lost from revoked.
      onLost: revoked,
    }),
    bytes(),
    bytes(),
  )
  consumer.on('warning', (warning) => report('warning', warning))
  say({ name: 'startup_complete' })
  try {
    await consumer.subscribe([options.topic], { signal: ending.signal })
    await consume(consumer, options, ending.signal)
  } catch (error) {
    if (!ending.signal.aborted) fail(error)
  } finally {
    await consumer.close()
    say({ name: 'shutdown_complete' })
  }
}

async function consume(consumer: KafkaStreamConsumer, options: Arguments, signal: AbortSignal): Promise<void> {
  let left = options.maxMessages
  const maxMessages = Math.min(left, MAX_BATCH)
  if (left === 0) return
  for await (const batch of consumer.batches({ maxMessages, signal })) {
    const count = Math.min(batch.length, left)
    if (options.verbose) tellRecords(batch, count)
    const consumed = summary(batch, count)
    say({ name: 'records_consumed', count, partitions: consumed })
    left -= count
    const offsets = consumed.map(({ topic, partition, maxOffset }) => ({ topic, partition, offset: maxOffset + 1 }))
    if (!options.autoCommits) await commit(consumer, offsets)
    if (left > 0) continue
    // The loop is left with this batch in hand, which would not count as processed.
    if (options.autoCommits) await consumer.commit(offsets)
    return
  }
}

async function commit(consumer: KafkaStreamConsumer, offsets: Committed[]): Promise<void> {
  try {
    await consumer.commit(offsets)
    uncommitted.forget(offsets)
    say({ name: 'offsets_committed', offsets, success: true })
  } catch (error) {
    // Brokers refuse commits of the old generation while the group is rebalanced. The next one of the partition succeeds,
    // or the one that is made when the partition is revoked.
    uncommitted.add(offsets)
    say({ name: 'offsets_committed', offsets, error: messageOf(error), success: false })
  }
}

function tellRecords(batch: MessageBatch, count: number): void {
  for (let index = 0; index < count; index++) {
    const message = batch.at(index)
    if (message === undefined) return
    const { topic, partition, offset } = message
    const key = message.key?.toString() ?? null
    const value = message.value?.toString() ?? null
    say({ name: 'record_data', key, value, topic, partition, offset })
  }
}

function summary(batch: MessageBatch, count: number): Consumed[] {
  const partitions = new Map<string, Consumed>()
  for (let index = 0; index < count; index++) {
    const message = batch.at(index)
    if (message === undefined) break
    const { topic, partition, offset } = message
    const known = partitions.get(`${partition}/${topic}`)
    if (known === undefined) {
      partitions.set(`${partition}/${topic}`, { topic, partition, count: 1, minOffset: offset, maxOffset: offset })
    } else {
      known.count++
      known.maxOffset = offset
    }
  }
  return [...partitions.values()]
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function report(what: string, error: unknown): void {
  const code = (error as { code?: unknown }).code
  process.stderr.write(`${what}: ${typeof code === 'string' ? `${code}: ` : ''}${messageOf(error)}\n`)
}

function fail(error: unknown): void {
  report('error', error)
  process.exitCode = 1
}

main().catch(fail)
