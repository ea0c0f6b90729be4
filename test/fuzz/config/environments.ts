// Environments: variables of a prefix, ours and those of others.
import { ConsumerConfig } from '../../../lib/config'
import { PROPERTY_NAMES } from '../../../lib/config/properties'
import { SECRETS } from '../../../lib/config/secrets'
import { TIER_VARIABLE } from '../../../lib/config/tier'
import type { Random } from '../../helpers/random'
import { hostile } from '../hostile'
import type { Case } from './check'
import { misspelt, textFor } from './values'

const PREFIXES = ['KAFKA_', 'KAFKA_', 'KAFKA_', 'MY_APP_', '_', '💥', 'K']
const OTHERS = ['HOME', 'PATH', 'OPTS', 'ACKS', 'MAX_POLL_RECORDS', '', '__proto__', 'constructor', 'X'.repeat(3000)]
const TIERS = ['legacy', 'standard', 'buffered:8', 'x', '', ' ', 'dedicated\0']

export function environmentCase(random: Random): Case {
  const prefix = random.pick(PREFIXES)
  const env: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const name of ['bootstrap.servers', 'group.id']) env[variableOf(random, prefix, name)] = 'x'
  for (let left = random.integer(0, 6); left > 0; left--) {
    // No near miss of a secret's becomes the name of what is none.
    const name = random.pick(PROPERTY_NAMES)
    const variable = variableOf(random, prefix, name)
    env[random.next() < 0.9 ? variable : misspelt(random, variable)] = textFor(random, name)
  }
  for (let left = random.integer(0, 3); left > 0; left--) env[prefix + random.pick(OTHERS)] = 'x'
  const isText = random.next() < 0.97
  if (!isText) env[random.pick(Object.keys(env))] = hostile(random)
  const given = random.next() < 0.99 ? env : hostile(random)
  const askedPrefix = random.next() < 0.98 ? prefix : (hostile(random) as string)
  return {
    make: () => ConsumerConfig.fromEnv(given as NodeJS.ProcessEnv, askedPrefix),
    names: [...Object.keys(env), 'prefix', 'environment'],
    isMisplaced: false,
    isOwn: (error) => error instanceof Error && error.message === 'thrown by an argument',
  }
}

function variableOf(random: Random, prefix: string, name: string): string {
  const rest = name.replace(/([a-z])([A-Z])/g, '$1_$2').replaceAll('.', '_')
  return prefix + (random.next() < 0.97 || SECRETS.has(name) ? rest.toUpperCase() : rest)
}

/** The variable that overrides the tier of every configuration. */
export function withTierVariable(random: Random, use: () => void): void {
  if (random.next() > 0.05) return use()
  process.env[TIER_VARIABLE] = random.pick(TIERS).replaceAll('\0', '')
  try {
    use()
  } finally {
    Reflect.deleteProperty(process.env, TIER_VARIABLE)
  }
}
