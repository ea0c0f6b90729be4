'use strict'
// Lets a plain node process load TypeScript as the tests do: node --require test/helpers/register.js fixture.ts
//
// Fixtures run the sources themselves, so they test what is being worked on and not what was last compiled to dist/.
// What was compiled is kept in .cache/: the compiler, an addon itself, would be loaded by each child and worker, and what it
// holds be taken for what is measured there.
const { createHash } = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { threadId } = require('node:worker_threads')

const CACHE = path.resolve(__dirname, '..', '..', '.cache', 'typescript')
const { version } = require('@swc/core/package.json')

/** @type {import('@swc/core').Options} */
const OPTIONS = {
  configFile: false,
  swcrc: false,
  jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
}

/** @type {NodeJS.RequireExtensions} */
const extensions = require.extensions

extensions['.ts'] = (module, filename) => {
  const compiled = /** @type {NodeJS.Module & { _compile(code: string, filename: string): void }} */ (module)
  compiled._compile(compile(filename), filename)
}

/** @param {string} filename */
function compile(filename) {
  const source = fs.readFileSync(filename, 'utf8')
  const hash = createHash('sha256')
  for (const part of [version, JSON.stringify(OPTIONS), filename, source]) hash.update(`${part.length} ${part}`)
  const kept = path.join(CACHE, `${hash.digest('hex')}.js`)
  try {
    return fs.readFileSync(kept, 'utf8')
  } catch {
    // Not compiled yet.
  }
  const { code } = require('@swc/core').transformSync(source, { ...OPTIONS, filename })
  // Others write the same at the same time.
  const scratch = `${kept}.${process.pid}.${threadId}`
  fs.mkdirSync(CACHE, { recursive: true })
  fs.writeFileSync(scratch, code)
  fs.renameSync(scratch, kept)
  return code
}
