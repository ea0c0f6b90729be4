// What is measured, as data. Each trial has raw C in it: figures are compared within one variation of one run only.
import type { Cell, SettingsName, Trial, Variation } from './types'

const KIB = 1024

function cells(client: string, ways: readonly string[], settings: readonly SettingsName[] = ['default']): Cell[] {
  return ways.flatMap((way) => settings.map((name) => ({ client, way, settings: name })))
}

const BOTH: readonly SettingsName[] = ['default', 'best']

/** The two loops that all else is compared with. */
export const CEILING: Cell = { client: 'raw-c', way: 'batch', settings: 'best' }
export const POLL_CEILING: Cell = { client: 'raw-c', way: 'poll', settings: 'best' }
const ceilings = [CEILING, POLL_CEILING]

const tiers = cells('rdkafka-tiers', [
  'standard stream()',
  'buffered:32 stream()',
  'buffered:32 batches()',
  'buffered:1000 stream()',
  'buffered:1000 batches()',
  'dedicated stream()',
  'dedicated batches()',
])
const legacy = cells('rdkafka-tiers', ['legacy stream()', 'legacy batches()'], BOTH)
const dropIn = cells('drop-in', [
  "standard 'data'",
  "buffered:32 'data'",
  "buffered:1000 'data'",
  "dedicated 'data'",
  'standard consume(1000)',
  'buffered:1000 consume(1000)',
  'dedicated consume(1000)',
  'dedicated stream',
])

const everything: readonly Cell[] = [
  ...ceilings,
  ...cells('raw-c', ['batch', 'poll']),
  ...cells('raw-c-mimalloc', ['batch', 'poll'], ['best']),
  ...tiers,
  ...legacy,
  ...dropIn,
  ...cells('node-rdkafka', ["'data'", 'consume(1000)', 'stream'], BOTH),
  ...cells('kafkajs', ['eachBatch', 'eachMessage'], BOTH),
  ...cells('platformatic', ['stream', "'data'"], BOTH),
  ...cells('confluent', ['eachBatch', 'eachMessage'], BOTH),
  ...cells('franz-go', ['PollFetches'], BOTH),
  ...cells('rust-rdkafka', ['BaseConsumer', 'StreamConsumer'], BOTH),
  ...cells('java', ['poll'], BOTH),
]

/** What the shape of messages is tried with. */
const some: readonly Cell[] = [
  ...ceilings,
  ...cells('rdkafka-tiers', [
    'standard stream()',
    'buffered:32 batches()',
    'buffered:1000 batches()',
    'dedicated stream()',
    'dedicated batches()',
  ]),
  ...cells('drop-in', ["dedicated 'data'"]),
  ...cells('node-rdkafka', ["'data'"], ['best']),
]

const base: Variation = {
  label: '',
  size: 100,
  partitions: 4,
  codec: 'none',
  headers: false,
  json: false,
  count: 5_000_000,
  warmUp: 500_000,
  maxSeconds: 3,
  value: 'bytes',
  handler: 'none',
  rate: 0,
}

const vary = (label: string, changes: Partial<Variation>): Variation => ({ ...base, ...changes, label })

/** Connections are made, code is compiled, the broker's too: that takes time, and a number of messages. */
const PACED_WARM_UP_SECONDS = 2
const PACED_WARM_UP_MESSAGES = 10_000

const paced = (rate: number, seconds: number, warmUpMessages = PACED_WARM_UP_MESSAGES): Variation => {
  const warmUp = Math.max(PACED_WARM_UP_SECONDS * rate, warmUpMessages)
  return vary(`${rate.toLocaleString('en-US')} messages a second`, {
    partitions: 1,
    rate,
    warmUp,
    count: warmUp + seconds * rate,
  })
}

const PACED_SECONDS = 6

const BATCH_SIZES = [1, 16, 32, 64, 128, 1000]

