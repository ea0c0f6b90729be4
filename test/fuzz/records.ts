// Messages of every shape through real Kafka and back, in each tier and in legacy, compared byte for byte.
//
//   npm run test:fuzz -- --what records --count 20000 --seed 4711
import { isDeepStrictEqual } from 'node:util'
import { createConsumer, MODES, take, type Mode } from '../helpers/consumer'
import { startKafka } from '../helpers/kafka'
import { stopOracle } from '../helpers/kafka/oracle'
import { Random } from '../helpers/random'
import { readTopic } from '../helpers/read'
import { createTopic, deleteTopic } from '../helpers/topics'
import { again, countOr, from, seed, seedOf } from './options'
import { holds, KINDS, shownMessage, shownRead, shownSent, TOPIC_CONFIG, write, type Written } from './records/written'

/** Of one kind, in one round. */
const ROUND = 60

const count = countOr(10_000)
const tally = { sent: 0, read: Object.fromEntries(MODES.map((mode) => [mode, 0])) as Record<Mode, number> }

async function round(at: number, bootstrap: string): Promise<void> {
  const topics = await Promise.all(
    KINDS.map(({ codec }) => createTopic({ prefix: `fuzz-${codec}`, config: TOPIC_CONFIG, bootstrap })),
  )
  try {
    const random = new Random(seedOf(at))
    const options = { bootstrap }
    const written = await Promise.all(
      KINDS.map((kind, index) => write(random, topics[index] as string, kind, ROUND, options)),
    )
    tally.sent += ROUND * KINDS.length
    const read = await Promise.all(written.map(({ topic }) => readTopic(topic, options)))
    written.forEach((each, index) => {
      expectSame(
        each,
        'java',
        (read[index] ?? []).map((message) => shownRead(message, each)),
      )
    })
    for (const mode of MODES) await readBack(mode, written, bootstrap)
  } finally {
    await Promise.all(topics.map((topic) => deleteTopic(topic, { bootstrap })))
  }
}

async function readBack(mode: Mode, written: readonly Written[], bootstrap: string): Promise<void> {
  const held = written.filter((each) => holds(mode, each))
  const consumer = createConsumer(mode, { config: { 'bootstrap.servers': bootstrap } })
  try {
    consumer.assign(held.map(({ topic }) => ({ topic, partition: 0, offset: 0 })))
    const messages = await take(consumer, held.length * ROUND)
    for (const each of held) {
      const own = messages.filter(({ topic }) => topic === each.topic).map(shownMessage)
      expectSame(each, mode, own)
    }
    tally.read[mode] += messages.length
  } finally {
    await consumer.close()
  }
}

function expectSame(each: Written, mode: Mode | 'java', got: readonly unknown[]): void {
  shownSent(each, mode).forEach((expected, index) => {
    if (isDeepStrictEqual(got[index], expected)) return
    throw new Error(
      `${mode}, ${each.codec}${each.isRaw ? ' raw' : ''}: ${JSON.stringify(got[index])} instead of ${JSON.stringify(expected)}`,
    )
  })
}

async function main(): Promise<void> {
  await using cluster = await startKafka()
  console.error(`seed ${seed}; ${cluster.description}`)
  for (let at = from; tally.sent < count; at++) {
    try {
      await round(at, cluster.bootstrap)
    } catch (error) {
      throw new Error(`round ${at} of seed ${seed}; ${again(at)}`, { cause: error })
    }
  }
  await stopOracle()
  console.log(JSON.stringify({ seed, ...tally }))
}

void main()
