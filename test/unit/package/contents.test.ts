// What `npm publish` would publish.
import manifest from '../../../package.json'
import { repositoryRoot, run } from '../../helpers/deps'
import { ensureDist } from './support'

let files: string[]

beforeAll(async () => {
  await ensureDist()
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: repositoryRoot,
    install: 'npm is needed to see what would be published',
    deadlineMs: 60_000,
  })
  const [packed] = JSON.parse(stdout) as [{ files: { path: string }[] }]
  files = packed.files.map(({ path }) => path)
}, 200_000)

describe('what is published', () => {
  it.each([
    'package.json',
    'LICENSE',
    'binding.gyp',
    'dist/index.js',
    'dist/index.d.ts',
    'dist/testing.js',
    'dist/testing.d.ts',
    'native/addon.cc',
    'native/batch.h',
    'scripts/build-addon.js',
  ])('has %s', (file) => {
    expect(files).toContain(file)
  })

  it.each([
    /^test\//,
    /\.test\./,
    /^benchmarks\//,
    /^demo\//,
    /^build\//,
    /^\.deps\//,
    /^lib\//,
    /^node_modules\//,
    /^\./,
  ])('has nothing like %s', (pattern) => {
    expect(files.filter((file) => pattern.test(file))).toEqual([])
  })

  it('has only what the package is made of', () => {
    const top = new Set(files.map((file) => file.split('/')[0]))
    const known = ['dist', 'prebuilds', 'native', 'scripts', 'binding.gyp', 'package.json', 'LICENSE']
    expect(
      [...top].filter((name) => !known.includes(name ?? '') && !/^(README|CHANGELOG)\.md$/.test(name ?? '')),
    ).toEqual([])
  })
})

describe('installing it', () => {
  it('runs no script, and makes npm build nothing', () => {
    const scripts = Object.keys(manifest.scripts)
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare', 'postprepare']) {
      expect(scripts).not.toContain(script)
    }
    // Without this npm would run node-gyp, for there is a binding.gyp.
    expect(manifest.gypfile).toBe(false)
    expect(scripts).toContain('build:addon')
  })

  it('needs no node-rdkafka', () => {
    expect(Object.keys(manifest.dependencies)).not.toContain('node-rdkafka')
    expect(manifest.peerDependenciesMeta['node-rdkafka']).toEqual({ optional: true })
  })
})
