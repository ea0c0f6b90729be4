'use strict'
// The same messages, consumed in every mode: npm run demo (-- --help lists the options)
//
// One process holds the cluster or the topic (mock-cluster.js, real-cluster.js or existing-topic.js), a fresh one for each
// mode consumes it (consume.js). This one starts them in turn and shows what they say.
const os = require('node:os')
const { Child, ChildError, stopAll } = require('./children')
const { grouped, Progress, table, wrapped } = require('./display')
const { HELP, OptionError, readOptions } = require('./options')

/** @typedef {import('./options').Options} Options */
/** @typedef {import('./child').FilledTopic} FilledTopic */
/** @typedef {import('./display').Row} Row */

/** What is on the screen now. @type {Progress | undefined} */
let shown
let isInterrupted = false

/** @param {Options} options */
async function demo(options) {
  console.log(machine())
  const holder = holderOf(options)
  const topic = await ready(holder, options)
  const total = topic.partitions.reduce((sum, { count }) => sum + count, 0)
  console.log(`  ${inventory(topic, total, options)}\n`)
  /** @type {Row[]} */
  const rows = []
  for (const mode of options.modes) {
    if (isInterrupted) return
    rows.push(await consume(mode, topic, total))
  }
  await holder.end()
  console.log(`\n${table(rows)}\n`)
  console.log(conclusion(rows, total, options))
  if (rows.some(({ failure }) => failure !== undefined)) process.exitCode = 1
}

function machine() {
  const { librdkafkaVersion } = require('rdkafka-tiers')
  const { version } = require('rdkafka-tiers/package.json')
  const cpus = os.cpus()
  const processors = `${cpus.length} × ${cpus[0]?.model.trim() || os.arch()}`
  return `rdkafka-tiers ${version} · librdkafka ${librdkafkaVersion()} · Node.js ${process.versions.node} · ${processors}\n`
}

/** @param {Options} options */
function holderOf({ bootstrap, topic, messages, size }) {
  if (bootstrap === undefined) return new Child('mock-cluster.js', { messages, size })
  if (topic !== undefined) return new Child('existing-topic.js', { bootstrap, topic, messages })
  return new Child('real-cluster.js', { bootstrap, messages, size }, { tidiesUp: true })
}

/**
 * @param {Child} holder
 * @param {Options} options
 * @returns {Promise<FilledTopic>}
 */
async function ready(holder, { topic, messages }) {
  const progress = (shown = new Progress(topic === undefined ? 'produce' : 'first reading', messages))
  try {
    const said = await holder.next((count, seconds) => progress.update(count, seconds))
    if (said.type !== 'ready') throw new ChildError(`expected a topic, got ${said.type}`)
    progress.stop()
    return said.topic
  } catch (error) {
    progress.stop('failed')
    throw error
  }
}

/**
 * @param {FilledTopic} topic
 * @param {number} total
 * @param {Options} options
 */
function inventory({ name, bootstrap, partitions }, total, options) {
  const size = options.topic === undefined ? ` of ${options.size} bytes` : ''
  const where =
    options.bootstrap === undefined ? 'on a mock cluster in a process of its own' : `in topic ${name} at ${bootstrap}`
  return `${grouped(total)} messages${size} over ${partitions.length} partitions, ${where}`
}

/**
 * @param {import('./modes').Mode} mode
 * @param {FilledTopic} topic
 * @param {number} total
 * @returns {Promise<Row>}
 */
async function consume(mode, topic, total) {
  const progress = (shown = new Progress(mode.name, total))
  const child = new Child('consume.js', { topic, mode })
  try {
    const said = await child.next((count, seconds) => progress.update(count, seconds))
    await child.end()
    if (said.type === 'unavailable') {
      progress.stop('not available')
      return { mode, unavailable: said.reason }
    }
    if (said.type !== 'consumed') throw new ChildError(`expected figures, got ${said.type}`)
    progress.stop()
    return { mode, figures: said.figures }
  } catch (error) {
    if (isInterrupted || !(error instanceof ChildError)) throw error
    progress.stop('failed')
    return { mode, failure: error.message }
  }
}

/**
 * @param {readonly Row[]} rows
 * @param {number} total
 * @param {Options} options
 */
function conclusion(rows, total, { topic }) {
  const good = rows.filter(({ figures }) => figures !== undefined).map(({ mode }) => mode.name)
  const sentences = rows.flatMap(({ mode, failure, unavailable }) => {
    if (failure !== undefined) return [`${mode.name} FAILED: ${failure}.`]
    return unavailable === undefined ? [] : [`${mode.name} is not available: ${unavailable}`]
  })
  if (good.length > 0) {
    const source = topic === undefined ? 'what was produced' : 'a first reading'
    sentences.push(
      `Checked in ${listed(good)}: each of the ${grouped(total)} messages came once and in order within its partition, and the checksums over every byte of their values are those of ${source}.`,
      'Each mode ran in a fresh process. Time and CPU, of all its threads, count from its first message to its last, checksums included.',
    )
  }
  return sentences.map(wrapped).join('\n')
}

/** @param {readonly string[]} names */
function listed(names) {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/** @param {'SIGINT' | 'SIGTERM' | 'SIGHUP'} signal */
function interrupted(signal) {
  const code = 128 + os.constants.signals[signal]
  // The second one does not wait.
  if (isInterrupted) process.exit(code)
  isInterrupted = true
  shown?.stop('interrupted')
  void stopAll().then(() => process.exit(code))
}

async function main() {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => interrupted(signal))
  }
  // Who reads the output has left.
  process.stdout.on('error', () => process.exit(1))
  try {
    const options = readOptions(process.argv.slice(2))
    if (options === 'help') process.stdout.write(HELP)
    else await demo(options)
  } catch (error) {
    if (isInterrupted) return
    process.exitCode = error instanceof OptionError ? 2 : 1
    console.error(error instanceof Error ? error.message : String(error))
  } finally {
    if (!isInterrupted) await stopAll()
  }
}

void main()
