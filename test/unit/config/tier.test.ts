import { inspect } from 'node:util'
import { ConsumerConfig, ConsumerTier } from '../../../lib/config'
import { parseTier } from '../../../lib/config/tier'
import { configOf, refusal } from './support'

const KEY = 'performance.tier'

describe('ConsumerTier', () => {
  test('equal tiers are the same object', () => {
    expect(ConsumerTier.Buffered({ batchSize: 32 })).toBe(ConsumerTier.Buffered({ batchSize: 32 }))
    expect(ConsumerTier.Buffered({ batchSize: 32 })).not.toBe(ConsumerTier.Buffered({ batchSize: 33 }))
    expect(parseTier('standard', KEY)).toBe(ConsumerTier.Standard)
    expect(parseTier('dedicated', KEY)).toBe(ConsumerTier.Dedicated)
  })

  test('tiers say what they are', () => {
    expect(ConsumerTier.Standard).toMatchObject({ kind: 'standard', batchSize: undefined })
    expect(ConsumerTier.Dedicated).toMatchObject({ kind: 'dedicated', batchSize: undefined })
    expect(ConsumerTier.Buffered({ batchSize: 64 })).toMatchObject({ kind: 'buffered', batchSize: 64 })
  })

  test('tiers print in a form that is accepted', () => {
    expect(String(ConsumerTier.Standard)).toBe('standard')
    expect(String(ConsumerTier.Dedicated)).toBe('dedicated')
    expect(String(ConsumerTier.Buffered({ batchSize: 64 }))).toBe('buffered:64')
    expect(inspect(ConsumerTier.Standard)).toBe('ConsumerTier.Standard')
    expect(inspect(ConsumerTier.Dedicated)).toBe('ConsumerTier.Dedicated')
    expect(inspect(ConsumerTier.Buffered({ batchSize: 64 }))).toBe('ConsumerTier.Buffered({ batchSize: 64 })')
  })

  test.each([ConsumerTier.Standard, ConsumerTier.Dedicated, ConsumerTier.Buffered({ batchSize: 7 })])(
    'JSON and text of %s are the same tier when they are read',
    (tier) => {
      expect(parseTier(JSON.parse(JSON.stringify(tier)), KEY)).toBe(tier)
      expect(parseTier(String(tier), KEY)).toBe(tier)
      expect(parseTier(tier, KEY)).toBe(tier)
    },
  )

  test('tiers cannot be changed', () => {
    const tier = ConsumerTier.Buffered({ batchSize: 32 }) as { batchSize: number }
    expect(() => (tier.batchSize = 0)).toThrow(TypeError)
    expect(() => Object.assign(ConsumerTier, { Standard: ConsumerTier.Dedicated })).toThrow(TypeError)
  })

  test.each([0, -1, 10_001, 1.5, NaN, Infinity, '32', null, undefined])(
    'a batch size of %p is refused',
    (batchSize) => {
      const value = { batchSize } as { batchSize: number }
      expect(refusal(() => ConsumerTier.Buffered(value))).toBe(
        `ConsumerTier.Buffered: batchSize: expected an integer from 1 to 10000, got ${batchSize === '32' ? '"32"' : String(batchSize)}`,
      )
      expect(refusal(() => configOf({ [KEY]: { buffered: value } }))).toContain(
        'performance.tier: batchSize: expected an integer from 1 to 10000, got ',
      )
      expect(refusal(() => configOf({ [KEY]: { buffered: { batch_size: batchSize } } }))).toContain(
        'performance.tier: batch_size: expected an integer from 1 to 10000, got ',
      )
    },
  )

  test('Buffered() without options is refused', () => {
    const buffered = ConsumerTier.Buffered as (options?: unknown) => unknown
    expect(refusal(() => buffered())).toContain('expected an integer from 1 to 10000, got undefined')
    expect(refusal(() => buffered(null))).toContain('got undefined')
  })

  test('the smallest and the largest batch are accepted', () => {
    expect(ConsumerTier.Buffered({ batchSize: 1 }).batchSize).toBe(1)
    expect(ConsumerTier.Buffered({ batchSize: 10_000 }).batchSize).toBe(10_000)
  })
})

