// One binary for every Node: it is built for Node-API, not for one version. Each of them does what is most likely to
// differ between them: worker threads that end, the end of the process, and the ways to consume.
import { TIERS } from '../helpers/consumer'
import { runFixture, startFixture } from '../helpers/fixture'
import { nodeBinary } from '../helpers/nodes'
import type { ChildOptions } from '../helpers/child'

const WORKERS = 9
const MESSAGES = 4000

describe.each([22, 24, 26])('Node %d', (major) => {
  let node: ChildOptions

  beforeAll(async () => {
    node = { execPath: await nodeBinary(major) }
  }, 360_000)

  it('consumes in every tier and in every way; legacy works, or says why not', async () => {
    const report = await runFixture('each-way', { messages: MESSAGES }, node)
    const ways = TIERS.flatMap((mode) => ['stream', 'batches', 'consume'].map((how) => `${mode} ${how}`))
    const isOwn = process.versions.node.startsWith(`${major}.`)
    expect(report).toEqual({
      node: expect.stringMatching(new RegExp(`^v${major}\\.`)) as string,
      ...Object.fromEntries(ways.map((way) => [way, MESSAGES])),
      // node-rdkafka is compiled for the Node that set this up.
      legacy: isOwn
        ? MESSAGES
        : (expect.stringMatching(/is legacy.* cannot be loaded .*npm rebuild node-rdkafka/s) as string),
    })
  })

  it('may end worker threads in the middle of consuming', async () => {
    const report = await runFixture('worker-storm', { workers: WORKERS, modes: TIERS }, node)
    expect(report).toEqual({
      started: WORKERS,
      counters: { clients: 0, pumps: 0, batchBytes: expect.any(Number) as number, rdkafkaThreads: 0 },
    })
  })

  it.each(TIERS)('ends by process.exit(), by a throw and by close(): %s', async (mode) => {
    const ends = await Promise.all(
      ['exit', 'throw', 'close'].map(async (how) => {
        const { code, signal, stderr } = await startFixture('process-end', { mode, how }, node).result
        return { how, code, signal, error: /Error: .*/.exec(stderr)?.[0] ?? stderr }
      }),
    )
    expect(ends).toEqual([
      { how: 'exit', code: 7, signal: null, error: '' },
      { how: 'throw', code: 1, signal: null, error: 'Error: on purpose' },
      { how: 'close', code: 0, signal: null, error: '' },
    ])
  })
})
