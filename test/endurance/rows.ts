// The goals of endurance by their names.
import { runBlocked } from './blocked'
import { runCycles } from './cycles'
import { runEnds } from './ends'
import type { RowOptions, RowReport } from './row'
import { runWorkers } from './workers'

export const ROWS = {
  G8: runEnds,
  G9: runWorkers,
  G12: runBlocked,
  G19: runCycles,
} as const satisfies Record<string, (options: RowOptions) => Promise<RowReport>>

export type RowName = keyof typeof ROWS
