import { EventKind, WAKE_ROWS, WAKE_SERVE } from '../../../lib/binding'
import { ConfigError } from '../../../lib/errors'
import { Commits } from '../../../lib/legacy/commits'
import { assigned, drain, errorCodes, eventsOf, FakeClient, flat, rdkafkaError, settled, setUp, thrown } from './fake'

describe('connecting', () => {
  it('waits for no broker, and polls from the start without sleeping between polls', async () => {
    const { client, consumer } = setUp()
    expect(client.names()).toEqual([])
    await settled()
    // connect() asked for metadata, and was answered without a broker.
    expect(client.names()).toEqual(['consume'])
    expect(client.delays).toEqual([50, 0])
    consumer.keepAlive()
    consumer.ref()
    consumer.unref()
    expect(consumer.memberId()).toBe('')
    expect(consumer.poll(1)).toBe(0)
  })

  it('later calls find everything that was called before, done', async () => {
    const { client, consumer } = setUp()
    consumer.subscribe(['t', '^u.*'])
    const asked = consumer.metadata('t', 700)
    expect(consumer.subscription()).toEqual(['t', '^u.*'])
    await expect(asked).rejects.toMatchObject({ code: -195, message: 'Local: Broker transport failure' })
    expect(client.calls).toEqual([
      ['consume'],
      ['subscribe', ['t', '^u.*']],
      ['getMetadata', { topic: 't', allTopics: false, timeout: 700 }],
    ])
  })

  it('that fails fails all calls, and is a fatal error', async () => {
    const { consumer, wakes } = setUp({}, (client) => {
      client.connectError = rdkafkaError(-1, 'ssl.ca.location failed')
    })
    consumer.subscribe(['t'])
    const asked = consumer.commit(flat([0, 1]))
    await expect(asked).rejects.toThrow(ConfigError)
    await expect(asked).rejects.toThrow('node-rdkafka refuses the configuration: ssl.ca.location failed')
    expect(() => {
      consumer.subscribe(['t'])
    }).toThrow(ConfigError)
    await settled()
    expect(wakes).toEqual([WAKE_SERVE])
    expect(consumer.serve()).toEqual([
      [EventKind.ClientError, -1, 'node-rdkafka refuses the configuration: ssl.ca.location failed', true, false],
    ])
    await consumer.beginClose()
    await settled()
    expect(consumer.isClosed()).toBe(true)
  })

  it('reports a call of before that fails then, and throws it later', async () => {
    const { client, consumer } = setUp()
    client.throws.set('subscribe', rdkafkaError(-172))
    consumer.subscribe(['t'])
    await settled()
    expect(drain(consumer)).toEqual([
      [EventKind.ConsumerError, -172, 'Local: Erroneous state', false, false, null, -1, -1],
    ])
    expect(
      thrown(() => {
        consumer.subscribe(['t'])
      }),
    ).toMatchObject({ code: -172 })
  })
})

describe('rows and events', () => {
  it('wake once a turn of the loop, outside of the callback that brought them', async () => {
    const { client, wakes } = await assigned(0)
    wakes.length = 0
    client.message(0, 0)
    client.message(0, 1)
    client.emit('event.stats', { message: '{}' })
    expect(wakes).toEqual([])
    await settled()
    expect(wakes).toEqual([WAKE_ROWS | WAKE_SERVE])
  })

  it.each(['true', 'false'])('tell the end of a partition if enable.partition.eof is %s', async (wanted) => {
    const { client, consumer } = setUp({ 'enable.partition.eof': wanted })
    const epoch = consumer.assign(flat([0, 0]))
    const expected = wanted === 'true' ? [[EventKind.PartitionEof, 't', 0, 9, epoch]] : []
    await settled()
    client.emit('partition.eof', { topic: 't', partition: 0, offset: 9 })
    client.emit('partition.eof', { topic: 't', partition: 1, offset: 9 })
    expect(drain(consumer)).toEqual(expected)
  })

  it('of partitions that are not assigned are dropped', async () => {
    const { client, consumer } = await assigned(0)
    client.message(5, 0)
    client.message(0, 0, { topic: 'other' })
    expect(drain(consumer)).toEqual([])
  })

  it('warnings come in order with rows', async () => {
    const { client, consumer } = await assigned(0)
    client.message(0, 0)
    client.emit('warning', rdkafkaError(3))
    expect(drain(consumer)).toEqual([
      '0@0/1',
      [EventKind.ConsumerError, 3, 'Broker: Unknown topic or partition: t', false, false, null, -1, -1],
    ])
    consumer.subscribe(['t', 'u'])
    client.emit('warning', rdkafkaError(3))
    consumer.unsubscribe()
    consumer.unassign()
    client.emit('warning', rdkafkaError(3))
    expect(drain(consumer).map(([, , message]) => message)).toEqual([
      'Broker: Unknown topic or partition: one of t, u',
      'Broker: Unknown topic or partition',
    ])
  })
})

