// User code that throws, wherever the package calls it: its error comes to light as Node documents it, and the consumer
// gives messages and closes afterwards. In processes of their own: what reaches the process would end the test run.
import { TIERS } from '../helpers/consumer'
import type { ChildResult } from '../helpers/child'
import { startFixture } from '../helpers/fixture'
import { THROWN } from '../fixtures/support/hostile-values'
import type { ThrowingReport } from '../fixtures/support/surfaced'

const DEADLINE_MS = 150_000
const UNCAUGHT = /^uncaughtException: Error: on purpose$/
const FENCED = /^rejection: ERR_FENCED_INSTANCE_ID: /

/** What is left of a thrown value in a message: nothing, of what cannot be printed. */
const SAYS: Readonly<Record<string, string>> = {
  'an Error': 'on purpose$',
  undefined: 'undefined$',
  'a symbol': 'Symbol',
}

type Expected = readonly [name: string, surfaced: readonly RegExp[]]

const EVENTS = [
  ...['assigned', 'revoked', 'lost', 'partitionEof', 'warning', 'slow', 'deserializationError'],
  ...['statistics', 'log', 'close'],
]

function ofEach(name: string, surfaced: string): Expected[] {
  return Object.keys(THROWN).map((what) => [`${name}: ${what}`, [new RegExp(`^${surfaced}${SAYS[what] ?? ''}`)]])
}

const REFUSED = 'ERR_KAFKA_DESERIALIZATION: cannot deserialize the value of t \\[\\d\\] @ 0: '
const handler = (name: string): string => `warning: ERR_KAFKA_HANDLER: ${name} failed: `

const EXPECTED: readonly Expected[] = [
  ...EVENTS.map((event): Expected => [`a listener of ${event}`, [UNCAUGHT]]),
  ['a listener of error', [FENCED, UNCAUGHT]],
  ['an async listener', [/^unhandledRejection: Error: on purpose$/]],
  ['a logger', [UNCAUGHT]],
  ['the body of stream()', [/^rejection: Error: at a message$/]],
  ['the body of batches()', [/^rejection: Error: at a batch$/]],
  ['onDeserializationError, stream()', [/^rejection: Error: on purpose$/]],
  ['onDeserializationError, batches()', [/^rejection: Error: on purpose$/]],
  ...ofEach('onAssigned', handler('onAssigned')),
  ...ofEach('onAssigned, async', handler('onAssigned')),
  ...ofEach('onRevoked', handler('onRevoked')),
  ...ofEach('onLost', handler('onLost')),
  ...ofEach('a deserializer', `rejection: ${REFUSED}`),
  ...ofEach('a deserializer, skipping', `callback: ${REFUSED}`),
  ...ofEach('oauthbearerTokenRefresh', 'warning: ERR__AUTHENTICATION: Failed to acquire SASL OAUTHBEARER token: '),
  ...ofEach(
    'oauthbearerTokenRefresh, async',
    'warning: ERR__AUTHENTICATION: Failed to acquire SASL OAUTHBEARER token: ',
  ),
]

const DROP_IN = [
  ...['data', 'ready', 'rebalance', 'event.log', 'event.stats', 'offset.commit', 'disconnected'].map(
    (event) => `a listener of ${event}`,
  ),
  ...['connect', 'the flow', 'consume(n)', 'getMetadata', 'queryWatermarkOffsets', 'offsetsForTimes'].map(
    (call) => `the callback of ${call}`,
  ),
  ...['committed', 'seek', 'disconnect'].map((call) => `the callback of ${call}`),
  'rebalance_cb',
  'offset_commit_cb',
].map((name): Expected => [name, [UNCAUGHT]])

const FIXTURES = { throwing: [0, 1, 2], 'throwing-drop-in': [0] }
type Fixture = keyof typeof FIXTURES
const results = new Map<string, ChildResult[]>()

beforeAll(async () => {
  // At the same time: much of it is waiting.
  await Promise.all(
    Object.entries(FIXTURES).flatMap(([fixture, parts]) =>
      TIERS.map(async (mode) => {
        const running = parts.map((part) => startFixture(fixture, { mode, part }, { deadlineMs: DEADLINE_MS }).result)
        results.set(`${fixture} ${mode}`, await Promise.all(running))
      }),
    ),
  )
}, 600_000)

/** Tests what a fixture reports. */
function reports(fixture: Fixture, mode: string, expected: readonly Expected[]): void {
  let parts: ChildResult[]
  let events: ThrowingReport[]

  beforeAll(() => {
    parts = results.get(`${fixture} ${mode}`) as ChildResult[]
    events = parts.flatMap((part) => part.events as ThrowingReport[])
  })

  it.each(expected)('%s', (name, surfaced) => {
    expect(events.find((each) => each.name === name)).toEqual({
      name,
      outcome: {
        surfaced: surfaced.map((each) => expect.stringMatching(each) as string),
        afterwards: 'works and closes',
      },
    })
  })

  it('and nothing else, in processes that end well', () => {
    for (const { code, signal, stderr } of parts) {
      expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
    }
    expect(events.map(({ name }) => name).sort()).toEqual(expected.map(([name]) => name).sort())
  })
}

describe.each(TIERS)('%s', (mode) => {
  describe('what throws, and where its error comes to light', () => {
    reports('throwing', mode, EXPECTED)
  })

  describe('what throws in the drop-in, and where its error comes to light', () => {
    reports('throwing-drop-in', mode, DROP_IN)
  })

  it('ends a process that does not expect it with its message, and by nothing else', async () => {
    const places = ['listener', 'logger', 'data', 'consume']
    const ends = await Promise.all(places.map((where) => startFixture('throwing-end', { mode, where }).result))
    for (const { code, signal, stderr } of ends) {
      expect({ code, signal }).toEqual({ code: 1, signal: null })
      expect(stderr).toMatch(/Error: on purpose\n\s+at \S*throwOnPurpose/)
    }
  })

  it('closes while it subscribes again and onRevoked still runs', async () => {
    const { code, signal, events } = await startFixture('resubscribed', { mode, waves: 5 }).result
    expect({ code, signal, events }).toEqual({ code: 0, signal: null, events: [{ clients: 0 }] })
  })
})
