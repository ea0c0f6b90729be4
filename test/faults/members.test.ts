// What becomes of a member that is too slow, that stands still, or whose place another takes; and what its commits get.
import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaStreamConsumer } from '../../lib/consumer/consumer'
import { GroupError, type KafkaError } from '../../lib/errors'
import type { BlockedMemberEvent, BlockedMemberParameters } from '../fixtures/blocked-member'
import { MODES, type Mode, TIERS } from '../helpers/consumer'
import { startFixture } from '../helpers/fixture'
import { groupOffsets, waitForGroup } from '../helpers/groups'
import { seed } from '../helpers/produce'
import { uniqueName, useTopics } from '../helpers/topics'
import { faultsIn, useWatched, type Watched } from './support/watched'

const PARTITIONS = 4
const EACH = 500

const topics = useTopics()
const watch = useWatched(() => ({ mayWarn: true }))
let topic: string

beforeAll(async () => {
  topic = await topics.create({ prefix: 'members', partitions: PARTITIONS })
  await seed(topic, { count: EACH * PARTITIONS, size: 50, partitions: PARTITIONS })
}, 60_000)

/** Short, so that a test need not wait for long; the broker's smallest session is shorter. */
const IMPATIENT = { 'session.timeout.ms': 1500, 'heartbeat.interval.ms': 300, 'max.poll.interval.ms': 2000 }
const AUTO_COMMIT = { 'enable.auto.commit': true, 'auto.commit.interval.ms': 100 }

describe.each(TIERS)('%s: a handler that takes longer than max.poll.interval.ms', (mode) => {
  let slow: Watched
  let peer: Watched
  let refusal: unknown
  let peerHadAllAfterMs = 0
  const deliveredAfterLost: number[] = []

  beforeAll(async () => {
    const groupId = uniqueName('slow')
    slow = watch(mode, { groupId, config: { ...IMPATIENT, ...AUTO_COMMIT } })
    let isHolding = false
    let release: (() => void) | undefined
    let isLost = false
    let heldAt = 0
    slow.consumer.on('lost', () => {
      isLost = true
    })
    slow.consumer.on('assigned', () => {
      isLost = false
    })
    await slow.start([topic], async (_, offset) => {
      if (isLost) deliveredAfterLost.push(offset)
      if (offset !== 100 || isHolding) return
      isHolding = true
      heldAt = performance.now()
      await new Promise<void>((resolve) => (release = resolve))
    })
    await slow.waitForEvent('slow')
    await waitForGroup(groupId, 0)
    peer = watch(mode, { groupId, config: AUTO_COMMIT })
    await peer.start([topic])
    await peer.waitForEvent('assigned', (partitions: unknown[]) => partitions.length === PARTITIONS)
    peerHadAllAfterMs = performance.now() - heldAt
    // It still believes that it is a member: its handler has not returned.
    const at = { topic, partition: 0, offset: 101 }
    refusal = await slow.consumer.commit([at]).catch((error: unknown) => error)
    release?.()
    await slow.waitForEvent('lost')
    await waitForGroup(groupId, 2)
    await peer.waitForEvent('revoked')
    await slow.waitForEvent('assigned', (partitions: unknown[]) => partitions.length === PARTITIONS / 2)
  }, 90_000)

  it('is warned of once, before its time is over', () => {
    const [first, ...more] = slow.values('slow') as { elapsedMs: number; maxPollIntervalMs: number }[]
    expect(first?.maxPollIntervalMs).toBe(IMPATIENT['max.poll.interval.ms'])
    expect(first?.elapsedMs).toBeGreaterThanOrEqual(0.74 * IMPATIENT['max.poll.interval.ms'])
    expect(more).toEqual([])
    const events = slow.events.map(({ name }) => name)
    expect(events.indexOf('slow')).toBeLessThan(events.indexOf('warning'))
  })

  it('loses its partitions to others, and is told', () => {
    expect(peerHadAllAfterMs).toBeLessThan(IMPATIENT['max.poll.interval.ms'] + 5000)
    expect(slow.warnings('ERR__MAX_POLL_EXCEEDED')).toHaveLength(1)
    expect(slow.warnings('ERR__MAX_POLL_EXCEEDED')[0]).toBeInstanceOf(GroupError)
    expect(slow.values('lost')).toHaveLength(1)
  })

  it('cannot commit any more', () => {
    expect(refusal).toBeInstanceOf(GroupError)
    expect((refusal as KafkaError).code).toMatch(/^ERR_(UNKNOWN_MEMBER_ID|ILLEGAL_GENERATION)$/)
  })

  it('gets nothing of what it lost, and joins again by itself', async () => {
    expect(deliveredAfterLost).toEqual([])
    expect(slow.failure).toBeUndefined()
    await waitUntil(() => together(slow, peer) === EACH * PARTITIONS, 'all messages', [slow, peer])
    await Promise.all([slow.close(), peer.close()])
  })
})

