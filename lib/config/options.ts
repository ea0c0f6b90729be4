// The options that librdkafka lacks. The type, the check, the default and the table in docs/configuration.md all come from
// OPTIONS; the comment above an option is its description there. Run scripts/config/render-options.js after a change.
import type { ConsumerSettings, Logger, RebalanceHandler } from '../consumer/settings'

interface Option<Value, Default extends Value | undefined = Value | undefined> {
  /** Completes "expected …" in messages and is the type in the documentation. */
  readonly expected: string
  readonly default: Default
  check(value: unknown): value is Value
}

function integer(min: number, max: number, fallback: number): Option<number, number> {
  return {
    expected: `an integer from ${min} to ${max}`,
    default: fallback,
    check: (value): value is number => Number.isInteger(value) && (value as number) >= min && (value as number) <= max,
  }
}

function callback<Callback>(signature: string): Option<Callback> {
  return {
    expected: `a function: ${signature}`,
    default: undefined,
    check: (value): value is Callback => typeof value === 'function',
  }
}

type OnDeserializationError = ConsumerSettings['onDeserializationError']

const LONGEST_MS = 3_600_000

/** The package's own options, by name. */
export const OPTIONS = {
  /** Milliseconds that `close()` takes at most: leaving the group, commit included. What is not done then is given up. */
  closeTimeoutMs: integer(1, LONGEST_MS, 10_000),

  /**
   * Milliseconds that the answer to a rebalance takes: what is in hand, `onAssigned`, `onRevoked` or `onLost`, and the
   * commit on revoke, together. Each has at least a quarter, so at most half as much again in all. Lower than
   * `max.poll.interval.ms`, or the group would give the member up meanwhile; the default is half of that when it is 20
   * seconds or less.
   */
  rebalanceTimeoutMs: integer(1, LONGEST_MS, 10_000),

  /**
   * Milliseconds that a call which asks a broker takes at most, unless it is given its own `timeoutMs`; half a second
   * more when it stands behind others. It bounds how long `subscribe()` looks for a broker. (Java:
   * `default.api.timeout.ms`.)
   */
  requestTimeoutMs: integer(1, LONGEST_MS, 30_000),

  /** Most messages in one batch of `batches()`. A batch is bounded in bytes too. (Java: `max.poll.records`.) */
  batchMaxMessages: integer(1, 100_000, 10_000),

  /** Most messages that the Dedicated tier, or legacy, holds between its library and the program. */
  maxBufferedMessages: integer(1, 10_000_000, 100_000),

  /**
   * Most bytes that the Dedicated tier, or legacy, holds between its library and the program; one message that is larger
   * still passes. In every tier, batches that the program holds beyond four times as much are copied into memory of
   * JavaScript's own.
   */
  maxBufferedBytes: integer(65_536, 2_147_483_647, 8_388_608),

  /**
   * What becomes of a record that its deserializer refuses. `'fail'`: the iteration rejects, and continues after the
   * record when it is taken up again. `'skip'`: it is left out, and the event `deserializationError` tells of it. A
   * function: it is left out, and the function gets the error.
   */
  onDeserializationError: {
    expected: "'fail', 'skip' or a function: (error) => void",
    default: 'fail' as const,
    check: (value): value is OnDeserializationError =>
      value === 'fail' || value === 'skip' || typeof value === 'function',
  } satisfies Option<OnDeserializationError, 'fail'>,

  /** Called when the group gave partitions, before their first message; `seek()` in it sets where they begin. Awaited. */
  onAssigned: callback<RebalanceHandler>('(partitions) => void or a promise'),

  /** Called when partitions are to be given back, after their last message; `commit()` in it still counts. Awaited. */
  onRevoked: callback<RebalanceHandler>('(partitions) => void or a promise'),

  /** Called instead of `onRevoked` when partitions are gone already: others may own them, nothing can be committed. */
  onLost: callback<RebalanceHandler>('(partitions) => void or a promise'),

  /** Gives the token of SASL OAUTHBEARER whenever librdkafka wants one; it gets `sasl.oauthbearer.config`. Awaited. */
  oauthbearerTokenRefresh: callback<NonNullable<ConsumerSettings['oauthbearerTokenRefresh']>>(
    '(config) => token or a promise of one',
  ),

  /** Where librdkafka's log goes; the event `log` has it too. */
  logger: {
    expected: 'an object with the methods debug, info, warn and error, such as console',
    default: undefined,
    check: isLogger,
  } satisfies Option<Logger>,
} as const

/** The types of the options. */
export type PackageOptions = {
  -readonly [Name in keyof typeof OPTIONS]?: (typeof OPTIONS)[Name] extends Option<infer Value> ? Value : never
}

/** The option of that name, when it is one of ours. */
export function optionOf(name: string): Option<unknown> | undefined {
  return Object.hasOwn(OPTIONS, name) ? OPTIONS[name as keyof typeof OPTIONS] : undefined
}

function isLogger(value: unknown): value is Logger {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return false
  const methods = value as Partial<Record<keyof Logger, unknown>>
  return [methods.debug, methods.info, methods.warn, methods.error].every((method) => typeof method === 'function')
}
