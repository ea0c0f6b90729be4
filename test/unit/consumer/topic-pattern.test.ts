// librdkafka matches with the POSIX extended expressions of the C library; `grep -E` asks the same one.
import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { topicPattern } from '../../../lib/consumer/topic-pattern'
import { ArgumentError } from '../../../lib/errors'
import { thrownBy } from './support/errors'

const TOPICS = [
  ...['a', 'b', 'A', 'Z', '0', '5', '9', '_', '-', 'x-', '.a', 'a.b', 'a_b', 'a-b', 'ab', 'aa', 'aaa', 'aab', 'abab'],
  ...[
    'orders',
    'Orders',
    'ORDERS',
    'orders.eu',
    'orders-eu',
    'orders_eu',
    'ordersXeu',
    'my-orders',
    'order',
    'orderss',
  ],
  ...['logs.2024-01-01', 'logs.2024', 'logs', 'v1.users', 'v2.users', 'v10.users', 'users.v1', 'a.b.c', 'a..b', '-.-'],
  ...[
    'dev-01',
    'dev-1a',
    'd',
    'w',
    's',
    'S',
    'D',
    'W',
    'alpha',
    'x',
    'xyz',
    'n',
    't',
    'e',
    'q',
    'p',
    'i-o',
    '1-2',
    '__x',
  ],
]

/** What matches, according to POSIX. */
function posixMatches(pattern: string, topics: readonly string[]): string[] {
  const { status, stdout, stderr } = spawnSync('grep', ['-E', '-e', pattern], {
    input: `${topics.join('\n')}\n`,
    encoding: 'utf8',
    timeout: 20_000,
    env: { ...process.env, LC_ALL: 'C' },
  })
  // 0: some match, 1: none does, 2: no such pattern.
  if (status !== 0 && status !== 1) throw new Error(`${pattern}: ${stderr}`)
  return stdout.split('\n').filter((line) => line !== '')
}

function expectSameMatches(regExp: RegExp, topics: readonly string[] = TOPICS): void {
  const expected = topics.filter((topic) => regExp.test(topic))
  expect(posixMatches(topicPattern(regExp, 'topics[0]'), topics)).toEqual(expected)
}

