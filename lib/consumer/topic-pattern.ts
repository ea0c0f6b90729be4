import { ArgumentError } from '../errors'
import { checkTopic } from './flat'

/** Every character that a topic name may have; the hyphen last, where a POSIX bracket takes it for itself. */
const TOPIC_CHARACTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-'.split('')
const NO_TOPIC_CHARACTER = '/'
const POSIX_SPECIAL = /[.^$*+?()[\]{}|\\]/
/** A class that means the same in both. */
const SAME_CLASS = /^\[\^?(?:[a-zA-Z0-9]-[a-zA-Z0-9]|[a-zA-Z0-9._])+-?\]$/
/** RE_DUP_MAX of POSIX's libraries. */
const MAX_REPEATS = 32_767

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
 * match nothing instead of refusing them. What has the same meaning for topic names is written their way, the rest is
 * refused.
 */
function fromRegExp({ source, flags }: RegExp, name: string): string {
  const refuse = (what: string): never => {
    throw new ArgumentError(
      `${name}: expected a RegExp that librdkafka can match, got /${source}/${flags} with ${what}`,
    )
  }
  if (flags !== '') refuse('flags')
  let pattern = ''
  for (let at = 0; at < source.length;) {
    const [jsToken] = TOKEN.exec(source.slice(at)) as unknown as [string]
    pattern += posix(jsToken, refuse)
    at += jsToken.length
  }
  return pattern.startsWith('^') ? pattern : `^.*(${pattern})`
}

/** A class; an escape; the beginning of a group; a quantifier, with the `?` of a lazy one; any other character. */
const TOKEN = /^(?:\[(?:\\.|[^\]\\])*\]|\\.|\(\?(?:<[=!]?|.)|(?:[*+?]|\{\d+(?:,\d*)?\})\??|.)/s

function posix(token: string, refuse: (what: string) => never): string {
  if (token.startsWith('[')) return bracket(token)
  if (token.startsWith('\\')) {
    const escaped = token.slice(1)
    if (/[dDwWS]/.test(escaped)) return bracket(token)
    return /[a-zA-Z0-9]/.test(escaped) ? refuse(token) : literal(escaped)
  }
  if (token.startsWith('(?')) return token === '(?:' ? '(' : refuse('a lookaround or a named group')
  if (/^\{\d/.test(token)) {
    const quantifier = token.replace(/\?$/, '')
    if (quantifier.match(/\d+/g)?.some((count) => Number(count) > MAX_REPEATS) === true) refuse(quantifier)
    return quantifier
  }
  // A lazy quantifier finds the same topics as a greedy one.
  if (/^[*+?]/.test(token)) return token.charAt(0)
  return token === '{' || token === '}' ? literal(token) : token
}

function literal(character: string): string {
  return POSIX_SPECIAL.test(character) ? `\\${character}` : character
}

/** The characters of topic names that are in a JavaScript class, as a POSIX bracket. */
function bracket(jsClass: string): string {
  if (SAME_CLASS.test(jsClass)) return jsClass
  const regExp = new RegExp(`^${jsClass}$`)
  const members = TOPIC_CHARACTERS.filter((character) => regExp.test(character))
  return members.length > 0 ? `[${members.join('')}]` : NO_TOPIC_CHARACTER
}
