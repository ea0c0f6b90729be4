import { ArgumentError } from '../errors'
import { checkTopic } from './flat'

const WORD = 'a-zA-Z0-9_'
/** What a class escape means among the characters that topic names have. */
const CLASS_ESCAPES: Readonly<Record<string, string>> = {
  d: '0-9',
  D: 'a-zA-Z._-',
  w: WORD,
  W: '.-',
  S: `${WORD}.-`,
}

/**
 * A topic name as it is, a RegExp as librdkafka's kind of pattern, which begins with `^`.
 *
 * A string that begins with `^` is such a pattern already: librdkafka's own way to write one.
 */
export function topicPattern(topic: unknown, name: string): string {
  const pattern = topic instanceof RegExp ? fromRegExp(topic, name) : topic
  if (typeof pattern !== 'string' || !pattern.startsWith('^')) return checkTopic(pattern, name)
  if (pattern.includes('\0')) throw new ArgumentError(`${name}: expected a pattern without NUL characters`)
  return pattern
}

/**
 * librdkafka matches with POSIX extended expressions (a broker with RE2), which know no `\d` and no `(?:…)`, and would
 * match nothing instead of refusing them. What has the same meaning is written their way, the rest is refused.
 */
function fromRegExp({ source, flags }: RegExp, name: string): string {
  const refuse = (what: string): never => {
    throw new ArgumentError(
      `${name}: expected a RegExp that librdkafka can match, got /${source}/${flags} with ${what}`,
    )
  }
  if (flags !== '') refuse('flags')
  let pattern = ''
  let at = 0
  while (at < source.length) {
    const char = source[at++] as string
    const next = source[at] ?? ''
    if (char === '\\') {
      at++
      if (next in CLASS_ESCAPES) pattern += `[${CLASS_ESCAPES[next] as string}]`
      else if (/[a-zA-Z0-9]/.test(next)) refuse(`\\${next}`)
      else pattern += next === '-' || next === '/' ? next : `\\${next}`
    } else if (char === '[') {
      const end = classEnd(source, at)
      pattern += bracket(source.slice(at, end), refuse)
      at = end + 1
    } else if (char === '(' && next === '?') {
      if (source[at + 1] !== ':') refuse('a lookaround or a named group')
      pattern += '('
      at += 2
    } else if (next === '?' && /[*+?}]/.test(char)) {
      // A lazy quantifier finds the same topics as a greedy one.
      pattern += char
      at++
    } else {
      pattern += char
    }
  }
  return pattern.startsWith('^') ? pattern : `^.*(${pattern})`
}

function classEnd(source: string, start: number): number {
  let at = start
  while (source[at] !== ']') at += source[at] === '\\' ? 2 : 1
  return at
}

/** In a POSIX bracket a backslash is a character like any other, and a hyphen stands at the end. */
function bracket(content: string, refuse: (what: string) => never): string {
  const isNegated = content.startsWith('^')
  let members = ''
  let hasHyphen = false
  for (let at = isNegated ? 1 : 0; at < content.length; at++) {
    const char = content[at] as string
    if (char !== '\\') {
      members += char
      continue
    }
    const next = content[++at] as string
    const meaning = CLASS_ESCAPES[next]
    if (meaning !== undefined) {
      hasHyphen ||= meaning.endsWith('-')
      members += meaning.endsWith('-') ? meaning.slice(0, -1) : meaning
    } else if (next === '-') hasHyphen = true
    else if (next === '.' || next === '/') members += next
    else refuse(`\\${next} in a class`)
  }
  if (members === '' && !hasHyphen) refuse('an empty class')
  return `[${isNegated ? '^' : ''}${members}${hasHyphen ? '-' : ''}]`
}
