// What users may import from 'rdkafka-tiers/node-rdkafka': what node-rdkafka exports, under its names. KafkaConsumer
// takes a tier; the rest is node-rdkafka's own, and where that cannot be loaded, an error that says so when it is used.
import { deprecate } from 'node:util'
import { binding } from './binding'
import { errorCodes } from './drop-in/errors'
import { KafkaConsumer } from './drop-in/kafka-consumer'
import { assertLoaded, nodeRdkafka } from './drop-in/node-rdkafka'
import { OFFSET_BEGINNING, OFFSET_END, OFFSET_INVALID, OFFSET_STORED } from './drop-in/toppar'

const theirs = nodeRdkafka()?.exports

/** A function of node-rdkafka; where that is not there, one that throws its LoadError when called or constructed. */
function passed(name: string): unknown {
  if (theirs !== undefined) return theirs[name]
  const missing = function (): never {
    assertLoaded()
    throw new Error(`${name} is not there`)
  }
  return Object.defineProperty(missing, 'name', { value: name })
}

function ownTopic(name: string): string {
  return name
}

export { KafkaConsumer }
export const Consumer = deprecate(KafkaConsumer, 'Use KafkaConsumer instead. This may be changed in a later version')
export const createReadStream = KafkaConsumer.createReadStream
export const Producer = passed('Producer')
export const HighLevelProducer = passed('HighLevelProducer')
export const createWriteStream = passed('createWriteStream')
export const AdminClient = theirs?.['AdminClient'] ?? { create: passed('AdminClient.create') }
export const CODES = theirs?.['CODES'] ?? { ERRORS: errorCodes() }
export const Topic =
  theirs?.['Topic'] ??
  Object.assign(ownTopic, { PARTITION_UA: -1, OFFSET_BEGINNING, OFFSET_END, OFFSET_STORED, OFFSET_INVALID })
export const features = theirs?.['features'] ?? [...binding().features]
export const librdkafkaVersion = theirs?.['librdkafkaVersion'] ?? binding().librdkafkaVersion
