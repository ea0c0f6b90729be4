// The broker of a run, and topics filled by raw C.
import { startKafka } from '../../test/helpers/kafka'
import { stopOracle } from '../../test/helpers/kafka/oracle'
import { type RawC, rawC } from '../../test/helpers/raw-c'
import { createTopic, deleteTopic } from '../../test/helpers/topics'
import type { RunningChild } from '../../test/helpers/child'
import type { Variation } from '../types'

const FILL_MS = 300_000
const PRODUCE_MS = 120_000

export interface Cluster {
  readonly bootstrap: string
  readonly description: string
  /** An empty topic. */
  create(variation: Variation): Promise<string>
  /** A topic with the variation's messages. */
  fill(variation: Variation): Promise<string>
  /** Begins to produce them at the variation's rate. */
  pace(topic: string, variation: Variation): RunningChild
  remove(topic: string): Promise<void>
  stop(): Promise<void>
}

/** A broker of its own, or the one at `bootstrap`: topics are created there, and deleted. */
export async function openCluster(bootstrap: string | undefined): Promise<Cluster> {
  const own = bootstrap === undefined ? await startKafka() : undefined
  const servers = own?.bootstrap ?? bootstrap ?? ''
  try {
    return clusterAt(servers, own?.description ?? `the cluster at ${servers}`, await rawC(), async () => {
      await stopOracle()
      await own?.stop()
    })
  } catch (error) {
    await own?.stop()
    throw error
  }
}

function clusterAt(bootstrap: string, description: string, c: RawC, stop: () => Promise<void>): Cluster {
  const create = ({ partitions }: Variation): Promise<string> => createTopic({ bootstrap, partitions, prefix: 'bench' })
  const options = ({ count, size, partitions }: Variation, topic: string): Record<string, string | number> => ({
    bootstrap,
    topic,
    count,
    size,
    partitions,
  })
  return {
    bootstrap,
    description,
    create,
    async fill(variation) {
      const topic = await create(variation)
      const { codec, headers, json } = variation
      await c.produce(
        { ...options(variation, topic), codec, ...(headers && { headers }), ...(json && { json }) },
        { deadlineMs: FILL_MS },
      )
      return topic
    },
    pace: (topic, variation) =>
      c.start('produce', { ...options(variation, topic), rate: variation.rate }, { deadlineMs: PRODUCE_MS }),
    remove: (topic) => deleteTopic(topic, { bootstrap }),
    stop,
  }
}
