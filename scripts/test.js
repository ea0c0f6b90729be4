'use strict'
// Sets up what is missing and runs Jest: node scripts/test.js [arguments of Jest]
//
// A run of all tests measures the coverage of lib/ and fails below the thresholds of jest.config.js. A selection of tests does not.
const { setup } = require('./setup')
const { jestProgram } = require('./support/modules')
const { root } = require('./support/paths')
const { run, runMain } = require('./support/run')

/** Arguments that do not choose tests. */
const neutral = ['--ci', '--json', '--outputFile', '--verbose', '--silent', '--colors', '--runInBand', '--maxWorkers']

runMain(async () => {
  const args = process.argv.slice(2)
  await setup()
  const isWholeRun = args.every((arg) => neutral.includes(arg.split('=', 1)[0] ?? ''))
  await run(process.execPath, [jestProgram(), ...(isWholeRun ? ['--coverage'] : []), ...args], {
    cwd: root,
    what: 'Testing',
  })
})
