'use strict'
// The command line. Every refusal is one sentence: the option, what was expected, what came.
const { parseArgs } = require('node:util')
const { plan } = require('./mock-plan')
const { modeOf, SPELLINGS, DEFAULT_MODES } = require('./modes')

/** A command line that cannot be; its message says all there is to say. */
class OptionError extends Error {}

/**
 * @typedef {object} Options
 * @property {string | undefined} bootstrap undefined: a mock cluster
 * @property {string | undefined} topic undefined: a topic of the demo's own
 * @property {number} messages how many each mode consumes; of a given topic at most
 * @property {number} size bytes of a value
 * @property {import('./modes').Mode[]} modes in the order they run
 */

const DEFAULT_MESSAGES = 2_000_000
const DEFAULT_SIZE = 100
const MAX_MESSAGES = 1_000_000_000
// A value begins with its message's number. At the other end, brokers refuse what is above 1 MB.
const MIN_SIZE = 8
const MAX_SIZE = 900_000

const HELP = `Consumes the same messages in every mode, each in a fresh process, and compares them.

Usage: npm run demo -- [options]

Without options: on a mock cluster, which the demo starts and fills.

  --bootstrap HOST:PORT  on a real cluster: a topic is created, filled, and deleted at the end
  --topic NAME           read this topic of the real cluster as it is; nothing is written to the cluster
  --messages N           how many to consume in each mode (default ${DEFAULT_MESSAGES.toLocaleString('en-US')}; of --topic at most so many)
  --size BYTES           length of a value, ${MIN_SIZE} to ${MAX_SIZE} (default ${DEFAULT_SIZE})
  --tiers LIST           which modes, in which order (default ${DEFAULT_MODES});
                         of ${SPELLINGS}
  --help                 this text
`

/**
 * @param {string[]} args
 * @returns {Options | 'help'}
 * @throws {OptionError}
 */
function readOptions(args) {
  const values = parse(args)
  if (values.help) return 'help'
  const { bootstrap, topic } = values
  if (bootstrap !== undefined) checkBootstrap(bootstrap)
  if (topic !== undefined) {
    if (bootstrap === undefined) {
      throw new OptionError('--topic: expected together with --bootstrap, as a mock cluster begins empty')
    }
    if (!/^[\w.-]{1,249}$/.test(topic)) throw new OptionError(`--topic: expected the name of a topic, got "${topic}"`)
    if (values.size !== undefined) {
      throw new OptionError('--size: expected without --topic, as the messages of an existing topic have their sizes')
    }
  }
  const messages = integer('messages', values.messages, DEFAULT_MESSAGES, 1, MAX_MESSAGES)
  const size = integer('size', values.size, DEFAULT_SIZE, MIN_SIZE, MAX_SIZE)
  if (bootstrap === undefined) {
    const { maxMessages } = plan(messages, size)
    if (messages > maxMessages) {
      throw new OptionError(
        `--messages: expected at most ${maxMessages} of ${size} bytes, as the mock cluster keeps them in memory, got ${messages}; a real cluster (--bootstrap) takes more`,
      )
    }
  }
  return { bootstrap, topic, messages, size, modes: modes(values.tiers ?? DEFAULT_MODES) }
}

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        bootstrap: { type: 'string' },
        topic: { type: 'string' },
        messages: { type: 'string' },
        size: { type: 'string' },
        tiers: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    // Node's message goes on with advice on positional arguments, of which there are none here.
    const [sentence] = (error instanceof Error ? error.message : String(error)).split(/\.\s/)
    throw new OptionError(`${sentence}; --help lists the options`)
  }
}

/** @param {string} list */
function checkBootstrap(list) {
  for (const server of list.split(',')) {
    const port = Number(/^(?:\[[\da-f:.]+\]|[^\s:[\]]+):(\d{1,5})$/i.exec(server)?.[1])
    if (!(port >= 1 && port <= 65535)) throw new OptionError(`--bootstrap: expected HOST:PORT, got "${server}"`)
  }
}

/**
 * @param {string} name
 * @param {string | undefined} text
 * @param {number} otherwise
 * @param {number} min
 * @param {number} max
 */
function integer(name, text, otherwise, min, max) {
  if (text === undefined) return otherwise
  const value = /^\d+$/.test(text) ? Number(text) : NaN
  if (value >= min && value <= max) return value
  throw new OptionError(`--${name}: expected an integer from ${min} to ${max}, got "${text}"`)
}

/** @param {string} list */
function modes(list) {
  const found = list.split(',').map((name) => {
    const mode = modeOf(name.trim().toLowerCase())
    if (mode === undefined) throw new OptionError(`--tiers: expected ${SPELLINGS}, got "${name}"`)
    return mode
  })
  const twice = found.find((mode, index) => found.findIndex(({ name }) => name === mode.name) < index)
  if (twice !== undefined) throw new OptionError(`--tiers: expected each mode once, got ${twice.name} twice`)
  return found
}

module.exports = { OptionError, readOptions, HELP }
