// A consumer of the drop-in over a fake addon: what it is given, and what it is asked, is the test's.
import type { EventEmitter } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import type { AddonConsumer, Binding, FlatOffsetResults, FlatOffsets, FlatPartitions } from '../../../../lib/binding'
import type { TierConsumer } from '../../../../lib/drop-in/tier-consumer'
import { FakeNative } from '../../consumer/support/fake-native'
import { run } from '../../consumer/support/rows'

export class FakeAddon extends FakeNative implements AddonConsumer {
  assigned: FlatPartitions = []
  protocol = 'NONE'
  /** The next call of that name throws it, or rejects with it. */
  readonly failures = new Map<string, Error>()
  commitSyncCode = 0
  isLost = false
  /** Results of commits, by what was committed; default: they are fine. */
  commitResult: (offsets: FlatOffsets) => FlatOffsetResults = (offsets) => fine(offsets)

  #failing(name: string): void {
    const error = this.failures.get(name)
    this.failures.delete(name)
    if (error !== undefined) throw error
  }

  name(): string {
    return 'rdkafka#consumer-1'
  }

  commitSync(offsets: FlatOffsets): number {
    this.calls.push(['commitSync', offsets])
    return this.commitSyncCode
  }

  override commit(offsets: FlatOffsets): Promise<FlatOffsetResults> {
    void super.commit(offsets)
    return Promise.resolve().then(() => {
      this.#failing('commit')
      return this.commitResult(offsets)
    })
  }

  override assignment(): FlatPartitions {
    return this.assigned
  }

  override rebalanceProtocol(): string {
    this.#failing('rebalanceProtocol')
    return this.protocol
  }

  override assignmentLost(): boolean {
    return this.isLost
  }

  override assign(offsets: FlatOffsets): number {
    this.#failing('assign')
    this.assigned = []
    for (let i = 0; i < offsets.length; i += 5) {
      this.assigned.push(offsets[i] as string, offsets[i + 1] as number)
    }
    return super.assign(offsets)
  }

  override unassign(): number {
    this.#failing('unassign')
    this.assigned = []
    return super.unassign()
  }

  override incrementalUnassign(offsets: FlatOffsets): number {
    this.#failing('incrementalUnassign')
    return super.incrementalUnassign(offsets)
  }

  override setOauthbearerToken(...values: unknown[]): void {
    this.#failing('setOauthbearerToken')
    super.setOauthbearerToken(...values)
  }

  override metadata(topic: string | null, timeoutMs: number): ReturnType<FakeNative['metadata']> {
    return Promise.resolve().then(() => {
      this.#failing('metadata')
      return super.metadata(topic, timeoutMs)
    })
  }

  override seek(offsets: FlatOffsets, timeoutMs: number): ReturnType<FakeNative['seek']> {
    return super.seek(offsets, timeoutMs).then(({ epoch, results }) => {
      const code = this.seekCodes.shift() ?? 0
      return { epoch, results: results.map((value, index) => (index % 6 === 5 ? code : value)) }
    })
  }
  readonly seekCodes: number[] = []
}

function fine(offsets: FlatOffsets): FlatOffsetResults {
  const flat: FlatOffsetResults = []
  for (let i = 0; i < offsets.length; i += 5) flat.push(...offsets.slice(i, i + 5), 0)
  return flat
}

/** For `jest.mock('…/lib/binding')`: as it is, but for consumers, which are fakes. */
export function withFakes(actual: { binding: () => Binding }): object {
  return {
    ...actual,
    binding: () => ({
      ...actual.binding(),
      createConsumer: (conf: string[], mode: number, wake: (bits: number) => void) => {
        const fake = new FakeAddon()
        fake.calls.push(['createConsumer', conf, mode])
        fake.wake = wake
        onMade.call(fake)
        fakes.push(fake)
        return fake
      },
    }),
  }
}

/** Those that were made, the last one last. */
export const fakes: FakeAddon[] = []

/** Called for each that is made, before anything is asked of it. */
export const onMade: { call: (fake: FakeAddon) => void } = { call: () => undefined }

type Method = (...values: unknown[]) => unknown
type MethodName =
  | 'connect'
  | 'disconnect'
  | 'isConnected'
  | 'assign'
  | 'unassign'
  | 'incrementalAssign'
  | 'incrementalUnassign'
  | 'assignments'
  | 'subscribe'
  | 'unsubscribe'
  | 'consume'
  | 'commit'
  | 'commitSync'
  | 'offsetsStore'
  | 'committed'
  | 'position'
  | 'pause'
  | 'resume'
  | 'seek'
  | 'setDefaultConsumeTimeout'
  | 'setOauthBearerToken'
  | 'rebalanceProtocol'
  | 'getMetadata'
  | 'getWatermarkOffsets'
  | 'queryWatermarkOffsets'
  | 'offsetsForTimes'
  | 'getClient'
  | '_errorWrap'

export type Consumer = EventEmitter & Record<MethodName, Method> & { _tier: TierConsumer }

export interface Message {
  topic: string
  partition: number
  offset: number
}

/** Lets everything run that is to run on this turn of the loop and the next ones. */
export async function settle(turns = 5): Promise<void> {
  for (let i = 0; i < turns; i++) await turn()
}

/** Rows of a partition of topic `t` arrive. */
export function arrive(
  fake: FakeAddon,
  count: number,
  offset = 0,
  fields: { partition?: number; leaderEpoch?: number } = {},
): void {
  const { partition = 0, leaderEpoch = -1 } = fields
  fake.give(run(count, { slot: fake.slot('t', partition), offset, leaderEpoch }))
  fake.ringRows()
}

export const coded = (code: number): unknown => expect.objectContaining({ code })

export function thrown(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** Events from now on, with what they carry. */
export function watch(consumer: EventEmitter, ...names: string[]): unknown[][] {
  const told: unknown[][] = []
  for (const name of names) consumer.on(name, (...values: unknown[]) => told.push([name, ...values]))
  return told
}
