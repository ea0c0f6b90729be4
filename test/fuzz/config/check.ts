// A configuration, or a refusal that names the key; and neither shows a secret.
import { inspect } from 'node:util'
import { ConsumerConfig } from '../../../lib/config'
import { PROPERTY_NAMES } from '../../../lib/config/properties'
import { TIER_VARIABLE } from '../../../lib/config/tier'
import { ConfigError } from '../../../lib/errors'

/** In the value of every secret, and nowhere else. */
export const SECRET = 'hunter2'

/** Longer than anything takes that ends. */
const LONGEST_MS = 10_000

/** What a message may begin with beside the names of what was given. */
const SUBJECTS = [...PROPERTY_NAMES, 'performance_tier', 'configuration', TIER_VARIABLE]

const PROTOTYPES = [Object.prototype, Array.prototype, Function.prototype, String.prototype, Map.prototype]
const OWN_KEYS = PROTOTYPES.map(keysOf)

export interface Tally {
  made: number
  refused: number
  /** By what was given. */
  thrown: number
  slowestMs: number
}

/** One way to a configuration, with what was made up for it. */
export interface Case {
  make: () => ConsumerConfig
  /** What a refusal may name. */
  names: readonly string[]
  /** A secret stands where no secret belongs: a message that names the key, or shows the value, cannot help showing it. */
  isMisplaced: boolean
  /** Whether that was thrown by something that was given. */
  isOwn: (error: unknown) => boolean
}

export function check({ make, names, isMisplaced, isOwn }: Case, tally: Tally): void {
  const began = performance.now()
  let config: ConsumerConfig | undefined
  try {
    config = make()
    tally.made++
  } catch (error) {
    if (isOwn(error)) {
      tally.thrown++
    } else {
      expectRefusal(error, names, isMisplaced)
      tally.refused++
    }
  }
  if (config !== undefined) expectConfig(config, isMisplaced)
  const ms = performance.now() - began
  tally.slowestMs = Math.max(tally.slowestMs, ms)
  if (ms > LONGEST_MS) throw new Error(`it took ${Math.round(ms)} ms`)
  expectCleanPrototypes()
}

function expectRefusal(error: unknown, names: readonly string[], isMisplaced: boolean): void {
  if (!(error instanceof ConfigError) || error.code !== 'ERR_KAFKA_CONFIG') {
    throw new Error('what is no ConfigError was thrown', { cause: error })
  }
  const { message } = error
  if (!isMisplaced && (inspect(error).includes(SECRET) || message.includes(SECRET))) {
    throw new Error(`a secret is in a message: ${message}`)
  }
  // Of what is all name in YAML, `{name:value}`, the value is not told.
  const isAbout = (name: string): boolean => [name, name.split(':')[0]].some((each) => message.startsWith(`${each}: `))
  if (![...names, ...SUBJECTS].some(isAbout)) throw new Error(`a message names no key: ${message}`)
}

function expectConfig(config: ConsumerConfig, isMisplaced: boolean): void {
  const prints = [String(config), JSON.stringify(config), inspect(config), inspect({ config }, { showHidden: true })]
  if (!isMisplaced && prints.some((each) => each.includes(SECRET))) throw new Error('a secret is printed')
  if (!config.equals(config.with({})) || !config.equals(ConsumerConfig.from(config))) {
    throw new Error('a configuration is not equal to itself')
  }
  const settings = config.toSettings()
  if (!(settings.pollMax >= 1 && config.maxBufferedBytes >= 1)) throw new Error('settings that cannot be')
  if (!['standard', 'buffered', 'dedicated', undefined].includes(config.tier?.kind))
    throw new Error('a tier that is none')
  for (const [name, value] of Object.entries(config.toRdKafka())) {
    if (typeof (value as unknown) !== 'string' || value.includes('\0')) throw new Error(`${name} is no text for C`)
  }
  expectYaml(config, isMisplaced)
}

function expectYaml(config: ConsumerConfig, isMisplaced: boolean): void {
  const holdsMore = ['function', '[logger]'].some((each) => JSON.stringify(config).includes(each))
  if (holdsMore) return
  if (!isMisplaced && config.toYaml({ secrets: 'omit' }).includes(SECRET)) throw new Error('a secret is in YAML')
  const text = config.toYaml({ secrets: 'include' })
  if (!ConsumerConfig.fromYaml(text).equals(config)) throw new Error(`YAML does not give it back: ${text}`)
}

function expectCleanPrototypes(): void {
  PROTOTYPES.forEach((each, index) => {
    if (keysOf(each) !== OWN_KEYS[index]) throw new Error('a prototype was written to')
  })
}

function keysOf(prototype: object): string {
  return Reflect.ownKeys(prototype).map(String).join()
}
