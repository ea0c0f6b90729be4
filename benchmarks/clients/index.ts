// All clients, in the order of tables.
import type { Client } from './client'
import * as confluent from './confluent'
import * as dropIn from './drop-in'
import { franzGo } from './franz-go'
import { javaClient } from './java'
import * as kafkajs from './kafkajs'
import * as nodeRdkafka from './node-rdkafka'
import * as platformatic from './platformatic'
import { rawC, rawCMimalloc } from './raw-c'
import * as rdkafkaTiers from './rdkafka-tiers'
import { rustRdkafka } from './rust-rdkafka'

export const clients: readonly Client[] = [
  rawC,
  rawCMimalloc,
  rdkafkaTiers,
  dropIn,
  nodeRdkafka,
  kafkajs,
  platformatic,
  confluent,
  franzGo,
  rustRdkafka,
  javaClient,
]

export function clientNamed(name: string): Client {
  const found = clients.find((client) => client.name === name)
  if (found === undefined) {
    throw new Error(`client: expected one of ${clients.map((client) => client.name).join(', ')}, got ${name}`)
  }
  return found
}
