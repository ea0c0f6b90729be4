import { ConfigError } from '../../../lib/errors'
import { createClient } from '../../../lib/legacy/conf'
import { FakeClient, setUp } from './fake'

const callbacks = { rebalance_cb: () => undefined, offset_commit_cb: () => undefined }

function refusing(message: unknown): () => void {
  return () => {
    const KafkaConsumer = class extends FakeClient {
      constructor() {
        super({}, {})
        throw message
      }
    }
    createClient({ librdkafkaVersion: '2.12.0', KafkaConsumer }, { 'group.id': 'g', foo: '1' }, callbacks)
  }
}

it("puts a topic's properties apart, and what this layer needs over what is configured", () => {
  const { client } = setUp({
    'auto.offset.reset': 'earliest',
    'enable.auto.commit': 'true',
    'enable.partition.eof': 'false',
    'log.queue': 'true',
    'client.id': 'c',
  })
  expect(client.topicConf).toEqual({ 'auto.offset.reset': 'earliest' })
  expect(client.conf).toEqual({
    'group.id': 'g',
    'client.id': 'c',
    'fetch.message.max.bytes': '131072',
    'enable.auto.commit': 'false',
    'enable.auto.offset.store': 'false',
    'enable.partition.eof': 'true',
    rebalance_cb: expect.any(Function) as unknown,
    offset_commit_cb: expect.any(Function) as unknown,
  })
})

it.each(['fetch.message.max.bytes', 'max.partition.fetch.bytes'])('leaves %s as it is configured', (name) => {
  const { conf } = setUp({ [name]: '5000' }).client
  expect(Object.entries(conf).filter(([each]) => /fetch/.test(each))).toEqual([[name, '5000']])
})

it('names the property that an old librdkafka does not know', () => {
  expect(refusing(new Error('No such configuration property: "foo"'))).toThrow(ConfigError)
  expect(refusing(new Error('No such configuration property: "foo"'))).toThrow(
    "'foo': the librdkafka 2.12.0 of node-rdkafka, which legacy runs on, has no such property; leave it out, or set " +
      "'performance.tier', which runs on a newer librdkafka",
  )
})

it('passes on what librdkafka says of a value', () => {
  expect(refusing(new Error('Expected bool value for "foo": true or false'))).toThrow(
    'legacy: librdkafka 2.12.0 of node-rdkafka refuses the configuration: Expected bool value for "foo": true or false',
  )
  expect(refusing('no')).toThrow('refuses the configuration: no')
})

it.each<Record<string, string>>([{}, { 'group.id': '' }])('wants a group: %j', (conf) => {
  expect(() => createClient({ librdkafkaVersion: '2.12.0', KafkaConsumer: FakeClient }, conf, callbacks)).toThrow(
    /'group.id': expected the name of a group/,
  )
})
