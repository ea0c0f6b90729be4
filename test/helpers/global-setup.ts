// Jest's globalSetup of the projects that need Kafka: one broker and one Java helper for the whole run. Jest calls it
// (once, however many projects name it) only when a test of such a project was selected: unit tests alone start neither.
import { startKafka } from './kafka'
import { BOOTSTRAP_VARIABLE, ORACLE_PORT_VARIABLE, startOracle } from './kafka/oracle'

/** How the teardown, which Jest loads as a separate module, finds what to stop. */
export interface SharedKafka {
  rdkafkaTiersStopKafka?: (() => Promise<void>) | undefined
}

export default async function globalSetup(): Promise<void> {
  const started = performance.now()
  const [kafka, oracle] = await Promise.allSettled([startKafka(), startOracle()])
  const stop = async (): Promise<void> => {
    await Promise.all([kafka, oracle].flatMap((each) => (each.status === 'fulfilled' ? [each.value.stop()] : [])))
  }
  if (kafka.status === 'rejected' || oracle.status === 'rejected') {
    await stop()
    throw [kafka, oracle].find((each) => each.status === 'rejected')?.reason
  }
  ;(globalThis as SharedKafka).rdkafkaTiersStopKafka = stop
  // Test workers inherit the environment.
  process.env[BOOTSTRAP_VARIABLE] = kafka.value.bootstrap
  process.env[ORACLE_PORT_VARIABLE] = String(oracle.value.port)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  process.stderr.write(`Kafka for this run: ${kafka.value.description}, ready in ${seconds} s\n`)
}
