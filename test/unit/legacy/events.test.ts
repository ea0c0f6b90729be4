import { EventKind } from '../../../lib/binding'
import { Events } from '../../../lib/legacy/events'
import { errorCodes, FakeClient, rdkafkaError } from './fake'

function listening(conf: Record<string, string> = {}): { events: Events; client: FakeClient; onEvent: jest.Mock } {
  const client = new FakeClient({}, {})
  const onEvent = jest.fn()
  const events = new Events(conf, onEvent)
  events.listen(client, errorCodes())
  return { events, client, onEvent }
}

it("turns node-rdkafka's events into the addon's", () => {
  const { events, client, onEvent } = listening()
  client.emit('event.error', rdkafkaError(-1, 'broker transport failure'))
  client.emit('event.stats', { message: '{}' })
  client.emit('event.log', { severity: 4, fac: 'FAIL', message: 'm' })
  client.emit('event.throttle', { message: '', throttleTime: 9, brokerName: 'b', brokerId: 2 })
  expect(events.take()).toEqual([
    [EventKind.ClientError, -195, 'Local: Broker transport failure', false, true],
    [EventKind.Stats, '{}'],
    [EventKind.Log, 4, 'FAIL', 'm'],
    [EventKind.Throttle, 'b', 2, 9],
  ])
  expect(onEvent).toHaveBeenCalledTimes(4)
  expect(events.take()).toEqual([])
})

describe('a token', () => {
  const conf = { 'sasl.mechanism': 'OAUTHBEARER', 'sasl.oauthbearer.config': 'scope=x' }
  const due = [EventKind.TokenRefresh, 'scope=x']

  beforeEach(() => {
    jest.useFakeTimers()
  })
  afterEach(() => {
    jest.useRealTimers()
  })

  it('is asked for at the start, and again before it ends', () => {
    const { events } = listening(conf)
    expect(events.take()).toEqual([due])
    events.tokenSet(Date.now() + 100_000)
    jest.advanceTimersByTime(79_999)
    expect(events.take()).toEqual([])
    jest.advanceTimersByTime(1)
    expect(events.take()).toEqual([due])
  })

  it('that could not be had is reported, and asked for after a while', () => {
    const { events } = listening({ ...conf, 'sasl.oauthbearer.config': '' })
    events.take()
    events.tokenFailed('no')
    expect(events.take()).toEqual([[EventKind.ClientError, -169, 'cannot get an OAUTHBEARER token: no', false, true]])
    jest.advanceTimersByTime(10_000)
    expect(events.take()).toEqual([[EventKind.TokenRefresh, '']])
  })

  it('is not asked for after the end, nor where librdkafka gets it by itself', () => {
    const { events } = listening(conf)
    events.take()
    events.tokenSet(Date.now() - 1)
    events.stop()
    jest.advanceTimersByTime(1_000_000)
    expect(events.take()).toEqual([])
    expect(listening({ ...conf, 'sasl.oauthbearer.method': 'oidc' }).events.take()).toEqual([])
    expect(listening({ ...conf, 'sasl.oauthbearer.method': 'OIDC' }).events.take()).toEqual([])
    expect(listening({ ...conf, 'enable.sasl.oauthbearer.unsecure.jwt': 'true' }).events.take()).toEqual([])
    expect(listening({ 'sasl.mechanisms': 'PLAIN' }).events.take()).toEqual([])
    expect(listening({ 'sasl.mechanisms': 'OAUTHBEARER' }).events.take()).toEqual([[EventKind.TokenRefresh, '']])
  })
})