describe('performance.tier', () => {
  test.each([
    ['standard', ConsumerTier.Standard],
    ['dedicated', ConsumerTier.Dedicated],
    ['buffered', ConsumerTier.Buffered({ batchSize: 32 })],
    ['buffered:64', ConsumerTier.Buffered({ batchSize: 64 })],
    [{ buffered: { batch_size: 16 } }, ConsumerTier.Buffered({ batchSize: 16 })],
    [{ buffered: { batchSize: 16 } }, ConsumerTier.Buffered({ batchSize: 16 })],
    ['legacy', undefined],
    [undefined, undefined],
  ])('%p is read as %p', (value, tier) => {
    expect(configOf({ [KEY]: value }).tier).toBe(tier)
    expect(configOf({ performance_tier: value }).tier).toBe(tier)
  })

  test.each([
    ['dedicatd', 'got "dedicatd"; did you mean "dedicated"?'],
    ['Standard', 'got "Standard"; did you mean "standard"?'],
    ['turbo!', 'got "turbo!"'],
    ['buffered:', 'got "buffered:"; did you mean "buffered"?'],
    ['buffered:0', 'performance.tier: batch size: expected an integer from 1 to 10000, got 0'],
    ['buffered:-5', 'performance.tier: batch size: expected an integer from 1 to 10000, got -5'],
    ['buffered:1e3', 'got "buffered:1e3"'],
    [null, 'got null'],
    [32, 'got 32'],
    [['standard'], 'got an array'],
    [{ buffered: 32 }, 'got an object'],
    [{ buffered: {} }, 'got an object'],
    [{ buffered: { batch_size: 1, batchSize: 1 } }, 'got an object'],
    [{ buffered: { batch_size: 1 }, dedicated: true }, 'got an object'],
    [{ dedicated: {} }, 'got an object'],
  ])('%p is refused', (value, message) => {
    const refused = refusal(() => configOf({ [KEY]: value }))
    expect(refused).toMatch(/^performance\.tier: .*expected/)
    expect(refused).toContain(message)
  })

  test('both spellings of the key at once are refused', () => {
    expect(refusal(() => configOf({ [KEY]: 'standard', performance_tier: 'standard' }))).toBe(
      'performance_tier: expected one of "performance.tier" and "performance_tier", which are the same property, got both',
    )
  })
})

describe('RDKAFKA_TIERS_TIER', () => {
  const saved = process.env['RDKAFKA_TIERS_TIER']
  afterEach(() => {
    if (saved === undefined) delete process.env['RDKAFKA_TIERS_TIER']
    else process.env['RDKAFKA_TIERS_TIER'] = saved
  })

  test.each([
    ['standard', ConsumerTier.Standard],
    ['buffered:128', ConsumerTier.Buffered({ batchSize: 128 })],
    ['legacy', undefined],
  ])('%s overrides the configured tier', (variable, tier) => {
    process.env['RDKAFKA_TIERS_TIER'] = variable
    expect(configOf({ [KEY]: 'dedicated' }).tier).toBe(tier)
    expect(configOf().tier).toBe(tier)
  })

  test('empty, it overrides nothing', () => {
    process.env['RDKAFKA_TIERS_TIER'] = ''
    expect(configOf({ [KEY]: 'dedicated' }).tier).toBe(ConsumerTier.Dedicated)
  })

  test('it is read when the configuration is made', () => {
    const config = configOf({ [KEY]: 'dedicated' })
    process.env['RDKAFKA_TIERS_TIER'] = 'standard'
    expect(config.tier).toBe(ConsumerTier.Dedicated)
    expect(config.with({}).tier).toBe(ConsumerTier.Standard)
  })

  test('it does not get into what is saved', () => {
    process.env['RDKAFKA_TIERS_TIER'] = 'legacy'
    const text = configOf({ [KEY]: 'dedicated' }).toYaml()
    delete process.env['RDKAFKA_TIERS_TIER']
    expect(ConsumerConfig.fromYaml(text).tier).toBe(ConsumerTier.Dedicated)
  })

  test('an invalid value is refused, and the message names the variable', () => {
    process.env['RDKAFKA_TIERS_TIER'] = 'fast'
    expect(refusal(() => configOf())).toMatch(/^RDKAFKA_TIERS_TIER: expected "standard", .* got "fast"$/)
  })
})
