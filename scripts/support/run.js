'use strict'
// Runs other programs. Uses nothing but Node's own modules: it works before `npm ci` did.
const { spawn } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

/** A failure whose message says all there is to say; printed without a stack. */
class SetupError extends Error {}

/**
 * Prints what is being done, for people who wait.
 *
 * @param {string} text
 */
function step(text) {
  process.stdout.write(`» ${text}\n`)
}

/**
 * Runs a command to its end. Its output goes to `logFile` when given (and its last lines into the error), else through.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, logFile?: string, what?: string }} [options]
 * @returns {Promise<void>}
 */
function run(command, args, options = {}) {
  const { cwd, logFile, what = command } = options
  if (logFile) fs.mkdirSync(path.dirname(logFile), { recursive: true })
  const log = logFile ? fs.openSync(logFile, 'a') : undefined
  if (log !== undefined) fs.writeSync(log, `\n$ ${command} ${args.join(' ')}\n`)
  const output = log ?? 'inherit'
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', output, output],
    })
    const settle = (/** @type {Error | undefined} */ error) => {
      if (log !== undefined) fs.closeSync(log)
      if (error) reject(error)
      else resolve()
    }
    child.once('error', (error) => settle(new SetupError(`${what}: cannot run ${command}: ${error.message}`)))
    child.once('exit', (code, signal) => {
      if (code === 0) return settle(undefined)
      const tail = logFile ? `\n${lastLines(fs.readFileSync(logFile, 'utf8'), 25)}\n(all of it: ${logFile})` : ''
      settle(new SetupError(`${what} failed: ${command} ended with ${signal ?? `exit code ${code}`}${tail}`))
    })
  })
}

/**
 * What a command writes to stdout, or undefined when it cannot be run or fails.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, input?: string }} [options]
 */
function output(command, args, options = {}) {
  const { spawnSync } = require('node:child_process')
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    cwd: options.cwd,
    input: options.input ?? '',
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  return result.status === 0 ? result.stdout.trim() : undefined
}

/** @param {string} text @param {number} count */
function lastLines(text, count) {
  return text.trimEnd().split('\n').slice(-count).join('\n')
}

/**
 * Runs `main`, and turns a failure into a message and an exit code.
 *
 * @param {() => Promise<void>} main
 */
function runMain(main) {
  main().catch((/** @type {unknown} */ error) => {
    if (error instanceof SetupError) process.stderr.write(`${error.message}\n`)
    else process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    process.exitCode = 1
  })
}

module.exports = { SetupError, step, run, output, runMain }
