'use strict'
const fs = require('node:fs')
const path = require('node:path')

/**
 * When the newest of some files, and of all files under some directories, was changed. Directories count too: a file
 * that is gone changes the one it was in.
 *
 * @param {readonly string[]} paths
 * @returns {number} milliseconds since 1970, 0 when there is none
 */
function newest(paths) {
  let latest = 0
  for (const one of paths) {
    const stat = fs.statSync(one, { throwIfNoEntry: false })
    if (!stat) continue
    const inside = stat.isDirectory() ? newest(fs.readdirSync(one).map((name) => path.join(one, name))) : 0
    latest = Math.max(latest, stat.mtimeMs, inside)
  }
  return latest
}

module.exports = { newest }
