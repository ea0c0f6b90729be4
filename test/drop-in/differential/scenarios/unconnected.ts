// Every method of a consumer that is not connected: never was, failed to, or is no longer.
import type { Consumer, Kit, Scenarios } from '../kit'

const AT = { topic: 't', partition: 0, offset: 3 }

/** Calls without a callback. */
const CALLS: Record<string, (consumer: Consumer) => unknown> = {
  isConnected: (consumer) => consumer.isConnected(),
  connectedTime: (consumer) => consumer.connectedTime(),
  getLastError: (consumer) => consumer.getLastError(),
  subscribe: (consumer) => consumer.subscribe(['t']),
  'subscribe: no topics': (consumer) => consumer.subscribe([]),
  'subscribe: no array': (consumer) => consumer.subscribe('t'),
  'subscribe: nothing': (consumer) => consumer.subscribe(),
  unsubscribe: (consumer) => consumer.unsubscribe(),
  subscription: (consumer) => consumer.subscription(),
  assignments: (consumer) => consumer.assignments(),
  assign: (consumer) => consumer.assign([AT]),
  'assign: nothing': (consumer) => consumer.assign(),
  'assign: no array': (consumer) => consumer.assign({}),
  'assign: malformed': (consumer) => consumer.assign([{}]),
  unassign: (consumer) => consumer.unassign(),
  incrementalAssign: (consumer) => consumer.incrementalAssign([AT]),
  incrementalUnassign: (consumer) => consumer.incrementalUnassign([AT]),
  'incrementalAssign: malformed': (consumer) => consumer.incrementalAssign([{ topic: 't' }]),
  rebalanceProtocol: (consumer) => consumer.rebalanceProtocol(),
  position: (consumer) => consumer.position(),
  'position of one': (consumer) => consumer.position([AT]),
  'position: no array': (consumer) => consumer.position(AT),
  commit: (consumer) => consumer.commit(),
  'commit of null': (consumer) => consumer.commit(null),
  'commit of one': (consumer) => consumer.commit(AT),
  'commit of some': (consumer) => consumer.commit([AT]),
  'commit: string': (consumer) => consumer.commit('t'),
  commitSync: (consumer) => consumer.commitSync(),
  'commitSync of one': (consumer) => consumer.commitSync(AT),
  commitMessage: (consumer) => consumer.commitMessage(AT),
  'commitMessage: nothing': (consumer) => consumer.commitMessage(),
  commitMessageSync: (consumer) => consumer.commitMessageSync(AT),
  'commitMessageSync: nothing': (consumer) => consumer.commitMessageSync(),
  offsetsStore: (consumer) => consumer.offsetsStore([AT]),
  pause: (consumer) => consumer.pause([AT]),
  resume: (consumer) => consumer.resume([AT]),
  getWatermarkOffsets: (consumer) => consumer.getWatermarkOffsets('t', 0),
  'consume()': (consumer) => consumer.consume(),
  'consume(callback)': (consumer) => consumer.consume(() => undefined),
  'consume(0)': (consumer) => consumer.consume(0),
  'consume(number, no function)': (consumer) => consumer.consume(1, 'no function'),
  'consume(number)': (consumer) => consumer.consume(1),
  'getMetadata without a callback': (consumer) => consumer.getMetadata({}),
  'queryWatermarkOffsets without a callback': (consumer) => consumer.queryWatermarkOffsets('t', 0, 100),
  'offsetsForTimes without a callback': (consumer) => consumer.offsetsForTimes([AT], 100),
  'seek without a callback': (consumer) => consumer.seek({}, 100),
  'seek: malformed': (consumer) => consumer.seek({ topic: 't' }, 100, () => undefined),
  'seek: bad timeout': (consumer) => consumer.seek(AT, 'soon', () => undefined),
  'setOauthBearerToken: empty': (consumer) => consumer.setOauthBearerToken(''),
  'setOauthBearerToken: number': (consumer) => consumer.setOauthBearerToken(5),
  setOauthBearerToken: (consumer) => consumer.setOauthBearerToken('a token'),
  setDefaultConsumeTimeout: (consumer) => consumer.setDefaultConsumeTimeout(300),
  setDefaultConsumeLoopTimeoutDelay: (consumer) => consumer.setDefaultConsumeLoopTimeoutDelay(5),
}

type Callback = (...values: unknown[]) => unknown

const CALLBACKS: Record<string, (consumer: Consumer, callback: Callback) => unknown> = {
  getMetadata: (consumer, callback) => consumer.getMetadata({}, callback),
  queryWatermarkOffsets: (consumer, callback) => consumer.queryWatermarkOffsets('t', 0, 100, callback),
  offsetsForTimes: (consumer, callback) => consumer.offsetsForTimes([AT], 100, callback),
  committed: (consumer, callback) => consumer.committed([AT], 100, callback),
  'committed of the assignment': (consumer, callback) => consumer.committed(100, callback),
  'committed of null': (consumer, callback) => consumer.committed(null, 100, callback),
  seek: (consumer, callback) => consumer.seek(AT, 100, callback),
  'consume(number, callback)': (consumer, callback) => consumer.consume(1, callback),
  disconnect: (consumer, callback) => consumer.disconnect(callback),
}

const EVENTS = ['subscribed', 'unsubscribed', 'unsubscribe', 'disconnected', 'ready', 'connection.failure', 'data']

async function everyMethod(kit: Kit, consumer: Consumer): Promise<void> {
  kit.watch(consumer, EVENTS)
  for (const [name, call] of Object.entries(CALLS)) kit.call(name, () => call(consumer))
  for (const [name, call] of Object.entries(CALLBACKS)) {
    await kit.callback(name, (callback) => call(consumer, callback))
  }
}

export const scenarios: Scenarios = {
  async 'every method before connect'(kit) {
    await everyMethod(kit, kit.create())
  },

  async 'every method after disconnect'(kit) {
    const consumer = await kit.connected()
    await kit.disconnect(consumer)
    await everyMethod(kit, consumer)
  },

  async 'every method after a connect that failed'(kit) {
    const consumer = kit.create({ 'metadata.broker.list': '127.0.0.1:1' })
    await new Promise<void>((resolve) => {
      consumer.connect({ timeout: 100 }, () => {
        resolve()
      })
    })
    await everyMethod(kit, consumer)
  },

  'callbacks that come at once'(kit) {
    const consumer = kit.create()
    const atOnce = (name: string, call: (callback: Callback) => unknown): void => {
      let isCalled = false
      try {
        call(() => (isCalled = true))
      } catch {
        // Told of in the other scenarios.
      }
      kit.trace(name, isCalled)
    }
    for (const [name, call] of Object.entries(CALLBACKS)) atOnce(name, (callback) => call(consumer, callback))
  },
}