describe('commit', () => {
  const offset = (partition: number, value: number): object => ({ topic: 't', partition, offset: value })

  it('resolves with the result of its own offsets, whatever the order', async () => {
    const { client, consumer } = await assigned(0, 1)
    const first = consumer.commit(flat([0, 5], [1, 6]))
    const second = consumer.commit(flat([0, 7]))
    await settled()
    expect(client.of('commit').slice(-2)).toEqual([[[offset(0, 5), offset(1, 6)]], [[offset(0, 7)]]])
    client.committed_(rdkafkaError(22), [{ topic: 't', partition: 0, offset: 7 }])
    client.committed_(undefined, [{ topic: 't', partition: 9, offset: 7 }]) // nobody's
    client.committed_(undefined, [{ topic: 't', partition: 2 }]) // nobody's, without an offset
    client.committed_(undefined, [
      { topic: 't', partition: 1, offset: 6 },
      { topic: 't', partition: 0, offset: 5 },
    ])
    await expect(second).resolves.toEqual(['t', 0, 7, -1, '', 22])
    await expect(first).resolves.toEqual(['t', 0, 5, -1, '', 0, 't', 1, 6, -1, '', 0])
  })

  it('of nothing resolves at once', async () => {
    const { consumer } = await assigned(0)
    await expect(consumer.commit([])).resolves.toEqual([])
  })

  it('refuses metadata, which would be lost', async () => {
    const { consumer } = await assigned(0)
    await expect(consumer.commit(['t', 0, 1, -1, 'mine'])).rejects.toMatchObject({ code: -170 })
  })

  it('rejects with what it is refused for, and when the client is closed', async () => {
    const { client, consumer } = await assigned(0)
    const waiting = consumer.commit(flat([0, 1]))
    await settled()
    client.throws.set('commit', rdkafkaError(-172))
    await expect(consumer.commit(flat([0, 2]))).rejects.toMatchObject({ code: -172 })
    client.throws.delete('commit')
    const failed = expect(waiting).rejects.toMatchObject({ code: -197 })
    await consumer.destroy()
    await failed
  })

  it('an answer without a question is nothing', () => {
    const commits = new Commits(new FakeClient({}, {}), errorCodes())
    expect(() => {
      commits.onResult(null, [])
    }).not.toThrow()
  })
})

describe('requests', () => {
  it('give results in the order of the question, and the codes of those that failed', async () => {
    const { client, consumer } = await assigned(0)
    client.found = [
      { topic: 't', partition: 0, offset: 4 },
      new Error('Local: Unknown partition'),
      { topic: 't', partition: 2 },
    ]
    const expected = [
      't',
      0,
      4,
      -1,
      '',
      0,
      't',
      1,
      -1001,
      -1,
      '',
      -190,
      't',
      2,
      -1001,
      -1,
      '',
      0,
      't',
      3,
      -1001,
      -1,
      '',
      -1,
    ]
    await expect(consumer.committed(['t', 0, 't', 1, 't', 2, 't', 3], 0)).resolves.toEqual(expected)
    expect(client.of('committed')[0]?.[1]).toBe(1) // 0 would be node-rdkafka's default
    const times = flat([0, 50], [1, 50], [2, 50], [3, 50])
    await expect(consumer.offsetsForTimes(times, 99)).resolves.toEqual(expected)
  })

  it('refused as a whole for what is not there name what it may be', async () => {
    const { client, consumer } = await assigned(0)
    client.throws.set('offsetsForTimes', rdkafkaError(-190))
    const message = 'Local: Unknown partition: one of t [0], t [1]'
    await expect(consumer.offsetsForTimes(flat([0, 5], [1, 5]), 5)).rejects.toMatchObject({ code: -190, message })
    client.throws.set('offsetsForTimes', rdkafkaError(-195))
    await expect(consumer.offsetsForTimes(flat([0, 5]), 5)).rejects.toMatchObject({
      code: -195,
      message: 'Local: Broker transport failure',
      isRetriable: true,
    })
  })

  it('give watermarks, from the broker and from what is known', async () => {
    const { client, consumer } = await assigned(0)
    await expect(consumer.watermarks('t', 0, 5)).resolves.toEqual([3, 9])
    client.watermarks = { lowOffset: 1, highOffset: 2 }
    expect(consumer.cachedWatermarks('t', 0)).toEqual([1, 2])
    client.watermarks = new Error('Client is disconnected')
    expect(consumer.cachedWatermarks('t', 0)).toEqual([-1001, -1001])
  })

  it('give metadata; a topic without partitions is not there', async () => {
    const { client, consumer } = await assigned(0)
    const partition = { id: 0, leader: 1, replicas: [1], isrs: [1] }
    client.metadata = {
      orig_broker_id: 1,
      orig_broker_name: 'b',
      brokers: [{ id: 1, host: 'h', port: 2 }],
      topics: [
        { name: 't', partitions: [partition] },
        { name: 'u', partitions: [] },
      ],
    }
    await expect(consumer.metadata(null, 5)).resolves.toEqual({
      origBrokerId: 1,
      origBrokerName: 'b',
      brokers: [{ id: 1, host: 'h', port: 2 }],
      topics: [
        { name: 't', error: 0, partitions: [{ ...partition, error: 0 }] },
        { name: 'u', error: 3, partitions: [] },
      ],
    })
    expect(client.of('getMetadata')).toEqual([[{ allTopics: true, timeout: 5 }]])
  })
})

