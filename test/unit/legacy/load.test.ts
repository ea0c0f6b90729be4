import { LoadError } from '../../../lib/errors'
import { createLegacyConsumer } from '../../../lib/legacy'
import { loadNodeRdkafka } from '../../../lib/legacy/load'
import { FakeClient, settled } from './fake'

function refusal(error: unknown): LoadError {
  try {
    loadNodeRdkafka(() => {
      throw error
    }, true)
  } catch (thrown) {
    return thrown as LoadError
  }
  throw new Error('it was loaded')
}

it('gives what it loads', () => {
  const module = {}
  expect(loadNodeRdkafka(() => module, true)).toBe(module)
})

it('says what to install, or which key to set, when it is not there', () => {
  const cause = Object.assign(new Error("Cannot find module 'node-rdkafka'\nRequire stack: …"), {
    code: 'MODULE_NOT_FOUND',
  })
  const error = refusal(cause)
  expect(error).toBeInstanceOf(LoadError)
  expect(error.message).toBe(
    "No 'performance.tier' is configured, so this consumer is legacy, which runs on the package node-rdkafka: " +
      "install that with `npm install node-rdkafka`, or set 'performance.tier', which needs no node-rdkafka",
  )
  expect(error.cause).toBe(cause)
})

it('says how to build it when its install script did not run', () => {
  const { message } = refusal(new Error('Could not locate the bindings file. Tried:\n → …'))
  expect(message).toContain('has no binary')
  expect(message).toContain('`npm rebuild node-rdkafka`')
  expect(message).toContain('`npm approve-scripts node-rdkafka`')
})

it('keeps the reason when it cannot be loaded for another one', () => {
  expect(refusal(new Error('wrong ELF class')).message).toContain('cannot be loaded (wrong ELF class)')
  expect(refusal('gone').message).toContain('cannot be loaded (gone)')
  const missing = Object.assign(new Error("Cannot find module 'bindings'"), { code: 'MODULE_NOT_FOUND' })
  expect(refusal(missing).message).toContain("cannot be loaded (Cannot find module 'bindings')")
})

it('is not tried in a worker thread', () => {
  const load = jest.fn()
  expect(() => loadNodeRdkafka(load, false)).toThrow(/on the main thread only, not in a worker thread/)
  expect(load).not.toHaveBeenCalled()
})

it('is loaded when a consumer is made', async () => {
  const clients: FakeClient[] = []
  jest.doMock(
    'node-rdkafka',
    () => ({
      librdkafkaVersion: '2.12.0',
      KafkaConsumer: class extends FakeClient {
        constructor(conf: object, topicConf: Record<string, string>) {
          super(conf, topicConf)
          clients.push(this)
        }
      },
    }),
    { virtual: true },
  )
  const limits = { maxBufferedMessages: 1000, maxBufferedBytes: 1 << 20 }
  const consumer = createLegacyConsumer({ 'group.id': 'g' }, () => undefined, limits)
  await settled()
  await consumer.destroy()
  expect(clients.map(({ conf }) => conf['group.id'])).toEqual(['g'])
})
