'use strict'
// ThreadSanitizer finds the names of places once in a process: an addon that is loaded after its first report stays without
// names, and suppressions, which go by name, then match nothing. Here both is done from what it wrote.
const { execFileSync } = require('node:child_process')

const NAMELESS = /<null> <null> \((?<module>[^()]+\.node)\+(?<at>0x[0-9a-f]+)\)/g
const REPORT = /^={18}\nWARNING: ThreadSanitizer: (?<kind>.*?) \(pid=\d+\)\n.*?^SUMMARY: .*?\n={18}\n/gms
/** What a process says at its end, of all it reported: the suppressed ones, too. */
const COUNT = /^ThreadSanitizer: reported \d+ warnings\n/gm
/** What a suppression calls the kinds of reports. */
const KINDS = { race: 'data race', deadlock: 'lock-order-inversion' }

/**
 * Their text with names, without what is suppressed.
 * @param {string} text
 * @param {{ suppressions: string, nameOf: (module: string, at: string) => string }} options The text of a file of
 *   suppressions; the function and the line of a place in a module.
 */
function readReports(text, { suppressions, nameOf }) {
  const suppressed = suppressions
    .split('\n')
    .map((line) => /^(?<kind>race|deadlock):(?<place>\S+)$/.exec(line)?.groups)
    .filter((rule) => rule !== undefined)
    .map(({ kind = '', place = '' }) => ({ kind: KINDS[/** @type {keyof typeof KINDS} */ (kind)], place }))
  const named = text.replace(NAMELESS, (_, module, at) => nameOf(module, at))
  return named
    .replace(REPORT, (report, kind) =>
      suppressed.some((rule) => kind.startsWith(rule.kind) && report.includes(rule.place)) ? '' : report,
    )
    .replace(COUNT, '')
}

/**
 * @param {string} file
 * @returns {(module: string, at: string) => string} By addr2line, which comes with GCC's binutils.
 */
function placesOf(file) {
  /** @type {Map<string, string>} */
  const known = new Map()
  return (module, at) => {
    const place =
      known.get(at) ??
      execFileSync('addr2line', ['--functions', '--demangle', '--basenames', `--exe=${file}`, at], { encoding: 'utf8' })
        .trim()
        .replace('\n', ' ')
    known.set(at, place)
    return `${place} (${module}+${at})`
  }
}

module.exports = { readReports, placesOf }
