import { ConfigError } from '../errors'
import { describe } from './describe'
import { OPTIONS } from './options'
import { identity, PROPERTY_NAMES, readProperties } from './properties'
import { JAVA_NAMES, refusalOf } from './refused'
import { editDistance } from './suggest'
import { valueOf } from './text'

// Text can say these; functions and objects it cannot.
const NAMES = PROPERTY_NAMES.filter((name) => !Object.hasOwn(OPTIONS, name) || isTextual(name as keyof typeof OPTIONS))

const BY_VARIABLE: ReadonlyMap<string, string> = new Map(NAMES.map((name) => [variableOf(name), name]))
const JAVA_BY_VARIABLE: ReadonlyMap<string, string> = new Map(JAVA_NAMES.map((name) => [variableOf(name), name]))

function isTextual(name: keyof typeof OPTIONS): boolean {
  return OPTIONS[name].default !== undefined
}

/** session.timeout.ms is SESSION_TIMEOUT_MS, closeTimeoutMs is CLOSE_TIMEOUT_MS. */
function variableOf(name: string): string {
  return name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase()
}

/**
 * The properties that environment variables of this prefix give.
 *
 * An environment is shared: a variable of the prefix that names no property (KAFKA_HOME, KAFKA_OPTS, a producer's
 * KAFKA_ACKS) is somebody else's. But one that all but names a property is a mistake, and so is a property of Java's
 * consumer: passed over, they would leave a setting without effect.
 *
 * @throws ConfigError such a mistake, or a value that cannot be; the message begins with the variable
 */
export function readEnv(env: NodeJS.ProcessEnv, prefix: unknown): Record<string, unknown> {
  if (typeof prefix !== 'string' || prefix === '') {
    throw new ConfigError('prefix: expected a string that is not empty, such as "KAFKA_"')
  }
  // JavaScript may pass anything.
  if (typeof (env as unknown) !== 'object' || (env as unknown) === null) {
    throw new ConfigError(`environment: expected an object of variables, got ${describe(env)}`)
  }
  const properties: Record<string, unknown> = {}
  const variables = new Map<string, string>()
  for (const [variable, text] of Object.entries(env)) {
    // An empty variable is how many deployment tools unset one.
    if (!variable.startsWith(prefix) || text === undefined || text === '') continue
    const rest = variable.slice(prefix.length)
    const name = BY_VARIABLE.get(rest)
    if (name === undefined) {
      refuseMistake(variable, rest, prefix)
      continue
    }
    const twin = variables.get(identity(name))
    if (twin !== undefined) {
      throw new ConfigError(
        `${variable}: expected one of ${twin} and ${variable}, which are the same property, got both`,
      )
    }
    variables.set(identity(name), variable)
    properties[name] = checked(variable, name, typeof (text as unknown) === 'string' ? valueOf(name, text) : text)
  }
  return properties
}

function checked(variable: string, name: string, value: unknown): unknown {
  try {
    return readProperties({ [name]: value }).get(name)
  } catch (error) {
    throw new ConfigError(`${variable}: ${(error as Error).message}`)
  }
}

function refuseMistake(variable: string, rest: string, prefix: string): void {
  const java = JAVA_BY_VARIABLE.get(rest)
  if (java !== undefined) throw new ConfigError(`${variable}: ${java} ${refusalOf(java) ?? ''}`)
  for (const known of BY_VARIABLE.keys()) {
    // Short names have foreign neighbours.
    const limit = known.length < 10 ? 2 : 3
    if (editDistance(rest, known, limit) < limit) {
      throw new ConfigError(`${variable}: names no property; did you mean ${prefix}${known}?`)
    }
  }
}
