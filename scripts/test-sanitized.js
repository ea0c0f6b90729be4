'use strict'
// Runs tests with the addon and librdkafka built for a sanitizer: node scripts/test-sanitized.js address|thread [arguments of Jest]
//
// Without arguments: every test that has to do with the addon. What the sanitizer finds is printed at the end, from all
// processes of the run; any of it fails the run.
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { addonFile, buildAddon } = require('./build-addon')
const { setup } = require('./setup')
const { jestProgram } = require('./support/modules')
const { root } = require('./support/paths')
const { compilers } = require('./support/prerequisites')
const { output, run, runMain, step, SetupError } = require('./support/run')
const { placesOf, readReports } = require('./support/sanitizer-reports')

/** Slower machines of the sanitizer's making: a test may take so many times as long. */
const PATIENCE = 5

/** Not what measures speed, memory or latency: it would measure the sanitizer. */
const TESTS = [
  'test/sanitizers',
  'test/unit/(consumer|drop-in|testing)',
  // Of copies there is one alone: both have the addon that is tested.
  'test/lifecycle/(?!copies)',
  'test/faults',
  'test/broker/(?!(throughput|latency|memory|loop|timers)\\.)',
]

const threadSuppressions = path.join(root, 'test', 'sanitizers', 'thread.supp')

/** @type {Record<string, { library: string, options: (reports: string) => Record<string, string> }>} */
const sanitizers = {
  address: {
    library: 'libasan.so',
    options: (reports) => ({
      // Leaks are looked for by test/sanitizers: at its end a process of Node holds much that was never meant to be freed.
      ASAN_OPTIONS: `log_path=${reports}:detect_leaks=0:detect_stack_use_after_return=1:strict_string_checks=1`,
      // It writes to no file: the process ends, and its test fails.
      UBSAN_OPTIONS: `suppressions=${path.join(root, 'test', 'sanitizers', 'undefined.supp')}:print_stacktrace=1:halt_on_error=1`,
    }),
  },
  thread: {
    library: 'libtsan.so',
    options: (reports) => ({
      TSAN_OPTIONS: [
        `log_path=${reports}`,
        `suppressions=${threadSuppressions}`,
        'second_deadlock_stack=1',
        'history_size=4',
        // The exit code of a test's child is the test's own.
        'exitcode=0',
      ].join(':'),
    }),
  },
}

runMain(async () => {
  const [kind = '', ...args] = process.argv.slice(2)
  const sanitizer = sanitizers[kind]
  if (!sanitizer) throw new SetupError(`sanitizer: expected one of ${Object.keys(sanitizers).join(', ')}, got ${kind}`)
  await setup()
  process.env.RDKAFKA_TIERS_SANITIZE = kind
  // Whatever of it is there already: it may be of an older librdkafka.
  await buildAddon()
  const library = output(compilers().cc, [`-print-file-name=${sanitizer.library}`]) ?? ''
  if (!path.isAbsolute(library)) throw new SetupError(`${sanitizer.library} is missing: it comes with GCC.`)

  const reports = fs.mkdtempSync(path.join(os.tmpdir(), 'rdkafka-tiers-sanitizer-'))
  const env = {
    ...sanitizer.options(path.join(reports, 'report')),
    RDKAFKA_TIERS_SANITIZE: kind,
    RDKAFKA_TIERS_BINARY: addonFile(),
    RDKAFKA_TIERS_PATIENCE: String(PATIENCE),
    LD_PRELOAD: fs.realpathSync(library),
  }
  try {
    // ThreadSanitizer does not know all the places where a kernel may put memory.
    await run('setarch', ['-R', process.execPath, jestProgram(), ...(args.length > 0 ? args : TESTS)], {
      cwd: root,
      env,
      what: `Testing (${kind})`,
    })
  } finally {
    const options = {
      addon: path.basename(addonFile()),
      suppressions: fs.readFileSync(threadSuppressions, 'utf8'),
      nameOf: placesOf(addonFile()),
    }
    const texts = fs
      .readdirSync(reports)
      .map((file) => readReports(fs.readFileSync(path.join(reports, file), 'utf8'), options))
      .filter((text) => text.trim() !== '')
    for (const text of texts) process.stdout.write(`\n${text}`)
    fs.rmSync(reports, { recursive: true })
    step(`${texts.length} processes with reports of the sanitizer`)
    if (texts.length > 0) process.exitCode = 1
  }
})
