// The ways in which a process ends with a message in hand, and what the system is told of it.

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

export const EXITS = {
  exit: { code: 7, signal: null },
  throw: { code: 1, signal: null },
  reject: { code: 1, signal: null },
  SIGTERM: { code: null, signal: 'SIGTERM' },
  /** A handler of the program's own ends the process. */
  'SIGTERM, handled': { code: 9, signal: null },
} as const satisfies Record<string, Exit>

export type HowItEnds = keyof typeof EXITS
