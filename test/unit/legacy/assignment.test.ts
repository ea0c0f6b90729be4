import { EventKind, POLL_EVENT, POLL_NOTHING } from '../../../lib/binding'
import { ASSIGN, assigned, drain, flat, rdkafkaError, REVOKE, settled, setUp, thrown } from './fake'

const tp = (partition: number, offset = -1000): object => ({ topic: 't', partition, offset })

describe('a rebalance', () => {
  it('overtakes rows, and is answered when the consumer says so', async () => {
    const { consumer, client } = await assigned(0, 1)
    client.message(0, 0)
    expect(consumer.poll(0)).toBe(POLL_NOTHING)
    client.rebalance(REVOKE, 0, 1)
    expect(consumer.poll(0)).toBe(POLL_EVENT)
    const event = consumer.takeEvent()
    expect(consumer.poll(0)).toBe(POLL_NOTHING)
    expect([event, ...drain(consumer)]).toEqual([
      [EventKind.Rebalance, 'revoke', false, 'EAGER', 'Local: Revoke partitions', 't', 0, 't', 1],
      '0@0/1',
    ])
    expect(client.names()).not.toContain('unassign')
    expect(consumer.unassign()).toBe(2)
    expect(client.of('unassign')).toHaveLength(1)
    expect(consumer.assignment()).toEqual([])
  })

  it('of the cooperative kind moves only what it names', async () => {
    const { consumer, client } = await assigned(0, 1)
    client.protocol = 'COOPERATIVE'
    client.rebalance(ASSIGN, 2)
    expect(drain(consumer)).toEqual([
      [EventKind.Rebalance, 'assign', false, 'COOPERATIVE', 'Local: Assign partitions', 't', 2],
    ])
    expect(consumer.incrementalAssign(flat([2, 5]))).toBe(2)
    expect(client.of('incrementalAssign')).toEqual([[[tp(2, 5)]]])
    expect(consumer.incrementalUnassign(flat([0, -1000]))).toBe(3)
    expect(client.of('incrementalUnassign')).toEqual([[[tp(0)]]])
    expect(consumer.assignment()).toEqual(['t', 1, 't', 2])
    expect(consumer.rebalanceProtocol()).toBe('COOPERATIVE')
    expect(consumer.assignmentLost()).toBe(false)
  })

  it('that is neither is an error', async () => {
    const { consumer, client } = await assigned(0)
    client.rebalance(22)
    expect(drain(consumer)).toEqual([
      [EventKind.Rebalance, 'error', false, 'EAGER', 'Broker: Specified group generation id is not valid'],
    ])
  })

  it('whose answer node-rdkafka refuses is answered with nothing, so that the group does not wait', async () => {
    const { consumer, client } = await assigned()
    client.rebalance(ASSIGN, 0)
    client.throws.set('assign', new Error('Local: Erroneous state'))
    client.throws.set('unassign', new Error('Local: Erroneous state'))
    expect(thrown(() => consumer.assign(flat([0, 0])))).toMatchObject({ code: -172 })
    expect(client.of('unassign')).toHaveLength(1)
    expect(consumer.assignment()).toEqual([])
  })
})

describe('what node-rdkafka had polled before an unassign', () => {
  it('is dropped, and nothing is assigned again before the last of it has come', async () => {
    const { consumer, client } = await assigned(0)
    client.isAlive = false
    consumer.unassign()
    expect(consumer.assign(flat([0, 5]))).toBe(3)
    client.message(0, 77)
    await settled()
    expect(client.of('assign')).toHaveLength(1)
    expect(consumer.assignment()).toEqual([])
    client.message(0, 78)
    client.committed_(rdkafkaError(-168), [])
    client.message(0, 79) // in the same turn of the loop as the echo
    await settled()
    expect(client.of('assign')).toEqual([[[tp(0)]], [[tp(0, 5)]]])
    client.message(0, 5)
    expect(drain(consumer)).toEqual(['0@5/3'])
  })

  it('is dropped also when one assign() follows another', async () => {
    const { consumer, client } = await assigned(0)
    client.isAlive = false
    consumer.assign(flat([0, 9], [1, 0]))
    client.message(0, 77)
    expect(client.names().slice(-2)).toEqual(['unassign', 'commit'])
    client.committed_(rdkafkaError(-168), [])
    await settled()
    expect(client.of('assign').at(-1)).toEqual([[tp(0, 9), tp(1, 0)]])
    client.message(0, 9)
    expect(drain(consumer)).toEqual(['0@9/2'])
  })

  it('is told by the older epoch where it waits already', async () => {
    const { consumer, client } = await assigned(0)
    client.message(0, 7)
    consumer.unassign()
    consumer.assign(flat([0, 5]))
    await settled()
    client.message(0, 5)
    expect(drain(consumer)).toEqual(['0@7/1', '0@5/3'])
  })

  it('does not come after it is closed', async () => {
    const { consumer, client } = await assigned(0)
    client.throws.set('commit', rdkafkaError(-172))
    consumer.unassign()
    consumer.assign(flat([1, 0]))
    await settled()
    expect(consumer.assignment()).toEqual(['t', 1])
  })
})

