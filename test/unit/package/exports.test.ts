import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import manifest from '../../../package.json'
import { runNode } from '../../helpers/child'
import { repositoryRoot } from '../../helpers/deps'
import { ensureDist } from './support'

const FUNCTIONS = [
  ...['ArgumentError', 'ClosedError', 'ConfigError', 'DeserializationError', 'KafkaError', 'LoadError', 'StateError'],
  ...[
    'AuthenticationError',
    'AuthorizationError',
    'ConnectionError',
    'CorruptRecordError',
    'GroupError',
    'OffsetError',
  ],
  ...['UnknownTopicError', 'TimeoutError', 'ConsumerConfig', 'KafkaStreamConsumer', 'Message', 'MessageBatch'],
  ...['bytes', 'json', 'string', 'features', 'librdkafkaVersion', 'versions'],
]

beforeAll(ensureDist, 130_000)

describe('the package', () => {
  it('gives its names to require()', async () => {
    const { code, events, stderr } = await runNode(join(__dirname, 'fixtures', 'names.cjs'))
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const [found] = events as [{ main: Record<string, string>; testing: object; name: string; features: string[] }]
    for (const name of FUNCTIONS) expect([name, found.main[name]]).toEqual([name, 'function'])
    expect(found.main['ConsumerFactory']).toBe('object')
    expect(found.main['ConsumerTier']).toBeDefined()
    expect(found.testing).toEqual({ MockCluster: 'function', ApiKey: 'object' })
    expect(found.name).toBe('rdkafka-tiers')
    expect(found.features).toContain('zstd')
  })

  it('gives nothing by require() that is not meant to be used', async () => {
    const { events } = await runNode(join(__dirname, 'fixtures', 'names.cjs'))
    const [{ main }] = events as [{ main: Record<string, string> }]
    expect(Object.keys(main).sort()).toEqual([...FUNCTIONS, 'ConsumerFactory', 'ConsumerTier'].sort())
  })

  it('gives its names to ES modules, the same objects, and consumes there', async () => {
    const { code, events, stderr } = await runNode(join(__dirname, 'fixtures', 'names.mjs'))
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const [found] = events as [{ types: Record<string, string>; isSameAsRequired: boolean; value: unknown }]
    expect(Object.values(found.types)).not.toContain('undefined')
    expect(found.isSameAsRequired).toBe(true)
    expect(found.value).toEqual({ id: 1 })
  })

  it.each(Object.entries(manifest.exports).filter(([entry]) => entry !== './package.json'))(
    'has code and types of its entry %s',
    (_, target) => {
      const { types, default: code } = target as { types: string; default: string }
      expect(existsSync(join(repositoryRoot, code))).toBe(true)
      expect(existsSync(join(repositoryRoot, types))).toBe(true)
    },
  )

  it('names the same files for tools that do not read `exports`', () => {
    expect({ types: manifest.types, default: manifest.main }).toEqual(manifest.exports['.'])
  })

  it('has types that name what users use', () => {
    const types = readFileSync(join(repositoryRoot, manifest.types), 'utf8')
    for (const name of ['KafkaStreamConsumer', 'TopicPartitionOffset', 'RebalanceHandler', 'MessageHeader']) {
      expect(types).toContain(name)
    }
  })

  it('does not let reach into it', async () => {
    const script = `import('rdkafka-tiers/dist/binding.js').then(() => console.log('[true]'), (e) => console.log(JSON.stringify([e.code])))`
    const { events } = await runNode('--input-type=module', { args: ['--eval', script], cwd: repositoryRoot })
    expect(events).toEqual([['ERR_PACKAGE_PATH_NOT_EXPORTED']])
  })
})
