// The addon's consumer by itself: positions with their epochs, and assignments as librdkafka takes them.
import { binding, POLL_EVENT, POLL_NOTHING, PollMode, type AddonConsumer } from '../../../../lib/binding'
import { Block } from '../../../../lib/message/block'
import { waitFor } from '../../../helpers/wait'

/** Destroyed after `task`. */
export async function use(
  bootstrapServers: string,
  task: (consumer: AddonConsumer) => Promise<void>,
  more: Record<string, string> = {},
): Promise<void> {
  const config = { 'bootstrap.servers': bootstrapServers, 'group.id': 'g', 'auto.offset.reset': 'earliest', ...more }
  const conf = Object.entries(config).flat()
  const consumer = binding().createConsumer(conf, PollMode.Direct, () => consumer.serve(), 100, 65_536)
  try {
    await task(consumer)
  } finally {
    await consumer.destroy()
  }
}

export async function nextOffset(consumer: AddonConsumer, deadlineMs = 10_000): Promise<number> {
  let buffer: ArrayBuffer | undefined
  await waitFor(
    () => {
      const polled = consumer.poll(1)
      if (polled === POLL_EVENT) throw new Error(String(consumer.takeEvent()))
      if (polled !== POLL_NOTHING) buffer = consumer.takeBuffer()
      return buffer !== undefined
    },
    { describe: 'a message', deadlineMs },
  )
  return new Block(buffer as ArrayBuffer).offset(0)
}