describe('a RegExp as a topic pattern', () => {
  it.each([
    /^orders/,
    /^orders$/,
    /orders/,
    /orders$/,
    /^orders\.eu$/,
    /^orders.eu$/,
    /^orders[._-]eu$/,
    /^(?:my-)?orders$/,
    /^(my-)?orders$/,
    /^(a|b)$/,
    /^a|b$/,
    /a|^b/,
    /^(?:logs|users)\./,
    /^v\d+\.users$/,
    /^v\d{2}\.users$/,
    /^v\d{1,2}\.users$/,
    /^a{2,}$/,
    /^a{2}$/,
    /^a{0}b/,
    /^logs\.\d{4}-\d{2}-\d{2}$/,
    /^\w+$/,
    /^\W+$/,
    /^\D+$/,
    /^\S+$/,
    /^a+?$/,
    /^a*?b$/,
    /^a??b/,
    /^a{1,2}?b$/,
    /^[a-z]+$/,
    /^[A-Z]+$/,
    /^[^a-z]+$/,
    /^[a-zA-Z0-9._-]+$/,
    /^.*$/,
    /^(?:a(?:b)?)+$/,
    /^(ab)*$/,
    /a\/b|a/,
    /\$|\^|x/,
    /\(|\)|\[|\]|\{|\}|\||\*|\+|\?|\\|b/,
    new RegExp(''),
    new RegExp('(?:)x'),
  ])('%s finds the topics that it finds in JavaScript', (regExp) => {
    expectSameMatches(regExp)
  })

  it.each([
    /^[\d]+$/,
    /^[\w]+$/,
    /^[\w.]+$/,
    /^[.\w]+$/,
    new RegExp('^[\\w\\-]+$'),
    new RegExp('^[\\-\\w]+$'),
    /^[\w\-.]+$/,
    /^[\w-]+$/,
    /^[-\w]+$/,
    /^[\d-]+$/,
    /^[\d.-]+$/,
    /^[^\d]+$/,
    /^[^\w]+$/,
    /^[^\w-]+$/,
    /^[\D]+$/,
    /^[\W]+$/,
    /^[\W\d]+$/,
    /^[\S]+$/,
    /^[^\D]+$/,
    /^[a\-z]+$/,
    /^[a-]+$/,
    /^[-a]+$/,
    /^[^-]+$/,
    /^[^.]+$/,
    new RegExp('^[\\.]|b'),
    new RegExp('^[\\/]|b'),
    /^[a^]$/,
    /^[$]|x/,
    /^[(|)]|x/,
    /[\s]|x/,
    /[\b]|x/,
    /[\]]|x/,
    /[\\]|x/,
    new RegExp('[]|x'),
    /^[^]$/,
  ])('%s, a class with escapes or hyphens, finds the topics that it finds in JavaScript', (regExp) => {
    expectSameMatches(regExp)
  })

  it.each([/^[\w-.]+$/, /^[.-\w]+$/, /^[\w-a]+$/, /^[\d-x]+$/, /^[a-z-.]+$/, /^[\d-\w]+$/])(
    '%s, a class with a hyphen after a set or a range, finds the same or is refused',
    (regExp) => {
      expectSameOrRefused(regExp)
    },
  )

  it.each([/[[.]/, /^[[=]|x/, /^[[:alpha:]]/, /^[[:alpha:]+$/])(
    '%s, whose class would be another in POSIX, finds the same or is refused',
    (regExp) => {
      expectSameOrRefused(regExp)
    },
  )

  it.each([
    new RegExp('\\<orders'),
    new RegExp('orders\\>'),
    new RegExp('\\`a'),
    new RegExp("b\\'"),
    /a{,2}/,
    /^a{,2}$/,
    /a{/,
    /x}?/,
  ])('%s, which means something else to the C library, finds the same or is refused', (regExp) => {
    expectSameOrRefused(regExp)
  })

  it('finds the same topics, or is refused, whatever it is made of', () => {
    const member = fc.constantFrom('a', 'b', 'a-c', '0-9', '.', '_', '\\d', '\\w', '\\-', '\\.', 'x')
    const characterClass = fc
      .tuple(fc.constantFrom('', '^'), fc.array(member, { minLength: 1, maxLength: 3 }), fc.constantFrom('', '-'))
      .map(([negation, members, hyphen]) => `[${negation}${members.join('')}${hyphen}]`)
    const atom = fc.oneof(
      fc.constantFrom('a', 'b', 'x', '.', '\\.', '\\d', '\\w', '\\W', '\\D', '_', '-', '1'),
      characterClass,
    )
    const quantifier = fc.constantFrom('', '', '', '*', '+', '?', '*?', '+?', '??', '{2}', '{1,}', '{0,2}?')
    // Repeated without a bound inside and out, JavaScript would try for ever.
    const groupQuantifier = fc.constantFrom('', '', '?', '??', '{2}')
    const { pattern } = fc.letrec<{ pattern: string; piece: string }>((tie) => ({
      pattern: fc.array(tie('piece'), { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join('')),
      piece: fc.oneof(
        { maxDepth: 2 },
        fc.tuple(atom, quantifier).map(([what, how]) => what + how),
        fc
          .tuple(fc.constantFrom('(', '(?:'), tie('pattern'), tie('pattern'), groupQuantifier)
          .map(([open, left, right, how]) => `${open}${left}|${right})${how}`),
      ),
    }))
    const topic = fc
      .string({
        unit: fc.constantFrom('a', 'b', 'c', 'x', '0', '1', '9', '.', '_', '-', 'A', 'Z'),
        minLength: 1,
        maxLength: 8,
      })
      .filter((name) => name !== '.' && name !== '..')
    fc.assert(
      fc.property(
        fc.constantFrom('', '^'),
        pattern,
        fc.constantFrom('', '$'),
        fc.uniqueArray(topic, { minLength: 10, maxLength: 30 }),
        (begin, middle, end, topics) => {
          expectSameOrRefused(new RegExp(begin + middle + end), topics)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('begins with ^, by which librdkafka tells a pattern from a name', () => {
    expect(topicPattern(/^a/, 'topics[0]')).toBe('^a')
    expect(topicPattern(/a/, 'topics[0]')).toBe('^.*(a)')
  })

  it.each([
    [/a/i, 'flags'],
    [/a/g, 'flags'],
    [/a/u, 'flags'],
    [/^a(?=b)/, 'a lookaround or a named group'],
    [/^a(?!b)/, 'a lookaround or a named group'],
    [/(?<=a)b/, 'a lookaround or a named group'],
    [/(?<!a)b/, 'a lookaround or a named group'],
    [/(?<name>a)/, 'a lookaround or a named group'],
    [/(a)\1/, '\\1'],
    [/\ba/, '\\b'],
    [/\Ba/, '\\B'],
    [/a\sb/, '\\s'],
    [/a\nb/, '\\n'],
    [/\u0061/, '\\u'],
    [/\x61/, '\\x'],
    [new RegExp(String.raw`\0`), '\\0'],
    [/a{0,40000}/, '{0,40000}'],
  ])('%s is refused, for it has what POSIX has not', (regExp, what) => {
    const error = thrownBy(() => topicPattern(regExp, 'topics[3]'))
    expect(error).toBeInstanceOf(ArgumentError)
    expect((error as Error).message).toBe(
      `topics[3]: expected a RegExp that librdkafka can match, got /${regExp.source}/${regExp.flags} with ${what}`,
    )
  })

  it('is refused with a NUL character in it', () => {
    expect(() => topicPattern(new RegExp(`a${String.fromCharCode(0)}`), 'topics[0]')).toThrow(
      new ArgumentError('topics[0]: expected a pattern without NUL characters'),
    )
  })
})

describe('a string as a topic pattern', () => {
  it('is a name as it stands, or a pattern of librdkafka when it begins with ^', () => {
    expect(topicPattern('orders.eu', 'topics[0]')).toBe('orders.eu')
    expect(topicPattern('^orders[0-9]', 'topics[0]')).toBe('^orders[0-9]')
  })

  it.each(['a b', '', '.', 'a/b', 5, null, undefined, {}, ['a']])('is refused when it is %p', (topic) => {
    expect(() => topicPattern(topic, 'topics[1]')).toThrow(/^topics\[1\]: expected a topic name \(1 to 249 .* got /)
  })

  it('is refused with a NUL character in a pattern', () => {
    expect(() => topicPattern('^a\0', 'topics[0]')).toThrow('without NUL characters')
  })
})

function expectSameOrRefused(regExp: RegExp, topics: readonly string[] = TOPICS): void {
  let pattern: string
  try {
    pattern = topicPattern(regExp, 'topics[0]')
  } catch (error) {
    expect(error).toBeInstanceOf(ArgumentError)
    return
  }
  expect(posixMatches(pattern, topics)).toEqual(topics.filter((topic) => regExp.test(topic)))
}
