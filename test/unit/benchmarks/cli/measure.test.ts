import { measureInChild } from '../../../../lib/cli/fork'
import { measure, type MeasureJob } from '../../../../lib/cli/measure'
import { MockCluster } from '../../../../lib/testing'
import { REGISTER } from '../../../helpers/deps'

const COUNT = 2000
const NODE_FLAGS = REGISTER

let cluster: MockCluster

beforeAll(async () => {
  cluster = await MockCluster.start()
  for (const topic of ['full', 'empty']) cluster.createTopic(topic, { partitions: 2 })
  await cluster.produce(
    Array.from({ length: COUNT }, (_, index) => ({ topic: 'full', partition: index % 2, value: 'x'.repeat(10) })),
  )
})
afterAll(() => cluster.close())

const job = (changes: Partial<MeasureJob>): MeasureJob => ({
  topic: 'full',
  properties: { 'bootstrap.servers': cluster.bootstrapServers, 'group.id': `g-${Math.random()}` },
  tier: 'dedicated',
  reading: 'stream',
  messages: 1_000_000,
  seconds: 10,
  ...changes,
})

test.each(['stream', 'batches'] as const)(
  '%s(): all but the warm-up is measured, to the end of the topic',
  async (reading) => {
    const progress: [number, number][] = []
    const figures = await measure(job({ reading }), (...told) => progress.push(told))
    expect(figures.messages).toBeGreaterThan(COUNT / 2)
    expect(figures.messages).toBeLessThanOrEqual(COUNT * 0.9)
    expect(figures.bytes).toBe(figures.messages * 10)
    expect(figures.seconds).toBeGreaterThan(0)
    expect(progress.at(-1)).toEqual([COUNT, COUNT])
  },
)

test('it stops at as many messages as were wanted', async () => {
  const progress: [number, number][] = []
  await measure(job({ messages: 100 }), (...told) => progress.push(told))
  expect(progress.at(-1)).toEqual([100, 100])
})

test('an empty topic is an error', async () => {
  await expect(measure(job({ topic: 'empty' }), () => undefined)).rejects.toThrow('topic empty is empty')
})

test('a process of its own gives the same, and its refusals', async () => {
  const progress: number[] = []
  const figures = await measureInChild(job({}), (messages) => progress.push(messages), NODE_FLAGS)
  expect(figures.messages).toBeGreaterThan(COUNT / 2)
  expect(progress.at(-1)).toBe(COUNT)
  await expect(measureInChild(job({ topic: 'empty' }), () => undefined, NODE_FLAGS)).rejects.toThrow(
    'topic empty is empty',
  )
})

test('a process that cannot even begin says why', async () => {
  await expect(measureInChild(job({}), () => undefined, ['--require', '/nowhere.js'])).rejects.toThrow(
    'it ended with exit code 1',
  )
})
