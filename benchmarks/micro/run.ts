// One of the hot functions, by benchmark.js: node --require test/helpers/register.js benchmarks/micro/run.ts NAME SECONDS
//
// Without arguments it tells their names. One a process: code that has seen several is compiled for several. An operation is a block of ROWS messages; what is told is the time for one message.
import Benchmark from 'benchmark'
import { PlainMessages } from '../../lib/drop-in/plain-message'
import { Block, packRows, type Row } from '../../lib/message/block'
import { Message, type MessageContext } from '../../lib/message/message'
import { MessageBatch } from '../../lib/message/message-batch'
import { bytes, json, string } from '../../lib/serde'
import type { MicroResult } from '../types'

/** As many messages of 100 bytes as a block of 256 KiB holds. */
const ROWS = 1800

const slots = { topic: () => 'topic', partition: () => 3 }
const text = JSON.stringify({ sequence: 1, text: 'x'.repeat(75) })

function rows(hasHeaders: boolean): Row[] {
  return Array.from({ length: ROWS }, (_, offset) => ({
    offset,
    timestamp: 1_700_000_000_000 + offset,
    timestampType: 1,
    slot: 0,
    leaderEpoch: 0,
    key: Buffer.from(`k${offset}`),
    value: Buffer.from(text),
    headers: hasHeaders ? [{ name: 'trace', value: Buffer.alloc(24) }] : null,
  }))
}

const plainBuffer = packRows(rows(false), 1)
const block = new Block(plainBuffer)
const withHeaders = new Block(packRows(rows(true), 1))

const context: MessageContext<Buffer, Buffer> = { slots, keyDeserializer: bytes(), valueDeserializer: bytes() }
const asText = { ...context, valueDeserializer: string() }
const asJson = { ...context, valueDeserializer: json<{ sequence: number }>() }

/** Results go here, so that no compiler finds them useless. */
let sink = 0

function each(body: (row: number) => number): () => void {
  return () => {
    let sum = 0
    for (let row = 0; row < ROWS; row++) sum += body(row)
    sink += sum
  }
}

const plain = new PlainMessages(slots)
const batch = new MessageBatch(block, 0, ROWS, context, undefined)

const functions: Record<string, () => void> = {
  'block: offset': each((row) => block.offset(row)),
  'block: timestamp': each((row) => block.timestamp(row)),
  'block: value, a view': each((row) => block.value(row)?.[0] ?? 0),
  'block: key, a view': each((row) => block.key(row)?.[0] ?? 0),
  'block: headers, one': each((row) => withHeaders.headers(row).length),
  'block: a copy of a row': each((row) => block.copyRow(row).capacity),
  'batch: valueBytes(i)': each((row) => batch.valueBytes(row)?.[0] ?? 0),
  'batch: at(i).value': each((row) => batch.at(row)?.value?.[0] ?? 0),
  'message: made, untouched': each((row) => new Message(block, row, context).size),
  'message: value, bytes': each((row) => new Message(block, row, context).value?.[0] ?? 0),
  'message: value, string': each((row) => new Message(block, row, asText).value?.length ?? 0),
  'message: value, JSON': each((row) => new Message(block, row, asJson).value?.sequence ?? 0),
  'drop-in: a plain message': each((row) => plain.make(block, row).size),
}

function measure(name: string, body: () => void, seconds: number): MicroResult {
  const benchmark = new Benchmark(name, body, { maxTime: seconds })
  benchmark.run()
  // Its types say that there always is one.
  const error = benchmark.error as Error | undefined
  if (error !== undefined) throw new Error(`${name}: ${error.message}`)
  const { mean, rme, sample } = benchmark.stats
  return { name, nsPerOperation: (mean * 1e9) / ROWS, marginPercent: rme, samples: sample.length }
}

const [name, seconds] = process.argv.slice(2)
const body = functions[name ?? '']
if (name === undefined || body === undefined) {
  process.stdout.write(`${JSON.stringify({ names: Object.keys(functions) })}\n`)
} else {
  const result = measure(name, body, Number(seconds))
  if (!Number.isFinite(sink)) throw new Error(`${name} gave no number`)
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
