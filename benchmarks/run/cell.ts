// One figure: one fresh process, for each kind of trial.
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { RunningChild } from '../../test/helpers/child'
import { reportOf } from '../../test/helpers/fixture'
import type { Cell, Job, Report, Run, Settings, Trial, Variation } from '../types'
import { expectedChecksum } from './checksum'
import type { Ready } from './clients'
import type { Cluster } from './cluster'
import { cpuSecondsOf, peakRssKiBOf } from './proc'

/** For starting, connecting, joining a group and warming up, on a busy machine. */
const START_MS = 60_000
/** Idle, after it has its partitions: until connections are made and code is no longer compiled. */
const SETTLE_MS = 3000

type Startable = Extract<Ready, { start: unknown }>

export interface Place {
  cluster: Cluster
  trial: Trial
  variation: Variation
  /** Filled, in kind `catch-up`. */
  topic: string
}

/** Rejects with what the process said where it failed, or read what is wrong. */
export async function runCell(ready: Startable, cell: Cell, place: Place): Promise<Run> {
  switch (place.trial.kind) {
    case 'catch-up':
      return catchUp(ready, cell, place)
    case 'paced':
      return keepPace(ready, cell, place)
    case 'idle':
      return idle(ready, cell, place)
  }
}

export function jobOf(ready: Startable, cell: Cell, { cluster, trial, variation, topic }: Place): Job {
  const { partitions, count, warmUp, maxSeconds, value, handler } = variation
  return {
    kind: trial.kind,
    bootstrap: cluster.bootstrap,
    group: `bench-${randomBytes(6).toString('hex')}`,
    topic,
    partitions,
    count,
    warmUp,
    maxSeconds,
    value,
    handler,
    way: cell.way,
    settings: settingsOf(ready, cell, variation),
  }
}

export function settingsOf({ client }: Ready, { settings }: Cell, { properties }: Variation): Settings {
  return { ...client.settings[settings], ...properties }
}

async function catchUp(ready: Startable, cell: Cell, place: Place): Promise<Run> {
  const child = ready.start(jobOf(ready, cell, place), START_MS + place.variation.maxSeconds * 1000)
  const report = reportOf(await child.result, cell.client) as Report
  return check(report, valued(ready, place.variation))
}

/** Programs of other languages take bytes, whatever JavaScript makes of them. */
function valued({ client }: Startable, variation: Variation): Variation {
  return client.runtime === 'program' ? { ...variation, value: 'bytes' } : variation
}

function check(report: Report, variation: Variation): Run {
  const isComplete = report.messages === variation.count
  const expected = expectedChecksum(variation)
  if (report.messages > variation.count) {
    throw new Error(`it read ${report.messages} messages of ${variation.count}`)
  }
  if (isComplete && expected !== undefined && report.checksum !== expected) {
    throw new Error(`its checksum is ${report.checksum}, that of what was produced ${expected}`)
  }
  return { ...normal(report), isComplete }
}

/** Raw C writes a little more, under other names. */
function normal(report: Report & { cpuUserSeconds?: number; cpuSystemSeconds?: number; maxRssKiB?: number }): Report {
  const { cpuUserSeconds = 0, cpuSystemSeconds = 0, maxRssKiB } = report
  if (maxRssKiB === undefined) return report
  const { messages, measuredMessages, bytes, checksum, seconds, messagesPerSecond, latencyMs } = report
  return {
    messages,
    measuredMessages,
    bytes,
    checksum,
    seconds,
    messagesPerSecond,
    cpuSeconds: cpuUserSeconds + cpuSystemSeconds,
    peakRssKiB: maxRssKiB,
    ...(latencyMs && { latencyMs }),
  }
}

async function keepPace(ready: Startable, cell: Cell, place: Place): Promise<Run> {
  const { cluster, variation } = place
  const topic = await cluster.create(variation)
  try {
    const durationMs = (variation.count / variation.rate) * 1000
    const consumer = ready.start(jobOf(ready, cell, { ...place, topic }), 2 * START_MS + durationMs)
    await attached(ready, consumer)
    const producer = cluster.pace(topic, variation)
    try {
      const report = reportOf(await consumer.result, cell.client) as Report
      const { latestMs } = reportOf(await producer.result, 'produce') as { latestMs: number }
      return { ...check(report, valued(ready, variation)), producerLatestMs: latestMs }
    } finally {
      producer.kill()
    }
  } finally {
    await cluster.remove(topic)
  }
}

async function idle(ready: Startable, cell: Cell, place: Place): Promise<Run> {
  const { cluster, variation } = place
  const topic = await cluster.create(variation)
  try {
    const seconds = variation.maxSeconds
    const child = ready.start(jobOf(ready, cell, { ...place, topic }), 2 * START_MS + seconds * 1000)
    try {
      await attached(ready, child)
      await delay(SETTLE_MS)
      const [cpu, began] = [cpuSecondsOf(child.pid), performance.now()]
      await delay(seconds * 1000)
      const [cpuSeconds, ms] = [cpuSecondsOf(child.pid) - cpu, performance.now() - began]
      const nothing = { messages: 0, measuredMessages: 0, bytes: 0, checksum: 0, messagesPerSecond: 0 }
      return { ...nothing, seconds: ms / 1000, cpuSeconds, peakRssKiB: peakRssKiBOf(child.pid), isComplete: true }
    } finally {
      child.kill()
      await child.result.catch(() => undefined)
    }
  } finally {
    await cluster.remove(topic)
  }
}

/** It has its partitions. Raw C says nothing and assigns them from their beginning: what comes early is warm-up. */
async function attached(ready: Startable, child: RunningChild): Promise<void> {
  if (ready.client.name.startsWith('raw-c')) return
  await child.event<{ ready?: true }>(({ ready: isReady }) => isReady === true, START_MS)
}