describe('tokens', () => {
  const conf = { 'sasl.mechanisms': 'OAUTHBEARER' }
  const later = Date.now() + 3_600_000

  it('are passed on and asked for again, also after a refusal', async () => {
    const { client, consumer } = setUp(conf)
    consumer.setOauthbearerToken('early', later, 'me', [])
    expect(client.names()).toEqual([])
    await settled()
    expect(eventsOf(consumer, EventKind.TokenRefresh)).toHaveLength(1)
    consumer.setOauthbearerToken('secret', later, 'me', [])
    await settled()
    expect(client.of('setOauthBearerToken')).toEqual([['early'], ['secret']])
    client.throws.set('setOauthBearerToken', new Error('bad token'))
    consumer.setOauthbearerToken('', later, '', [])
    await settled()
    consumer.setOauthbearerTokenFailure('why')
    expect(eventsOf(consumer, EventKind.ClientError).map(([, , message]) => message)).toEqual([
      'cannot get an OAUTHBEARER token: bad token',
      'cannot get an OAUTHBEARER token: why',
    ])
    await consumer.destroy()
    expect(
      thrown(() => {
        consumer.setOauthbearerTokenFailure('why')
      }),
    ).toMatchObject({ code: -172 })
    expect(
      thrown(() => {
        consumer.setOauthbearerToken('', later, '', [])
      }),
    ).toMatchObject({ code: -172 })
  })

  it('are set while no request is under way, and requests wait for the first', async () => {
    const { client, consumer } = setUp(conf)
    const first = consumer.committed(['t', 0], 5)
    await settled()
    expect(client.names()).toEqual(['consume'])
    consumer.setOauthbearerToken('one', later, 'me', [])
    await settled()
    expect(client.names().slice(1)).toEqual(['setOauthBearerToken', 'committed'])
    consumer.setOauthbearerToken('two', later, 'me', [])
    const second = consumer.committed(['t', 1], 5)
    await settled()
    expect(client.names().slice(3)).toEqual([])
    client.answer()
    await first
    await settled()
    expect(client.names().slice(3)).toEqual(['setOauthBearerToken', 'committed'])
    client.answer()
    await second
  })

  it('that have not come keep neither requests nor the consumer from being closed', async () => {
    const { client, consumer } = setUp(conf)
    const asked = expect(consumer.committed(['t', 0], 5)).rejects.toMatchObject({ code: -172 })
    await settled()
    await consumer.destroy()
    await asked
    expect(client.names()).not.toContain('committed')
  })

  it("that come as it is closed are nobody's", async () => {
    const { client, consumer } = setUp(conf)
    await settled()
    consumer.serve()
    consumer.setOauthbearerToken('one', later, 'me', [])
    await settled()
    const asked = consumer.committed(['t', 0], 5)
    await settled()
    consumer.setOauthbearerToken('two', later, 'me', [])
    const destroying = consumer.destroy()
    await settled()
    await expect(asked).rejects.toMatchObject({ code: -197 })
    client.answer()
    await destroying
    await settled()
    expect(client.of('setOauthBearerToken')).toEqual([['one']])
    expect(consumer.serve()).toEqual([])
  })
})
