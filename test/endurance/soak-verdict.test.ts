// A soak's verdict finds what is planted, and nothing else.
import type { SoakSample } from '../fixtures/endurance-soak'
import { Random } from '../helpers/random'
import { judgeMember, type MemberHistory, type MemberVerdict } from './soak-verdict'

const MIB = 2 ** 20
const MINUTE_MS = 60_000
const TALLY = { lost: 0, again: 3, rewound: 0, disordered: 0, stale: 0, begun: 6 }

interface Planted {
  /** MiB an hour. */
  leak?: number
  fdsAnHour?: number
  loopP99Ms?: number
  minutes?: number
  history?: Partial<MemberHistory>
  more?: (index: number) => Partial<SoakSample>
}

function judge({
  leak = 0,
  fdsAnHour = 0,
  loopP99Ms = 3,
  minutes = 10,
  history = {},
  more = () => ({}),
}: Planted): MemberVerdict {
  const random = new Random(5)
  const samples = Array.from({ length: minutes * 6 }, (_, index) => {
    const atMs = index * 10_000
    const hours = atMs / 3_600_000
    const sample: SoakSample = {
      // It fills up at first, and goes up and down by a few megabytes.
      rss: (120 + 40 * (1 - Math.exp(-atMs / 20_000)) + random.next() * 4 + leak * hours) * MIB,
      external: 8 * MIB,
      heapUsed: 10 * MIB,
      fds: 40 + Math.round(fdsAnHour * hours),
      threads: 20,
      lag: 5,
      lagMs: 20,
      loopP50Ms: 0.1,
      loopP99Ms,
      messages: index * 20_000,
      isAlone: true,
      ...more(index),
    }
    return { atMs, sample }
  })
  const member: MemberHistory = {
    name: 'standard',
    samples,
    tally: TALLY,
    unseen: 0,
    rebalancesMs: [61_000],
    closesMs: [50],
    loopP99Ms: 4,
    ...history,
  }
  return judgeMember(member, minutes * MINUTE_MS, [[60_000, 75_000]], { loopP99Ms: 20 })
}

it('finds nothing where nothing grows: in ten minutes, and in a day', () => {
  expect(judge({}).violations).toEqual([])
  expect(judge({ minutes: 24 * 60 }).violations).toEqual([])
})

it('takes no guest for a leak', () => {
  const guest = { isAlone: false, fds: 49, threads: 26 }
  expect(judge({ more: (index) => (index > 40 && index < 58 ? guest : {}) }).violations).toEqual([])
  const stays = { ...guest, isAlone: true }
  expect(judge({ more: (index) => (index > 40 ? stays : {}) }).violations).toHaveLength(2)
})

it.each([
  [10, 150],
  [60, 20],
  [24 * 60, 0.5],
])('of %i minutes finds a leak of %f MiB an hour', (minutes, leak) => {
  const { violations, trends } = judge({ minutes, leak })
  expect(violations).toEqual([expect.stringMatching(/^standard: resident memory grows by/)])
  expect(trends.rss.high).toBeGreaterThan(leak * 0.9)
})

it('allows 8 MiB in a run of less than a day, and a megabyte a day in longer ones', () => {
  expect(judge({ minutes: 10 }).rssLimit).toBeCloseTo(8 / (7.5 / 60))
  expect(judge({ minutes: 24 * 60 }).rssLimit).toBeCloseTo(1 / 24)
})

it.each<[string, Planted, RegExp]>([
  ['descriptors', { minutes: 60, fdsAnHour: 12 }, /^standard: fds: [\d.]+ at first, [\d.]+ at last$/],
  ['lost messages', { history: { tally: { ...TALLY, lost: 2 } } }, /^standard: lost: 2 messages$/],
  ['unseen messages', { history: { unseen: 1 } }, /^standard: unseen: 1 messages$/],
  ['an event loop that is late most of the time', { loopP99Ms: 20 }, /late by 20.0 ms \(p99\) in most samples, 4.0 in/],
  ['one that is late now and then', { history: { loopP99Ms: 51 } }, /late by 3.0 ms .* 51.0 in all; 20 allowed$/],
  ['a member that never told of its event loop', { history: { loopP99Ms: NaN } }, /NaN in all/],
  ['an unplanned rebalance', { history: { rebalancesMs: [59_000, 61_000] } }, /^standard: 1 rebalances/],
  ['that it never was alone', { more: () => ({ isAlone: false }) }, /never measured alone/],
  ['that there is nothing to judge', { history: { samples: [] } }, /nothing was measured/],
])('finds %s', (_, planted, what) => {
  expect(judge(planted).violations).toEqual([expect.stringMatching(what)])
})
