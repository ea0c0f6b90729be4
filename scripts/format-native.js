'use strict'
// Formats C and C++ with clang-format: node scripts/format-native.js [--check]
//
// The version is npm's `clang-format`, so that everybody gets the same result; where that has no binary for the platform,
// the one that is installed.
const fs = require('node:fs')
const path = require('node:path')
const { root } = require('./support/paths')
const { output, run, runMain, SetupError } = require('./support/run')

function clangFormat() {
  const bundled = path.join(
    path.dirname(require.resolve('clang-format/package.json')),
    'bin',
    `${process.platform}_${process.arch}`,
    'clang-format',
  )
  for (const command of [bundled, 'clang-format']) if (output(command, ['--version'])) return command
  throw new SetupError('clang-format is needed to format native/: install it (Debian: clang-format).')
}

/** @param {string} directory @returns {string[]} */
function sourcesIn(directory) {
  if (!fs.existsSync(directory)) return []
  return fs
    .readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(c|cc|h)$/.test(file))
    .map((file) => path.join(directory, file))
}

runMain(async () => {
  const files = ['native', 'benchmarks', 'scripts', 'test'].flatMap((name) => sourcesIn(path.join(root, name)))
  const mode = process.argv.includes('--check') ? ['--dry-run', '--Werror'] : ['-i']
  await run(clangFormat(), [...mode, '--style=file', ...files.sort()], {
    cwd: root,
    what: 'Checking the format of C and C++',
  })
})
