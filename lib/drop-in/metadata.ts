import type { NativeMetadata } from '../binding'

export interface MetadataOptions {
  topic?: string | null | undefined
  /** Default true, also beside a topic. */
  allTopics?: boolean | undefined
  /** Milliseconds; default 30,000. */
  timeout?: number | undefined
}

/** As node-rdkafka names it. */
export interface Metadata {
  orig_broker_id: number
  orig_broker_name: string
  topics: { name: string; partitions: { id: number; leader: number; replicas: number[]; isrs: number[] }[] }[]
  brokers: { id: number; host: string; port: number }[]
}

export function toMetadata({ origBrokerId, origBrokerName, brokers, topics }: NativeMetadata): Metadata {
  return {
    orig_broker_id: origBrokerId,
    orig_broker_name: origBrokerName,
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ id, leader, replicas, isrs }) => ({ id, leader, replicas, isrs })),
    })),
    brokers: brokers.map(({ id, host, port }) => ({ id, host, port })),
  }
}
