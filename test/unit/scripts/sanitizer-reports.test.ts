// What ThreadSanitizer left without names gets them, and is suppressed by them.
import { readReports } from '../../../scripts/support/sanitizer-reports'

const LINE = '='.repeat(18)
const PLACES: Record<string, string> = { '0x10': 'librarys_own a.c:1', '0x20': 'ours b.cc:2' }
const suppressions = '# why\nrace:librarys_own\ndeadlock:ours\n'

function report(kind: string, at: string): string {
  return `${LINE}\nWARNING: ThreadSanitizer: ${kind} (pid=7)\n    #0 <null> <null> (x.node+${at})\n\nSUMMARY: ThreadSanitizer: ${kind} (x.node+${at})\n${LINE}\n`
}

function read(text: string): string {
  return readReports(text, { suppressions, addon: 'x.node', nameOf: (at) => PLACES[at] ?? '' })
}

it('a place without a name gets its name', () => {
  expect(read(report('data race', '0x20'))).toContain('    #0 ours b.cc:2 (x.node+0x20)\n')
})

it('what is suppressed by name is left out, of its kind alone, and nothing beside it', () => {
  expect(read(report('data race', '0x10'))).toBe('')
  expect(read(report('lock-order-inversion (potential deadlock)', '0x20'))).toBe('')
  expect(read(report('lock-order-inversion (potential deadlock)', '0x10'))).not.toBe('')
  const mixed = report('data race', '0x10') + report('data race', '0x20') + report('data race', '0x10')
  expect(read(mixed)).toBe(report('data race', '0x20').replace('<null> <null>', 'ours b.cc:2'))
})

it('what others touch on both sides is left out, also where the addon called them; whatever the addon touches is not', () => {
  const runtime = '    #0 free a.cpp:1 (libtsan.so.2.0.0+0x1)\n'
  const other = `${runtime}    #1 v8::Zone::~Zone() <null> (node+0x3)\n    #2 <null> <null> (x.node+0x20)\n`
  const addon = `${runtime}    #1 <null> <null> (x.node+0x20)\n    #2 napi_call <null> (node+0x4)\n`
  const race = (now: string, before: string): string =>
    [
      `${LINE}\nWARNING: ThreadSanitizer: data race (pid=7)\n  Write of size 8 at 0x7 by thread T1 (mutexes: write M1):\n${now}\n`,
      `  Previous atomic read of size 8 at 0x7 by main thread:\n${before}\n`,
      `  Location is heap block of size 9 at 0x7 allocated by main thread:\n${addon}\n`,
      `SUMMARY: ThreadSanitizer: data race (node+0x3)\n${LINE}\n`,
    ].join('')
  expect(read(race(other, other))).toBe('')
  expect(read(race(other, addon))).toContain('ours b.cc:2')
  expect(read(race(addon, other))).toContain('ours b.cc:2')
  const lost = '    [failed to restore the stack]\n'
  expect(read(race(other, lost))).toBe('')
  expect(read(race(addon, lost))).not.toBe('')
  expect(read(race(lost, lost))).not.toBe('')
})

it('how many it counted is no report', () => {
  expect(read(`${report('data race', '0x10')}ThreadSanitizer: reported 1 warnings\n`)).toBe('')
})

it('whatever is no report stays', () => {
  expect(read('FATAL: ThreadSanitizer: unexpected memory mapping\n')).toContain('FATAL')
})
