'use strict'
// ThreadSanitizer finds the names of places once in a process: an addon that is loaded after its first report stays without
// names, and suppressions, which go by name, then match nothing. Here both is done from what it wrote.
//
// Node and V8 are not built with it, so what they order by atomics of their own it does not see: a report of memory that
// they touch on both sides is none of the addon's.
const { execFileSync } = require('node:child_process')

const NAMELESS = /<null> <null> \((?<module>[^()]+)\+(?<at>0x[0-9a-f]+)\)/g
const REPORT = /^={18}\nWARNING: ThreadSanitizer: (?<kind>.*?) \(pid=\d+\)\n.*?^SUMMARY: .*?\n={18}\n/gms
/** The accesses, or the taking of locks, that a report is about; then it tells of places and threads. */
const STACK =
  /^ {2}(?:(?:Previous )?(?:atomic )?(?:read|write) of size|Mutex \S+ (?:previously )?acquired)[^\n]*\n(?<frames>(?: {4}#[^\n]*\n)*)/gim
const RUNTIME = /\((?:\S*\/)?libtsan\.so/
/** What a process says at its end, of all it reported: the suppressed ones, too. */
const COUNT = /^ThreadSanitizer: reported \d+ warnings\n/gm
/** What a suppression calls the kinds of reports. */
const KINDS = { race: 'data race', deadlock: 'lock-order-inversion', thread: 'thread leak' }
const RULE = new RegExp(`^(?<kind>${Object.keys(KINDS).join('|')}):(?<place>\\S+)$`)

/**
 * Their text with names, without what is suppressed and what is others' alone.
 * @param {string} text
 * @param {{ addon: string, suppressions: string, nameOf: (at: string) => string }} options The addon's file
 *   name; the text of a file of suppressions; the function and the line of a place in the addon.
 */
function readReports(text, { addon, suppressions, nameOf }) {
  /** @param {string} report */
  const isOfTheAddon = (report) => {
    const places = [...report.matchAll(STACK)]
      .map(({ groups }) => groups?.['frames']?.split('\n').find((frame) => frame !== '' && !RUNTIME.test(frame)))
      // It does not always know any more where the earlier access was.
      .filter((place) => place !== undefined)
    return places.length === 0 || places.some((place) => place.includes(`${addon}+`))
  }
  const suppressed = suppressions
    .split('\n')
    .map((line) => RULE.exec(line)?.groups)
    .filter((rule) => rule !== undefined)
    .map(({ kind = '', place = '' }) => ({ kind: KINDS[/** @type {keyof typeof KINDS} */ (kind)], place }))
  const named = text.replace(NAMELESS, (place, module, at) =>
    module === addon ? `${nameOf(at)} (${addon}+${at})` : place,
  )
  return named
    .replace(REPORT, (report, kind) =>
      suppressed.some((rule) => kind.startsWith(rule.kind) && report.includes(rule.place)) || !isOfTheAddon(report)
        ? ''
        : report,
    )
    .replace(COUNT, '')
}

/**
 * @param {string} file
 * @returns {(at: string) => string} By addr2line, which comes with GCC's binutils.
 */
function placesOf(file) {
  /** @type {Map<string, string>} */
  const known = new Map()
  return (at) => {
    const place =
      known.get(at) ??
      execFileSync('addr2line', ['--functions', '--demangle', '--basenames', `--exe=${file}`, at], { encoding: 'utf8' })
        .trim()
        .replace('\n', ' ')
    known.set(at, place)
    return place
  }
}

module.exports = { readReports, placesOf }
