import { clients } from '../../../benchmarks/clients'
import { CEILING, POLL_CEILING, quickTrials, smokeTrials, trial, trials } from '../../../benchmarks/trials'
import { isSame } from '../../../benchmarks/report/figures'

const all = [...trials, ...quickTrials, ...smokeTrials]

test('every cell names a client that there is, and a way that it has', () => {
  const unknown = all.flatMap(({ cells }) =>
    cells.filter(({ client, way }) => {
      const found = clients.find(({ name }) => name === client)
      // Ways with a number in them may have any.
      const plain = way.replace(/\(\d+\)/, '(1000)').replace(/buffered:\d+/, 'buffered:32')
      return !(found?.ways.includes(plain) ?? false) && !/^batch\(\d+\)$/.test(way)
    }),
  )
  expect(unknown).toEqual([])
})

test('no cell is in a trial twice', () => {
  for (const { id, cells } of all) {
    const names = cells.map((cell) => JSON.stringify(cell))
    expect({ id, twice: names.filter((name, index) => names.indexOf(name) < index) }).toEqual({ id, twice: [] })
  }
})

test('every trial of a backlog without a slow handler has raw C in it, whose figures all others are compared with', () => {
  const compared = trials.filter(({ kind, variations }) => kind === 'catch-up' && variations[0]?.handler === 'none')
  expect(compared.length).toBeGreaterThan(5)
  for (const { cells } of compared) {
    for (const ceiling of [CEILING, POLL_CEILING]) expect(cells.some((cell) => isSame(cell, ceiling))).toBe(true)
  }
})

test('a warm-up for a backlog is shorter than what is measured after it', () => {
  for (const { id, kind, variations } of all) {
    if (kind !== 'catch-up') continue
    for (const { label, warmUp, count } of variations) {
      expect({ id, label, share: warmUp / count < 0.51 }).toEqual({ id, label, share: true })
    }
  }
})

test('a steady rate is measured for some seconds after its warm-up of two seconds and 10,000 messages', () => {
  const seconds = trials.flatMap(({ kind, variations }) =>
    kind === 'paced' ? variations.map(({ count, warmUp, rate }) => (count - warmUp) / rate) : [],
  )
  expect(seconds.length).toBeGreaterThan(3)
  expect(Math.min(...seconds)).toBeGreaterThanOrEqual(5)
  for (const { kind, variations } of trials) {
    if (kind !== 'paced') continue
    for (const { warmUp, rate } of variations) expect(warmUp).toBeGreaterThanOrEqual(Math.max(10_000, 2 * rate))
  }
})

test('an unknown trial is refused with the names of those that there are', () => {
  expect(() => trial('speed')).toThrow('trial: expected one of sizes, partitions')
})
