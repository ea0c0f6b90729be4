// What producers and members write down while they work, one JSON object a line, and how it is read back.
//
// A line is one write to a file that is only appended to, made before the next thing is done. The kernel has it then,
// so a SIGKILL loses nothing that was written; at most the last line is cut short.
import { openSync, readFileSync, writeSync } from 'node:fs'
import type { Mode } from '../helpers/consumer'

/** `sequence` is what the producer numbered its message with, per partition; -1: the payload is not what was sent. */
export type Row = [partition: number, offset: number, sequence: number]

export type How = 'stream' | 'batches'
/** By the consumer itself; `commit()` now and then; `commit(message)` or `commit(batch)` inside the loop. */
export type Commits = 'auto' | 'timer' | 'inline'

/** `at`: microseconds of a clock that never goes back and is the same for all processes of the machine. */
export type MemberEntry =
  | { kind: 'joined'; at: number; mode: Mode; how: How; commits: Commits }
  /** In onAssigned, before anything is fetched. */
  | { kind: 'assigned'; at: number; partitions: number[] }
  /** In onRevoked or onLost, after which nothing of them may be delivered. */
  | { kind: 'revoked' | 'lost'; at: number; partitions: number[] }
  /** Handed out by the iteration, and now in hand. */
  | { kind: 'delivered'; at: number; rows: Row[] }
  /** What was in hand is done; written before more is asked for, and before it is committed. */
  | { kind: 'processed'; at: number }
  /** An answered commit: all that it was to cover. */
  | { kind: 'committed'; at: number; offsets: [partition: number, offset: number][] }
  | { kind: 'refused' | 'warning' | 'failed'; at: number; why: string }
  | { kind: 'closed'; at: number; tookMs: number }

export type ProducerEntry =
  | { kind: 'acked'; at: number; rows: Row[] }
  /** Neither acknowledged nor refused for good: they may be in the log, and are not sent again. */
  | { kind: 'unknown'; at: number; messages: [partition: number, sequence: number][]; why: string }

/** Committed offsets of a group, as a broker told them. */
export interface Observation {
  at: number
  offsets: [partition: number, offset: number][]
}

export function now(): number {
  return Number(process.hrtime.bigint() / 1000n)
}

/** Appends entries: each is written when the call returns. */
export class LedgerWriter<Entry extends object> {
  readonly #descriptor: number

  constructor(file: string) {
    this.#descriptor = openSync(file, 'a')
  }

  write(entry: Entry): void {
    writeSync(this.#descriptor, `${JSON.stringify(entry)}\n`)
  }
}

/** A last line without its end is left out: its writer was killed while it wrote. */
export function parseLedger<Entry>(text: string): Entry[] {
  const lines = text.split('\n')
  lines.pop()
  return lines.map((line) => JSON.parse(line) as Entry)
}

export function readLedger<Entry>(file: string): Entry[] {
  return parseLedger(readFileSync(file, 'utf8'))
}
