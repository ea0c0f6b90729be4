import { WAKE_ROWS } from '../../../lib/binding'
import { assigned, drain, flat, rdkafkaError, REVOKE, settled, type Setup } from './fake'

const BACKLOG = { lowOffset: 0, highOffset: 100_000 }

function messages(setup: Setup, partition: number, from: number, to: number): void {
  for (let offset = from; offset < to; offset++) setup.client.message(partition, offset)
}

const pauses = ({ client }: Setup): string[] =>
  client.calls.filter(([name]) => name === 'pause' || name === 'resume').map((call) => call.join(' '))

describe('while little lies at the broker', () => {
  it('rows are handed out as they come, without a pause', async () => {
    const setup = await assigned(0, 1)
    setup.client.watermarks = { lowOffset: 0, highOffset: 3 }
    messages(setup, 0, 0, 2)
    messages(setup, 1, 2, 3)
    await settled()
    expect(setup.wakes).toContain(WAKE_ROWS)
    expect(drain(setup.consumer)).toEqual(['0@0/1', '0@1/1', '1@2/1'])
    expect(pauses(setup)).toEqual([])
  })

  it('a partition that is empty, or has told its end, has no rows to come', async () => {
    const setup = await assigned(0, 1)
    setup.client.watermarks = { lowOffset: 9, highOffset: 9 }
    messages(setup, 0, 8, 9)
    expect(drain(setup.consumer)).toEqual(['0@8/1'])
    setup.client.watermarks = BACKLOG
    for (const partition of [0, 1]) setup.client.emit('partition.eof', { topic: 't', partition, offset: 100_000 })
    setup.client.message(0, 100_000)
    expect(drain(setup.consumer)).toEqual(['0@100000/1'])
    expect(pauses(setup)).toEqual([])
  })

  it('a partition nothing is known of may have any number at its start, and none later', async () => {
    const setup = await assigned(0)
    setup.client.watermarks = rdkafkaError(-190)
    setup.client.rebalance(REVOKE)
    drain(setup.consumer)
    setup.consumer.incrementalAssign(flat([1, 0]))
    setup.client.message(0, 0)
    expect(drain(setup.consumer)).toEqual([])
    const now = performance.now()
    jest.spyOn(performance, 'now').mockReturnValue(now + 2001)
    expect(drain(setup.consumer)).toEqual(['0@0/2'])
    // What was found out holds for a moment.
    setup.client.watermarks = BACKLOG
    setup.client.message(0, 1)
    expect(drain(setup.consumer)).toEqual(['0@1/2'])
    expect(pauses(setup)).toEqual([])
  })
})

describe('while more lies at the broker than may wait', () => {
  it('partitions are paused at the high mark, and resumed when all is handed out', async () => {
    const setup = await assigned(0, 1)
    setup.client.watermarks = BACKLOG
    messages(setup, 0, 0, 99)
    expect(pauses(setup)).toEqual([])
    messages(setup, 0, 99, 130)
    expect(pauses(setup)).toEqual(['pause 0,1'])
    expect(drain(setup.consumer)).toHaveLength(130)
    expect(pauses(setup)).toEqual(['pause 0,1', 'resume 0,1'])
  })

  it('rows are collected for a moment, and the partitions paused before they are handed out', async () => {
    const setup = await assigned(0)
    setup.client.watermarks = BACKLOG
    messages(setup, 0, 0, 10)
    expect(drain(setup.consumer)).toEqual([])
    await settled()
    const wakes = setup.wakes.length
    await new Promise<void>((resolve) => {
      const wait = setInterval(() => {
        if (setup.wakes.length === wakes) return
        clearInterval(wait)
        resolve()
      }, 1)
    })
    expect(setup.consumer.poll(1)).not.toBe(0)
    expect(pauses(setup)).toEqual(['pause 0'])
  })

  it('rows that reach the high mark meanwhile are handed out at once', async () => {
    const setup = await assigned(0)
    setup.client.watermarks = BACKLOG
    messages(setup, 0, 0, 10)
    expect(drain(setup.consumer)).toEqual([])
    messages(setup, 0, 10, 110)
    expect(setup.consumer.poll(1)).not.toBe(0)
  })

  it('few large rows count by their bytes', async () => {
    const setup = await assigned(0)
    setup.client.watermarks = { lowOffset: 0, highOffset: 200 }
    setup.client.message(0, 0, { value: Buffer.alloc(500_000) })
    expect(drain(setup.consumer)).toEqual([])
    setup.client.message(0, 1, { value: Buffer.alloc(600_000) })
    expect(pauses(setup)).toEqual(['pause 0'])
  })

  it('the size that is reckoned with follows what came lately', async () => {
    const setup = await assigned(0)
    setup.client.watermarks = { lowOffset: 0, highOffset: 20_100 }
    for (let offset = 0; offset < 20_050; offset++) {
      setup.client.message(0, offset)
      if (offset % 100 === 99) drain(setup.consumer)
    }
    expect(drain(setup.consumer)).toHaveLength(50)
  })

  it('partitions that come meanwhile are paused, and those that go are not left paused', async () => {
    const setup = await assigned(0)
    setup.client.watermarks = BACKLOG
    messages(setup, 0, 0, 100)
    setup.consumer.incrementalAssign(flat([1, 0]))
    expect(pauses(setup)).toEqual(['pause 0', 'pause 1'])
    setup.consumer.incrementalUnassign(flat([0, 0]))
    expect(pauses(setup)).toEqual(['pause 0', 'pause 1', 'resume 0'])
    await settled()
  })
})

