import { Meter } from '../../../benchmarks/harness/meter'
import type { Job, Report } from '../../../benchmarks/types'

function meterOf(changes: Partial<Job>): Meter {
  const job: Job = {
    kind: 'catch-up',
    bootstrap: '',
    group: '',
    topic: '',
    partitions: 1,
    count: 100,
    warmUp: 10,
    maxSeconds: 60,
    value: 'bytes',
    handler: 'none',
    way: '',
    settings: {},
    ...changes,
  }
  return new Meter(job, () => undefined)
}

/** Takes values until the meter says that it is enough. */
async function takeAll(meter: Meter, value: (index: number) => Parameters<Meter['take']>[0]): Promise<Report> {
  for (let index = 0; ; index++) if (await meter.take(value(index))) break
  return meter.finished
}

test('it counts and sums up all messages, and times those after the warm-up', async () => {
  const report = await takeAll(meterOf({ count: 1000, warmUp: 100 }), (index) => Buffer.from([index & 255, 0, 0]))
  const expected = Array.from({ length: 1000 }, (_, index) => index & 255).reduce((sum, byte) => sum + byte, 0)
  expect(report).toMatchObject({ messages: 1000, measuredMessages: 900, bytes: 3000, checksum: expected })
  expect(report.messagesPerSecond).toBeCloseTo(900 / report.seconds)
  expect(report.cpuSeconds).toBeGreaterThanOrEqual(0)
  expect(report.peakRssKiB).toBeGreaterThan(10_000)
})

test('strings and JSON are made of bytes where the client gives bytes', async () => {
  const text = JSON.stringify({ sequence: 3 })
  const asText = await takeAll(meterOf({ value: 'string' }), () => Buffer.from(text))
  expect(asText.checksum).toBe(100 * '{'.charCodeAt(0))
  const asJson = await takeAll(meterOf({ value: 'json' }), () => Buffer.from(text))
  expect(asJson.checksum).toBe(300)
  const ready = await takeAll(meterOf({ value: 'json' }), () => ({ sequence: 3 }))
  expect(ready.checksum).toBe(300)
})

test('untouched values are only counted', async () => {
  expect(await takeAll(meterOf({ value: 'untouched' }), () => null)).toMatchObject({ messages: 100, checksum: 0 })
})

test('a slow client is stopped when its time is over, and was measured for it', async () => {
  const meter = meterOf({ handler: 'cpu', count: 1_000_000, warmUp: 1, maxSeconds: 0.05 })
  const report = await takeAll(meter, () => Buffer.from([1]))
  expect(report.messages).toBeLessThan(10_000)
  expect(report.seconds).toBeGreaterThanOrEqual(0.05)
  expect(report.loopDelayMs).toBeDefined()
})

test('a handler that waits tells how many were begun at once', async () => {
  const meter = meterOf({ handler: 'io', count: 20, warmUp: 1 })
  const report = await takeAll(meter, () => Buffer.from([1]))
  expect(report.mostPending).toBe(1)

  const flowing = meterOf({ handler: 'io', count: 20, warmUp: 1 })
  await Promise.all(Array.from({ length: 20 }, async () => flowing.take(Buffer.from([1]))))
  expect((await flowing.finished).mostPending).toBe(20)
})

test('latency is from the time in the value to now, without the warm-up', async () => {
  const meter = meterOf({ kind: 'paced', count: 30, warmUp: 10 })
  const report = await takeAll(meter, (index) => {
    const value = Buffer.alloc(20)
    // Those of the warm-up are an hour late.
    const lateNs = index < 10 ? 3_600_000_000_000n : 2_000_000n
    value.writeBigInt64LE(process.hrtime.bigint() - lateNs)
    return value
  })
  expect(report.latencyMs).toMatchObject({ messages: 20 })
  expect(report.latencyMs?.p50).toBeGreaterThanOrEqual(2)
  expect(report.latencyMs?.max).toBeLessThan(3_600_000)
})

test('what comes after the end is over at once', async () => {
  const meter = meterOf({ count: 11, warmUp: 1 })
  await takeAll(meter, () => Buffer.from([1]))
  expect(meter.isOver).toBe(true)
  expect(meter.take(Buffer.from([1]))).toBe(true)
})
