'use strict'
// Compiles zlib, zstd and mimalloc into static libraries. Debian's libz.a and libzstd.a are not position independent,
// and mimalloc must be ours alone, with its symbols hidden.
const fs = require('node:fs')
const path = require('node:path')
const { run } = require('../support/run')

/**
 * @typedef {{ name: string, sources: string[], flags: string[], headers: string[] }} Library
 * @param {string} crates
 * @returns {Record<'zlib' | 'zstd' | 'mimalloc', Library>}
 */
function libraries(crates) {
  const zlib = path.join(crates, 'libz-sys', 'src', 'zlib')
  const zstd = path.join(crates, 'zstd-sys', 'zstd', 'lib')
  const mimalloc = path.join(crates, 'libmimalloc-sys', 'c_src', 'mimalloc', 'v2')
  return {
    zlib: {
      name: 'z',
      sources: cFiles(zlib),
      flags: ['-DHAVE_UNISTD_H', '-DHAVE_STDARG_H', '-D_LARGEFILE64_SOURCE=1', '-DHAVE_HIDDEN'],
      headers: [path.join(zlib, 'zlib.h'), path.join(zlib, 'zconf.h')],
    },
    zstd: {
      name: 'zstd',
      sources: ['common', 'compress', 'decompress'].flatMap((part) => cFiles(path.join(zstd, part))),
      flags: [
        '-DZSTD_LEGACY_SUPPORT=0',
        '-DZSTD_TRACE=0',
        '-DZSTDLIB_VISIBLE=',
        '-DZSTDERRORLIB_VISIBLE=',
        '-DXXH_NAMESPACE=ZSTD_',
      ],
      headers: [path.join(zstd, 'zstd.h'), path.join(zstd, 'zstd_errors.h')],
    },
    mimalloc: {
      name: 'mimalloc',
      sources: [path.join(mimalloc, 'src', 'static.c')],
      flags: [
        `-I${path.join(mimalloc, 'include')}`,
        '-DMI_DEBUG=0',
        '-DMI_BUILD_RELEASE',
        '-DNDEBUG',
        // librdkafka's threads may still run while the process exits: nothing may be given back under them.
        '-DMI_SKIP_COLLECT_ON_EXIT=1',
        // MIMALLOC_* variables are meant for the application's own mimalloc, if it has one.
        '-DMI_NO_GETENV=1',
        // Not initial-exec, mimalloc's usual one: it would put the thread-local storage of the whole addon, librdkafka's
        // 15 KiB included, into the static block, where a library loaded late finds no room.
        '-ftls-model=local-dynamic',
        '-fno-builtin-malloc',
      ],
      headers: [path.join(mimalloc, 'include', 'mimalloc.h')],
    },
  }
}

/** @param {string} directory */
function cFiles(directory) {
  return fs
    .readdirSync(directory)
    .filter((file) => file.endsWith('.c') || file.endsWith('.S'))
    .sort()
    .map((file) => path.join(directory, file))
}

/**
 * Compiles one library into `prefix`/lib and copies its headers to `prefix`/include.
 *
 * @param {Library} library
 * @param {{ prefix: string, flags: string[], jobs: number, logFile: string, cc: string, ar: string }} options
 */
async function buildLibrary(library, { prefix, flags, jobs, logFile, cc, ar }) {
  const objectsDir = path.join(prefix, 'build', library.name)
  const archive = path.join(prefix, 'lib', `lib${library.name}.a`)
  fs.mkdirSync(objectsDir, { recursive: true })
  const objects = library.sources.map((source) => path.join(objectsDir, `${path.basename(source)}.o`))
  const rules = library.sources.map((source, i) => `${objects[i]}: ${source}\n\t$(CC) $(FLAGS) -c $< -o $@\n`)
  const makefile = [
    `CC = ${cc}`,
    `FLAGS = ${[...flags, ...library.flags].join(' ')}`,
    `${archive}: ${objects.join(' ')}`,
    `\trm -f $@ && ${ar} rcs $@ $^`,
    ...rules,
    '',
  ].join('\n')
  fs.writeFileSync(path.join(objectsDir, 'Makefile'), makefile)
  await run('make', [`-j${jobs}`, '-f', path.join(objectsDir, 'Makefile')], {
    logFile,
    what: `Compiling ${library.name}`,
  })
  for (const header of library.headers) fs.copyFileSync(header, path.join(prefix, 'include', path.basename(header)))
}

module.exports = { libraries, buildLibrary }
