import { inspect } from 'node:util'
import { ConsumerConfig } from '../../../lib/config'
import { SECRETS } from '../../../lib/config/secrets'
import { configOf, refusal, REQUIRED } from './support'

const SECRET = 'hunter2-value'
const everySecret = (): Record<string, string> => {
  const names = [...SECRETS].filter((name) => !name.includes('client.credentials')) // names of others of them
  return Object.fromEntries(names.map((name) => [name, SECRET]))
}

describe('secrets', () => {
  test('are the passwords, keys, tokens and user names of librdkafka', () => {
    expect([...SECRETS].sort()).toEqual([
      'https.ca.pem',
      'sasl.kerberos.kinit.cmd',
      'sasl.oauthbearer.assertion.private.key.passphrase',
      'sasl.oauthbearer.assertion.private.key.pem',
      'sasl.oauthbearer.client.credentials.client.secret',
      'sasl.oauthbearer.client.secret',
      'sasl.oauthbearer.config',
      'sasl.password',
      'sasl.username',
      'ssl.ca.pem',
      'ssl.certificate.pem',
      'ssl.key.password',
      'ssl.key.pem',
      'ssl.keystore.password',
    ])
  })

  test('never print', () => {
    const config = configOf(everySecret())
    const printed = [
      String(config),
      JSON.stringify(config),
      JSON.stringify({ config }),
      inspect(config),
      inspect({ config }, { depth: 10, showHidden: true }),
      inspect(config, { customInspect: false, showHidden: true, depth: 10 }),
      config.toYaml({ secrets: 'omit' }),
    ]
    for (const text of printed) expect(text).not.toContain(SECRET)
    expect(config.toJSON()).toMatchObject({ ...REQUIRED, 'sasl.password': '***', 'ssl.key.pem': '***' })
    expect(inspect(config)).toContain("'sasl.password': '***'")
    expect(config.toRdKafka()['sasl.password']).toBe(SECRET)
  })

  test.each([...SECRETS])('the value of %s does not get into a message', (name) => {
    for (const value of [`${SECRET}\0`, [SECRET], { SECRET }, 12_345_678]) {
      const message = refusal(() => configOf({ [name]: value }))
      expect(message).toBe(`${name}: expected a string that is the secret itself, got ***`)
    }
  })

  test.each(['sasl.pasword', 'sasl_password', 'saslPassword', 'password', 'nonsense'])(
    'the value of %s, which is no property, does not get into a message',
    (name) => {
      const message = refusal(() => configOf({ [name]: SECRET }))
      expect(message).toContain(name)
      expect(message).not.toContain(SECRET)
    },
  )

  test('what stands inside of an object does not get into a message', () => {
    expect(refusal(() => configOf({ 'client.id': { password: SECRET } }))).not.toContain(SECRET)
  })

  test('a printed configuration is not taken for a saved one', () => {
    const printed = JSON.parse(JSON.stringify(configOf({ 'sasl.password': SECRET }))) as Record<string, unknown>
    expect(refusal(() => configOf(printed))).toBe('sasl.password: expected a string that is the secret itself, got ***')
  })

  test('toYaml() without a word on them is refused, and the message names them', () => {
    const config = configOf({ 'sasl.password': SECRET, 'sasl.username': 'me' })
    expect(refusal(() => config.toYaml())).toBe(
      "toYaml: expected { secrets: 'include' } or { secrets: 'omit' }, as sasl.password, sasl.username would be readable, got neither",
    )
    expect(refusal(() => config.toYaml({ secrets: 'mask' as 'omit' }))).toContain('got "mask"')
  })

  test('toYaml() writes them, or leaves them out, when it is told to', () => {
    const config = configOf({ 'sasl.password': SECRET })
    expect(ConsumerConfig.fromYaml(config.toYaml({ secrets: 'include' })).equals(config)).toBe(true)
    expect(ConsumerConfig.fromYaml(config.toYaml({ secrets: 'omit' })).equals(configOf())).toBe(true)
  })

  test('functions and the logger print as what they are', () => {
    const config = configOf({ onAssigned: () => undefined, logger: console, 'performance.tier': 'buffered:8' })
    expect(String(config)).toBe(
      'ConsumerConfig {"bootstrap.servers":"localhost:9092","group.id":"orders","onAssigned":"[function]","logger":"[logger]","performance.tier":{"buffered":{"batch_size":8}}}',
    )
    expect(inspect(config)).toContain('ConsumerTier.Buffered({ batchSize: 8 })')
  })
})
