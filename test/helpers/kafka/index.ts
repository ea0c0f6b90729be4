// Real Kafka for tests and benchmarks.
import type { Certificates } from './certificates'
import { startFromJars } from './cluster'
import type { ListenerOptions } from './config'
import { dockerAnswers, startInDocker } from './docker'
import type { Broker } from './node'

export type { Certificates } from './certificates'
export type { ListenerOptions, SaslMechanism, SecurityProtocol } from './config'
export type { Broker, BrokerSignal } from './node'

export interface KafkaOptions {
  /** 1 (default) or 3. Three have replication factor 3 and min.insync.replicas 2. */
  brokers?: 1 | 3
  /**
   * The test kills, stops or restarts brokers. Only brokers that run as processes of this machine can do that, so the
   * jars are used whatever else there is. More than one broker, listeners, users and overrides imply it.
   */
  ownProcesses?: boolean
  /** Listeners beside the plain one, by name in capitals: `{ SASL: { protocol: 'SASL_PLAINTEXT' } }`. */
  listeners?: Readonly<Record<string, ListenerOptions>>
  /** SASL users and passwords. Default: alice / alice-secret and bob / bob-secret. */
  users?: Readonly<Record<string, string>>
  /** Broker properties, as in server.properties. */
  configOverrides?: Readonly<Record<string, string | number | boolean>>
  /** `auto.create.topics.enable`. Default false: a test creates what it uses, a misspelt topic is an error. */
  autoCreateTopics?: boolean
  /** Default -Xms256m -Xmx512m: bounded, so that three brokers fit on a small machine. */
  jvmOptions?: readonly string[]
}

export interface KafkaCluster {
  /** Where it came from. */
  readonly kind: 'KAFKA_BOOTSTRAP' | 'docker' | 'jars'
  /** The same in words, for the log of the run. */
  readonly description: string
  /** `bootstrap.servers` of the plain listener. */
  readonly bootstrap: string
  /** Empty unless the brokers are processes of this machine (`ownProcesses`). */
  readonly brokers: readonly Broker[]
  readonly users: Readonly<Record<string, string>>
  /** Present when a listener speaks TLS. */
  readonly certificates: Certificates | undefined
  /** `bootstrap.servers` of another listener. */
  listener(name: string): string
  /** Ends what was started here and removes its data. Never touches a cluster given by KAFKA_BOOTSTRAP. */
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * A Kafka cluster: `KAFKA_BOOTSTRAP` if set, else a Docker engine if one answers, else Kafka's jars on Java.
 *
 * Rejects with one sentence naming what to install where none of them can be had.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaCluster> {
  const brokers: unknown = options.brokers ?? 1
  if (brokers !== 1 && brokers !== 3) throw new Error(`brokers: expected 1 or 3, got ${String(brokers)}`)
  if (needsOwnProcesses(options)) return startFromJars(options)

  const bootstrap = process.env['KAFKA_BOOTSTRAP']
  if (bootstrap !== undefined && bootstrap !== '') return given(bootstrap)
  if (await dockerAnswers()) return startInDocker()
  return startFromJars(options)
}

function needsOwnProcesses(options: KafkaOptions): boolean {
  return (
    options.ownProcesses === true ||
    (options.brokers ?? 1) > 1 ||
    options.listeners !== undefined ||
    options.users !== undefined ||
    options.configOverrides !== undefined ||
    options.autoCreateTopics === true
  )
}

function given(bootstrap: string): KafkaCluster {
  const stop = (): Promise<void> => Promise.resolve()
  return {
    kind: 'KAFKA_BOOTSTRAP',
    description: `the cluster at ${bootstrap} (KAFKA_BOOTSTRAP)`,
    bootstrap,
    brokers: [],
    users: {},
    certificates: undefined,
    listener: (name) => {
      throw new Error(`listener ${name}: a cluster given by KAFKA_BOOTSTRAP has only its own`)
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
