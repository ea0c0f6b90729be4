import fc from 'fast-check'
import { ConsumerConfig, ConsumerTier } from '../../../lib/config'
import { librdkafkaProperty, PROPERTY_NAMES } from '../../../lib/config/properties'
import { configOf, refusal, REQUIRED } from './support'

const read = (...lines: string[]): ConsumerConfig =>
  ConsumerConfig.fromYaml(['bootstrap.servers: localhost:9092', 'group.id: orders', ...lines].join('\n'))

describe('fromYaml', () => {
  test('reads flat keys with their types', () => {
    const config = read(
      'session.timeout.ms: 6000',
      'enable.auto.commit: false',
      "enable.partition.eof: 'true'",
      'check.crcs: "false"',
      'closeTimeoutMs: 5000',
      'onDeserializationError: skip',
      'client.id: "1"',
      'ssl.ca.pem: |',
      '  first',
      '  second',
      '',
    )
    const expected = configOf({
      'session.timeout.ms': 6000,
      'enable.auto.commit': false,
      'enable.partition.eof': true,
      'check.crcs': false,
      closeTimeoutMs: 5000,
      onDeserializationError: 'skip',
      'client.id': '1',
      'ssl.ca.pem': 'first\nsecond\n',
    })
    expect(config.equals(expected)).toBe(true)
  })

  test.each([
    ['performance.tier: standard', ConsumerTier.Standard],
    ['performance_tier: dedicated', ConsumerTier.Dedicated],
    ['performance_tier: buffered', ConsumerTier.Buffered({ batchSize: 32 })],
    ['performance.tier: buffered:64', ConsumerTier.Buffered({ batchSize: 64 })],
    ['performance.tier: {buffered: {batch_size: 16}}', ConsumerTier.Buffered({ batchSize: 16 })],
    ['performance_tier:\n  buffered:\n    batch_size: 16', ConsumerTier.Buffered({ batchSize: 16 })],
    ['performance.tier: {buffered: {batchSize: 16}}', ConsumerTier.Buffered({ batchSize: 16 })],
    ['performance.tier: legacy', undefined],
  ])('reads %j', (line, tier) => {
    expect(read(line).tier).toBe(tier)
  })

  test('reads JSON', () => {
    const text = JSON.stringify({ ...REQUIRED, 'performance.tier': ConsumerTier.Buffered({ batchSize: 5 }) })
    expect(ConsumerConfig.fromYaml(text).tier).toBe(ConsumerTier.Buffered({ batchSize: 5 }))
  })

  test('anchors can be used', () => {
    expect(read('session.timeout.ms: &t 6000', 'auto.commit.interval.ms: *t').get('auto.commit.interval.ms')).toBe(6000)
  })

  test.each([
    ['', 'YAML: expected a map of properties, got nothing'],
    ['# nothing', 'YAML: expected a map of properties, got nothing'],
    ['just text', 'YAML: expected a map of properties, got a string'],
    ['- a\n- b', 'YAML: expected a map of properties, got an array'],
    ['group.id: [', 'YAML: expected a map of properties, got BAD_INDENT in line 1'],
    ['group.id: a\ngroup.id: b', 'YAML: expected a map of properties, got DUPLICATE_KEY in line 2'],
    ['group.id: a\n---\ngroup.id: b', 'YAML: expected a map of properties, got MULTIPLE_DOCS in line 2'],
    ['group.id: !secret x', 'YAML: expected a map of properties, got TAG_RESOLVE_FAILED in line 1'],
    ['group.id: *nowhere', 'YAML: expected a map of properties, got aliases that cannot be resolved'],
    ['5: x', 'YAML: expected names of properties as keys, got a number'],
    ['? [a]\n: x', 'YAML: expected names of properties as keys, got an array'],
    ['__proto__: x', '__proto__: is no property of a consumer'],
    // Without a space it is all name, the secret too.
    ['{sasl.pasword:hunter2}', 'sasl.pasword: is no property of a consumer'],
    ['group.id:', 'group.id: expected a string that is not blank, got null'],
    ['group.id: 5', 'group.id: expected a string that is not blank, got 5'],
    ['client.id: [a]', 'client.id: expected a string without NUL characters, got an array'],
    ["session.timeout.ms: '6000'", 'session.timeout.ms: expected an integer from 1 to 3600000, got "6000"'],
    ['enable.auto.commit: yes', 'enable.auto.commit: expected true or false, got "yes"'],
    ['onAssigned: log', 'onAssigned: expected a function: (partitions) => void or a promise, got "log"'],
    [
      'session: {timeout: {ms: 6000}}',
      'session: expected a plain value, got a map; keys are written flat, such as "session.timeout.ms"',
    ],
    ['group:\n  id: x', 'group: expected a plain value, got a map; keys are written flat, such as "group.id"'],
    ['other: {}', 'other: expected a plain value, got a map; keys are written flat, such as "session.timeout.ms"'],
    [
      'performance.tier: {buffered: {batch_size: 0}}',
      'performance.tier: batch_size: expected an integer from 1 to 10000, got 0',
    ],
    ['performance_tier: {buffered: [1]}', 'performance_tier: expected "standard", '],
    [
      'performance.tier: standard\nperformance_tier: standard',
      'performance_tier: expected one of "performance.tier" and "performance_tier", which are the same property, got both',
    ],
  ])('refuses %j', (text, message) => {
    const refused = refusal(() => ConsumerConfig.fromYaml(text))
    if (message.endsWith(' ')) expect(refused.startsWith(message)).toBe(true)
    else expect(refused).toBe(message)
  })

  test('refuses what is no text', () => {
    expect(refusal(() => ConsumerConfig.fromYaml(Buffer.from('') as unknown as string))).toBe(
      'YAML: expected a string, got an object',
    )
  })

  const COLLECTION = 'YAML: expected a map of properties, got an anchor of a map or a list'

  test('refuses a heap of aliases', () => {
    const bomb = [
      'a: &a [x]',
      ...'bcdefghi'.split('').map((name, i) => {
        const last = 'abcdefgh'[i] ?? ''
        return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${last}`).join()}]`
      }),
    ]
    expect(refusal(() => ConsumerConfig.fromYaml(bomb.join('\n')))).toBe(COLLECTION)
  })

  test.each(['performance.tier: &t {buffered: *t}', `a: ${'&b [*b, '.repeat(200)}x${']'.repeat(200)}`])(
    'refuses what is part of itself: %.30s',
    (text) => {
      expect(refusal(() => ConsumerConfig.fromYaml(text))).toBe(COLLECTION)
    },
  )

  test('a mistake beside a secret does not show it', () => {
    const secret = 'hunter2-value'
    for (const text of [
      `sasl.password: ${secret}: x`,
      `sasl.password: "${secret}`,
      `sasl.password: "a" ${secret}`,
      `sasl.password: [${secret}`,
      `sasl.password: {${secret}: }}`,
      `sasl.password: !!binary ${secret}`,
      `sasl.password: *${secret}`,
      `sasl.password: @${secret}`,
      `sasl.password: ${secret}\nsasl.password: ${secret}`,
      `sasl.password: "\\q${secret}"`,
      `sasl.password:\n\t- ${secret}`,
      `sasl: {password: ${secret}}`,
      `%${secret}\n---\n${secret}\n`,
      `sasl.password ${secret}`,
      `sasl.pasword: ${secret}`,
    ]) {
      let shown = ''
      try {
        ConsumerConfig.fromYaml(text)
      } catch (error) {
        shown = `${String(error)} ${(error as Error).stack ?? ''} ${String((error as Error).cause)}`
      }
      expect(shown).toMatch(/ConfigError/)
      expect(shown).not.toContain(secret)
    }
  })
})

