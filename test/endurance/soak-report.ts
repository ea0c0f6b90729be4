// The outcome of a soak as tables.
import { median, percentile, printTable } from '../helpers/statistics'
import type { SoakOutcome } from './soak-run'
import { showTrend } from './theil-sen'

export function printSoak(title: string, outcome: SoakOutcome): void {
  const { acked, unknown, inLog, disturbances, members, violations } = outcome
  const done = Object.entries(disturbances).map(([kind, times]) => `${kind} ${times} times`)
  printTable(
    `${title}: ${acked} acknowledged, ${unknown} of unknown fate, ${inLog} in the log; ${done.join(', ')}`,
    ['', 'lost', 'again', 'rewound', 'disordered', 'stale', 'unseen', 'begun', 'unplanned', 'close ms'],
    members.map(({ history: { name, tally, unseen, closesMs }, verdict: { unplanned } }) => [
      name,
      ...[tally.lost, tally.again, tally.rewound, tally.disordered, tally.stale, unseen, tally.begun, unplanned].map(
        String,
      ),
      `${median(closesMs).toFixed(0)}, at most ${Math.max(...closesMs).toFixed(0)}`,
    ]),
  )
  printTable(
    'MiB an hour after warm-up (99.9 %)',
    ['', 'warm-up s', 'samples', 'RSS', 'allowed', 'heapUsed', 'external', 'RSS MiB', 'fds', 'threads'],
    members.map(({ history: { name, samples }, verdict: { warmUpMs, trends, rssLimit, fds, threads } }) => [
      name,
      (warmUpMs / 1000).toFixed(0),
      String(samples.filter(({ atMs }) => atMs >= warmUpMs).length),
      showTrend(trends.rss),
      rssLimit.toFixed(2),
      showTrend(trends.heapUsed),
      showTrend(trends.external),
      ((samples.at(-1)?.sample.rss ?? NaN) / 2 ** 20).toFixed(0),
      `${fds[0]} to ${fds[1]}`,
      `${threads[0]} to ${threads[1]}`,
    ]),
  )
  printTable(
    'Event loop, late by ms; lag in messages',
    ['', 'p50', 'p99 of the run', 'p99 of a sample, median', 'at most', 'lag, median', 'at most', 'ms to ask, median'],
    members.map(({ history: { name, samples, loopP99Ms } }) => {
      const all = samples.map(({ sample }) => sample)
      const p99s = all.map((sample) => sample.loopP99Ms)
      const lags = all.flatMap(({ lag }) => (lag === null ? [] : [lag]))
      return [
        name,
        ...[
          percentile(
            all.map((sample) => sample.loopP50Ms),
            0.5,
          ),
          loopP99Ms,
          median(p99s),
          Math.max(...p99s),
        ].map((ms) => ms.toFixed(1)),
        ...[median(lags), Math.max(...lags), median(all.map(({ lagMs }) => lagMs))].map((value) => value.toFixed(0)),
      ]
    }),
  )
  for (const each of violations) process.stdout.write(`  ${each}\n`)
}
