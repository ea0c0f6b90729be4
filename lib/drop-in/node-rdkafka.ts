import type { EventEmitter } from 'node:events'
import { isMainThread } from 'node:worker_threads'
import { loadNodeRdkafka, type Need } from '../legacy/load'
import type { LibrdKafkaError } from './errors'

/** What of node-rdkafka is named here; everything else of it is passed on as it is. */
export interface NodeRdkafka {
  KafkaConsumer: ConsumerClass
  KafkaConsumerStream: new (consumer: unknown, options: unknown) => object
  LibrdKafkaError: new (error: object) => LibrdKafkaError
  CODES: { ERRORS: Record<string, number> }
  /** All its exports. */
  exports: Record<string, unknown>
}

export interface ConsumerClass {
  new (conf: unknown, topicConf?: unknown): EventEmitter
  prototype: object
  super_: unknown
}

let isTried = false
let loaded: NodeRdkafka | undefined

/**
 * node-rdkafka, where it can be loaded; tried once.
 *
 * Never in a worker thread: it would load there, and abort the process at its first message.
 */
export function nodeRdkafka(): NodeRdkafka | undefined {
  if (!isTried) {
    isTried = true
    try {
      if (isMainThread) loaded = load()
    } catch {
      // Told to who needs it: assertLoaded().
    }
  }
  return loaded
}

/**
 * @param need Who needs it; default: a consumer without a tier.
 * @throws LoadError why it cannot be loaded, and what to do
 */
export function assertLoaded(need?: Need): NodeRdkafka {
  const theirs = nodeRdkafka()
  if (theirs !== undefined) return theirs
  loadNodeRdkafka(load, isMainThread, need) // throws again, explained
  return load()
}

function load(): NodeRdkafka {
  /* eslint-disable @typescript-eslint/no-require-imports -- an optional package, and parts that it does not export */
  const exports = require('node-rdkafka') as Record<string, unknown>
  return {
    KafkaConsumer: exports['KafkaConsumer'] as ConsumerClass,
    KafkaConsumerStream: require('node-rdkafka/lib/kafka-consumer-stream') as NodeRdkafka['KafkaConsumerStream'],
    LibrdKafkaError: require('node-rdkafka/lib/error') as NodeRdkafka['LibrdKafkaError'],
    CODES: exports['CODES'] as NodeRdkafka['CODES'],
    exports,
  }
  /* eslint-enable @typescript-eslint/no-require-imports */
}