describe.each(TIERS)('%s: an event loop that stands still for three times max.poll.interval.ms', (mode) => {
  it('loses its partitions in time, gives nothing of them afterwards, and joins again', async () => {
    const groupId = uniqueName('blocked')
    const parameters: BlockedMemberParameters = { mode, topic, groupId, config: { ...IMPATIENT, ...AUTO_COMMIT } }
    const child = startFixture('blocked-member', parameters, { deadlineMs: 60_000 })
    await child.event<Partial<Record<'assigned', number>>>(({ assigned }) => assigned === PARTITIONS, 20_000)
    const blockMs = 3 * IMPATIENT['max.poll.interval.ms']
    // It has something in hand, and more of it waits.
    const reads = setInterval(() => {
      child.send('report')
    }, 20)
    await child.event<{ processed?: number }>(({ processed = 0 }) => processed > 0, 10_000)
    clearInterval(reads)
    child.send(`block ${blockMs}`)
    await child.event<{ blocked?: string }>(({ blocked }) => blocked === 'begins', 10_000)
    const began = performance.now()
    const peer = watch(mode, { groupId, config: AUTO_COMMIT })
    await peer.start([topic])
    await peer.waitForEvent('assigned', (partitions: unknown[]) => partitions.length === PARTITIONS)
    expect(performance.now() - began).toBeLessThan(IMPATIENT['max.poll.interval.ms'] + 5000)
    await child.event<{ lost?: number }>(({ lost }) => lost === PARTITIONS, 20_000)
    await child.event<{ assigned?: number }>(({ assigned }) => assigned === PARTITIONS / 2, 20_000)
    child.send('close')
    const { code, events } = await child.result
    expect(code).toBe(0)
    expect((events as BlockedMemberEvent[]).filter((event) => 'stale' in event)).toEqual([])
    expect((events as BlockedMemberEvent[]).some((event) => 'slow' in event)).toBe(true)
    await peer.close()
  })
})

describe.each(['standard', 'buffered'] as const)('%s: a batch whose messages take longer in all', (mode) => {
  it('than max.poll.interval.ms does not keep a living member from rebalances', async () => {
    const groupId = uniqueName('living')
    const config = { ...AUTO_COMMIT, 'partition.assignment.strategy': 'cooperative-sticky' }
    const first = watch(mode, { groupId, config: { ...config, ...IMPATIENT } })
    await first.start([topic], () => sleep(250))
    await waitUntil(() => first.count > 0, 'a first message', [first])
    const second = watch(mode, { groupId, config })
    await second.start([topic], () => sleep(250))
    await second.waitForEvent('assigned', (partitions: unknown[]) => partitions.length === PARTITIONS / 2)
    // What it has in hand was there before: by now it would have been given up.
    const { count } = first
    await waitUntil(() => first.count >= count + 16, 'the rest of the batch', [first, second])
    expect(first.values('lost')).toEqual([])
    expect(first.warnings('ERR__MAX_POLL_EXCEEDED')).toEqual([])
    await Promise.all([first.close(), second.close()])
  })
})

