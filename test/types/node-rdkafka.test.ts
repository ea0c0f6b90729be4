// Code typed against node-rdkafka compiles unchanged with this package's types: as published, in an application that has
// no node-rdkafka, however it resolves modules.
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { ERROR_CODES } from '../../lib/drop-in/codes'
import { LIBRDKAFKA_PROPERTIES } from '../../lib/config/librdkafka-properties'
import { startNode } from '../helpers/child'
import { repositoryRoot, REGISTER } from '../helpers/deps'
import { TemporaryDirectory } from '../helpers/guard'

const sources = join(repositoryRoot, 'test', 'types', 'node-rdkafka')
const lib = join(repositoryRoot, 'lib')
/** Files of TypeScript itself and of @types/node: read and parsed once for all programs. */
const parsed = new Map<string, ts.SourceFile | undefined>()

function program(files: readonly string[], options: ts.CompilerOptions): ts.Program {
  const host = ts.createCompilerHost(options)
  const read = host.getSourceFile.bind(host)
  host.getSourceFile = (name, target, ...rest) => {
    // Its module format depends on the options; that of declarations of globals does not matter.
    if (!/\/(typescript\/lib|@types\/node)\//.test(name)) return read(name, target, ...rest)
    if (!parsed.has(name)) parsed.set(name, read(name, target, ...rest))
    return parsed.get(name)
  }
  return ts.createProgram(files, options, host)
}

function complaints(compiled: ts.Program, file?: string): string[] {
  const source = file === undefined ? undefined : compiled.getSourceFile(file)
  if (file !== undefined && source === undefined) throw new Error(`${file} is no part of the program`)
  return ts.getPreEmitDiagnostics(compiled, source).map((each) =>
    ts.formatDiagnostic(each, {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => repositoryRoot,
      getNewLine: () => '\n',
    }),
  )
}

function repositoryOptions(config: string): ts.CompilerOptions {
  const path = join(repositoryRoot, config)
  const read = ts.readConfigFile(path, (name) => ts.sys.readFile(name))
  return ts.parseJsonConfigFileContent({ ...read.config, files: [], include: [] }, ts.sys, repositoryRoot).options
}

describe('beside node-rdkafka', () => {
  const files = ['example.ts', 'both-ways.ts', 'ours.ts']
  let compiled: ts.Program

  beforeAll(() => {
    const options = repositoryOptions('tsconfig.test.json')
    compiled = program(
      files.map((name) => join(sources, name)),
      options,
    )
  }, 120_000)

  it('the example compiles with the types of node-rdkafka', () => {
    expect(complaints(compiled, join(sources, 'example.ts'))).toEqual([])
    const imported = compiled.getSourceFiles().map(({ fileName }) => fileName)
    expect(imported.some((name) => name.endsWith('node_modules/node-rdkafka/index.d.ts'))).toBe(true)
  }, 60_000)

  it('what one gives the other takes', () => {
    expect(complaints(compiled, join(sources, 'both-ways.ts'))).toEqual([])
  }, 60_000)

  it('a tier is a property of consumers, what node-rdkafka declares wrongly is right, and mistakes are refused', () => {
    expect(complaints(compiled, join(sources, 'ours.ts'))).toEqual([])
  }, 60_000)
})

describe('in an application without node-rdkafka', () => {
  const application = new TemporaryDirectory('types')
  const example = readFileSync(join(sources, 'example.ts'), 'utf8')
  const changed = example.replaceAll("from 'node-rdkafka'", "from 'rdkafka-tiers/node-rdkafka'")
  const node10: ts.CompilerOptions = {
    module: ts.ModuleKind.CommonJS,
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- what applications had by default for ten years
    moduleResolution: ts.ModuleResolutionKind.Node10,
    ...(Number.parseInt(ts.version) >= 6 && { ignoreDeprecations: '6.0' }),
  }

  beforeAll(() => {
    const installed = join(application.path, 'node_modules', 'rdkafka-tiers')
    mkdirSync(join(application.path, 'node_modules', '@types'), { recursive: true })
    mkdirSync(installed)
    cpSync(join(repositoryRoot, 'package.json'), join(installed, 'package.json'))
    symlinkSync(
      join(repositoryRoot, 'node_modules', '@types', 'node'),
      join(application.path, 'node_modules', '@types', 'node'),
    )
    for (const name of ['example.ts', 'example.mts']) writeFileSync(join(application.path, name), changed)

    // As scripts/build-ts.js publishes them.
    const options = {
      ...repositoryOptions('tsconfig.json'),
      outDir: join(installed, 'dist'),
      emitDeclarationOnly: true,
    }
    const entries = ['index.ts', 'node-rdkafka.ts', 'testing.ts'].map((name) => join(lib, name))
    expect(program(entries, { ...options, sourceMap: false }).emit().diagnostics).toEqual([])
  }, 120_000)

  afterAll(() => {
    application.remove()
  })

  it('the example has nothing changed but its imports', () => {
    const lines = changed.split('\n')
    const different = example.split('\n').filter((line, index) => line !== lines[index])
    expect(different).toEqual(["import * as Kafka from 'node-rdkafka'", "} from 'node-rdkafka'"])
    expect(lines.length).toBeGreaterThan(200)
  })

  it.each<[string, string, ts.CompilerOptions]>([
    [
      'CommonJS, every declaration checked',
      'example.ts',
      { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16, skipLibCheck: false },
    ],
    [
      'an ES module',
      'example.mts',
      { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
    ],
    ['a bundler', 'example.ts', { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler }],
    ['the resolution of old', 'example.ts', node10],
    ['the resolution of old, not strict', 'example.ts', { ...node10, strict: false, esModuleInterop: false }],
  ])(
    'the example compiles: %s',
    (_name, file, options) => {
      const compiled = program([join(application.path, file)], {
        target: ts.ScriptTarget.ES2022,
        lib: ['lib.es2022.d.ts'],
        types: ['node'],
        typeRoots: [join(application.path, 'node_modules', '@types')],
        strict: true,
        esModuleInterop: true,
        skipLibCheck: true,
        noEmit: true,
        ...options,
      })
      expect(complaints(compiled)).toEqual([])
      const imported = compiled.getSourceFiles().map(({ fileName }) => fileName)
      expect(imported.some((name) => name.endsWith('/rdkafka-tiers/dist/node-rdkafka.d.ts'))).toBe(true)
      expect(imported.filter((name) => name.includes('node_modules/node-rdkafka/'))).toEqual([])
    },
    60_000,
  )
})

describe('what the types say', () => {
  it('the codes are those of node-rdkafka, by name and value', () => {
    const { CODES } = jest.requireActual<{ CODES: { ERRORS: Record<string, number> } }>('node-rdkafka')
    expect(ERROR_CODES).toEqual(CODES.ERRORS)
  })

  it('the properties are those of librdkafka', () => {
    const text = readFileSync(join(lib, 'drop-in', 'types', 'config.ts'), 'utf8')
    const declared = new Set([...text.matchAll(/^ {2}'?([\w.]+)'?\?: /gm)].map(([, name]) => name))
    // Of share consumers.
    const others = ['max.poll.records', 'share.acknowledgement.mode']
    const known = Object.keys(LIBRDKAFKA_PROPERTIES).filter((name) => !others.includes(name))
    expect([...declared].sort()).toEqual([...known, 'event_cb', 'performance.tier'].sort())
  })

  it.each([
    ['a default import', "import Kafka from 'MODULE'"],
    ['a namespace', "import * as Kafka from 'MODULE'"],
    ['an assignment', "import Kafka = require('MODULE')"],
  ])('they are there at run time, by %s', async (_name, statement) => {
    const directory = new TemporaryDirectory('imports')
    const script = join(directory.path, 'script.js')
    const text = `${statement.replace('MODULE', join(lib, 'node-rdkafka.ts'))}
      console.log(JSON.stringify({ consumer: typeof Kafka.KafkaConsumer, codes: typeof Kafka.CODES.ERRORS }))`
    const compilerOptions = { module: ts.ModuleKind.CommonJS, esModuleInterop: true }
    writeFileSync(script, ts.transpileModule(text, { compilerOptions }).outputText)
    const nodeFlags = REGISTER
    const { events, stderr } = await startNode(script, { nodeFlags }).result
    directory.remove()
    expect({ events, stderr }).toEqual({ events: [{ consumer: 'function', codes: 'object' }], stderr: '' })
  })
})
