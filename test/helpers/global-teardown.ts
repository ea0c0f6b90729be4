// Jest's globalTeardown beside global-setup.ts.
import type { SharedKafka } from './global-setup'

export default async function globalTeardown(): Promise<void> {
  await (globalThis as SharedKafka).rdkafkaTiersStopKafka?.()
}