describe("the user's pause()", () => {
  it('outlasts backpressure, and backpressure outlasts resume()', async () => {
    const setup = await assigned(0, 1)
    setup.client.watermarks = BACKLOG
    setup.consumer.pause(['t', 0])
    messages(setup, 1, 0, 100)
    expect(pauses(setup)).toEqual(['pause 0', 'pause 1'])
    expect(drain(setup.consumer)).toHaveLength(100)
    expect(pauses(setup).slice(2)).toEqual(['resume 1'])
    messages(setup, 1, 100, 200)
    setup.consumer.resume(['t', 0])
    expect(pauses(setup).slice(3)).toEqual(['pause 1'])
    drain(setup.consumer)
    expect(pauses(setup).slice(4)).toEqual(['resume 0,1'])
  })

  it('of a partition does not count what it has at the broker', async () => {
    const setup = await assigned(0, 1)
    setup.client.emit('partition.eof', { topic: 't', partition: 1, offset: 100_000 })
    setup.client.watermarks = BACKLOG
    setup.consumer.pause(['t', 0])
    setup.client.message(1, 100_000)
    expect(drain(setup.consumer)).toEqual(['1@100000/1'])
  })

  it('that node-rdkafka refuses is reported, in order with the rows', async () => {
    const setup = await assigned(0)
    setup.client.throws.set('pause', rdkafkaError(-172))
    setup.consumer.pause(['t', 0])
    expect(drain(setup.consumer)).toEqual([[3, -172, 'Local: Erroneous state', false, false, null, -1, -1]])
  })
})

describe('resuming', () => {
  it('wakes what fetches by a request to the leaders, one at a time', async () => {
    const setup = await assigned(0, 1)
    const asked = (): unknown[] => setup.client.of('offsetsForTimes').map(([list]) => list)
    setup.consumer.pause(['t', 0, 't', 1])
    setup.consumer.resume(['t', 0])
    await settled()
    setup.consumer.resume(['t', 1])
    await settled()
    const one = (partition: number): unknown => ({ topic: 't', partition, offset: -1 })
    expect(asked()).toEqual([[one(0)]])
    setup.client.answer()
    await settled()
    expect(asked()).toEqual([[one(0)], [one(1)]])
    setup.client.throws.set('offsetsForTimes', rdkafkaError(-172))
    setup.client.answer()
    setup.consumer.pause(['t', 0])
    setup.consumer.resume(['t', 0])
    await settled()
    expect(drain(setup.consumer)).toEqual([])
  })

  it('drops the one message that comes twice because it was in hand when its partition was paused', async () => {
    const setup = await assigned(0)
    messages(setup, 0, 0, 3)
    setup.consumer.pause(['t', 0])
    setup.consumer.resume(['t', 0])
    setup.client.watermarks = { lowOffset: 0, highOffset: 5 }
    messages(setup, 0, 3, 4) // was in flight when it was paused, and has not come before it was resumed
    messages(setup, 0, 3, 5)
    expect(drain(setup.consumer)).toEqual(['0@0/1', '0@1/1', '0@2/1', '0@3/1', '0@4/1'])
  })

  it('takes nothing else for a repetition', async () => {
    const setup = await assigned(0)
    setup.client.watermarks = { lowOffset: 0, highOffset: 5 }
    messages(setup, 0, 0, 1)
    messages(setup, 0, 0, 1) // was never paused
    setup.consumer.pause(['t', 0])
    setup.consumer.resume(['t', 0])
    setup.client.message(0, 0, { timestamp: 8 }) // written anew
    messages(setup, 0, 3, 4)
    messages(setup, 0, 1, 2)
    expect(drain(setup.consumer)).toEqual(['0@0/1', '0@0/1', '0@0/1', '0@3/1', '0@1/1'])
  })
})
