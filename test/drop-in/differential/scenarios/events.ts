// What the client tells of itself.
import type { Scenarios } from '../kit'

export const scenarios: Scenarios = {
  async statistics(kit) {
    const consumer = await kit.at(kit.topics.empty, 0, { 'statistics.interval.ms': 50 })
    consumer.consume()
    const [stats, ...more] = (await kit.event(consumer, 'event.stats')) as [{ message: string }]
    kit.trace('statistics', Object.keys(stats), more.length, typeof stats.message)
    const parsed = JSON.parse(stats.message) as { type: string; brokers: object }
    kit.trace('content', parsed.type, typeof parsed.brokers)
  },

  async logs(kit) {
    const consumer = kit.create({ debug: 'generic' })
    const log = kit.event(consumer, 'event.log')
    consumer.connect({})
    const [entry, ...more] = (await log) as [{ severity: number; fac: string; message: string }]
    kit.trace('log', Object.keys(entry), more.length, typeof entry.severity, typeof entry.fac, typeof entry.message)
    await kit.until(() => consumer.isConnected(), 'the connection')
  },

  async errors(kit) {
    const consumer = kit.create({ 'metadata.broker.list': '127.0.0.1:1', 'client.id': 'errors' })
    const error = kit.event(consumer, 'event.error')
    consumer.connect({ timeout: 500 }, () => undefined)
    const [first] = await error
    kit.trace('error', first)
    kit.trace('last', consumer.getLastError() instanceof Error, (consumer['errorCounter'] as number) > 0)
  },

  async 'event_cb: false silences them'(kit) {
    const consumer = kit.create({ event_cb: false, 'statistics.interval.ms': 20, debug: 'generic' })
    kit.watch(consumer, ['event.stats', 'event.log', 'event.error', 'event.event', 'event.throttle'])
    await kit.connect(consumer)
    await kit.quiet(200)
    kit.trace('last error', consumer.getLastError())
  },

  async 'none that nobody listens to is an error'(kit) {
    const consumer = kit.create({ 'metadata.broker.list': '127.0.0.1:1' })
    await kit.callback('connect', (callback) => consumer.connect({ timeout: 300 }, () => callback('called')))
  },
}
