// A certificate authority, a broker certificate and a client certificate for one run, made by openssl.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../deps'

/** Files in PEM. `untrustedCa` signed nothing: a client that trusts only it must refuse the broker. */
export interface Certificates {
  readonly ca: string
  readonly untrustedCa: string
  readonly clientCertificate: string
  readonly clientKey: string
  /** Key (PKCS#8) and certificate in one file, as Kafka's PEM key store wants it. */
  readonly brokerKeyStore: string
}

const INSTALL = 'Tests of TLS make their certificates with openssl: install it (Debian: openssl).'

export async function makeCertificates(directory: string): Promise<Certificates> {
  const file = (name: string): string => join(directory, name)
  const openssl = (...args: string[]): Promise<unknown> => run('openssl', args, { install: INSTALL, cwd: directory })
  const key = (name: string): string[] => [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    name,
  ]

  for (const name of ['ca', 'untrusted']) {
    await openssl(
      'req',
      '-x509',
      ...key(`${name}.key`),
      '-subj',
      `/CN=rdkafka-tiers test ${name}`,
      '-days',
      '30',
      '-out',
      `${name}.pem`,
    )
  }
  writeFileSync(file('extensions'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
  for (const name of ['broker', 'client']) {
    await openssl('req', ...key(`${name}.key`), '-subj', `/CN=rdkafka-tiers test ${name}`, '-out', `${name}.csr`)
    await openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '30',
      '-extfile',
      'extensions',
      '-out',
      `${name}.pem`,
    )
  }
  writeFileSync(
    file('broker-store.pem'),
    readFileSync(file('broker.key'), 'utf8') + readFileSync(file('broker.pem'), 'utf8'),
  )
  return {
    ca: file('ca.pem'),
    untrustedCa: file('untrusted.pem'),
    clientCertificate: file('client.pem'),
    clientKey: file('client.key'),
    brokerKeyStore: file('broker-store.pem'),
  }
}
