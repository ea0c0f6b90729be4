'use strict'
// Writes docs/configuration.md: the table of the package's own options, from OPTIONS in lib/config/options.ts and the
// comments above them. A unit test holds the two equal.
const fs = require('node:fs')
const path = require('node:path')
const ts = require('typescript')
const { root } = require('../support/paths')

const source = path.join(root, 'lib', 'config', 'options.ts')
const target = path.join(root, 'docs', 'configuration.md')

/** The comments above the options, by name. */
function descriptions() {
  const text = fs.readFileSync(source, 'utf8')
  const table = text.slice(text.indexOf('export const OPTIONS = {'))
  return new Map(
    [...table.matchAll(/\/\*\*((?:(?!\*\/)[^])*)\*\/\s+(\w+): /g)].map(([, comment = '', name = '']) => [
      name,
      comment
        .replace(/\n\s*\*/g, ' ')
        .replace(/\s+/g, ' ')
        .trim(),
    ]),
  )
}

/** @param {Record<string, { expected: string, default: unknown }>} options */
function table(options) {
  const texts = descriptions()
  const rows = Object.entries(options).map(([name, { expected, default: fallback }]) => {
    const description = texts.get(name)
    if (description === undefined) throw new Error(`${name} has no comment in lib/config/options.ts`)
    return `| \`${name}\` | ${expected} | ${fallback === undefined ? '' : `\`${String(fallback)}\``} | ${description} |`
  })
  return ['| Option | Value | Default | |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

/**
 * The page, with the table as it must be. Prettier aligns it afterwards.
 *
 * @param {Record<string, { expected: string, default: unknown }>} options
 */
function render(options) {
  const page = fs.readFileSync(target, 'utf8')
  const begin = '<!-- options: written by scripts/config/render-options.js -->\n'
  const end = '<!-- end of options -->'
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < 0) throw new Error('docs/configuration.md has no place for the options')
  return `${page.slice(0, from)}${begin}\n${table(options)}\n\n${page.slice(to)}`
}

/** OPTIONS, compiled on the way: this script needs no build. */
function loadOptions() {
  const { outputText } = ts.transpileModule(fs.readFileSync(source, 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  })
  const exported = { OPTIONS: {} }
  // It imports types only, so there is nothing to resolve.
  new Function('exports', outputText)(exported)
  return exported.OPTIONS
}

async function main() {
  // Its ESM half cannot be loaded inside of Jest, which uses render() alone.
  const prettier = require('prettier')
  const options = await prettier.resolveConfig(target)
  fs.writeFileSync(target, await prettier.format(render(loadOptions()), { ...options, filepath: target }))
}

if (require.main === module) {
  main().catch((/** @type {unknown} */ error) => {
    console.error(error)
    process.exitCode = 1
  })
}

module.exports = { render, target }
