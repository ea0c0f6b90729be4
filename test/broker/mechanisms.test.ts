// Every way into a secured cluster that is compiled in, each used against a real listener.
import type { OauthbearerToken } from '../../lib/consumer/settings'
import { type ConsumerOptions, take, TIERS, useConsumers } from '../helpers/consumer'
import { type Certificates, type KafkaCluster, type SaslMechanism, startKafka } from '../helpers/kafka'
import { produce } from '../helpers/produce'
import { createTopic } from '../helpers/topics'
import { waitFor } from '../helpers/wait'

const MECHANISMS: readonly SaslMechanism[] = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER']
const PASSWORD = 'alice-secret'

const consumers = useConsumers()
let kafka: KafkaCluster | undefined
let topic: string

beforeAll(async () => {
  kafka = await startKafka({
    listeners: {
      TLS: { protocol: 'SSL' },
      MUTUAL: { protocol: 'SSL', clientAuth: 'required' },
      SASL: { protocol: 'SASL_PLAINTEXT' },
      SASLTLS: { protocol: 'SASL_SSL' },
    },
    users: { alice: PASSWORD },
  })
  topic = await createTopic({ prefix: 'mechanisms', bootstrap: kafka.bootstrap })
  await produce(topic, [{ partition: 0, value: 'secret' }], { bootstrap: kafka.bootstrap })
}, 120_000)

afterAll(async () => {
  await kafka?.stop()
})

function cluster(): KafkaCluster {
  if (kafka === undefined) throw new Error('no cluster')
  return kafka
}

function certificates(): Certificates {
  const made = cluster().certificates
  if (made === undefined) throw new Error('no certificates')
  return made
}

function tls(listener: string, protocol: 'ssl' | 'sasl_ssl'): Record<string, string> {
  return {
    'bootstrap.servers': cluster().listener(listener),
    'security.protocol': protocol,
    'ssl.ca.location': certificates().ca,
  }
}

function user(mechanism: SaslMechanism, password = PASSWORD): Record<string, string> {
  if (mechanism === 'OAUTHBEARER') return { 'sasl.mechanism': mechanism }
  return { 'sasl.mechanism': mechanism, 'sasl.username': 'alice', 'sasl.password': password }
}

/** An unsecured JSON web token, which the listener takes: it looks at the form and the times of a token. */
function token(lifetimeMs: number): OauthbearerToken {
  const now = Date.now()
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { sub: 'alice', iat: Math.floor(now / 1000), exp: Math.floor((now + 3_600_000) / 1000) }
  return {
    tokenValue: `${part({ alg: 'none' })}.${part(claims)}.`,
    lifetimeMs: now + lifetimeMs,
    principal: 'alice',
    extensions: { tenant: 'test' },
  }
}

describe.each(TIERS)('%s', (mode) => {
  const reads = async (options: ConsumerOptions<Buffer, Buffer>): Promise<void> => {
    const consumer = consumers.create(mode, options)
    await consumer.subscribe([topic])
    expect((await take(consumer, 1)).map(({ value }) => String(value))).toEqual(['secret'])
  }

  it('TLS: reads from a broker whose certificate it can verify', async () => {
    await reads({ config: tls('TLS', 'ssl') })
  })

  it('TLS with a client certificate', async () => {
    const { clientCertificate, clientKey } = certificates()
    await reads({
      config: {
        ...tls('MUTUAL', 'ssl'),
        'ssl.certificate.location': clientCertificate,
        'ssl.key.location': clientKey,
      },
    })
  })

  it.each(MECHANISMS)('SASL %s over TLS', async (mechanism) => {
    await reads({
      config: { ...tls('SASLTLS', 'sasl_ssl'), ...user(mechanism) },
      ...(mechanism === 'OAUTHBEARER' && { settings: { oauthbearerTokenRefresh: () => token(3_600_000) } }),
    })
  })

  it.each(MECHANISMS)('SASL %s without TLS', async (mechanism) => {
    await reads({
      config: {
        'bootstrap.servers': cluster().listener('SASL'),
        'security.protocol': 'sasl_plaintext',
        ...user(mechanism),
      },
      ...(mechanism === 'OAUTHBEARER' && {
        settings: { oauthbearerTokenRefresh: async () => Promise.resolve(token(3_600_000)) },
      }),
    })
  })
})

it('OAUTHBEARER asks for another token before the one it has ends', async () => {
  let asked = 0
  const consumer = consumers.create('dedicated', {
    config: { ...tls('SASLTLS', 'sasl_ssl'), ...user('OAUTHBEARER') },
    settings: {
      oauthbearerTokenRefresh: () => {
        asked++
        return token(2000)
      },
    },
  })
  await consumer.subscribe([topic])
  expect(await take(consumer, 1)).toHaveLength(1)
  await waitFor(() => asked >= 3, { describe: () => `a third token to be asked for; there were ${asked}` })
})

describe('what is refused', () => {
  const refused = async (options: ConsumerOptions<Buffer, Buffer>, code: string, message: RegExp): Promise<void> => {
    const consumer = consumers.create('dedicated', { ...options, mayWarn: true })
    await expect(consumer.subscribe([topic], { timeoutMs: 1500 })).rejects.toMatchObject({
      name: 'TimeoutError',
      code: 'ERR_KAFKA_TIMEOUT',
    })
    const warnings = consumers.warnings(consumer)
    expect(warnings.map((warning) => warning.code)).toContain(code)
    expect(warnings.map((warning) => warning.message).join('\n')).toMatch(message)
    expect(warnings.map(String).join('\n')).not.toContain('wrong-secret')
  }

  it('a broker whose certificate nobody it trusts has signed', async () => {
    const config = { ...tls('TLS', 'ssl'), 'ssl.ca.location': certificates().untrustedCa }
    await refused({ config }, 'ERR__SSL', /certificate/i)
  })

  it('a client without a certificate, where one is required', async () => {
    // With TLS 1.3 the broker refuses it after the handshake, by closing the connection.
    await refused({ config: tls('MUTUAL', 'ssl') }, 'ERR__TRANSPORT', /ssl:/i)
  })

  it.each(MECHANISMS.filter((mechanism) => mechanism !== 'OAUTHBEARER'))('a wrong password: %s', async (mechanism) => {
    const config = { ...tls('SASLTLS', 'sasl_ssl'), ...user(mechanism, 'wrong-secret') }
    await refused({ config }, 'ERR__AUTHENTICATION', /authentication/i)
  })

  it('a token that the application cannot give', async () => {
    await refused(
      {
        config: { ...tls('SASLTLS', 'sasl_ssl'), ...user('OAUTHBEARER') },
        settings: { oauthbearerTokenRefresh: () => Promise.reject(new Error('the identity provider is down')) },
      },
      'ERR__AUTHENTICATION',
      /the identity provider is down/,
    )
  })
})
