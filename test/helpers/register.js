'use strict'
// Lets a plain node process load TypeScript as the tests do: node --require test/helpers/register.js fixture.ts
//
// Fixtures run the sources themselves, so they test what is being worked on and not what was last compiled to dist/.
const fs = require('node:fs')
const { transformSync } = require('@swc/core')

/** @type {NodeJS.RequireExtensions} */
const extensions = require.extensions

extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(fs.readFileSync(filename, 'utf8'), {
    filename,
    configFile: false,
    swcrc: false,
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  })
  const compiled = /** @type {NodeJS.Module & { _compile(code: string, filename: string): void }} */ (module)
  compiled._compile(code, filename)
}
