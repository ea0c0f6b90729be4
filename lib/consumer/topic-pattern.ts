import { ArgumentError } from '../errors'
import type { Logger } from './settings'

/** A topic name as it is, a RegExp as librdkafka's kind of pattern, which begins with `^`. */
export function topicPattern(topic: unknown, name: string): string {
  if (topic instanceof RegExp) {
    if (topic.flags !== '') {
      throw new ArgumentError(`${name}: expected a RegExp without flags, got /${topic.source}/${topic.flags}`)
    }
    return topic.source.startsWith('^') ? topic.source : `^.*${topic.source}`
  }
  if (typeof topic !== 'string' || topic === '') {
    throw new ArgumentError(`${name}: expected a topic name or a RegExp, got ${String(topic)}`)
  }
  return topic
}

/** syslog's levels, which librdkafka uses, as a logger's methods. */
export function logMethod(level: number): keyof Logger {
  if (level <= 3) return 'error'
  if (level === 4) return 'warn'
  return level <= 6 ? 'info' : 'debug'
}
