'use strict'
// Fetches the sources of librdkafka, zlib, zstd and mimalloc through package managers, by exact version and hash.
const { createHash } = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { run, step, SetupError } = require('../support/run')
const pinned = require('../sources.json')

/**
 * The directory of librdkafka's sources, fetched if it is not there.
 *
 * The npm package that carries them is packed, not installed: none of its scripts runs.
 *
 * @param {string} deps
 */
async function librdkafkaSources(deps) {
  const { package: name, packageVersion, integrity, version, directory } = pinned.librdkafka
  const target = path.join(deps, 'sources', `librdkafka-${version}`)
  if (fs.existsSync(target)) return target
  step(`Fetching the sources of librdkafka ${version}`)
  const scratch = fs.mkdtempSync(path.join(ensureDir(path.join(deps, 'sources')), 'fetching-'))
  try {
    await run(
      'npm',
      ['pack', '--silent', '--ignore-scripts', '--pack-destination', scratch, `${name}@${packageVersion}`],
      {
        cwd: scratch,
        logFile: path.join(deps, 'logs', 'fetch.log'),
        what: `Fetching ${name}@${packageVersion}`,
      },
    )
    const archive = fs.readdirSync(scratch).find((file) => file.endsWith('.tgz'))
    if (!archive) throw new SetupError(`npm pack ${name}@${packageVersion} left no archive.`)
    const bytes = fs.readFileSync(path.join(scratch, archive))
    const found = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
    if (found !== integrity) {
      throw new SetupError(`${name}@${packageVersion}: expected the archive with ${integrity}, got ${found}.`)
    }
    await run('tar', ['-xzf', archive], { cwd: scratch, what: 'Unpacking librdkafka' })
    fs.renameSync(path.join(scratch, directory), target)
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true })
  }
  return target
}

/**
 * The directory that holds the C sources which Rust crates carry (zlib, zstd, mimalloc), one directory a crate.
 * Cargo only downloads and verifies them; nothing in Rust is compiled.
 *
 * @param {string} deps
 */
async function crateSources(deps) {
  const name = createHash('sha256')
    .update(JSON.stringify([pinned.crates, pinned.unusedCrates]))
    .digest('hex')
    .slice(0, 12)
  const target = path.join(deps, 'sources', `crates-${name}`)
  if (fs.existsSync(target)) return target
  step('Fetching the sources of zlib, zstd and mimalloc')
  const scratch = fs.mkdtempSync(path.join(ensureDir(path.join(deps, 'sources')), 'fetching-'))
  try {
    fs.mkdirSync(path.join(scratch, 'src'))
    fs.writeFileSync(path.join(scratch, 'src', 'lib.rs'), '')
    fs.writeFileSync(path.join(scratch, 'Cargo.toml'), cargoManifest())
    await run('cargo', ['vendor', '--quiet', 'vendor'], {
      cwd: scratch,
      logFile: path.join(deps, 'logs', 'fetch.log'),
      what: 'Fetching the crates libz-sys, zstd-sys and libmimalloc-sys',
    })
    for (const [crate, { version, sha256 }] of Object.entries(pinned.crates)) {
      const checksums = JSON.parse(fs.readFileSync(path.join(scratch, 'vendor', crate, '.cargo-checksum.json'), 'utf8'))
      if (checksums.package !== sha256) {
        throw new SetupError(`${crate} ${version}: expected the crate with sha256 ${sha256}, got ${checksums.package}.`)
      }
    }
    fs.renameSync(path.join(scratch, 'vendor'), target)
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true })
  }
  return target
}

function cargoManifest() {
  // The crates' own dependencies are not used, but Cargo resolves them. They are pinned to versions that an old Cargo
  // can read (edition 2024 needs 1.85).
  const dependencies = [
    ...Object.entries(pinned.crates).map(([crate, { version }]) => [crate, version]),
    ...Object.entries(pinned.unusedCrates),
  ].map(([crate, version]) => `${crate} = "=${version}"`)
  return [
    '[package]',
    'name = "sources"',
    'version = "0.0.0"',
    'edition = "2018"',
    '[workspace]',
    '[dependencies]',
    ...dependencies,
    '',
  ].join('\n')
}

/** @param {string} directory */
function ensureDir(directory) {
  fs.mkdirSync(directory, { recursive: true })
  return directory
}

module.exports = { librdkafkaSources, crateSources, pinned }
