// What stream() and batches() have in common.
import { POLL_NEEDS_TURN } from '../../../lib/binding'
import type { Delivery } from '../../../lib/consumer/delivery'
import { ClosedError, CorruptRecordError, KafkaError, OffsetError, StateError } from '../../../lib/errors'
import { bytes } from '../../../lib/serde'
import { withDeadline } from '../../helpers/wait'
import { isPending, picky, setup as setupDelivery, turn, type Setup } from './support/delivery'
import { rejectionOf, thrownBy } from './support/errors'
import { run } from './support/rows'

const DONE = { done: true, value: undefined }

const WAYS = [
  ['stream', () => setupDelivery()],
  ['stream', () => setupDelivery({ value: bytes() })],
  ['batches', () => setupDelivery()],
  ['batches', () => setupDelivery({ value: bytes() })],
] as const

type Iteration = AsyncIterableIterator<{ readonly length?: number; readonly offset: unknown }, undefined>

describe.each(WAYS.map(([way, setup], index) => ({ way, setup, how: index % 2 === 0 ? 'decoding' : 'infallible' })))(
  '$way(), $how',
  ({ way, setup }) => {
    function iterate(all: Setup<never>, signal?: AbortSignal): Iteration {
      return (way === 'stream' ? all.stream(signal) : all.batches(1, signal)) as Iteration
    }

    function open(): Setup<never> {
      return setup() as unknown as Setup<never>
    }

    function offsetOf(result: IteratorResult<unknown, undefined>): number {
      if (result.done === true) throw new Error('the iteration ended')
      const { offset } = result.value as { offset: number | ((index: number) => number) }
      return typeof offset === 'number' ? offset : (result.value as { offset(index: number): number }).offset(0)
    }

    it('waits while there is nothing, and goes on when something came', async () => {
      const all = open()
      const iteration = iterate(all)
      const first = iteration.next()
      expect(await isPending(first)).toBe(true)
      expect(all.delivery.isWaiting).toBe(true)
      all.arrive(run(1, { offset: 5 }))
      expect(offsetOf(await first)).toBe(5)
      expect(all.delivery.isWaiting).toBe(false)
    })

    it('goes on waiting when it is woken for nothing', async () => {
      const all = open()
      const first = iterate(all).next()
      all.delivery.wake()
      expect(await isPending(first)).toBe(true)
      all.arrive(run(1))
      expect(offsetOf(await first)).toBe(0)
    })

    it('lets the loop turn when the addon has no room for more buffers, and then goes on', async () => {
      const all = open()
      all.native.give(run(1, { offset: 5 }), [1], POLL_NEEDS_TURN)
      all.native.give(run(1, { offset: 6 }))
      const iteration = iterate(all)
      let hasTurned = false
      setImmediate(() => (hasTurned = true))
      expect(offsetOf(await iteration.next())).toBe(5)
      expect(offsetOf(await iteration.next())).toBe(6)
      expect(hasTurned).toBe(true)
    })

    it('answers requests that are made at once in their order', async () => {
      const all = open()
      const iteration = iterate(all)
      const settled: number[] = []
      const requests = [0, 1, 2, 3].map(async () => {
        const offset = offsetOf(await iteration.next())
        settled.push(offset)
        return offset
      })
      all.arrive(run(2))
      await turn()
      expect(settled).toEqual([0, 1])
      all.arrive(run(2, { offset: 2 }))
      expect(await Promise.all(requests)).toEqual([0, 1, 2, 3])
      expect(settled).toEqual([0, 1, 2, 3])
    })

    it('counts a message as processed when the next is asked for, not before', async () => {
      const all = open()
      all.native.give(run(3))
      const iteration = iterate(all)
      await iteration.next()
      expect(all.next()).toBeUndefined()
      await iteration.next()
      expect(all.next()).toBe(1)
      await iteration.next()
      expect(all.next()).toBe(2)
      const waiting = iteration.next()
      expect(all.next()).toBe(3)
      all.delivery.close()
      await waiting
    })

    it('leaves the last message unprocessed when the loop is left, and goes on with the next one', async () => {
      const all = open()
      all.native.give(run(4))
      const seen: number[] = []
      for await (const value of iterate(all)) {
        seen.push(offsetOf({ done: false, value }))
        if (seen.length === 2) break
      }
      expect(all.next()).toBe(1)
      for await (const value of iterate(all)) {
        seen.push(offsetOf({ done: false, value }))
        if (seen.length === 4) break
      }
      expect(seen).toEqual([0, 1, 2, 3])
      expect(all.next()).toBe(3)
    })

    it('leaves it unprocessed when the loop body throws', async () => {
      const all = open()
      all.native.give(run(2))
      const failure = new Error('of the loop body')
      const loop = async (): Promise<void> => {
        for await (const value of iterate(all)) if (offsetOf({ done: false, value }) === 1) throw failure
      }
      expect(await rejectionOf(loop())).toBe(failure)
      expect(all.next()).toBe(1)
      expect(all.delivery.isIdle).toBe(true)
    })

    it('is one at a time; another may begin when it was returned', async () => {
      const all = open()
      const first = iterate(all)
      const error = thrownBy(() => iterate(all))
      expect(error).toBeInstanceOf(StateError)
      expect(error).toMatchObject({ message: expect.stringMatching(/already being iterated/) as string })
      expect(await first.return?.()).toEqual(DONE)
      all.native.give(run(1))
      expect(offsetOf(await iterate(all).next())).toBe(0)
    })

    it('gives nothing more after it was returned, though there is something', async () => {
      const all = open()
      all.native.give(run(3))
      const iteration = iterate(all)
      await iteration.next()
      await iteration.return?.()
      expect(await iteration.next()).toEqual(DONE)
      expect(await iteration.return?.()).toEqual(DONE)
      expect(all.next()).toBeUndefined()
      expect(offsetOf(await iterate(all).next())).toBe(1)
    })

    it('ends a request that waits when it is returned', async () => {
      const all = open()
      const iteration = iterate(all)
      const waiting = iteration.next()
      await turn()
      await iteration.return?.()
      expect(await withDeadline(waiting, 1000, 'the request is still waiting')).toEqual(DONE)
    })

    it('does not lose such a request to the iteration that follows', async () => {
      const all = open()
      const iteration = iterate(all)
      const waiting = iteration.next()
      await turn()
      await iteration.return?.()
      const following = iterate(all).next()
      all.arrive(run(1))
      expect(offsetOf(await withDeadline(following, 1000, 'the next iteration got nothing'))).toBe(0)
      expect(await withDeadline(waiting, 1000, 'the request is still waiting')).toEqual(DONE)
    })

    it('ends when the consumer is closed, waiting or not', async () => {
      const waiting = open()
      const first = iterate(waiting).next()
      await turn()
      waiting.delivery.close()
      expect(await first).toEqual(DONE)

      const busy = open()
      busy.native.give(run(2))
      const iteration = iterate(busy)
      await iteration.next()
      busy.delivery.close()
      expect(await iteration.next()).toEqual(DONE)
      expect(await iteration.next()).toEqual(DONE)
    })

    it('cannot begin when the consumer is closed', () => {
      const all = open()
      all.delivery.close()
      expect(thrownBy(() => iterate(all))).toBeInstanceOf(ClosedError)
    })

    it('rejects with the fatal error, at once, and so does every later one', async () => {
      const all = open()
      const fatal = new KafkaError('fenced', 'ERR__FENCED', { fatal: true })
      const waiting = iterate(all).next()
      await turn()
      all.delivery.fail(fatal)
      expect(await rejectionOf(waiting)).toBe(fatal)
      all.delivery.fail(new KafkaError('a later one', 'ERR__FATAL', { fatal: true }))
      all.native.give(run(1))
      expect(await rejectionOf(iterate(all).next())).toBe(fatal)
    })

    it('is interrupted by a damaged record once; the next goes on', async () => {
      const all = open()
      const damaged = new CorruptRecordError('bad', 'ERR__BAD_MSG', { topic: 't', partition: 0, offset: 7 })
      const first = iterate(all)
      const waiting = first.next()
      await turn()
      all.delivery.interrupt(damaged)
      all.delivery.interrupt(new CorruptRecordError('again', 'ERR__BAD_MSG', { topic: 't', partition: 1, offset: 7 }))
      all.native.give(run(1))
      expect(await rejectionOf(waiting)).toBe(damaged)
      expect(await first.next()).toEqual(DONE)
      expect(offsetOf(await iterate(all).next())).toBe(0)
    })

    it('is not interrupted for what the user has moved on from', async () => {
      const all = open()
      all.native.give(run(1))
      all.delivery.interrupt(new CorruptRecordError('bad', 'ERR__BAD_MSG', { topic: 't', partition: 2, offset: 7 }))
      all.delivery.forgive('t', 2, 1)
      expect(offsetOf(await iterate(all).next())).toBe(0)
    })

    it('is still interrupted when the user has moved on elsewhere', async () => {
      const all = open()
      all.native.give(run(1))
      const damaged = new CorruptRecordError('bad', 'ERR__BAD_MSG', { topic: 't', partition: 2, offset: 7 })
      all.delivery.interrupt(damaged)
      all.delivery.forgive('t', 1, 1)
      expect(await rejectionOf(iterate(all).next())).toBe(damaged)
    })

    it('ends with a fatal error, whatever it was interrupted for', async () => {
      const all = open()
      all.delivery.interrupt(new CorruptRecordError('bad', 'ERR__BAD_MSG', { topic: 't', partition: 0, offset: 7 }))
      const fatal = new KafkaError('fenced', 'ERR__FENCED', { fatal: true })
      all.delivery.fail(fatal)
      all.delivery.forgive('t', 0, 1)
      expect(await rejectionOf(iterate(all).next())).toBe(fatal)
      expect(await rejectionOf(iterate(all).next())).toBe(fatal)
    })

    it('rejects for each partition that stands still until the user has moved on in it', async () => {
      const all = open()
      const [first, second] = [0, 1].map(
        (partition) => new OffsetError('none', 'ERR__AUTO_OFFSET_RESET', { topic: 't', partition }),
      ) as [OffsetError, OffsetError]
      const waiting = iterate(all).next()
      await turn()
      all.delivery.halt(first, 0)
      all.delivery.halt(second, 0)
      all.native.give(run(1))
      expect(await rejectionOf(waiting)).toBe(first)
      expect(await rejectionOf(iterate(all).next())).toBe(first)
      all.delivery.forgive('t', 0, 1)
      expect(await rejectionOf(iterate(all).next())).toBe(second)
      // Halted anew by where that seek led.
      all.delivery.halt(second, 1)
      all.delivery.forgive('t', 1, 1)
      expect(await rejectionOf(iterate(all).next())).toBe(second)
      all.delivery.forgive('t', 1, 2)
      expect(offsetOf(await iterate(all).next())).toBe(0)
    })

    it('goes on when a partition that stood still was given back, or is assigned anew', async () => {
      const all = open()
      for (const partition of [1, 2]) {
        all.delivery.halt(new OffsetError('none', 'ERR__AUTO_OFFSET_RESET', { topic: 't', partition }), 0)
        all.partitions.revoke('t', partition)
      }
      all.partitions.assign('t', 2, 1, undefined)
      all.native.give(run(1))
      expect(offsetOf(await iterate(all).next())).toBe(0)
    })

    it('ends when nobody knows the partition that stands still', async () => {
      const all = open()
      const error = new OffsetError('none', 'ERR__AUTO_OFFSET_RESET')
      all.delivery.halt(error, 0)
      expect(await rejectionOf(iterate(all).next())).toBe(error)
      expect(await rejectionOf(iterate(all).next())).toBe(error)
    })

    it('rejects with the reason of a signal that was aborted before', async () => {
      const all = open()
      all.native.give(run(1))
      const reason = new Error('not today')
      const iteration = iterate(all, AbortSignal.abort(reason))
      expect(await rejectionOf(iteration.next())).toBe(reason)
      expect(await iteration.next()).toEqual(DONE)
      expect(offsetOf(await iterate(all).next())).toBe(0)
    })

    it('rejects with the reason of a signal that aborts while it waits, and keeps what comes then', async () => {
      const all = open()
      const controller = new AbortController()
      const waiting = iterate(all, controller.signal).next()
      expect(await isPending(waiting)).toBe(true)
      const reason = { any: 'reason' }
      controller.abort(reason)
      expect(await rejectionOf(waiting)).toBe(reason)
      all.native.give(run(1))
      expect(offsetOf(await iterate(all).next())).toBe(0)
    })

    it('rejects between two messages when the signal aborts there', async () => {
      const all = open()
      all.native.give(run(3))
      const controller = new AbortController()
      const iteration = iterate(all, controller.signal)
      await iteration.next()
      controller.abort()
      expect(await rejectionOf(iteration.next())).toBe(controller.signal.reason)
    })

    it('leaves no listener on the signal behind', async () => {
      const all = open()
      const { signal } = new AbortController()
      const removed = jest.spyOn(signal, 'removeEventListener')
      const added = jest.spyOn(signal, 'addEventListener')
      const iteration = iterate(all, signal)
      for (let offset = 0; offset < 5; offset++) {
        const waiting = iteration.next()
        await turn()
        all.arrive(run(1, { offset }))
        await waiting
      }
      expect(added.mock.calls.length).toBe(5)
      expect(removed.mock.calls.length).toBe(5)
    })

    it('gives nothing while something blocks it, and goes on when the last block is gone', async () => {
      const all = open()
      all.native.give(run(1))
      all.delivery.block()
      all.delivery.block()
      expect(all.delivery.isBlocked).toBe(true)
      const waiting = iterate(all).next()
      expect(await isPending(waiting)).toBe(true)
      all.delivery.unblock()
      expect(await isPending(waiting)).toBe(true)
      all.delivery.unblock()
      expect(offsetOf(await waiting)).toBe(0)
    })

    it('stays blocked when rows arrive meanwhile', async () => {
      const all = open()
      all.delivery.block()
      const waiting = iterate(all).next()
      await turn()
      all.arrive(run(1))
      expect(await isPending(waiting)).toBe(true)
      all.delivery.unblock()
      expect(offsetOf(await waiting)).toBe(0)
    })

    it('lets timers run while messages never end', async () => {
      const all = open()
      const fired: true[] = []
      setTimeout(() => fired.push(true), 1)
      const iteration = iterate(all)
      let offset = 0
      const began = performance.now()
      while (fired.length === 0 && performance.now() - began < 5000) {
        all.native.give(run(50, { offset }))
        offset += 50
        for (let taken = 0; taken < 50; taken++) await iteration.next()
      }
      expect(fired).toEqual([true])
    })

    it('tells that user code is alive whenever something is asked for', async () => {
      const all = open()
      all.native.give(run(2))
      const iteration = iterate(all)
      all.delivery.isAlive = false
      await iteration.next()
      expect(all.delivery.isAlive).toBe(true)
      all.delivery.isAlive = false
      await iteration.next()
      expect(all.delivery.isAlive).toBe(true)
    })

    it('tells what is in hand, of the partition that it is of', async () => {
      const all = open()
      all.native.give(run(2, { slot: 1, offset: 7 }))
      const iteration = iterate(all)
      expect(all.delivery.isIdle).toBe(false)
      expect(all.delivery.inHand(1)).toBeUndefined()
      await iteration.next()
      expect([all.delivery.inHand(1), all.delivery.inHand(0), all.delivery.inHand(-1)]).toEqual([
        8,
        undefined,
        undefined,
      ])
      await iteration.return?.()
      expect(all.delivery.inHand(1)).toBeUndefined()
      expect(all.delivery.isIdle).toBe(true)
    })
  },
)

describe('a request behind one that fails', () => {
  it.each(['stream', 'batches'] as const)('of %s() ends, for the iteration did', async (way) => {
    const all = setupDelivery({ value: picky })
    all.native.give(run(1).map((row) => ({ ...row, value: Buffer.from('bad') })))
    const iteration = way === 'stream' ? all.stream() : all.batches()
    const [first, second] = [iteration.next(), iteration.next()] as Promise<unknown>[]
    expect(await rejectionOf(first as Promise<unknown>)).toMatchObject({ code: 'ERR_KAFKA_DESERIALIZATION' })
    expect(await withDeadline(second as Promise<unknown>, 1000, 'the second request is still waiting')).toEqual(DONE)
  })
})

describe('a delivery', () => {
  it('ignores an iteration that is not its own when it is released', () => {
    const { delivery, stream } = setupDelivery()
    stream()
    const stranger: Parameters<Delivery<Buffer, string>['release']>[0] = {
      next: () => undefined,
      inHand: () => undefined,
    }
    delivery.release(stranger)
    expect(delivery.isIdle).toBe(false)
  })
})
