// What the figures were measured on: without it they say nothing.
import { readFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import type { Machine } from '../types'

export function machine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() || arch(),
    cores: availableParallelism(),
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    system: `${type()} ${release()}${distribution()}`,
    loadAverage: loadavg().map((load) => Math.round(load * 100) / 100),
  }
}

function distribution(): string {
  try {
    const name = /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
    return name === undefined ? '' : `, ${name}`
  } catch {
    return ''
  }
}
