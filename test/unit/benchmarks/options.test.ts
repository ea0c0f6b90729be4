import { OptionError, readOptions } from '../../../benchmarks/options'
import { defaultFile, merged } from '../../../benchmarks/results'
import { rates, RAW_BATCH, results } from './support'

test.each([
  [[], 'full', 5],
  [['--quick'], 'quick', 2],
  [['--smoke'], 'smoke', 1],
  [['--quick', '--runs', '7'], 'quick', 7],
])('%j is a %s run with %d runs', (args, mode, runs) => {
  expect(readOptions(args)).toMatchObject({ mode, runs, task: 'measure' })
})

test('lists are split at commas', () => {
  expect(readOptions(['--trials', 'sizes, idle', '--report', 'a.json,b.json'])).toMatchObject({
    trials: ['sizes', 'idle'],
    task: 'report',
    reportOf: ['a.json', 'b.json'],
  })
})

test.each([
  [['--runs', '0'], '--runs: expected an integer from 1 to 100, got "0"'],
  [['--runs', 'many'], '--runs: expected an integer from 1 to 100, got "many"'],
  [['--quick', '--smoke'], '--quick: expected without --smoke'],
  [['--fast'], "Unknown option '--fast'; --help lists the options"],
])('%j is refused in one sentence', (args, message) => {
  expect(() => readOptions(args)).toThrow(new OptionError(message))
})

test('results are dated, and say when they are not of a full run', () => {
  expect(defaultFile('2030-01-02T03:04:05.678Z', 'full')).toMatch(/results\/2030-01-02T030405Z\.json$/)
  expect(defaultFile('2030-01-02T03:04:05.678Z', 'quick')).toMatch(/-quick\.json$/)
})

test('of several results the latest of each trial counts, whole', () => {
  const old = {
    ...results(
      { id: 'sizes', label: 'old', cells: [rates(RAW_BATCH, 1)] },
      { id: 'idle', label: 'old', cells: [rates(RAW_BATCH, 2)] },
    ),
    date: '2030-01-01T00:00:00.000Z',
  }
  const recent = results({ id: 'sizes', label: 'new', cells: [rates(RAW_BATCH, 3)] })
  const labels = merged([recent, old]).trials.map(({ id, variations }) => [id, variations[0]?.variation.label])
  expect(labels).toEqual([
    ['sizes', 'new'],
    ['idle', 'old'],
  ])
})