it('changes that come while old rows are awaited are made in turn', async () => {
  const { consumer, client } = await assigned(0)
  consumer.unassign()
  consumer.assign(flat([1, 0]))
  consumer.unassign()
  consumer.assign(flat([2, 0]))
  await settled()
  expect(client.of('assign').slice(1)).toEqual([[[tp(1, 0)]], [[tp(2, 0)]]])
  expect(client.of('unassign')).toHaveLength(2)
  expect(consumer.assignment()).toEqual(['t', 2])
})

it('an assign that fails later is reported', async () => {
  const { consumer, client } = await assigned(0)
  consumer.unassign()
  client.throws.set('assign', new Error('Local: Erroneous state'))
  consumer.assign(flat([1, 0]))
  await settled()
  expect(drain(consumer)).toEqual([
    [EventKind.ConsumerError, -172, 'Local: Erroneous state', false, false, null, -1, -1],
  ])
})

it('what is assigned before the client is ready is assigned then', async () => {
  const { consumer, client } = setUp()
  expect(consumer.assign(flat([0, 4]))).toBe(1)
  expect(client.names()).toEqual([])
  expect(consumer.rebalanceProtocol()).toBe('NONE')
  await settled()
  expect(client.of('assign')).toEqual([[[tp(0, 4)]]])
  client.message(0, 4)
  expect(drain(consumer)).toEqual(['0@4/1'])
})

describe('seek', () => {
  it('silences the partition, waits for what was polled before, and gives what comes next a new epoch', async () => {
    const { consumer, client } = await assigned(0, 1)
    client.isAlive = false
    client.watermarks = { lowOffset: 0, highOffset: 12 }
    client.calls.length = 0
    const seeking = consumer.seek(flat([0, 2]), 500)
    await settled()
    expect(client.calls.map((call) => call.slice(0, 2))).toEqual([
      ['pause', '0'],
      ['commit', []],
    ])
    client.message(0, 10)
    client.message(1, 10)
    client.committed_(rdkafkaError(-168), [])
    client.message(0, 11)
    const { epoch, results } = await seeking
    expect({ epoch, results }).toEqual({ epoch: 2, results: ['t', 0, 2, -1, '', 0] })
    expect(client.calls.slice(2, 4)).toEqual([
      ['seek', tp(0, 2), 500],
      ['resume', '0'],
    ])
    client.message(0, 2)
    expect(drain(consumer)).toEqual(['0@10/1', '1@10/1', '0@11/1', '0@2/2'])
  })

  it('that fails loses nothing, and tells the code', async () => {
    const { consumer, client } = await assigned(0)
    client.seekError = rdkafkaError(-172)
    client.message(0, 10)
    const { results } = await consumer.seek(flat([0, 2]), 500)
    expect(results).toEqual(['t', 0, 2, -1, '', -172])
    client.message(0, 11)
    expect(drain(consumer)).toEqual(['0@10/1', '0@11/2'])
  })

  it('keeps a partition paused that the user has paused', async () => {
    const { consumer, client } = await assigned(0)
    consumer.pause(['t', 0])
    await consumer.seek(flat([0, 2]), 500)
    expect(client.names()).not.toContain('resume')
  })
})
