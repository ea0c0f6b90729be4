import { ConfigError } from '../errors'
import { describe, isPlainObject } from './describe'
import { didYouMean } from './suggest'

/** Messages that one poll of the Buffered tier takes unless it is told otherwise. */
const DEFAULT_BATCH_SIZE = 32

/**
 * Largest batch of the Buffered tier. A batch is bounded in bytes too (about 256 KiB), so larger ones would hardly ever
 * be full; and the event loop does not turn while one is polled.
 */
const MAX_BATCH_SIZE = 10_000

/** Overrides `performance.tier` of every configuration of the process: a rollback without a deploy. */
export const TIER_VARIABLE = 'RDKAFKA_TIERS_TIER'

interface TierValue {
  /** `standard`, `dedicated`, `buffered:32`: a spelling that `performance.tier` accepts. */
  toString(): string
  /** The form for JSON and YAML, which `performance.tier` accepts. */
  toJSON(): 'standard' | 'dedicated' | { buffered: { batch_size: number } }
}

/** Polls when the program asks, for the few messages that are there at once, on the event loop. */
export interface StandardTier extends TierValue {
  readonly kind: 'standard'
  readonly batchSize: undefined
}

/** One poll per batch of at most `batchSize` messages, on the event loop. */
export interface BufferedTier extends TierValue {
  readonly kind: 'buffered'
  readonly batchSize: number
}

/** A native thread polls and packs whenever JavaScript does not keep up. */
export interface DedicatedTier extends TierValue {
  readonly kind: 'dedicated'
  readonly batchSize: undefined
}

/** How a consumer polls. No tier (undefined) is legacy: node-rdkafka's flowing mode. Equal tiers are the same object. */
export type ConsumerTier = StandardTier | BufferedTier | DedicatedTier

/** Every spelling of a tier that `performance.tier` accepts, in code, JSON and YAML. */
export type ConsumerTierInput =
  | ConsumerTier
  | 'standard'
  | 'dedicated'
  | 'buffered'
  | `buffered:${number}`
  | 'legacy'
  | { readonly buffered: { readonly batch_size: number } }
  | { readonly buffered: { readonly batchSize: number } }

class Tier implements TierValue {
  constructor(
    readonly kind: ConsumerTier['kind'],
    readonly batchSize: number | undefined,
  ) {
    Object.freeze(this)
  }

  toString(): string {
    return this.batchSize === undefined ? this.kind : `${this.kind}:${this.batchSize}`
  }

  toJSON(): ReturnType<TierValue['toJSON']> {
    if (this.batchSize !== undefined) return { buffered: { batch_size: this.batchSize } }
    return this.kind as 'standard' | 'dedicated'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    if (this.batchSize !== undefined) return `ConsumerTier.Buffered({ batchSize: ${this.batchSize} })`
    return this.kind === 'standard' ? 'ConsumerTier.Standard' : 'ConsumerTier.Dedicated'
  }
}

const STANDARD = new Tier('standard', undefined) as StandardTier
const DEDICATED = new Tier('dedicated', undefined) as DedicatedTier
/** By batch size: equal tiers are one object. At most MAX_BATCH_SIZE of them. */
const buffered = new Map<number, BufferedTier>()

function bufferedTier(batchSize: unknown, key: string): BufferedTier {
  const isSize = Number.isInteger(batchSize) && (batchSize as number) >= 1 && (batchSize as number) <= MAX_BATCH_SIZE
  if (!isSize) {
    throw new ConfigError(`${key}: expected an integer from 1 to ${MAX_BATCH_SIZE}, got ${describe(batchSize)}`)
  }
  let tier = buffered.get(batchSize as number)
  if (tier === undefined) {
    tier = new Tier('buffered', batchSize as number) as BufferedTier
    buffered.set(batchSize as number, tier)
  }
  return tier
}

/** The tiers: values for `performance.tier`. */
export const ConsumerTier = Object.freeze({
  /**
   * Polls when the program asks, for the few messages that are there at once, on the event loop: the simplest, and the
   * least memory between librdkafka and the program.
   */
  Standard: STANDARD,

  /** A native thread polls and packs while JavaScript works on the previous batch: the highest throughput. */
  Dedicated: DEDICATED,

  /**
   * One poll per batch, on the event loop.
   *
   * @param options `batchSize`: most messages a poll takes, 1 to 10,000.
   * @throws ConfigError it is not such an integer
   */
  Buffered(options: { readonly batchSize: number }): BufferedTier {
    // JavaScript may pass nothing.
    const given = options as { readonly batchSize?: unknown } | null | undefined
    return bufferedTier(given?.batchSize, 'ConsumerTier.Buffered: batchSize')
  },
})

const NAMES = ['standard', 'dedicated', 'buffered', 'legacy']
const EXPECTED =
  '"standard", "dedicated", "buffered", "buffered:<batch size>", { buffered: { batch_size: <batch size> } } or "legacy"'

/**
 * The tier of any spelling; undefined is legacy.
 *
 * @param key What the value was given as, for the message.
 * @throws ConfigError there is no such tier
 */
export function parseTier(value: unknown, key: string): ConsumerTier | undefined {
  if (value === undefined || value === 'legacy') return undefined
  if (value instanceof Tier) return value as ConsumerTier
  if (value === 'standard') return STANDARD
  if (value === 'dedicated') return DEDICATED
  if (value === 'buffered') return bufferedTier(DEFAULT_BATCH_SIZE, key)
  if (typeof value === 'string') {
    const size = /^buffered:(-?\d{1,9})$/.exec(value)?.[1]
    if (size !== undefined) return bufferedTier(Number(size), `${key}: batch size`)
  } else if (isPlainObject(value) && hasOnly(value, ['buffered'])) {
    // Read once: a getter may give something else the next time.
    const options = value['buffered']
    if (isPlainObject(options)) {
      if (hasOnly(options, ['batch_size'])) return bufferedTier(options['batch_size'], `${key}: batch_size`)
      if (hasOnly(options, ['batchSize'])) return bufferedTier(options['batchSize'], `${key}: batchSize`)
    }
  }
  const hint = typeof value === 'string' ? didYouMean(value, NAMES) : ''
  throw new ConfigError(`${key}: expected ${EXPECTED}, got ${describe(value)}${hint}`)
}

function hasOnly(object: Record<string, unknown>, keys: readonly string[]): boolean {
  return Object.keys(object).join() === keys.join()
}

/** A tier, or legacy (undefined), that is in force whatever the configuration says; undefined: no override. */
export function tierOverride(env: NodeJS.ProcessEnv): { tier: ConsumerTier | undefined } | undefined {
  const value = env[TIER_VARIABLE]
  // An empty variable is how many deployment tools unset one.
  return value === undefined || value === '' ? undefined : { tier: parseTier(value, TIER_VARIABLE) }
}
