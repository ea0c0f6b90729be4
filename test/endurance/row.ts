// What a row of the goals is: one thing that is done again and again, to one client, and what has to hold.
import { type ClientName, CLIENTS, type ReaderMode } from './clients'

export interface RowOptions {
  bootstrap: string
  client: ClientName
  /** Default: all of the client's. */
  modes?: readonly ReaderMode[]
  /** Turns in all; the client's modes share them. */
  count: number
  seed: number
  /** Another binary of Node for the processes of the members. */
  node?: string
  /** Bytes that are kept on purpose with each turn, where a row looks for that: the row must fail. */
  leakBytes?: number
  log: (line: string) => void
}

export interface RowReport {
  title: string
  header: readonly string[]
  rows: string[][]
  violations: string[]
}

/** What the modes of a client do at once is written down one after the other. */
export function mergeReports(reports: readonly RowReport[]): RowReport {
  const [first] = reports
  if (first === undefined) throw new Error('mergeReports: there are none')
  return {
    ...first,
    rows: reports.flatMap(({ rows }) => rows),
    violations: reports.flatMap(({ violations }) => violations),
  }
}

export function modesOf({ client, modes }: RowOptions): readonly ReaderMode[] {
  return modes ?? CLIENTS[client]
}

/** How the count is shared: the first ones have one more. */
export function share(count: number, modes: number, index: number): number {
  return Math.floor(count / modes) + (index < count % modes ? 1 : 0)
}
