import { pollMax } from '../consumer/polling'
import type { ConsumerSettings } from '../consumer/settings'
import { ConfigError } from '../errors'
import { describe } from './describe'
import { readEnv } from './env'
import { LIBRDKAFKA_PROPERTIES } from './librdkafka-properties'
import { OPTIONS } from './options'
import { prefetchDefaults } from './prefetch'
import { presetProperties, type PresetName } from './presets'
import {
  merged,
  librdkafkaProperty,
  readProperties,
  TIER,
  type ConsumerProperties,
  type PropertyMap,
} from './properties'
import { checkTogether, given, givenIntegers, integerOf, rebalanceTimeoutMs } from './rules'
import { MASK, SECRETS } from './secrets'
import { tierOverride, type ConsumerTier } from './tier'
import { readYaml, writeYaml } from './yaml'

/** Rows that one poll of legacy may take. */
const LEGACY_POLL_MAX = 1000
/** The longest that a timer can be set to. */
const NEVER_MS = 0x7fffffff

/** What becomes of secrets in `toYaml()`. */
export interface ToYamlOptions {
  /** `'include'`: they are written, readable. `'omit'`: they are left out. Without it, a configuration with secrets throws. */
  readonly secrets?: 'include' | 'omit'
}

/**
 * The checked, immutable configuration of a consumer.
 *
 * ```ts
 * const config = new ConsumerConfig({
 *   'bootstrap.servers': 'localhost:9092',
 *   'group.id': 'orders',
 *   'performance.tier': ConsumerTier.Dedicated,
 * })
 * ```
 *
 * Everything is checked when it is made. Secrets (passwords, keys, user names; `sasl.password`, `ssl.key.pem` …) print as
 * `***` in `toString()`, `toJSON()`, `util.inspect()` and every message.
 */
export class ConsumerConfig {
  readonly #values: PropertyMap
  readonly #tier: ConsumerTier | undefined

  /**
   * @param properties `bootstrap.servers` and `group.id` are required. Values are as typed: `true`, not `'true'`.
   * @throws ConfigError naming the property, what was expected, what came, and the nearest valid name
   */
  constructor(properties: ConsumerProperties) {
    const values = new Map([...readProperties(properties)].filter(([, value]) => value !== undefined))
    checkTogether(values)
    this.#values = values
    const override = tierOverride(process.env)
    this.#tier = override === undefined ? (values.get(TIER) as ConsumerTier | undefined) : override.tier
    Object.freeze(this)
  }

  /** The configuration itself, or one of these properties. */
  static from(config: ConsumerConfig | ConsumerProperties): ConsumerConfig {
    return config instanceof ConsumerConfig ? config : new ConsumerConfig(config)
  }

  // ---- presets: settings for a purpose; the given properties win over them ----

  /** Large fetches, which wait up to 100 ms for 50 kB; commits every second. */
  static highThroughput(properties: ConsumerProperties): ConsumerConfig {
    return preset('highThroughput', properties)
  }

  /** Fetches that wait for nothing, batches of one message, a member that is missed after 6 seconds. Costs idle requests. */
  static lowLatency(properties: ConsumerProperties): ConsumerConfig {
    return preset('lowLatency', properties)
  }

  /** No auto-commit: commit when the work is safe. A minute until a silent member is missed, ten until a slow one is. */
  static maxDurability(properties: ConsumerProperties): ConsumerConfig {
    return preset('maxDurability', properties)
  }

  /** New messages only, commits every second, short timeouts, no log line for each closed connection. */
  static development(properties: ConsumerProperties): ConsumerConfig {
    return preset('development', properties)
  }

  /** Fetches that wait 50 ms at most, no auto-commit, two minutes until a slow member is missed. */
  static streaming(properties: ConsumerProperties): ConsumerConfig {
    return preset('streaming', properties)
  }

  /** Fetches that wait for 100 kB, half an hour until a slow member is missed. */
  static batchProcessing(properties: ConsumerProperties): ConsumerConfig {
    return preset('batchProcessing', properties)
  }

  // ---- other forms ----

  /**
   * Reads a YAML (or JSON) map of properties with flat keys, such as `session.timeout.ms: 6000`.
   *
   * The tier is `performance.tier` or `performance_tier`: `standard`, `dedicated`, `buffered`, `{buffered: {batch_size: 32}}`.
   * `'true'` and `'false'` count as booleans, quoted numbers are refused.
   *
   * @throws ConfigError
   */
  static fromYaml(text: string): ConsumerConfig {
    return new ConsumerConfig(readYaml(text))
  }

  /**
   * Reads environment variables: KAFKA_BOOTSTRAP_SERVERS is `bootstrap.servers`, KAFKA_CLOSE_TIMEOUT_MS is
   * `closeTimeoutMs`, KAFKA_PERFORMANCE_TIER (`buffered:64`) is `performance.tier`.
   *
   * Variables of the prefix that name no property of a consumer (KAFKA_HOME) are left alone, unless they are within two
   * letters of one (one letter, where its name has fewer than 10). Empty ones count as not set.
   *
   * @throws ConfigError its message begins with the variable's name
   */
  static fromEnv(env: NodeJS.ProcessEnv = process.env, prefix = 'KAFKA_'): ConsumerConfig {
    return new ConsumerConfig(readEnv(env, prefix))
  }

