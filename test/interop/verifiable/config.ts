// From a command line to the configuration of a consumer.
import { readFileSync } from 'node:fs'
import { ConsumerConfig, type ConsumerProperties, type ConsumerTierInput } from '../../../lib/index'
import type { Arguments } from './arguments'

type Handlers = Pick<ConsumerProperties, 'onAssigned' | 'onRevoked' | 'onLost'>

/** Throws ConfigError. */
export function configOf(options: Arguments, handlers: Handlers): ConsumerConfig {
  const { instance, sessionTimeoutMs, remoteAssignor } = options
  const file = options.commandConfig === undefined ? {} : readProperties(readFileSync(options.commandConfig, 'utf8'))
  // Text knows no types; fromEnv() does, of every property.
  return ConsumerConfig.fromEnv(
    variables({ ...file, 'bootstrap.servers': options.bootstrap, 'group.id': options.group }),
    PREFIX,
  ).with({
    'performance.tier': options.tier as ConsumerTierInput,
    'group.protocol': options.protocol,
    'enable.auto.commit': options.autoCommits,
    'auto.offset.reset': options.reset,
    ...(options.protocol === 'classic' && { 'partition.assignment.strategy': options.assignors }),
    ...(options.protocol === 'consumer' && remoteAssignor !== undefined && { 'group.remote.assignor': remoteAssignor }),
    ...(instance !== undefined && { 'group.instance.id': instance }),
    ...(sessionTimeoutMs !== undefined && { 'session.timeout.ms': sessionTimeoutMs }),
    ...handlers,
  })
}

const PREFIX = 'VERIFIABLE_'

function variables(properties: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [`${PREFIX}${name.replaceAll('.', '_').toUpperCase()}`, value]),
  )
}

/** A file of Java properties, one a line; lines that go on in the next one and escapes are not known here. */
export function readProperties(text: string): Record<string, string> {
  const properties: Record<string, string> = {}
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line === '' || line.startsWith('#') || line.startsWith('!')) continue
    const [, name, value] = /^([^\s=:]+)\s*[=:\s]\s*(.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) {
      throw new Error(`properties: expected name=value, got a line without a value: ${line}`)
    }
    properties[name] = value
  }
  return properties
}
