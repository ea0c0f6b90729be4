// The words of the benchmarks: what is measured (a trial), one figure of it (a cell), what one process is told (a job)
// and what it says at its end (a report).

/** What user code does with each value. */
export type ValueUse = 'untouched' | 'bytes' | 'string' | 'json'

/**
 * What user code does beside that: nothing, compute for 100 µs a message, or wait for a timer of 1 ms a message, as for
 * an answer of a database. Where a client cannot wait for its user, what was begun piles up.
 */
export type Handler = 'none' | 'cpu' | 'io'

export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

export type TrialKind =
  /** A backlog, as fast as can be. */
  | 'catch-up'
  /** Messages produced at a steady rate while they are consumed. */
  | 'paced'
  /** Nothing to consume. */
  | 'idle'

/** `default`: as its documentation's first example has it. `best`: the best settings known. */
export type SettingsName = 'default' | 'best'

export type Settings = Readonly<Record<string, string | number | boolean>>

/** One row of a table: a client, the way it is read, and its settings. */
export interface Cell {
  client: string
  way: string
  settings: SettingsName
}

/** One topic, and how it is read: what a trial varies. */
export interface Variation {
  /** What tells it from the trial's others, as a table's heading has it. */
  label: string
  /** Bytes of a value. */
  size: number
  partitions: number
  codec: Codec
  headers: boolean
  /** Values are JSON objects. */
  json: boolean
  /** Messages to be read. */
  count: number
  /** The first messages are left out: this many, or those of the first second if they are fewer. */
  warmUp: number
  /** Slow clients are stopped so long after the warm-up, and were measured for that time. */
  maxSeconds: number
  value: ValueUse
  handler: Handler
  /** Messages a second; 0 for a backlog. */
  rate: number
  /** What clients over librdkafka are given beside their own settings. */
  properties?: Settings
}

export interface Trial {
  id: string
  title: string
  kind: TrialKind
  variations: readonly Variation[]
  cells: readonly Cell[]
}

/** What one process is to do; its only argument, as JSON. */
export interface Job {
  kind: TrialKind
  bootstrap: string
  group: string
  topic: string
  partitions: number
  count: number
  warmUp: number
  maxSeconds: number
  value: ValueUse
  handler: Handler
  way: string
  settings: Settings
}

export interface Latencies {
  messages: number
  p50: number
  p95: number
  p99: number
  p999: number
  max: number
}

/** The line a process writes at its end. Of all that was read: messages, bytes, checksum; the rest after the warm-up. */
export interface Report {
  messages: number
  measuredMessages: number
  bytes: number
  checksum: number
  seconds: number
  messagesPerSecond: number
  /** Of all threads of the process. */
  cpuSeconds: number
  peakRssKiB: number
  /** From the start of the process to its first message. */
  startUpMs?: number
  /** From producing to having it in hand, in kind `paced`. */
  latencyMs?: Latencies
  /** How late a timer of the event loop was. */
  loopDelayMs?: { p50: number; p99: number; max: number }
  /** Handlers begun and not ended, at most. */
  mostPending?: number
}

/** What is kept of one process. */
export interface Run extends Report {
  /** It read all messages of the topic, and their checksum was right. */
  isComplete: boolean
  /** How late the producer was at most, in kind `paced`. */
  producerLatestMs?: number
}

/** A cell's part of the results. */
export interface CellResult {
  cell: Cell
  /** What the client was given beside servers and group. */
  settings: Settings
  runs: Run[]
  /** Why there are no figures. */
  notRun?: string
  /** Runs that failed, each with the reason. */
  failures: string[]
}

export interface VariationResult {
  variation: Variation
  cells: CellResult[]
}

export interface TrialResult {
  id: string
  title: string
  kind: TrialKind
  /** ISO time. */
  began: string
  variations: VariationResult[]
}

/** One micro-benchmark: nanoseconds per operation. */
export interface MicroResult {
  name: string
  nsPerOperation: number
  /** Relative margin of error, per cent. */
  marginPercent: number
  samples: number
}

export interface Results {
  /** ISO time. */
  date: string
  mode: 'full' | 'quick' | 'smoke'
  runs: number
  machine: Machine
  versions: Readonly<Record<string, string>>
  broker: string
  trials: TrialResult[]
  micro: MicroResult[]
}

export interface Machine {
  processor: string
  cores: number
  memoryGiB: number
  system: string
  /** Other load when the run began, as `uptime` has it: one minute, five, fifteen. */
  loadAverage: number[]
}
