// Who is refused, and what the program sees of it: once, within seconds, by its class, and without a secret.
import { createServer, connect, type AddressInfo, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { AuthenticationError, AuthorizationError } from '../../lib/errors'
import type { OauthbearerToken } from '../../lib/consumer/settings'
import { MODES, take, TIERS, useConsumers } from '../helpers/consumer'
import { type KafkaCluster, startKafka } from '../helpers/kafka'
import { produce } from '../helpers/produce'
import { createTopic } from '../helpers/topics'
import { waitFor } from '../helpers/wait'
import { useWatched } from './support/watched'

const PASSWORD = 'alice-secret'
/** Long enough for librdkafka to have tried again several times. */
const REPEATS_MS = 3000

const consumers = useConsumers()
let kafka: KafkaCluster
let topic: string
let elsewhere: Server

beforeAll(async () => {
  kafka = await startKafka({
    listeners: { TLS: { protocol: 'SSL' }, SASL: { protocol: 'SASL_PLAINTEXT' } },
    users: { alice: PASSWORD },
    // Everybody without a name is allowed everything, and alice nothing.
    configOverrides: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
  })
  topic = await createTopic({ prefix: 'access', bootstrap: kafka.bootstrap })
  await produce(topic, [{ partition: 0, value: 'secret' }], { bootstrap: kafka.bootstrap })
  elsewhere = await forward('127.0.0.2', Number(kafka.listener('TLS').split(':')[1]))
}, 120_000)

afterAll(async () => {
  elsewhere.close()
  await kafka.stop()
})

/** The broker at an address that its certificate does not name. */
async function forward(host: string, port: number): Promise<Server> {
  const server = createServer((client) => {
    const broker = connect(port, '127.0.0.1')
    client.pipe(broker).pipe(client)
    for (const socket of [client, broker]) socket.on('error', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  return server
}

const watch = useWatched(() => ({ mayWarn: true }))

const sasl = (mechanism: string, password = PASSWORD): Record<string, string> => ({
  'bootstrap.servers': kafka.listener('SASL'),
  'security.protocol': 'sasl_plaintext',
  'sasl.mechanism': mechanism,
  ...(mechanism !== 'OAUTHBEARER' && { 'sasl.username': 'alice', 'sasl.password': password }),
})

/** An unsecured JSON web token that ends, or has ended, so many seconds from now. */
function token(endsInS: number, lifetimeMs = 3_600_000): OauthbearerToken {
  const now = Math.floor(Date.now() / 1000)
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { sub: 'alice', iat: now - 7200, exp: now + endsInS }
  return {
    tokenValue: `${part({ alg: 'none' })}.${part(claims)}.`,
    lifetimeMs: Date.now() + lifetimeMs,
    principal: 'alice',
  }
}

describe.each(MODES)('%s', (mode) => {
  it('a wrong password is told of once, without it', async () => {
    const watched = watch(mode, { config: sasl('PLAIN', 'wrong-secret') })
    await watched.consumer.subscribe([topic], { timeoutMs: 1000 }).catch(() => undefined)
    await watched.waitForEvent('warning')
    await sleep(REPEATS_MS)
    const warnings = watched.warnings('ERR__AUTHENTICATION')
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toBeInstanceOf(AuthenticationError)
    expect(watched.warnings().map(String).join('\n')).not.toMatch(/wrong-secret|alice-secret/)
    await watched.close()
  })

  it('a topic and a group that are not allowed are told of once each', async () => {
    const watched = watch(mode, { config: sasl('PLAIN') })
    await watched.consumer.subscribe([topic], { timeoutMs: 2000 }).catch(() => undefined)
    watched.read()
    await waitFor(
      () =>
        watched.failure instanceof AuthorizationError ||
        watched.warnings().some((each) => each instanceof AuthorizationError),
      {
        describe: () =>
          `an AuthorizationError; there are ${watched.warnings().map(String).join('; ')}; ${String(watched.failure)}`,
      },
    )
    await sleep(REPEATS_MS)
    const codes = watched.warnings().map(({ code }) => code)
    expect(new Set(codes).size).toBe(codes.length)
    await watched.close()
  })
})

describe.each(TIERS)('%s', (mode) => {
  it('a broker whose certificate names another host is refused, unless that is not asked for', async () => {
    const { address, port } = elsewhere.address() as AddressInfo
    const ca = kafka.certificates?.ca as string
    const tls = {
      'bootstrap.servers': `${address}:${port}`,
      'security.protocol': 'ssl',
      'ssl.ca.location': ca,
    } as const
    const refused = watch(mode, { config: tls })
    await expect(refused.consumer.subscribe([topic], { timeoutMs: 1500 })).rejects.toMatchObject({
      name: 'TimeoutError',
    })
    expect(refused.warnings('ERR__SSL')[0]).toBeInstanceOf(AuthenticationError)
    expect(refused.warnings('ERR__SSL')).toHaveLength(1)
    await refused.close()
    const consumer = consumers.create(mode, {
      config: { ...tls, 'ssl.endpoint.identification.algorithm': 'none' },
    })
    await consumer.subscribe([topic])
    expect((await take(consumer, 1)).map(({ value }) => String(value))).toEqual(['secret'])
  })

  it('a token that has ended is told of', async () => {
    const watched = watch(mode, {
      config: sasl('OAUTHBEARER'),
      settings: { oauthbearerTokenRefresh: () => token(-3600) },
    })
    await watched.consumer.subscribe([topic], { timeoutMs: 1500 }).catch(() => undefined)
    await watched.waitForEvent('warning', (error) => (error as unknown) instanceof AuthenticationError)
    await sleep(REPEATS_MS)
    expect(watched.warnings('ERR__AUTHENTICATION')).toHaveLength(1)
    await watched.close()
  })

  it('a client that nobody reads from gets new tokens all the same', async () => {
    let asked = 0
    const watched = watch(mode, {
      config: sasl('OAUTHBEARER'),
      settings: {
        oauthbearerTokenRefresh: () => {
          asked++
          return token(3600, 1500)
        },
      },
    })
    await watched.consumer.subscribe([topic], { timeoutMs: 1500 }).catch(() => undefined)
    await waitFor(() => asked >= 3, { describe: () => `a third token to be asked for; there were ${asked}` })
    await watched.close()
  })
})
