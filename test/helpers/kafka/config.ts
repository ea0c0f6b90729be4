// The properties file of one broker, made for tests: quick to start, quick to rebalance, generous with message sizes.
import type { Certificates } from './certificates'

export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'
export type SaslMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER'

/** One more listener beside the plain one every broker has. */
export interface ListenerOptions {
  protocol: SecurityProtocol
  /** SASL listeners: what they accept. Default: all four. */
  mechanisms?: readonly SaslMechanism[]
  /** SSL listeners: whether clients must show a certificate. Default: none. */
  clientAuth?: 'none' | 'requested' | 'required'
  /** `host:port` told to clients, one per broker, where a proxy stands in front. Default: where the broker listens. */
  advertised?: readonly string[]
}

export interface NodeAddress {
  nodeId: number
  controllerPort: number
  /** Listener name to port. */
  ports: Readonly<Record<string, number>>
}

export interface NodeConfig {
  nodes: readonly NodeAddress[]
  node: NodeAddress
  listeners: Readonly<Record<string, ListenerOptions>>
  dataDirectory: string
  autoCreateTopics: boolean
  users: Readonly<Record<string, string>>
  certificates: Certificates | undefined
  overrides: Readonly<Record<string, string | number | boolean>>
}

const ALL_MECHANISMS: readonly SaslMechanism[] = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER']
/** Largest message the brokers take: tests go far beyond Kafka's own default of 1 MiB. */
const MAX_MESSAGE_BYTES = 200 << 20

export function brokerProperties(config: NodeConfig): Record<string, string> {
  const { node, nodes, listeners } = config
  const replicas = Math.min(3, nodes.length)
  const inSync = Math.min(2, nodes.length)
  const properties: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': node.nodeId,
    'controller.quorum.voters': nodes.map((n) => `${n.nodeId}@127.0.0.1:${n.controllerPort}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    listeners: [
      `CONTROLLER://127.0.0.1:${node.controllerPort}`,
      ...Object.entries(node.ports).map(([name, port]) => `${name}://127.0.0.1:${port}`),
    ].join(','),
    'advertised.listeners': Object.entries(node.ports)
      .map(([name, port]) => `${name}://${listeners[name]?.advertised?.[nodes.indexOf(node)] ?? `127.0.0.1:${port}`}`)
      .join(','),
    'listener.security.protocol.map': [
      'CONTROLLER:PLAINTEXT',
      ...Object.entries(listeners).map(([name, listener]) => `${name}:${listener.protocol}`),
    ].join(','),
    'log.dirs': config.dataDirectory,

    'auto.create.topics.enable': config.autoCreateTopics,
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': 2,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'share.coordinator.state.topic.num.partitions': 2,

    // Groups: a test waits for every one of these.
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 100,
    'group.consumer.min.session.timeout.ms': 1000,
    'group.consumer.session.timeout.ms': 10_000,
    'group.consumer.min.heartbeat.interval.ms': 100,
    'group.consumer.heartbeat.interval.ms': 500,

    'message.max.bytes': MAX_MESSAGE_BYTES,
    'replica.fetch.max.bytes': MAX_MESSAGE_BYTES,
    'socket.request.max.bytes': MAX_MESSAGE_BYTES + (8 << 20),

    // The cleaner's default buffer alone is a quarter of the heap a test broker gets.
    'log.cleaner.dedupe.buffer.size': 8 << 20,
    'controlled.shutdown.enable': nodes.length > 1,
    ...(nodes.length > 1 ? { 'broker.session.timeout.ms': 6000, 'broker.heartbeat.interval.ms': 1000 } : {}),
  }
  for (const [name, listener] of Object.entries(listeners)) {
    Object.assign(properties, listenerProperties(name, listener, config))
  }
  return Object.fromEntries(
    Object.entries({ ...properties, ...config.overrides }).map(([key, value]) => [key, String(value)]),
  )
}

/** What `kafka-storage format --add-scram` takes: SCRAM users exist before the broker's first start. */
export function scramRecords(config: Pick<NodeConfig, 'listeners' | 'users'>): string[] {
  const wanted = new Set(Object.values(config.listeners).flatMap(mechanismsOf))
  return [...wanted]
    .filter((mechanism) => mechanism.startsWith('SCRAM'))
    .flatMap((mechanism) =>
      Object.entries(config.users).map(([name, password]) => `${mechanism}=[name=${name},password=${password}]`),
    )
}

export function needsCertificates(listeners: Readonly<Record<string, ListenerOptions>>): boolean {
  return Object.values(listeners).some(({ protocol }) => protocol.endsWith('SSL'))
}

export function toPropertiesFile(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`)
    .join('')
}

function listenerProperties(name: string, listener: ListenerOptions, config: NodeConfig): Record<string, string> {
  const prefix = `listener.name.${name.toLowerCase()}`
  const properties: Record<string, string> = {}
  if (listener.protocol.endsWith('SSL')) {
    const certificates = config.certificates
    if (!certificates) throw new Error(`listener ${name}: ${listener.protocol} without certificates`)
    properties[`${prefix}.ssl.keystore.type`] = 'PEM'
    properties[`${prefix}.ssl.keystore.location`] = certificates.brokerKeyStore
    properties[`${prefix}.ssl.truststore.type`] = 'PEM'
    properties[`${prefix}.ssl.truststore.location`] = certificates.ca
    properties[`${prefix}.ssl.client.auth`] = listener.clientAuth ?? 'none'
  }
  const mechanisms = mechanismsOf(listener)
  if (mechanisms.length === 0) return properties

  properties[`${prefix}.sasl.enabled.mechanisms`] = mechanisms.join(',')
  const security = 'org.apache.kafka.common.security'
  for (const mechanism of mechanisms) {
    const jaas = `${prefix}.${mechanism.toLowerCase()}.sasl.jaas.config`
    if (mechanism === 'PLAIN') {
      const users = Object.entries(config.users).map(([user, password]) => `user_${user}="${password}"`)
      properties[jaas] = `${security}.plain.PlainLoginModule required ${users.join(' ')};`
    } else if (mechanism === 'OAUTHBEARER') {
      // Unsecured JWS tokens: the broker checks the form and the times of a token, not who signed it.
      properties[jaas] =
        `${security}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`
    } else {
      properties[jaas] = `${security}.scram.ScramLoginModule required;`
    }
  }
  return properties
}

function mechanismsOf(listener: ListenerOptions): readonly SaslMechanism[] {
  return listener.protocol.startsWith('SASL') ? (listener.mechanisms ?? ALL_MECHANISMS) : []
}
