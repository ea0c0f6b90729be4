// Offsets that take years to reach: a topic's log is moved there while its broker is down.
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Broker } from './node'

const LENGTH_FIELD = 8
const BATCH_HEADER = 12

/**
 * Adds `base` to every offset of a partition that has one segment, whose broker is down (after SIGTERM) and the only
 * one. The broker builds its indexes anew at its next start.
 *
 * A record batch carries its base offset outside its checksum, and the records carry theirs relative to that.
 */
export function moveOffsets(broker: Broker, topic: string, partition: number, base: bigint): void {
  if (broker.pid !== undefined) throw new Error(`broker ${broker.nodeId} runs`)
  const directory = join(dirname(broker.logFile), `data-${broker.nodeId}`, `${topic}-${partition}`)
  for (const file of readdirSync(directory)) {
    if (/\.(index|timeindex|snapshot|txnindex)$/.test(file) || file === 'leader-epoch-checkpoint') {
      rmSync(join(directory, file))
    }
  }
  const segments = readdirSync(directory).filter((file) => file.endsWith('.log'))
  const [segment] = segments
  if (segment === undefined || segments.length > 1) {
    throw new Error(`expected one segment in ${directory}, got ${segments.length}`)
  }
  const bytes = readFileSync(join(directory, segment))
  for (let at = 0; at < bytes.length; at += BATCH_HEADER + bytes.readInt32BE(at + LENGTH_FIELD)) {
    bytes.writeBigInt64BE(bytes.readBigInt64BE(at) + base, at)
  }
  const moved = (BigInt(segment.slice(0, -'.log'.length)) + base).toString().padStart(20, '0')
  writeFileSync(join(directory, segment), bytes)
  renameSync(join(directory, segment), join(directory, `${moved}.log`))
}