describe.each(MODES)('%s', (mode) => {
  it('a static member whose place another takes has a fatal error, at once, and the other goes on', async () => {
    const groupId = uniqueName('fenced')
    const config = { 'group.instance.id': 'a', ...AUTO_COMMIT }
    const first = watch(mode, { groupId, config })
    await first.start([topic])
    await first.waitForDistinct(EACH * PARTITIONS)
    const second = watch(mode, { groupId, config })
    await second.start([topic])
    const failure = await first.ended()
    if (mode === 'legacy') {
      // node-rdkafka does not say which.
      expect(failure).toMatchObject({ code: 'ERR__FATAL' })
    } else {
      expect(failure).toBeInstanceOf(GroupError)
      expect((failure as KafkaError).code).toMatch(/FENCED/)
    }
    expect(failure).toMatchObject({ fatal: true, retriable: false })
    expect(first.values('error')).toEqual([failure])
    await expect(first.consumer.stream().next()).rejects.toBe(failure)
    await second.waitForEvent('assigned')
    expect(second.failure).toBeUndefined()
    await Promise.all([first.close(), second.close()])
  })

  it.each(['range', 'roundrobin', 'cooperative-sticky'])('%s shares the partitions out', async (assignor) => {
    await shares(mode, { 'partition.assignment.strategy': assignor })
  })

  it('group.protocol=consumer shares the partitions out', async () => {
    await shares(mode, {
      'group.protocol': 'consumer',
      'session.timeout.ms': undefined,
      'heartbeat.interval.ms': undefined,
    })
  })
})

/** One member, a second, and one again: nothing is left out, nothing is processed twice, everything is committed. */
async function shares(mode: Mode, protocol: Record<string, string | undefined>): Promise<void> {
  const groupId = uniqueName('shares')
  const own = await topics.create({ prefix: 'shares', partitions: PARTITIONS })
  const config = { ...AUTO_COMMIT, ...protocol }
  const fill = (firstSequence: number): Promise<void> =>
    seed(own, { count: 100 * PARTITIONS, size: 50, partitions: PARTITIONS, firstSequence })
  const [first, second] = [watch(mode, { groupId, config }), watch(mode, { groupId, config })]
  const both = (count: number): Promise<unknown> =>
    waitUntil(() => first.distinct + second.distinct >= count, `${count} messages`, [first, second])

  await fill(0)
  await first.start([own])
  await both(100 * PARTITIONS)
  await second.start([own])
  await waitUntil(() => [first, second].every((each) => owns(each.consumer) === PARTITIONS / 2), 'a half each', [
    first,
    second,
  ])
  await fill(100)
  await both(200 * PARTITIONS)
  expect([...second.processed.keys()]).toHaveLength(PARTITIONS / 2)
  await second.close()
  await waitUntil(() => owns(first.consumer) === PARTITIONS, 'all again', [first])
  await fill(200)
  await both(300 * PARTITIONS)
  await first.close()

  const all = new Map<number, number[]>()
  for (const { processed } of [first, second]) {
    for (const [partition, offsets] of processed) all.set(partition, [...(all.get(partition) ?? []), ...offsets])
  }
  const sorted = new Map([...all].map(([partition, offsets]) => [partition, offsets.sort((a, b) => a - b)]))
  expect(faultsIn(sorted, PARTITIONS, 300)).toEqual({ missing: 0, again: 0 })
  expect(first.values('lost')).toEqual([])
  const offsets = Object.values((await groupOffsets(groupId))[own] ?? {}).map(({ offset }) => offset)
  expect(offsets).toEqual(Array<number>(PARTITIONS).fill(300))
}

/** Different messages that either has processed. */
function together(...watched: readonly Watched[]): number {
  const all = new Set<string>()
  for (const { processed } of watched) {
    for (const [partition, offsets] of processed) for (const offset of offsets) all.add(`${partition}@${offset}`)
  }
  return all.size
}

const owns = (consumer: KafkaStreamConsumer): number => consumer.assignment().length

async function waitUntil(condition: () => boolean, what: string, watched: readonly Watched[]): Promise<void> {
  const end = performance.now() + 30_000
  while (!condition()) {
    if (performance.now() > end) {
      const states = watched.map((each) => `${each.distinct} of ${JSON.stringify(each.consumer.assignment())}`)
      throw new Error(`waited in vain for ${what}; there are ${states.join(', ')}`)
    }
    await sleep(10)
  }
}
