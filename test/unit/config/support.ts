import { binding } from '../../../lib/binding'
import { ConsumerConfig } from '../../../lib/config'
import { ConfigError } from '../../../lib/errors'

export const REQUIRED = { 'bootstrap.servers': 'localhost:9092', 'group.id': 'orders' } as const

/** A configuration of what is required and these properties, whatever their types. */
export function configOf(properties: Record<string, unknown> = {}): ConsumerConfig {
  return new ConsumerConfig({ ...REQUIRED, ...properties })
}

/** The message of the ConfigError that is thrown. */
export function refusal(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as ConfigError).message
  }
  throw new Error('expected a ConfigError, nothing was thrown')
}

/** What librdkafka makes of properties, by name. Some names are also a topic's; those come later and are left out. */
export function dump(properties: Record<string, string>): Map<string, string> {
  const flat = binding().dumpConfiguration(Object.entries(properties).flat())
  const dumped = new Map<string, string>()
  for (let i = 0; i < flat.length; i += 2) {
    const [name, value] = [flat[i] as string, flat[i + 1] as string]
    if (!dumped.has(name)) dumped.set(name, value)
  }
  return dumped
}