  /**
   * Writes YAML from which `fromYaml()` makes an equal configuration.
   *
   * The tier is the configured one, whatever RDKAFKA_TIERS_TIER says. To print a configuration use `toString()`.
   *
   * @throws ConfigError there are secrets and `secrets` does not say what becomes of them; or functions or a logger,
   * which YAML cannot hold
   */
  toYaml(options: ToYamlOptions = {}): string {
    const what: unknown = options.secrets
    if (what !== undefined && what !== 'include' && what !== 'omit') {
      throw new ConfigError(`toYaml: expected secrets to be 'include' or 'omit', got ${describe(what)}`)
    }
    const secrets = [...this.#values.keys()].filter((name) => SECRETS.has(name))
    if (what === undefined && secrets.length > 0) {
      throw new ConfigError(
        `toYaml: expected { secrets: 'include' } or { secrets: 'omit' }, as ${secrets.join(', ')} would be readable, got neither`,
      )
    }
    return writeYaml([...this.#values].filter(([name]) => what === 'include' || !SECRETS.has(name)))
  }

  /** For logs: secrets are `***`, functions and the logger only named. The tier is the configured one. */
  toJSON(): Record<string, unknown> {
    return Object.fromEntries([...this.#values].map(([name, value]) => [name, printable(name, value)]))
  }

  /** For logs: JSON with secrets as `***`. */
  toString(): string {
    return `ConsumerConfig ${JSON.stringify(this)}`
  }

  [Symbol.for('nodejs.util.inspect.custom')](
    _depth: number,
    options: object,
    inspect: (value: unknown, options: object) => string,
  ): string {
    return `ConsumerConfig ${inspect(this.toJSON(), options)}`
  }

  // ---- reading ----

  /**
   * A configuration with these properties instead of, and besides, its own. Undefined takes a property back.
   *
   * @throws ConfigError
   */
  with(properties: ConsumerProperties): ConsumerConfig {
    return new ConsumerConfig(merged(this.#values, readProperties(properties)))
  }

  /** What was given for the property, under whichever of its names; undefined where nothing was. Secrets as they are. */
  get<Name extends keyof ConsumerProperties>(name: Name): ConsumerProperties[Name] {
    return given(this.#values, name) as ConsumerProperties[Name]
  }

  /** Whether the other configuration was given the same properties; functions and loggers are compared by identity. */
  equals(other: unknown): boolean {
    if (!(other instanceof ConsumerConfig) || other.#values.size !== this.#values.size) return false
    return [...this.#values].every(([name, value]) => Object.is(value, other.#values.get(name)))
  }

  /** The tier in force: RDKAFKA_TIERS_TIER, read when the configuration was made, or `performance.tier`. Undefined: legacy. */
  get tier(): ConsumerTier | undefined {
    return this.#tier
  }

  /** Most messages between librdkafka and the program. */
  get maxBufferedMessages(): number {
    return this.#option('maxBufferedMessages')
  }

  /** Most bytes between librdkafka and the program. */
  get maxBufferedBytes(): number {
    return this.#option('maxBufferedBytes')
  }

  /**
   * What librdkafka is given: its own properties as text, those of this package left out, secrets as they are.
   *
   * librdkafka neither stores nor commits offsets by itself: this package commits what was processed, by
   * `enable.auto.commit` and `auto.commit.interval.ms`. How much it reads ahead is this package's own unless it was given.
   *
   * @see `rd_kafka_conf_set`
   */
  toRdKafka(): Record<string, string> {
    const properties: Record<string, string> = Object.fromEntries(prefetchDefaults(givenIntegers(this.#values)))
    for (const [name, value] of this.#values) {
      if (librdkafkaProperty(name) !== undefined) properties[name] = String(value)
    }
    properties['enable.auto.offset.store'] = 'false'
    properties['enable.auto.commit'] = 'false'
    return properties
  }

  /** @internal What the consumer itself needs. */
  toSettings(): ConsumerSettings {
    const intervalMs = integerOf(this.#values, 'auto.commit.interval.ms')
    return {
      pollMax: this.#tier === undefined ? LEGACY_POLL_MAX : pollMax(this.#tier),
      autoCommit: {
        enabled: this.get('enable.auto.commit') ?? LIBRDKAFKA_PROPERTIES['enable.auto.commit'].default,
        // 0: only when partitions are given back and on close.
        intervalMs: intervalMs === 0 ? NEVER_MS : intervalMs,
      },
      autoOffsetReset: (
        this.get('auto.offset.reset') ?? LIBRDKAFKA_PROPERTIES['auto.offset.reset'].default
      ).toLowerCase(),
      maxPollIntervalMs: integerOf(this.#values, 'max.poll.interval.ms'),
      batchMaxMessages: this.#option('batchMaxMessages'),
      closeTimeoutMs: this.#option('closeTimeoutMs'),
      rebalanceTimeoutMs: rebalanceTimeoutMs(this.#values),
      requestTimeoutMs: this.#option('requestTimeoutMs'),
      onDeserializationError: this.get('onDeserializationError') ?? OPTIONS.onDeserializationError.default,
      onAssigned: this.get('onAssigned'),
      onRevoked: this.get('onRevoked'),
      onLost: this.get('onLost'),
      oauthbearerTokenRefresh: this.get('oauthbearerTokenRefresh'),
      logger: this.get('logger'),
    }
  }

  #option(
    name: 'batchMaxMessages' | 'closeTimeoutMs' | 'requestTimeoutMs' | 'maxBufferedMessages' | 'maxBufferedBytes',
  ): number {
    return this.get(name) ?? OPTIONS[name].default
  }
}

function preset(name: PresetName, properties: ConsumerProperties): ConsumerConfig {
  // Not given: unlike in with(), it takes nothing back.
  const values = new Map([...readProperties(properties)].filter(([, value]) => value !== undefined))
  return new ConsumerConfig(merged(readProperties(presetProperties(name, values)), values))
}

function printable(name: string, value: unknown): unknown {
  if (SECRETS.has(name)) return MASK
  if (typeof value === 'function') return '[function]'
  return name === 'logger' ? '[logger]' : value
}
