// Brokers of a test file's own, for what it does to them.
import type { ConsumerProperties } from '../../../lib/config'
import { type KafkaCluster, startKafka } from '../../helpers/kafka'
import { useWatched } from './watched'

export interface OwnKafka {
  /** Once hooks run. */
  readonly cluster: KafkaCluster
  /** For helpers that ask brokers. */
  at: () => { bootstrap: string }
  /** As `useWatched` gives it, of these brokers. */
  watch: ReturnType<typeof useWatched>
}

/**
 * Started before the tests of the file, and stopped behind them.
 *
 * @param config Of each consumer.
 */
export function useOwnKafka(options: Parameters<typeof startKafka>[0], config: ConsumerProperties): OwnKafka {
  let cluster: KafkaCluster
  beforeAll(async () => {
    cluster = await startKafka(options)
  }, 120_000)
  // Hooks run in their order: consumers close while there are brokers.
  const watch = useWatched(() => ({
    mayWarn: true,
    config: { 'bootstrap.servers': cluster.bootstrap, ...config },
  }))
  afterAll(() => cluster.stop())
  return {
    get cluster() {
      return cluster
    },
    at: () => ({ bootstrap: cluster.bootstrap }),
    watch,
  }
}
