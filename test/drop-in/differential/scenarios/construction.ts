// What can be seen without a broker: the module, the class, its constructor and the instances.
import { EventEmitter } from 'node:events'
import { inherits } from 'node:util'
import type { Consumer, ConsumerClass, Kit, Scenarios } from '../kit'

const CONFIGURATIONS: Record<string, [conf: unknown, topicConf?: unknown]> = {
  'unknown property': [{ 'group.id': 'g', foo: 1 }],
  'unknown topic property': [{ 'group.id': 'g' }, { foo: 1 }],
  'bad boolean': [{ 'group.id': 'g', 'enable.auto.commit': 'maybe' }],
  'bad number': [{ 'group.id': 'g', 'session.timeout.ms': 'soon' }],
  'number out of range': [{ 'group.id': 'g', 'session.timeout.ms': -5 }],
  'bad enumeration': [{ 'group.id': 'g' }, { 'auto.offset.reset': 'sometimes' }],
  null: [{ 'group.id': null }],
  undefined: [{ 'group.id': undefined }],
  'null number': [{ 'session.timeout.ms': null }],
  array: [{ 'group.id': 'g', 'metadata.broker.list': ['a:1', 'b:2'] }],
  boolean: [{ 'group.id': 'g', 'enable.auto.commit': true }],
  'float for an integer': [{ 'group.id': 'g', 'session.timeout.ms': 10.5 }],
  'unused function': [{ 'group.id': 'g', some_cb: () => undefined }],
  'rebalance_cb: false': [{ 'group.id': 'g', rebalance_cb: false }],
  'offset_commit_cb: false': [{ 'group.id': 'g', offset_commit_cb: false }],
  'rebalance_cb: string': [{ 'group.id': 'g', rebalance_cb: 'yes' }],
  'dr_cb: true': [{ 'group.id': 'g', dr_cb: true }],
  'event_cb: false': [{ 'group.id': 'g', event_cb: false }],
  'event_cb: true': [{ 'group.id': 'g', event_cb: true }],
  'no group': [{}],
  'topic configuration null': [{ 'group.id': 'g' }, null],
  'topic configuration empty': [{ 'group.id': 'g' }, {}],
  'a global property for topics': [{ 'group.id': 'g' }, { 'session.timeout.ms': 10_000 }],
}

function ownProperties(consumer: Consumer): Record<string, unknown> {
  const { globalConfig, _client, ...rest } = consumer as Record<string, unknown>
  // The tier is the one line that may be new there.
  const config = { ...(globalConfig as Record<string, unknown>) }
  delete config['performance.tier']
  const seen = ['_events', '_eventsCount', '_maxListeners']
  const own = Object.fromEntries(Object.entries(rest).filter(([name]) => !seen.includes(name)))
  return { ...own, globalConfig: config, hasClient: typeof _client === 'object' && _client !== null }
}

function methodNames(prototype: object): string[] {
  const names = new Set<string>()
  for (let at = prototype; at !== EventEmitter.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const name of Object.getOwnPropertyNames(at)) {
      if (typeof (at as Record<string, unknown>)[name] === 'function') names.add(name)
    }
  }
  return [...names].sort()
}

