// What ThreadSanitizer left without names gets them, and is suppressed by them.
import { readReports } from '../../../scripts/support/sanitizer-reports'

const LINE = '='.repeat(18)
const PLACES: Record<string, string> = { '0x10': 'librarys_own a.c:1', '0x20': 'ours b.cc:2' }
const suppressions = '# why\nrace:librarys_own\ndeadlock:ours\n'

function report(kind: string, at: string): string {
  return `${LINE}\nWARNING: ThreadSanitizer: ${kind} (pid=7)\n    #0 <null> <null> (x.node+${at})\n\nSUMMARY: ThreadSanitizer: ${kind} (x.node+${at})\n${LINE}\n`
}

function read(text: string): string {
  return readReports(text, { suppressions, nameOf: (_, at) => PLACES[at] ?? '' })
}

it('a place without a name gets its name', () => {
  expect(read(report('data race', '0x20'))).toContain('    #0 ours b.cc:2\n')
})

it('what is suppressed by name is left out, of its kind alone, and nothing beside it', () => {
  expect(read(report('data race', '0x10'))).toBe('')
  expect(read(report('lock-order-inversion (potential deadlock)', '0x20'))).toBe('')
  expect(read(report('lock-order-inversion (potential deadlock)', '0x10'))).not.toBe('')
  const mixed = report('data race', '0x10') + report('data race', '0x20') + report('data race', '0x10')
  expect(read(mixed)).toBe(report('data race', '0x20').replace('<null> <null> (x.node+0x20)', 'ours b.cc:2'))
})

it('how many it counted is no report', () => {
  expect(read(`${report('data race', '0x10')}ThreadSanitizer: reported 1 warnings\n`)).toBe('')
})

it('whatever is no report stays', () => {
  expect(read('FATAL: ThreadSanitizer: unexpected memory mapping\n')).toContain('FATAL')
})
