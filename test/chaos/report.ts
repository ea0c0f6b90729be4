// A run's outcome as tables, and as an exit code.
import { printTable } from '../helpers/statistics'
import { type Rule, RULES } from './checker'
import type { Outcome } from './scenario'

/** Examples of each rule's violations that are printed; the table has all of them counted. */
const EXAMPLES = 5

export function printOutcome(title: string, outcome: Outcome): void {
  const { violations, counts, acked, unknown, inLog } = outcome
  const groups = Object.keys(counts)
  const rows = Object.values(counts)
  printTable(
    `${title}: ${acked} acknowledged, ${unknown} of unknown fate, ${inLog} in the log`,
    ['group', 'delivered', 'processed', 'duplicates', 'assigned', 'lost', 'commits', 'refused', 'known'],
    rows.map((each, index) =>
      [
        groups[index] ?? '',
        each.delivered,
        each.processed,
        each.duplicates,
        each.ownerships,
        each.lost,
        each.commits,
        each.refused,
        each.known,
      ].map(String),
    ),
  )
  const columns = ['', ...groups]
  printTable(
    'Violations',
    ['rule', 'cluster', ...groups],
    (Object.keys(RULES) as Rule[]).map((rule) => [
      rule,
      ...columns.map((group) => String(violations.filter((each) => each.rule === rule && each.group === group).length)),
    ]),
  )
  for (const rule of Object.keys(RULES) as Rule[]) {
    const found = violations.filter((each) => each.rule === rule)
    if (found.length === 0) continue
    const examples = found.slice(0, EXAMPLES).map(({ group, what }) => `  ${group === '' ? 'cluster' : group}: ${what}`)
    process.stdout.write(`${rule} (${RULES[rule]}): ${found.length}\n${examples.join('\n')}\n`)
  }
}
