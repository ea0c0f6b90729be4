// YAML as people write it, and what may befall it.
import { isAlias, isMap, isNode, isScalar, parseDocument } from 'yaml'
import { ConsumerConfig } from '../../../lib/config'
import { SECRETS } from '../../../lib/config/secrets'
import type { Random } from '../../helpers/random'
import { hostile } from '../hostile'
import { SECRET, type Case } from './check'
import { isKnown, randomName, textFor } from './values'

const DOCUMENTS = [
  `bootstrap.servers: localhost:9092
group.id: orders # a comment
performance.tier: dedicated
session.timeout.ms: &t 6000
auto.commit.interval.ms: *t
sasl.password: ${SECRET}
enable.auto.commit: false
closeTimeoutMs: 5000
`,
  `{"bootstrap.servers": "a,b", "group.id": "g", "sasl.username": "${SECRET}", "performance.tier": {"buffered": {"batch_size": 5}}}`,
  `---
'bootstrap.servers': "localhost:9092"
"group.id": 'it''s'
performance_tier:
  buffered:
    batch_size: 16
ssl.key.pem: |
  -----BEGIN-----
  ${SECRET}
client.id: >-
  folded
  text
...
`,
  `bootstrap.servers: "x"\r\ngroup.id: "\\u00fc\\x41"\r\nssl.key.password: "${SECRET}"\r\nenable.partition.eof: 'true'\r\n`,
  // Whatever is made of it has no end.
  `bootstrap.servers: x\ngroup.id: &b {x: *b}\nperformance.tier: &c {buffered: *c}\n`,
  `client.id: [${'&b [*b, '.repeat(100)}x${']'.repeat(100)}]\n`,
  `? bootstrap.servers\n: x\n? group.id\n: g\nsasl.oauthbearer.config: 'principal=a secret=${SECRET}'\n`,
]

const PIECES = [
  ...[':', ': ', '{', '}', '[', ']', ',', '&a ', '*a', '#', ' #', '? ', '| ', '>', '- ', '-', '<<: *a', '=', '!', '!!'],
  ...[
    '%',
    '@',
    '`',
    "'",
    '"',
    '\\',
    '\t',
    '\n',
    '\r',
    '\r\n',
    ' ',
    '  ',
    '\0',
    '\u2028',
    '\ufeff',
    '💥',
    '\ud800',
    '~',
  ],
  ...[
    '---\n',
    '...\n',
    '%YAML 1.1\n',
    '%TAG ! x\n',
    '!!binary ',
    '!!set ',
    '!!js/function ',
    '!!float ',
    '.nan',
    '0x1',
  ],
  ...['null', 'yes', '1e999', '__proto__: {polluted: 1}\n', 'constructor: {prototype: {polluted: 1}}\n', '*nowhere'],
  ...['\ngroup.id: again\n', '\nperformance.tier: standard\n', '\n<<: {a: b}\n', '\n5: x\n', '\n[a]: b\n'],
]
/** These begin something that goes on to be begun. */
const NESTING = ['[', '{a: ', '- ', '? ', 'a:\n ', '"', '&a ', '!x ', '[[],', '{', 'a: &b [*b, ', ' ']

export function yamlCase(random: Random): Case {
  if (random.next() < 0.01) {
    const given = hostile(random)
    return of(typeof given === 'string' ? given : '', () => ConsumerConfig.fromYaml(given as string))
  }
  const text = mutated(random, random.next() < 0.5 ? random.pick(DOCUMENTS) : written(random))
  return of(text, () => ConsumerConfig.fromYaml(text))
}

function of(text: string, make: Case['make']): Case {
  const parsed = parse(text)
  return {
    make,
    names: ['YAML', ...parsed.keys()],
    isMisplaced: [...parsed].some(([name, value]) => name.includes(SECRET) || isMisplaced(name, value)),
    isOwn: () => false,
  }
}

/** A mutation can make a secret the value of something else, which then is shown as what it is. */
function isMisplaced(name: string, value: string): boolean {
  return isKnown(name) && !SECRETS.has(name) && value.includes(SECRET)
}

/** The keys of the outermost map, and what their values say. Not resolved: there are aliases that have no end. */
function parse(text: string): Map<string, string> {
  const document = parseDocument(text, { prettyErrors: false })
  if (!isMap(document.contents) || document.errors.length > 0) return new Map()
  const said = (node: unknown): string => {
    const resolved = isAlias(node) ? node.resolve(document) : node
    if (isScalar(resolved)) return String(resolved.value)
    const range = isNode(resolved) ? resolved.range : undefined
    return range === undefined || range === null ? '' : text.slice(range[0], range[2])
  }
  return new Map(document.contents.items.map(({ key, value }) => [said(key), said(value)]))
}

/** Any properties, in any of YAML's ways to write a text. */
function written(random: Random): string {
  const lines = ['bootstrap.servers: x', 'group.id: g']
  for (let left = random.integer(0, 6); left > 0; left--) {
    const name = randomName(random)
    const text = textFor(random, name)
    const write = random.pick<(text: string) => string>([
      (each) => each,
      (each) => JSON.stringify(each),
      (each) => `'${each.replaceAll("'", "''")}'`,
    ])
    lines.splice(
      random.integer(0, lines.length),
      0,
      `${/^[\w.]+$/.test(name) ? name : JSON.stringify(name)}: ${write(text)}`,
    )
  }
  return `${lines.join(random.next() < 0.9 ? '\n' : '\r\n')}\n`
}

function mutated(random: Random, original: string): string {
  let text = original
  for (let left = random.integer(0, 4); left > 0; left--) text = mutate(random, text)
  return text
}

function mutate(random: Random, text: string): string {
  const at = random.integer(0, text.length)
  const kind = random.next()
  if (kind < 0.35) return text.slice(0, at) + random.pick(PIECES) + text.slice(at)
  if (kind < 0.6) return text.slice(0, at) + text.slice(at + random.integer(1, 3))
  if (kind < 0.75) return text.slice(0, at) + random.pick(PIECES) + text.slice(at + 1)
  if (kind < 0.8) return text.slice(0, at)
  if (kind < 0.9) return lines(random, text)
  if (kind < 0.96) return text.slice(0, at) + text.slice(random.integer(0, text.length))
  if (kind < 0.98) return `${text}\n${bomb(random.integer(2, 12), random.integer(2, 12))}`
  const depth = random.next() < 0.9 ? random.integer(2, 60) : random.integer(60, 1500)
  return text.slice(0, at) + random.pick(NESTING).repeat(depth) + text.slice(at)
}

/** Doubled, moved, indented, by spaces or by a tab. */
function lines(random: Random, text: string): string {
  const all = text.split('\n')
  const [line = ''] = all.splice(random.integer(0, all.length - 1), random.integer(0, 1))
  all.splice(random.integer(0, all.length), 0, random.pick(['', ' ', '  ', '\t', '- ', '# ']) + line)
  return all.join('\n')
}

/** Aliases of aliases: a little text that says very much. */
function bomb(depth: number, width: number): string {
  const names = Array.from({ length: depth }, (_, index) => `b${index}`)
  const last = (index: number): string => (index === 0 ? 'x' : `*b${index - 1}`)
  return names.map((name, i) => `${name}: &${name} [${Array.from({ length: width }, () => last(i)).join()}]`).join('\n')
}
