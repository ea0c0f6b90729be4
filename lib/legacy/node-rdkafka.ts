// What of node-rdkafka's interface is used here: its own types are not, as it need not be installed.

export interface RdkafkaTopicPartition {
  topic: string
  partition: number
  /** Missing where librdkafka has none. */
  offset?: number
}

export interface RdkafkaMessage extends RdkafkaTopicPartition {
  offset: number
  /** Milliseconds, -1 none. */
  timestamp: number
  key: Buffer | null
  value: Buffer | null
  /** One object with one key for each header. */
  headers?: Record<string, Buffer>[]
}

export interface RdkafkaMetadata {
  orig_broker_id: number
  orig_broker_name: string
  brokers: { id: number; host: string; port: number }[]
  topics: { name: string; partitions: { id: number; leader: number; replicas: number[]; isrs: number[] }[] }[]
}

export type RdkafkaCallback<T> = (error: unknown, value: T) => void

/** Rows and events, by name of node-rdkafka's event. */
export interface RdkafkaEvents {
  data: [message: RdkafkaMessage]
  'partition.eof': [eof: { topic: string; partition: number; offset: number }]
  warning: [error: unknown]
  'event.error': [error: unknown]
  'event.stats': [stats: { message: string }]
  'event.log': [log: { severity: number; fac: string; message: string }]
  'event.throttle': [throttle: { throttleTime: number; brokerName: string; brokerId: number }]
}

export type RdkafkaConf = Record<string, string | ((error: unknown, partitions: RdkafkaTopicPartition[]) => void)>

export interface RdkafkaConsumer {
  on<E extends keyof RdkafkaEvents>(name: E, listener: (...values: RdkafkaEvents[E]) => void): unknown
  connect(options: { allTopics: boolean; timeout: number }, callback: RdkafkaCallback<unknown>): unknown
  disconnect(callback: () => void): unknown
  getMetadata(
    options: { topic?: string; allTopics?: boolean; timeout?: number },
    callback: RdkafkaCallback<RdkafkaMetadata>,
  ): unknown
  setDefaultConsumeTimeout(timeoutMs: number): void
  setDefaultConsumeLoopTimeoutDelay(delayMs: number): void
  /** Flowing mode: `callback` also gets every message. */
  consume(callback: RdkafkaCallback<unknown>): void
  subscribe(topics: string[]): unknown
  unsubscribe(): unknown
  assign(partitions: RdkafkaTopicPartition[]): unknown
  unassign(): unknown
  incrementalAssign(partitions: RdkafkaTopicPartition[]): unknown
  incrementalUnassign(partitions: RdkafkaTopicPartition[]): unknown
  rebalanceProtocol(): string
  pause(partitions: RdkafkaTopicPartition[]): unknown
  resume(partitions: RdkafkaTopicPartition[]): unknown
  commit(partitions: RdkafkaTopicPartition[]): unknown
  seek(target: RdkafkaTopicPartition, timeoutMs: number, callback: (error?: unknown) => void): unknown
  /** An entry that failed is an Error without topic and partition. */
  committed(
    partitions: RdkafkaTopicPartition[],
    timeoutMs: number,
    callback: RdkafkaCallback<(RdkafkaTopicPartition | Error)[]>,
  ): unknown
  offsetsForTimes(
    times: RdkafkaTopicPartition[],
    timeoutMs: number,
    callback: RdkafkaCallback<(RdkafkaTopicPartition | Error)[]>,
  ): unknown
  queryWatermarkOffsets(
    topic: string,
    partition: number,
    timeoutMs: number,
    callback: RdkafkaCallback<{ lowOffset: number; highOffset: number }>,
  ): unknown
  getWatermarkOffsets(topic: string, partition: number): { lowOffset: number; highOffset: number }
  setOauthBearerToken(token: string): unknown
}

export interface Rdkafka {
  KafkaConsumer: new (conf: RdkafkaConf, topicConf: Record<string, string>) => RdkafkaConsumer
  librdkafkaVersion: string
}
