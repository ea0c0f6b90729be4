// The lines of Kafka's VerifiableConsumer and VerifiableProducer, which its system tests read: one JSON object each.
//
// The order of the keys is Java's. Kafka's tests do not need it; a comparison of two logs by eye does.

export interface Partition {
  topic: string
  partition: number
}

/** What was consumed of one partition in one poll. */
export interface Consumed extends Partition {
  count: number
  minOffset: number
  maxOffset: number
}

/** `offset`: the next one to consume. */
export interface Committed extends Partition {
  offset: number
}

export type ConsumerBody =
  | { name: 'startup_complete' | 'shutdown_complete' }
  | { name: 'partitions_assigned' | 'partitions_revoked'; partitions: Partition[] }
  | { name: 'record_data'; key: string | null; value: string | null; topic: string; partition: number; offset: number }
  | { name: 'records_consumed'; count: number; partitions: Consumed[] }
  | { name: 'offsets_committed'; offsets: Committed[]; error?: string; success: boolean }

/** `timestamp`: when it was printed, in milliseconds since 1970. */
export type ConsumerEvent = { timestamp: number } & ConsumerBody

/** A message that the brokers have taken, as VerifiableProducer reports it. */
export interface Sent extends Partition {
  name: 'producer_send_success'
  key: string | null
  value: string
  offset: number
}

export function line(body: ConsumerBody, timestamp = Date.now()): string {
  return `${JSON.stringify({ timestamp, ...body })}\n`
}
