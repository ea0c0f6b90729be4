'use strict'
// Compiles lib/ to dist/: node scripts/build-ts.js
//
// The compiler writes beside dist/, which is replaced at the end: a process that loads from dist/ meanwhile finds either all
// of the old files or all of the new ones, and files whose source is gone do not stay.
const fs = require('node:fs')
const path = require('node:path')
const { withLock } = require('./support/lock')
const { newest } = require('./support/newest')
const { depsDir, root } = require('./support/paths')
const { run, runMain, step } = require('./support/run')

const dist = path.join(root, 'dist')

function isTypeScriptBuilt() {
  const main = path.join(dist, 'index.js')
  const sources = ['lib', 'tsconfig.json', 'package-lock.json'].map((name) => path.join(root, name))
  return fs.existsSync(main) && fs.statSync(main).mtimeMs > newest(sources)
}

async function buildTypeScript() {
  step('Compiling TypeScript')
  await withLock(depsDir(), 'dist', async () => {
    const [fresh, old] = [`${dist}.building`, `${dist}.old`]
    fs.rmSync(fresh, { recursive: true, force: true })
    const tsc = require.resolve('typescript/bin/tsc')
    await run(process.execPath, [tsc, '-p', root, '--outDir', fresh], { cwd: root, what: 'Compiling TypeScript' })
    fs.rmSync(old, { recursive: true, force: true })
    if (fs.existsSync(dist)) fs.renameSync(dist, old)
    fs.renameSync(fresh, dist)
    fs.rmSync(old, { recursive: true, force: true })
  })
}

module.exports = { buildTypeScript, isTypeScriptBuilt }

if (require.main === module) runMain(buildTypeScript)
