// A delivery over a fake addon, with partitions 0 to 3 of topic `t` assigned as slots 0 to 3.
import { BatchStream } from '../../../../lib/consumer/batch-stream'
import { Delivery } from '../../../../lib/consumer/delivery'
import { MessageStream } from '../../../../lib/consumer/message-stream'
import { Partitions } from '../../../../lib/consumer/partitions'
import { Source } from '../../../../lib/consumer/source'
import type { ConsumerSettings } from '../../../../lib/consumer/settings'
import type { DeserializationError } from '../../../../lib/errors'
import { bytes, string, type Deserializer } from '../../../../lib/serde'
import { FakeNative } from './fake-native'
import { run } from './rows'

export interface Setup<V = string> {
  native: FakeNative
  partitions: Partitions
  source: Source
  delivery: Delivery<Buffer, V>
  skipped: DeserializationError[]
  /** How often an iteration ended. */
  released: { count: number }
  stream: (signal?: AbortSignal) => MessageStream<Buffer, V>
  batches: (maxMessages?: number, signal?: AbortSignal) => BatchStream<Buffer, V>
  /** Queues rows and rings. */
  arrive: (...rows: Parameters<FakeNative['give']>) => void
  /** Next offset to process. */
  next: (partition?: number) => number | undefined
}

export interface Options<V> {
  value?: Deserializer<V>
  policy?: ConsumerSettings['onDeserializationError']
  /** What happens to a record that is skipped. */
  onSkipped?: (error: DeserializationError) => void
}

export function setup<V = string>(options: Options<V> = {}): Setup<V> {
  const native = new FakeNative()
  const partitions = new Partitions(native)
  const source = new Source(native, partitions, 32, () => undefined)
  const skipped: DeserializationError[] = []
  const released = { count: 0 }
  const delivery = new Delivery<Buffer, V>(
    source,
    partitions,
    {
      slots: partitions,
      keyDeserializer: bytes(),
      valueDeserializer: options.value ?? (string() as unknown as Deserializer<V>),
    },
    { onDeserializationError: options.policy ?? 'fail' },
    options.onSkipped ?? ((error) => skipped.push(error)),
    () => {
      released.count++
    },
  )
  for (let partition = 0; partition < 4; partition++) {
    native.slot('t', partition)
    partitions.assign('t', partition, 0, undefined)
  }
  return {
    native,
    partitions,
    source,
    delivery,
    skipped,
    released,
    stream: (signal) => new MessageStream(delivery, signal),
    batches: (maxMessages = 100, signal?) => new BatchStream(delivery, maxMessages, signal),
    arrive(...given) {
      native.give(...given)
      delivery.wake()
    },
    next(partition = 0) {
      const state = partitions.get('t', partition)
      return state === undefined ? undefined : partitions.next(state)
    },
  }
}

/** One turn of the loop: whatever can settle has. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Whether a promise is still pending after a turn of the loop. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending')
  const first = await Promise.race([promise.catch(() => undefined), turn().then(() => pending)])
  return first === pending
}

/** Refuses values that begin with `bad`. */
export const picky: Deserializer<string> = {
  deserialize(data) {
    const text = data.toString()
    if (text.startsWith('bad')) throw new TypeError(`${text} is refused`)
    return text
  },
}

/** Rows of one partition with these values. */
export function valued(values: readonly string[], slot = 0, offset = 0): ReturnType<typeof run> {
  return run(values.length, { slot, offset }).map((each, index) => ({
    ...each,
    value: Buffer.from(values[index] ?? ''),
  }))
}
