// A cluster of 1 or 3 brokers on loopback, from Kafka's jars. Every broker is a controller too.
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TemporaryDirectory } from '../guard'
import { type Certificates, makeCertificates } from './certificates'
import { brokerProperties, needsCertificates, type NodeAddress, scramRecords, toPropertiesFile } from './config'
import type { KafkaCluster, KafkaOptions } from './index'
import { kafkaJars } from './jars'
import { BrokerProcess } from './node'
import { freePorts } from './ports'

const DEFAULT_USERS = { alice: 'alice-secret', bob: 'bob-secret' }
const DEFAULT_JVM_OPTIONS = ['-Xms256m', '-Xmx512m']

export async function startFromJars(options: KafkaOptions): Promise<KafkaCluster> {
  const jars = await kafkaJars()
  const directory = new TemporaryDirectory('kafka')
  const brokers: BrokerProcess[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(brokers.map((broker) => broker.stop()))
    directory.remove()
  }
  try {
    const listeners = {
      ...options.listeners,
      PLAINTEXT: { protocol: 'PLAINTEXT', ...options.listeners?.['PLAINTEXT'] } as const,
    }
    const users = options.users ?? DEFAULT_USERS
    const certificates = needsCertificates(listeners) ? await makeCertificates(directory.path) : undefined
    const nodes = await addresses(options.brokers ?? 1, Object.keys(listeners))
    // A first letter of its own: kafka-storage takes an id that begins with a hyphen for an option.
    const clusterId = `K${randomBytes(16).toString('base64url').slice(1)}`

    for (const node of nodes) {
      const dataDirectory = join(directory.path, `data-${node.nodeId}`)
      mkdirSync(dataDirectory)
      const properties = brokerProperties({
        nodes,
        node,
        listeners,
        dataDirectory,
        autoCreateTopics: options.autoCreateTopics ?? false,
        users,
        certificates,
        overrides: options.configOverrides ?? {},
      })
      const file = join(directory.path, `node-${node.nodeId}.properties`)
      writeFileSync(file, toPropertiesFile(properties))
      brokers.push(
        new BrokerProcess(
          node.nodeId,
          `127.0.0.1:${node.ports['PLAINTEXT']}`,
          jars,
          directory.path,
          options.jvmOptions ?? DEFAULT_JVM_OPTIONS,
          [file, clusterId, ...scramRecords({ listeners, users })],
        ),
      )
    }
    // Together: a controller alone has no majority and waits for the others.
    await Promise.all(brokers.map((broker) => broker.restart()))

    return {
      kind: 'jars',
      description: `Apache Kafka ${jars.version} from its jars, ${brokers.length} broker${brokers.length === 1 ? '' : 's'} on loopback`,
      bootstrap: bootstrapOf(nodes, 'PLAINTEXT', listeners['PLAINTEXT'].advertised),
      brokers,
      users,
      certificates,
      listener: (name) => bootstrapOf(nodes, name, undefined),
      stop,
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function addresses(count: number, listeners: readonly string[]): Promise<NodeAddress[]> {
  const ports = await freePorts(count * (listeners.length + 1))
  const next = (): number => ports.pop() ?? 0
  return Array.from({ length: count }, (_, index) => ({
    nodeId: index + 1,
    controllerPort: next(),
    ports: Object.fromEntries(listeners.map((name) => [name, next()])),
  }))
}

function bootstrapOf(nodes: readonly NodeAddress[], name: string, advertised: readonly string[] | undefined): string {
  if (advertised) return advertised.join(',')
  return nodes
    .map((node) => {
      const port = node.ports[name]
      if (port === undefined) throw new Error(`listener: expected ${Object.keys(node.ports).join(' or ')}, got ${name}`)
      return `127.0.0.1:${port}`
    })
    .join(',')
}

export type { Certificates }