describe('toYaml', () => {
  test('writes flat keys', () => {
    const config = configOf({ 'session.timeout.ms': 6000, 'check.crcs': true, 'performance.tier': 'buffered:16' })
    expect(config.toYaml()).toBe(
      [
        'bootstrap.servers: "localhost:9092"',
        'group.id: "orders"',
        'session.timeout.ms: 6000',
        'check.crcs: true',
        'performance.tier:',
        '  buffered:',
        '    batch_size: 16',
        '',
      ].join('\n'),
    )
  })

  test.each([
    ['onAssigned', () => undefined, 'a function'],
    ['onDeserializationError', () => undefined, 'a function'],
    ['logger', console, 'an object'],
  ])('%s cannot be written', (name, value, what) => {
    expect(refusal(() => configOf({ [name]: value }).toYaml())).toBe(
      `${name}: expected a boolean, a number or a string, as YAML has nothing else, got ${what}`,
    )
  })

  // Any text, and such as YAML takes for something else.
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom(
      'true',
      'null',
      '~',
      '1',
      '1e3',
      '0x1',
      '- a',
      '# a',
      'a: b',
      '&a',
      '*a',
      '!a',
      '|',
      '>',
      "'",
      '"',
      '%',
    ),
    fc.constantFrom(
      'a\nb\n',
      '\n',
      ' a ',
      '\r\n',
      '\u0085',
      '\u2028',
      '\ufeff',
      '...',
      '---',
      'a\n\n  b',
      '\t',
      '{',
      '\\',
    ),
  )
  const valueOf = (name: string): fc.Arbitrary<unknown> => {
    const property = librdkafkaProperty(name)
    switch (property?.kind) {
      case 'boolean':
        return name === 'enable.auto.offset.store' ? fc.constant(false) : fc.boolean()
      case 'integer':
        return fc.integer({ min: Math.max(1, property.min ?? 0), max: Math.min(100_000_000, property.max ?? 0) })
      case 'enum':
      case 'flags':
        return fc.constantFrom(...(property.values ?? []))
      case 'string':
        return text.filter((value) => !value.includes('\0') && value !== '***')
      case 'float':
      case 'native':
      case undefined:
        if (name === 'performance.tier') {
          const sizes = fc.integer({ min: 1, max: 10_000 })
          return fc.oneof(
            fc.constantFrom('standard', 'dedicated', 'legacy'),
            sizes.map((size) => `buffered:${size}`),
          )
        }
        return name === 'onDeserializationError'
          ? fc.constantFrom('fail', 'skip')
          : fc.integer({ min: 65_536, max: 100_000 })
    }
  }
  const FUNCTIONS = ['onAssigned', 'onRevoked', 'onLost', 'oauthbearerTokenRefresh', 'logger']
  const NAMES = PROPERTY_NAMES.filter(
    (name) => !FUNCTIONS.includes(name) && librdkafkaProperty(name)?.alias === undefined,
  )
  const properties = fc.record(Object.fromEntries(NAMES.map((name) => [name, valueOf(name)])), { requiredKeys: [] })

  /** The configuration, or undefined when the properties do not go together. */
  function tryConfig(given: Record<string, unknown>): ConsumerConfig | undefined {
    try {
      return ConsumerConfig.from({ ...given, ...REQUIRED, 'metadata.broker.list': undefined })
    } catch {
      return undefined
    }
  }

  test('whatever it writes, fromYaml() makes an equal configuration of it', () => {
    const together = [
      'max.poll.interval.ms',
      'session.timeout.ms',
      'heartbeat.interval.ms',
      'group.protocol',
      'fetch.max.bytes',
    ]
    const others = ['receive.message.max.bytes', 'reconnect.backoff.ms', 'rebalanceTimeoutMs', 'ssl.keystore.location']
    let runs = 0
    fc.assert(
      fc.property(properties, (given) => {
        // What mostly does not go together is left out.
        const fitting = Object.entries(given).filter(([name]) => ![...together, ...others].includes(name))
        const config = tryConfig(Object.fromEntries(fitting.filter(([name]) => name !== 'metadata.broker.list')))
        if (config === undefined) return
        runs++
        const again = ConsumerConfig.fromYaml(config.toYaml({ secrets: 'include' }))
        expect(again.toRdKafka()).toEqual(config.toRdKafka())
        expect(again.equals(config)).toBe(true)
        expect(again.tier).toBe(config.tier)
      }),
      { numRuns: 300 },
    )
    expect(runs).toBeGreaterThanOrEqual(200)
  })

  test('any single text comes back as it was', () => {
    fc.assert(
      fc.property(
        text.filter((value) => !value.includes('\0')),
        (value) => {
          expect(ConsumerConfig.fromYaml(configOf({ 'client.id': value }).toYaml()).get('client.id')).toBe(value)
        },
      ),
      { numRuns: 500 },
    )
  })
})
