import { Repeats } from '../../../lib/consumer/repeats'
import { KafkaError, type KafkaErrorDetails } from '../../../lib/errors'

function setup(): { at: (ms: number) => void; isNews: (message: string, details?: KafkaErrorDetails) => boolean } {
  let now = 0
  const repeats = new Repeats(() => now)
  return {
    at: (ms) => {
      now = ms
    },
    isNews: (message, details = {}) => repeats.isNews(new KafkaError(message, 'ERR__TRANSPORT', details), 0),
  }
}

it('the same is news once, and again when it still lasts after a minute', () => {
  const { at, isNews } = setup()
  expect([isNews('a'), isNews('a')]).toEqual([true, false])
  at(59_999)
  expect(isNews('a')).toBe(false)
  at(60_000)
  expect([isNews('a'), isNews('a')]).toEqual([true, false])
})

it("a broker is the same by each of librdkafka's names, whatever the times and the counts", () => {
  const { isNews } = setup()
  const message = (name: string, end: string): string =>
    `${name}: Connect to ipv4#h:1 failed: Connection refused ${end}`
  expect(isNews(message('h:1/bootstrap', '(after 0ms in state CONNECT)'))).toBe(true)
  expect(isNews(message('h:1/bootstrap', '(after 7ms in state CONNECT, 1 identical error(s) suppressed)'))).toBe(false)
  expect(isNews(message('h:1/3', '(after 0ms in state CONNECT)'))).toBe(false)
  expect(isNews(message('GroupCoordinator: h:1', '(after 0ms in state CONNECT)'))).toBe(false)
  expect(isNews(message('h:2/3', '(after 0ms in state CONNECT)'))).toBe(true)
})

it('another partition, or another topic, is another matter', () => {
  const { isNews } = setup()
  expect(isNews('bad', { topic: 't', partition: 0 })).toBe(true)
  expect(isNews('bad', { topic: 't', partition: 1 })).toBe(true)
  expect(isNews('bad', { topic: 'u', partition: 0 })).toBe(true)
  expect(isNews('bad', { topic: 't', partition: 0, offset: 7 })).toBe(false)
})

it('remembers a bounded number of them', () => {
  const { isNews } = setup()
  for (let i = 0; i < 1000; i++) expect(isNews(`m${i}`)).toBe(true)
  expect(isNews('m999')).toBe(false)
  expect(isNews('one more')).toBe(true)
  expect(isNews('m999')).toBe(true)
})
