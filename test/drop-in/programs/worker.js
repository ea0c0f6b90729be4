'use strict'
// A worker that asks for up to 40 messages at a time, handles them one after the other with awaited calls, and commits
// what it has handled. Headers tell it which orders to trace.
const { setTimeout: sleep } = require('node:timers/promises')
/** @type {typeof import('node-rdkafka')} */
const Kafka = require(process.env.RDKAFKA_MODULE ?? 'node-rdkafka')

const topic = String(process.env.TOPIC)
const expected = Number(process.env.MESSAGES)

class Worker extends Kafka.KafkaConsumer {
  constructor() {
    super(
      {
        'bootstrap.servers': process.env.BROKERS,
        'group.id': process.env.GROUP,
        'enable.auto.commit': false,
        offset_commit_cb: (/** @type {Error | undefined} */ error) => {
          if (error) console.error(error)
          this.committing--
        },
      },
      { 'auto.offset.reset': 'earliest' },
    )
    this.committing = 0
    this.handled = 0
    /** @type {string[]} */
    this.traced = []
    /** @type {Map<number, { partition: number, first: number, last: number, bytes: number }>} */
    this.ranges = new Map()
    this.setDefaultConsumeTimeout(200)
    this.on('ready', () => {
      this.subscribe([topic])
      this.work()
    })
  }

  work() {
    this.consume(40, (error, messages) => {
      if (error) throw error
      this.handleAll(messages).then(
        () => {
          // Commits are reported to who asks for messages.
          if (this.handled < expected || this.committing > 0) this.work()
          else this.finish()
        },
        (/** @type {unknown} */ failure) => {
          console.error(failure)
          process.exitCode = 1
          this.disconnect()
        },
      )
    })
  }

  /** @param {import('node-rdkafka').Message[]} messages */
  async handleAll(messages) {
    /** @type {Map<number, import('node-rdkafka').Message>} */
    const last = new Map()
    for (const message of messages) {
      await this.handle(message)
      last.set(message.partition, message)
    }
    for (const message of last.values()) {
      this.committing++
      this.commitMessage(message)
    }
  }

  /** @param {import('node-rdkafka').Message} message */
  async handle({ partition, offset, size, headers, timestamp }) {
    if (this.handled % 100 === 0) await sleep(1)
    else await Promise.resolve()
    const range = this.ranges.get(partition) ?? { partition, first: offset, last: offset - 1, bytes: 0 }
    if (offset !== range.last + 1) throw new Error(`${partition}: ${offset} after ${range.last}`)
    this.ranges.set(partition, { ...range, last: offset, bytes: range.bytes + size })
    const trace = headers?.find((header) => 'trace' in header)?.trace
    if (trace !== undefined) this.traced.push(`${trace.toString()} ${timestamp} ${headers?.length}`)
    this.handled++
  }

  finish() {
    console.log('handled', this.handled)
    const ranges = [...this.ranges.values()].sort((a, b) => a.partition - b.partition)
    for (const range of ranges) console.log(JSON.stringify(range))
    for (const trace of this.traced.sort()) console.log('trace', trace)
    this.committed(10_000, (error, offsets) => {
      if (error) throw error
      const sorted = [...offsets].sort((a, b) => a.partition - b.partition)
      for (const { partition, offset } of sorted) console.log('committed', partition, offset)
      this.disconnect(() => console.log('done', this.isConnected()))
    })
  }
}

const worker = new Worker()
worker.connect({ timeout: 10_000 })
console.log('is a consumer', worker instanceof Kafka.KafkaConsumer)
