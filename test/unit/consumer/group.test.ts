import { Group } from '../../../lib/consumer/group'
import { Offsets } from '../../../lib/consumer/offsets'
import { Partitions } from '../../../lib/consumer/partitions'
import type { TopicPartition } from '../../../lib/consumer/types'
import { KafkaError, TimeoutError } from '../../../lib/errors'
import { turn } from './support/delivery'
import { FakeNative, nativeError, rebalance, results } from './support/fake-native'
import { blockOf, row } from './support/rows'

type Settings = ConstructorParameters<typeof Group>[4]

const A0 = { topic: 'a', partition: 0 }
const A1 = { topic: 'a', partition: 1 }
const B0 = { topic: 'b', partition: 0 }

interface Setup {
  native: FakeNative
  partitions: Partitions
  group: Group
  /** What happened, in order: blocks, handlers, events; calls of the addon are in `native.calls`. */
  log: unknown[]
  warnings: KafkaError[]
  /** How often held rows were let go. */
  dropped: { count: number }
  assigned: () => string[]
  /** Brings an event and waits until it is answered. */
  bring: (...event: Parameters<typeof rebalance>) => Promise<void>
}

function setup(
  settings: Partial<Settings> = {},
  whenSettled: (slots: readonly number[]) => Promise<void> = () => Promise.resolve(),
): Setup {
  const dropped = { count: 0 }
  const native = new FakeNative()
  const partitions = new Partitions(native)
  const log: unknown[] = []
  const warnings: KafkaError[] = []
  const event =
    (name: string) =>
    (list: TopicPartition[]): void => {
      log.push([name, ...list.map(nameOf)])
    }
  const group = new Group(
    native,
    partitions,
    new Offsets(native, partitions, () => true),
    {
      block: () => log.push('block'),
      unblock: () => log.push('unblock'),
      whenSettled,
      source: { dropHeld: () => dropped.count++ },
    } as unknown as ConstructorParameters<typeof Group>[3],
    {
      autoCommit: { enabled: false, intervalMs: 1000 },
      rebalanceTimeoutMs: 1000,
      onAssigned: undefined,
      onRevoked: undefined,
      onLost: undefined,
      ...settings,
    },
    {
      onAssigned: event('assigned'),
      onRevoked: event('revoked'),
      onLost: event('lost'),
      onWarning: (error) => warnings.push(error),
    },
  )
  return {
    native,
    partitions,
    group,
    log,
    warnings,
    dropped,
    assigned: () => [...partitions.assigned].map(nameOf),
    async bring(...args) {
      group.onRebalance(rebalance(...args))
      await group.idle
    },
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}${partition}`
}

/** A partition of which something was processed. */
function process(all: Setup, { topic, partition }: TopicPartition, offset: number): void {
  const slot = all.native.slot(topic, partition)
  all.partitions.isCurrent(slot, 0)
  all.partitions.done(blockOf([row({ slot, offset })], all.native.epoch), 0)
}

describe('an assignment', () => {
  it('replaces what there was, in the eager protocol', async () => {
    const all = setup()
    await all.bring('assign', [A0, B0])
    expect(all.native.calls).toEqual([['assign', ['a', 0, -1000, -1, '', 'b', 0, -1000, -1, '']]])
    expect(all.assigned()).toEqual(['a0', 'b0'])
    expect(all.log).toEqual(['block', ['assigned', 'a0', 'b0'], 'unblock'])
  })

  it('adds to it, in the cooperative protocol', async () => {
    const all = setup()
    await all.bring('assign', [A0], { protocol: 'COOPERATIVE' })
    await all.bring('assign', [B0], { protocol: 'COOPERATIVE' })
    expect(all.native.callsOf('incrementalAssign')).toEqual([[['a', 0, -1000, -1, '']], [['b', 0, -1000, -1, '']]])
    expect(all.native.callsOf('assign')).toEqual([])
    expect(all.assigned()).toEqual(['a0', 'b0'])
  })

  it('of nothing is answered too', async () => {
    const all = setup()
    await all.bring('assign', [])
    expect(all.native.calls).toEqual([['assign', []]])
    expect(all.log).toEqual(['block', ['assigned'], 'unblock'])
  })

  it('begins at its own fence: what was polled before is not delivered', async () => {
    const all = setup()
    await all.bring('assign', [A0])
    const slot = all.native.slot('a', 0)
    expect([0, 1].map((epoch) => all.partitions.isCurrent(slot, epoch))).toEqual([false, true])
  })

  it('awaits onAssigned first, which may say where to start and what to pause', async () => {
    const all: Setup = setup({
      async onAssigned(list) {
        all.log.push(['onAssigned', ...list.map(nameOf)])
        await Promise.resolve()
        expect(all.group.assigning.map(nameOf)).toEqual(['a0', 'a1', 'b0'])
        expect(all.group.isAssigning('a', 1)).toBe(true)
        expect(all.group.isAssigning('a', 2)).toBe(false)
        all.group.startAt('a', 1, 40)
        all.group.startAt('a', 2, 50)
        all.group.startPaused('b', 0, true)
        all.group.startPaused('a', 0, true)
        all.group.startPaused('a', 0, false)
        all.group.startPaused('a', 2, true)
      },
    })
    await all.bring('assign', [A0, A1, B0])
    expect(all.log).toEqual(['block', ['onAssigned', 'a0', 'a1', 'b0'], ['assigned', 'a0', 'a1', 'b0'], 'unblock'])
    expect(all.native.calls).toEqual([
      ['assign', ['a', 0, -1000, -1, '', 'a', 1, 40, -1, '', 'b', 0, -1000, -1, '']],
      ['pause', ['b', 0]],
    ])
    expect([...all.partitions.assigned].map(({ startOffset, isPaused }) => [startOffset, isPaused])).toEqual([
      [undefined, false],
      [40, false],
      [undefined, true],
    ])
    expect(all.group.isAssigning('a', 1)).toBe(false)
    expect(all.group.assigning).toEqual([])
  })

  it('takes no word on partitions outside of onAssigned', async () => {
    const all = setup()
    await all.bring('assign', [A0])
    all.group.startAt('a', 0, 5)
    all.group.startPaused('a', 0, true)
    expect(all.partitions.get('a', 0)).toMatchObject({ startOffset: undefined, isPaused: false })
  })

  it('gives handlers a list of their own', async () => {
    const all = setup({
      onAssigned(list) {
        list.pop()
        if (list[0] !== undefined) list[0].topic = 'changed'
      },
    })
    await all.bring('assign', [A0, A1])
    expect(all.assigned()).toEqual(['a0', 'a1'])
    expect(all.log).toContainEqual(['assigned', 'a0', 'a1'])
  })
})

describe('a revocation', () => {
  it('stops delivery before the handler runs, and gives back after it', async () => {
    const during: unknown[] = []
    const all: Setup = setup({
      async onRevoked(list) {
        await Promise.resolve()
        during.push(list.map(nameOf), all.partitions.isCurrent(0, 1000), all.native.callsOf('unassign').length)
      },
    })
    await all.bring('assign', [A0])
    process(all, A0, 4)
    await all.bring('revoke', [A0])
    expect(during).toEqual([['a0'], false, 0])
    expect(all.native.callsOf('unassign')).toHaveLength(1)
    expect(all.assigned()).toEqual([])
    expect(all.log.slice(3)).toEqual(['block', ['revoked', 'a0'], 'unblock'])
  })

  it('gives back these partitions alone, in the cooperative protocol', async () => {
    const all = setup()
    await all.bring('assign', [A0, A1], { protocol: 'COOPERATIVE' })
    await all.bring('revoke', [A1], { protocol: 'COOPERATIVE' })
    expect(all.native.callsOf('incrementalUnassign')).toEqual([[['a', 1, -1000, -1, '']]])
    expect(all.native.callsOf('unassign')).toEqual([])
    expect(all.assigned()).toEqual(['a0'])
  })

  it('of what is not assigned is answered too', async () => {
    const all = setup()
    await all.bring('revoke', [A0])
    expect(all.native.callsOf('unassign')).toHaveLength(1)
    expect(all.log).toEqual(['block', ['revoked', 'a0'], 'unblock'])
  })

  it('commits what was processed of these partitions, with auto-commit, after onRevoked', async () => {
    const all: Setup = setup({
      autoCommit: { enabled: true, intervalMs: 1000 },
      onRevoked: () => {
        process(all, A0, 5)
      },
    })
    await all.bring('assign', [A0, A1])
    process(all, A0, 4)
    process(all, A1, 9)
    await all.bring('revoke', [A0], { protocol: 'COOPERATIVE' })
    expect(all.native.callsOf('commit')).toEqual([[['a', 0, 6, -1, '']]])
    expect(all.native.calls.map(([name]) => name)).toEqual(['assign', 'commit', 'incrementalUnassign'])
  })

  it('commits nothing without auto-commit', async () => {
    const all = setup()
    await all.bring('assign', [A0])
    process(all, A0, 4)
    await all.bring('revoke', [A0])
    expect(all.native.callsOf('commit')).toEqual([])
  })

  it('goes on when that commit is refused, with a warning', async () => {
    const all = setup({ autoCommit: { enabled: true, intervalMs: 1000 } })
    await all.bring('assign', [A0])
    process(all, A0, 4)
    jest.spyOn(all.native, 'commit').mockImplementation((offsets) => Promise.resolve(results(offsets, [25])))
    await all.bring('revoke', [A0])
    expect(all.warnings).toMatchObject([{ code: 'ERR_UNKNOWN_MEMBER_ID' }])
    expect(all.warnings[0]?.message).toMatch(/^commit of a \[0\]: /)
    expect(all.native.callsOf('unassign')).toHaveLength(1)
    expect(all.log.at(-1)).toBe('unblock')
  })

  it('goes on when that commit takes too long, with a warning', async () => {
    const all = setup({ autoCommit: { enabled: true, intervalMs: 1000 }, rebalanceTimeoutMs: 20 })
    await all.bring('assign', [A0])
    process(all, A0, 4)
    jest.spyOn(all.native, 'commit').mockReturnValue(new Promise(() => undefined))
    await all.bring('revoke', [A0])
    expect(all.warnings).toMatchObject([
      { name: 'TimeoutError', message: expect.stringMatching(/^commit on revoke took longer than \d+ ms$/) as string },
    ])
    expect(all.assigned()).toEqual([])
  })
})

describe('what is in hand of a revoked partition', () => {
  it('is waited for before onRevoked runs, and then counts', async () => {
    let settle: () => void = () => undefined
    const asked: unknown[] = []
    const ran: string[] = []
    const all: Setup = setup(
      { autoCommit: { enabled: true, intervalMs: 1000 }, onRevoked: () => void ran.push('onRevoked') },
      (slots) => {
        asked.push(slots)
        return new Promise((resolve) => (settle = resolve))
      },
    )
    await all.bring('assign', [A0, A1])
    process(all, A0, 4)
    const answered = all.bring('revoke', [A0])
    await turn()
    expect([asked, ran]).toEqual([[[0]], []])
    process(all, A0, 5)
    settle()
    await answered
    expect(ran).toEqual(['onRevoked'])
    expect(all.native.callsOf('commit')).toEqual([[['a', 0, 6, -1, '']]])
  })

  it('is not waited for longer than a handler, which is reported', async () => {
    const all = setup({ rebalanceTimeoutMs: 20 }, () => new Promise(() => undefined))
    await all.bring('assign', [A0])
    await all.bring('revoke', [A0])
    expect(all.warnings).toMatchObject([
      {
        name: 'TimeoutError',
        message: expect.stringMatching(/^the message in hand took longer than \d+ ms$/) as string,
      },
    ])
    expect(all.assigned()).toEqual([])
  })

  it('takes of the time that the handler has: what is left of it, a quarter at least', async () => {
    const all = setup({ rebalanceTimeoutMs: 80, onRevoked: () => new Promise(() => undefined) }, () => {
      return new Promise(() => undefined)
    })
    await all.bring('assign', [A0])
    await all.bring('revoke', [A0])
    const took = (message: string): unknown => /^(.*) took longer than (\d)/.exec(message)?.slice(1)
    // 80 or a little less, then 20.
    expect(all.warnings.map(({ message }) => took(message))).toEqual([
      ['the message in hand', expect.stringMatching(/[78]/)],
      ['onRevoked', '2'],
    ])
  })

  it('is not waited for when the partition is lost', async () => {
    const all = setup({}, () => new Promise(() => undefined))
    await all.bring('assign', [A0])
    await all.bring('revoke', [A0], { lost: true })
    expect([all.assigned(), all.warnings]).toEqual([[], []])
  })
})

describe('a paused partition', () => {
  it('is resumed before it is given back, and what was held of it is let go', async () => {
    const all = setup()
    await all.bring('assign', [A0, A1])
    const state = all.partitions.get('a', 0)
    if (state !== undefined) all.partitions.setPaused(state, true)
    await all.bring('revoke', [A0, A1])
    expect(all.native.calls.slice(1)).toEqual([['resume', ['a', 0]], ['unassign']])
    expect(all.dropped.count).toBe(1)
  })
})

describe('a loss', () => {
  it('runs onLost instead of onRevoked, and commits nothing', async () => {
    const ran: string[] = []
    const all = setup({
      autoCommit: { enabled: true, intervalMs: 1000 },
      onRevoked: () => void ran.push('onRevoked'),
      onLost: (list) => void ran.push('onLost', ...list.map(nameOf)),
    })
    await all.bring('assign', [A0])
    process(all, A0, 4)
    await all.bring('revoke', [A0], { lost: true })
    expect(ran).toEqual(['onLost', 'a0'])
    expect(all.native.callsOf('commit')).toEqual([])
    expect(all.native.callsOf('unassign')).toHaveLength(1)
    expect(all.log).toContainEqual(['lost', 'a0'])
    expect(all.log).not.toContainEqual(['revoked', 'a0'])
  })
})

describe('a handler', () => {
  it.each(['onAssigned', 'onRevoked', 'onLost'] as const)(
    '%s that throws is reported; the group goes on',
    async (name) => {
      const failure = new Error('of the handler')
      const all = setup({
        [name]: () => {
          throw failure
        },
      })
      await all.bring('assign', [A0])
      await all.bring('revoke', [A0], { lost: name === 'onLost' })
      expect(all.warnings).toMatchObject([
        { code: 'ERR_KAFKA_HANDLER', message: `${name} failed: of the handler`, cause: failure },
      ])
      expect(all.warnings[0]).toBeInstanceOf(KafkaError)
      expect(all.native.calls.map(([call]) => call)).toEqual(['assign', 'unassign'])
      expect(all.log.filter((each) => each === 'unblock')).toHaveLength(2)
    },
  )

  it('that rejects with what is no error is reported too', async () => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what users do
    const all = setup({ onAssigned: () => Promise.reject('a text') })
    await all.bring('assign', [A0])
    expect(all.warnings).toMatchObject([{ message: 'onAssigned failed: a text', cause: 'a text' }])
    expect(all.assigned()).toEqual(['a0'])
  })

  it('that takes too long is reported; the group does not wait for it', async () => {
    const all = setup({ rebalanceTimeoutMs: 20, onAssigned: () => new Promise(() => undefined) })
    await all.bring('assign', [A0])
    expect(all.warnings[0]).toBeInstanceOf(TimeoutError)
    expect(all.warnings).toMatchObject([
      { message: expect.stringMatching(/^onAssigned took longer than \d+ ms$/) as string },
    ])
    expect(all.assigned()).toEqual(['a0'])
    expect(all.group.isAssigning('a', 0)).toBe(false)
  })

  it('holds up the next rebalance, which is answered after it', async () => {
    let finish: () => void = () => undefined
    const all = setup({ onAssigned: () => new Promise((resolve) => (finish = resolve)) })
    all.group.onRebalance(rebalance('assign', [A0]))
    all.group.onRebalance(rebalance('revoke', [A0]))
    await Promise.resolve()
    expect(all.log).toEqual(['block', 'block'])
    expect(all.native.calls).toEqual([])
    finish()
    await all.group.idle
    expect(all.log).toEqual(['block', 'block', ['assigned', 'a0'], 'unblock', ['revoked', 'a0'], 'unblock'])
    expect(all.native.calls.map(([name]) => name)).toEqual(['assign', 'unassign'])
  })
})

describe('a rebalance that fails', () => {
  it('is reported, and nothing is assigned any more', async () => {
    const all = setup()
    await all.bring('assign', [A0])
    await all.bring('error', [], { message: 'the coordinator said no' })
    expect(all.warnings).toMatchObject([
      { code: 'ERR_KAFKA_REBALANCE', message: 'rebalance failed: the coordinator said no' },
    ])
    expect(all.native.callsOf('unassign')).toHaveLength(1)
    expect(all.log.at(-1)).toBe('unblock')
    expect(all.assigned()).toEqual([])
  })

  it('because the addon refused is reported, and the next one is answered', async () => {
    const all = setup()
    const assign = jest.spyOn(all.native, 'assign').mockImplementationOnce(() => {
      throw nativeError(-172, 'not now')
    })
    await all.bring('assign', [A0])
    expect(all.warnings).toMatchObject([{ code: 'ERR__STATE', message: 'assign: not now', errno: -172 }])
    expect(all.assigned()).toEqual([])
    assign.mockRestore()
    await all.bring('assign', [A0])
    expect(all.assigned()).toEqual(['a0'])
    expect(all.log.filter((each) => each === 'unblock')).toHaveLength(2)
  })
})
