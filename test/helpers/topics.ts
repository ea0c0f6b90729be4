// Topics for tests: made with a unique name, complete (every partition has a leader) before the test goes on.
import { randomBytes } from 'node:crypto'
import { ask, type OracleOptions } from './kafka/oracle'

export interface TopicOptions extends OracleOptions {
  /** Beginning of the name; the rest is random. Default `test`. */
  prefix?: string
  /** The whole name, where a test needs a particular one. */
  name?: string
  /** Default 1. */
  partitions?: number
  /** Default: the cluster's own. */
  replicationFactor?: number
  /**
   * Topic configuration. `compression.type` makes the broker recompress whatever arrives, so any producer gives any
   * codec; `message.timestamp.type: LogAppendTime` gives the broker's timestamps.
   */
  config?: Readonly<Record<string, string>>
}

export interface PartitionInfo {
  partition: number
  /** Broker id, -1 for none. */
  leader: number
  replicas: number[]
  isr: number[]
}

/** A name no other test of this or any other run uses. */
export function uniqueName(prefix = 'test'): string {
  return `${prefix}-${process.pid}-${randomBytes(5).toString('hex')}`
}

/** Creates a topic and returns its name. */
export async function createTopic(options: TopicOptions = {}): Promise<string> {
  const { prefix, name = uniqueName(prefix), partitions, replicationFactor, config, ...oracle } = options
  await ask('createTopics', { topics: [{ name, partitions, replicationFactor, config }] }, oracle)
  return name
}

export async function deleteTopic(topic: string, options: OracleOptions = {}): Promise<void> {
  await ask('deleteTopics', { topics: [topic] }, options)
}

/** Makes it `total` partitions. */
export async function addPartitions(topic: string, total: number, options: OracleOptions = {}): Promise<void> {
  await ask('addPartitions', { topic, total }, options)
}

export async function alterTopicConfig(
  topic: string,
  config: Readonly<Record<string, string>>,
  options: OracleOptions = {},
): Promise<void> {
  await ask('alterTopicConfig', { topic, config }, options)
}

/** Deletes what lies before an offset, by partition: `{ 0: 100 }`. The low watermark is that offset then. */
export async function deleteRecords(
  topic: string,
  beforeOffsets: Readonly<Record<number, number>>,
  options: OracleOptions = {},
): Promise<void> {
  await ask('deleteRecords', { topic, beforeOffsets }, options)
}

export function describeTopic(topic: string, options: OracleOptions = {}): Promise<PartitionInfo[]> {
  return ask('describeTopic', { topic }, options)
}

/** Makes a broker the leader of a partition, without stopping any other. */
export async function moveLeader(
  topic: string,
  partition: number,
  leader: number,
  options: OracleOptions = {},
): Promise<void> {
  await ask('moveLeader', { topic, partition, leader }, options)
}

export function describeCluster(
  options: OracleOptions = {},
): Promise<{ clusterId: string; controller: number; nodes: Record<number, string> }> {
  return ask('describeCluster', {}, options)
}

/** The offset of every partition `at` a place, or at the first message not older than a timestamp (-1 for none). */
export function listOffsets(
  topic: string,
  at: 'earliest' | 'latest' | 'maxTimestamp' | number,
  options: OracleOptions = {},
): Promise<Record<number, number>> {
  return ask('listOffsets', { topic, at }, options)
}

/**
 * Topics that are deleted when the enclosing `describe` (or file) ends. Call where a hook may be registered, then
 * `create` inside tests.
 */
export function useTopics(): { create(options?: TopicOptions): Promise<string> } {
  const created: { name: string; options: OracleOptions }[] = []
  afterAll(async () => {
    await Promise.all(created.map(({ name, options }) => deleteTopic(name, options)))
  })
  return {
    async create(options = {}) {
      const name = await createTopic(options)
      const { bootstrap, clientConfig, deadlineMs } = options
      created.push({
        name,
        options: {
          ...(bootstrap === undefined ? {} : { bootstrap }),
          ...(clientConfig === undefined ? {} : { clientConfig }),
          ...(deadlineMs === undefined ? {} : { deadlineMs }),
        },
      })
      return name
    },
  }
}