export const scenarios: Scenarios = {
  'the module exports the same names'({ module, lines }: Kit) {
    lines.push(['names', ...Object.keys(module).sort()])
    for (const [name, value] of Object.entries(module).sort(([a], [b]) => (a < b ? -1 : 1))) {
      lines.push(['type', name, typeof value])
    }
    lines.push(['Topic', { ...(module['Topic'] as object) }])
    lines.push(['Topic called', (module['Topic'] as (name: string) => unknown)('t')])
    lines.push(['codes', Object.keys((module['CODES'] as { ERRORS: object }).ERRORS).length])
    lines.push(['features', module['features']])
    lines.push(['version', module['librdkafkaVersion']])
    lines.push(['createReadStream', module['createReadStream'] === module.KafkaConsumer.createReadStream])
    lines.push(['AdminClient', Object.keys(module['AdminClient'] as object)])
  },

  'configurations are taken or refused'(kit) {
    for (const [name, [conf, topicConf]] of Object.entries(CONFIGURATIONS)) {
      kit.call(name, () => {
        new kit.module.KafkaConsumer(kit.tiered(conf), topicConf)
        return 'a consumer'
      })
    }
  },

  'a configuration that is none is refused'(kit) {
    for (const conf of [undefined, null]) {
      kit.call(String(conf), () => new kit.module.KafkaConsumer(conf))
    }
  },

  'it can be made without new'(kit) {
    const make = kit.module.KafkaConsumer as (conf: unknown) => Consumer
    const consumer = make(kit.conf())
    kit.trace('instance', consumer instanceof kit.module.KafkaConsumer, consumer instanceof EventEmitter)
    kit.trace('constructor', consumer.constructor === kit.module.KafkaConsumer, consumer.constructor.name)
    kit.trace('name and length', kit.module.KafkaConsumer.name, kit.module.KafkaConsumer.length)
  },

  'it can be made by the old name'(kit) {
    const Old = kit.module['Consumer'] as ConsumerClass
    const consumer = new Old(kit.conf())
    kit.trace('instance', consumer instanceof kit.module.KafkaConsumer, consumer instanceof Old)
    kit.trace('without new', (Old as (conf: unknown) => Consumer)(kit.conf()) instanceof kit.module.KafkaConsumer)
  },

  'it can be extended by a class'(kit) {
    class Mine extends (kit.module.KafkaConsumer as new (conf: unknown, topicConf: unknown) => Consumer) {
      readonly mine = 'mine'
      constructor(conf: unknown) {
        super(conf, {})
        kit.trace('in the constructor', typeof this.subscribe, this.isConnected())
      }
      own(): string {
        return `own, connected: ${String(this.isConnected())}`
      }
    }
    const consumer = new Mine(kit.conf())
    kit.trace('instance', consumer instanceof Mine, consumer instanceof kit.module.KafkaConsumer)
    kit.trace('members', consumer.mine, consumer.own(), consumer.constructor === Mine)
  },

  'it can be extended as constructors were before there were classes'(kit) {
    function Old(this: Consumer, conf: unknown): void {
      const base = kit.module.KafkaConsumer as unknown as { call(self: unknown, conf: unknown, topic: unknown): void }
      base.call(this, conf, {})
      this['mine'] = 'mine'
    }
    inherits(Old, kit.module.KafkaConsumer)
    const consumer = new (Old as unknown as new (conf: unknown) => Consumer)(kit.conf())
    kit.trace('instance', consumer instanceof Old, consumer instanceof kit.module.KafkaConsumer)
    kit.trace('members', consumer['mine'], consumer['_consumeTimeout'], consumer.isConnected())
    kit.call('subscribe', () => consumer.subscribe(['a']))
  },

  'instances have the same properties of their own'(kit) {
    const conf = { 'client.id': 'me', 'group.id': 'g' }
    const make = (more: object, topicConf?: unknown): Consumer =>
      new kit.module.KafkaConsumer(kit.tiered({ ...conf, ...more }), topicConf)
    const plain = make({})
    kit.trace('names', Object.keys(plain).sort())
    kit.trace('values', ownProperties(plain))
    kit.trace('with a topic configuration', ownProperties(make({}, { 'auto.offset.reset': 'latest' })))
    const functions = { rebalance_cb: () => undefined, offset_commit_cb: true, some_cb: () => undefined }
    kit.trace('with functions', ownProperties(make(functions)))
    kit.trace('with event_cb', ownProperties(make({ event_cb: true })))
    kit.trace('without event_cb', ownProperties(make({ event_cb: false })))
    plain.setDefaultConsumeTimeout(1)
    plain.setDefaultConsumeLoopTimeoutDelay(2)
    kit.trace('timeouts', plain['_consumeTimeout'], plain['_consumeLoopTimeoutDelay'])
    kit.trace('listeners', plain.eventNames(), plain.listenerCount('ready'))
  },

  'the objects given are left as they were'(kit) {
    const conf = Object.freeze({
      ...(kit.tiered({ 'group.id': 'g', event_cb: true, rebalance_cb: true }) as Record<string, unknown>),
    })
    const topicConf = Object.freeze({ 'auto.offset.reset': 'earliest' })
    const consumer = new kit.module.KafkaConsumer(conf, topicConf)
    kit.trace('same objects', consumer['globalConfig'] === conf, consumer['topicConfig'] === topicConf)
    kit.trace('topic configuration', consumer['topicConfig'])
    const given = kit.tiered({ 'group.id': 'g', 'client.id': 'c' })
    const kept = new kit.module.KafkaConsumer(given, {})['globalConfig'] as object
    kit.trace('equal', JSON.stringify(kept) === JSON.stringify(given))
  },

  'its native client'(kit) {
    kit.call('getClient', () => typeof kit.create().getClient())
  },

  'it has the same methods'({ module, lines }) {
    for (const name of methodNames(module.KafkaConsumer.prototype)) lines.push(['method', name])
    for (const name of Object.getOwnPropertyNames(module.KafkaConsumer).sort()) lines.push(['static', name])
  },
}
