// Kafka in a container, where a Docker engine answers.
import { existsSync } from 'node:fs'
import { request, type RequestOptions } from 'node:http'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { KafkaCluster } from './index'

/** Confluent Platform 8.1 is Apache Kafka 4.1, the version the jars have too. */
const IMAGE = 'confluentinc/cp-kafka:8.1.0'
/** How much of the container's log an error shows, in characters. */
const LOG_SHOWN = 2000

/** Whether an engine answers `GET /_ping`. Decided within a second: most machines without one have no socket at all. */
export async function dockerAnswers(
  env: Readonly<Record<string, string | undefined>> = process.env,
  deadlineMs = 1000,
): Promise<boolean> {
  for (const target of engines(env)) {
    if (await answersPing(target, deadlineMs)) return true
  }
  return false
}

export async function startInDocker(): Promise<KafkaCluster> {
  // Loaded only here: it is large, and whoever has no Docker need not wait for it.
  const { KafkaContainer } = await import('@testcontainers/kafka')
  // Kept here because a container that fails is removed, and its log with it.
  let log = ''
  const container = await new KafkaContainer(IMAGE)
    .withKraft()
    .withLogConsumer((stream) => {
      stream.on('data', (text: Buffer | string) => (log = (log + text.toString()).slice(-LOG_SHOWN)))
    })
    // The same manners as a broker from the jars (config.ts), as far as tests depend on them.
    .withEnvironment({
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '100',
      KAFKA_GROUP_CONSUMER_MIN_SESSION_TIMEOUT_MS: '1000',
      KAFKA_GROUP_CONSUMER_MIN_HEARTBEAT_INTERVAL_MS: '100',
      KAFKA_GROUP_CONSUMER_HEARTBEAT_INTERVAL_MS: '500',
      KAFKA_MESSAGE_MAX_BYTES: String(200 << 20),
      KAFKA_REPLICA_FETCH_MAX_BYTES: String(200 << 20),
      KAFKA_SOCKET_REQUEST_MAX_BYTES: String(208 << 20),
    })
    .start()
    .catch((error: unknown) => {
      throw new Error(
        `Kafka in Docker (${IMAGE}) did not start: ${error instanceof Error ? error.message.trim() : String(error)}. ` +
          `Pull the image, or set KAFKA_BOOTSTRAP to a running broker, or DOCKER_HOST=none to take Kafka's jars.\n${log}`,
        { cause: error },
      )
    })
  // 9093 is the port the module publishes for clients outside its network.
  const bootstrap = `${container.getHost()}:${container.getMappedPort(9093)}`
  const stop = async (): Promise<void> => {
    await container.stop()
  }
  return {
    kind: 'docker',
    description: `Kafka in a Docker container (${IMAGE})`,
    bootstrap,
    brokers: [],
    users: {},
    certificates: undefined,
    listener: (name) => {
      throw new Error(`listener ${name}: a broker in Docker has only the plain one`)
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function engines(env: Readonly<Record<string, string | undefined>>): RequestOptions[] {
  const host = env['DOCKER_HOST']
  if (host !== undefined && host !== '') {
    if (host.startsWith('unix://')) return [{ socketPath: host.slice('unix://'.length) }]
    const tcp = /^(?:tcp|http):\/\/([^:/]+)(?::(\d+))?/.exec(host)
    return tcp ? [{ host: tcp[1], port: tcp[2] ?? '2375' }] : []
  }
  return [
    '/var/run/docker.sock',
    ...(env['XDG_RUNTIME_DIR'] === undefined ? [] : [join(env['XDG_RUNTIME_DIR'], 'docker.sock')]),
    join(homedir(), '.docker/run/docker.sock'),
    join(homedir(), '.docker/desktop/docker.sock'),
  ]
    .filter((socket) => existsSync(socket))
    .map((socketPath) => ({ socketPath }))
}

function answersPing(target: RequestOptions, deadlineMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const ping = request({ ...target, path: '/_ping', timeout: deadlineMs }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    ping.once('timeout', () => ping.destroy())
    ping.once('error', () => resolve(false))
    ping.end()
  })
}