export const trials: readonly Trial[] = [
  {
    id: 'sizes',
    title: 'A backlog, by message size',
    kind: 'catch-up',
    variations: [
      vary('100 B', {}),
      vary('1 KiB', { size: KIB, count: 3_000_000, warmUp: 300_000 }),
      vary('10 KiB', { size: 10 * KIB, count: 300_000, warmUp: 30_000 }),
      vary('100 KiB', { size: 100 * KIB, count: 30_000, warmUp: 3000 }),
    ],
    cells: everything,
  },
  {
    id: 'partitions',
    title: 'A backlog, by number of partitions',
    kind: 'catch-up',
    variations: [1, 4, 16].map((partitions) => vary(String(partitions), { partitions })),
    cells: [...some, ...cells('franz-go', ['PollFetches'], ['best'])],
  },
  {
    id: 'codecs',
    title: 'A backlog, by codec',
    kind: 'catch-up',
    variations: [vary('none', {}), vary('lz4', { codec: 'lz4' }), vary('zstd', { codec: 'zstd' })],
    // node-rdkafka as it is installed knows no zstd.
    cells: [
      ...some.filter(({ client }) => client !== 'node-rdkafka'),
      ...cells('franz-go', ['PollFetches'], ['best']),
      ...cells('java', ['poll'], ['best']),
    ],
  },
  {
    id: 'headers',
    title: 'A backlog, with and without headers',
    kind: 'catch-up',
    variations: [vary('none', {}), vary('three', { headers: true, count: 3_000_000 })],
    cells: some,
  },
  {
    id: 'values',
    title: 'A backlog of JSON, by what user code does with a value',
    kind: 'catch-up',
    variations: (['untouched', 'bytes', 'string', 'json'] as const).map((value) =>
      vary(value, { value, json: true, size: 200, count: 3_000_000, warmUp: 300_000 }),
    ),
    cells: [...some, ...cells('kafkajs', ['eachBatch'], ['best']), ...cells('platformatic', ['stream'], ['best'])],
  },
  {
    id: 'batch-sizes',
    title: 'A backlog, by batch size',
    kind: 'catch-up',
    variations: [vary('100 B', {})],
    cells: [
      ...ceilings,
      ...BATCH_SIZES.flatMap((size) => [
        ...cells('raw-c', [`batch(${size})`], ['best']),
        ...cells('rdkafka-tiers', [`buffered:${size} batches()`]),
        ...cells('drop-in', [`dedicated consume(${size})`]),
        ...cells('node-rdkafka', [`consume(${size})`], ['best']),
      ]),
    ],
  },
  {
    id: 'growth',
    title: 'A backlog, by its length',
    kind: 'catch-up',
    variations: [100_000, 1_000_000, 5_000_000, 20_000_000].map((count) =>
      vary(count.toLocaleString('en-US'), { count, warmUp: 50_000, maxSeconds: 60 }),
    ),
    cells: [
      ...ceilings,
      ...cells('rdkafka-tiers', [
        'standard stream()',
        'buffered:32 batches()',
        'dedicated stream()',
        'dedicated batches()',
      ]),
    ],
  },
  {
    id: 'latency',
    title: 'End to end latency at a steady rate',
    kind: 'paced',
    variations: [paced(1000, PACED_SECONDS), paced(10_000, PACED_SECONDS), paced(50_000, PACED_SECONDS)],
    cells: [
      POLL_CEILING,
      ...cells('rdkafka-tiers', [
        'legacy stream()',
        'standard stream()',
        'buffered:32 stream()',
        'buffered:1000 batches()',
        'dedicated stream()',
        'dedicated batches()',
      ]),
      ...cells('drop-in', ["standard 'data'", "dedicated 'data'"]),
      ...cells('node-rdkafka', ["'data'"], ['best']),
      ...cells('kafkajs', ['eachMessage'], ['default']),
      ...cells('platformatic', ['stream'], ['default']),
      ...cells('confluent', ['eachMessage'], ['default']),
      ...cells('franz-go', ['PollFetches'], ['default']),
      ...cells('rust-rdkafka', ['BaseConsumer', 'StreamConsumer'], ['default']),
      ...cells('java', ['poll'], ['default']),
    ],
  },
  {
    id: 'target-load',
    title: 'End to end at the load that Dedicated is to carry',
    kind: 'paced',
    variations: [paced(100_000, PACED_SECONDS)],
    cells: [
      POLL_CEILING,
      ...cells('rdkafka-tiers', ['buffered:1000 batches()', 'dedicated stream()', 'dedicated batches()']),
      ...cells('drop-in', ["dedicated 'data'"]),
    ],
  },
  {
    id: 'fewer-fetches',
    title: 'End to end at 50,000 messages a second, by fetch.min.bytes',
    kind: 'paced',
    variations: [1, 4096, 8192].map((bytes) => ({
      ...paced(50_000, PACED_SECONDS),
      label: bytes.toLocaleString('en-US'),
      properties: { 'fetch.min.bytes': bytes },
    })),
    cells: [
      POLL_CEILING,
      ...cells('rdkafka-tiers', ['dedicated stream()', 'dedicated batches()']),
      ...cells('drop-in', ["dedicated 'data'"]),
    ],
  },
  {
    id: 'idle',
    title: 'Nothing to consume',
    kind: 'idle',
    variations: [vary('10 s', { maxSeconds: 10 })],
    cells: [
      POLL_CEILING,
      ...cells('rdkafka-tiers', [
        'legacy stream()',
        'standard stream()',
        'buffered:32 batches()',
        'dedicated stream()',
      ]),
      ...cells('drop-in', ["dedicated 'data'"]),
      ...cells('node-rdkafka', ["'data'", 'consume(1000)']),
      ...cells('kafkajs', ['eachMessage']),
      ...cells('platformatic', ['stream']),
      ...cells('confluent', ['eachMessage']),
      ...cells('franz-go', ['PollFetches']),
      ...cells('rust-rdkafka', ['BaseConsumer', 'StreamConsumer']),
      ...cells('java', ['poll']),
    ],
  },
  {
    id: 'handlers',
    title: 'A backlog, with a slow handler',
    kind: 'catch-up',
    variations: [
      vary('computes 100 µs a message', { handler: 'cpu', size: KIB, count: 2_000_000, maxSeconds: 6 }),
      vary('waits 1 ms a message', { handler: 'io', size: KIB, count: 2_000_000, maxSeconds: 6 }),
    ],
    cells: [
      ...cells('rdkafka-tiers', [
        'legacy stream()',
        'standard stream()',
        'buffered:32 batches()',
        'buffered:1000 batches()',
        'dedicated stream()',
        'dedicated batches()',
      ]),
      ...cells('drop-in', ["dedicated 'data'", 'dedicated consume(1000)']),
      ...cells('node-rdkafka', ["'data'", 'consume(1000)'], ['best']),
      ...cells('kafkajs', ['eachMessage'], ['best']),
      ...cells('platformatic', ['stream'], ['best']),
      ...cells('confluent', ['eachMessage'], ['best']),
    ],
  },
]

