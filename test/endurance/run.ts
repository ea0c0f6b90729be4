// What a process survives, and what it leaves behind, one action again and again:
//
//   npm run test:endurance                                           every row, 30 turns each
//   npm run test:endurance -- --rows G8,G19 --count 500 --seed 4711  more often, and the same again
//   npm run test:endurance -- --rows G9 --node /opt/node24/bin/node  under another Node
//   npm run test:endurance -- --modes dedicated                      of one tier
//   npm run test:endurance -- --client node-rdkafka                  the same actions on node-rdkafka
//
// It ends with exit code 1 when anything of ours was violated; what happens to node-rdkafka is only told.
import { parseArgs } from 'node:util'
import { startKafka } from '../helpers/kafka'
import { withOracle } from '../helpers/kafka/oracle'
import { list, number, oneOf } from '../helpers/options'
import { newSeed } from '../helpers/random'
import { printTable } from '../helpers/statistics'
import { type ClientName, CLIENTS, type ReaderMode } from './clients'
import type { RowReport } from './row'
import { type RowName, ROWS } from './rows'

const names = Object.keys(ROWS) as RowName[]
/** Violations of a row that are printed; all are counted. */
const EXAMPLES = 10

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: names.join() },
    count: { type: 'string', default: '30' },
    client: { type: 'string', default: 'tiers' },
    modes: { type: 'string', default: '' },
    seed: { type: 'string', default: String(newSeed()) },
    node: { type: 'string' },
    'leak-bytes': { type: 'string', default: '0' },
  },
})
const client = oneOf('client', values.client, Object.keys(CLIENTS) as ClientName[])
const modes = list<ReaderMode>('modes', values.modes, CLIENTS[client])
const seed = number('seed', values.seed, 0)
const count = number('count', values.count, 1)
const leakBytes = number('leak-bytes', values['leak-bytes'], 0)
const { node } = values

const log = (line: string): void => void process.stdout.write(`${line}\n`)

function print({ title, header, rows, violations }: RowReport, seconds: number): void {
  printTable(`${title}; ${seconds.toFixed(0)} s`, header, rows)
  for (const each of violations.slice(0, EXAMPLES)) log(`  ${each}`)
  if (violations.length > EXAMPLES) log(`  … ${violations.length - EXAMPLES} more`)
}

async function main(): Promise<void> {
  const rows = list('rows', values.rows, names)
  const again = `npm run test:endurance -- --rows ${rows.join()} --count ${count} --client ${client} --seed ${seed}`
  log(`Seed ${seed}. To repeat it: ${again}`)
  let violations = 0
  await withOracle(async () => {
    await using cluster = await startKafka({ ownProcesses: true })
    log(cluster.description)
    const { bootstrap } = cluster
    for (const name of rows) {
      const began = performance.now()
      const report = await ROWS[name]({
        bootstrap,
        client,
        ...(modes.length > 0 && { modes }),
        count,
        seed,
        ...(node !== undefined && { node }),
        ...(leakBytes > 0 && { leakBytes }),
        log: (line) => {
          log(`${name} ${line}`)
        },
      })
      print(report, (performance.now() - began) / 1000)
      violations += report.violations.length
    }
  })
  const verdict = violations === 0 ? 'Nothing was violated.' : `${violations} violations. To repeat it: ${again}`
  log(client === 'tiers' ? verdict : `${violations} differences of node-rdkafka.`)
  process.exitCode = client === 'tiers' && violations > 0 ? 1 : 0
}

void main()