// ---- less of it ----

const QUICK_CELLS: readonly Cell[] = [
  ...ceilings,
  ...cells('rdkafka-tiers', [
    'legacy stream()',
    'standard stream()',
    'buffered:32 batches()',
    'dedicated stream()',
    'dedicated batches()',
  ]),
  ...cells('drop-in', ["dedicated 'data'", 'dedicated consume(1000)']),
  ...cells('node-rdkafka', ["'data'", 'consume(1000)'], ['best']),
  ...cells('kafkajs', ['eachBatch'], ['best']),
  ...cells('platformatic', ['stream'], ['best']),
  ...cells('confluent', ['eachBatch'], ['best']),
  ...cells('franz-go', ['PollFetches'], ['best']),
  ...cells('rust-rdkafka', ['BaseConsumer', 'StreamConsumer'], ['best']),
  ...cells('java', ['poll'], ['best']),
]

/** Under five minutes with two runs, once the clients are built. */
export const quickTrials: readonly Trial[] = [
  {
    ...trial('sizes'),
    variations: [vary('100 B', { count: 2_000_000, warmUp: 300_000, maxSeconds: 1.5 })],
    cells: QUICK_CELLS,
  },
  {
    ...trial('latency'),
    variations: [paced(1000, 3, 0)],
    cells: [
      POLL_CEILING,
      ...cells('rdkafka-tiers', ['standard stream()', 'buffered:32 stream()', 'dedicated stream()']),
    ],
  },
  {
    ...trial('idle'),
    variations: [vary('3 s', { maxSeconds: 3 })],
    cells: [POLL_CEILING, ...cells('rdkafka-tiers', ['dedicated stream()'])],
  },
]

/** Seconds: whether it works. */
export const smokeTrials: readonly Trial[] = [
  {
    ...trial('sizes'),
    variations: [vary('100 B', { partitions: 2, count: 50_000, warmUp: 10_000, maxSeconds: 1 })],
    cells: [
      ...ceilings,
      ...cells('rdkafka-tiers', ['standard stream()', 'dedicated batches()']),
      ...cells('drop-in', ["dedicated 'data'"]),
      ...cells('node-rdkafka', ["'data'"], ['best']),
    ],
  },
  {
    ...trial('latency'),
    variations: [vary('1,000 messages a second', { partitions: 1, rate: 1000, warmUp: 200, count: 1200 })],
    cells: [POLL_CEILING, ...cells('rdkafka-tiers', ['dedicated stream()'])],
  },
  {
    ...trial('idle'),
    variations: [vary('1 s', { maxSeconds: 1 })],
    cells: cells('rdkafka-tiers', ['dedicated stream()']),
  },
]

export function trial(id: string): Trial {
  const found = trials.find((each) => each.id === id)
  if (found === undefined) {
    throw new Error(`trial: expected one of ${trials.map((each) => each.id).join(', ')}, got ${id}`)
  }
  return found
}
