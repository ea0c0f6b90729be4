import { Message } from '../../../lib/message/message'
import { bytes, type Serde } from '../../../lib/serde'
import { blockOf, row } from '../consumer/support/rows'
import { deserializeContext, serializeContext } from './contexts'

/** A number in 4 bytes: as a user would add a format. */
const uint32: Serde<number> = {
  deserialize(data) {
    if (data.length !== 4) throw new TypeError(`expected 4 bytes, got ${data.length}`)
    return data.readUInt32BE()
  },
  serialize(value) {
    const data = Buffer.alloc(4)
    data.writeUInt32BE(value)
    return data
  },
}

describe('a Serde of a user', () => {
  it('goes both ways', () => {
    const data = Buffer.from(uint32.serialize(0xfeedbeef, serializeContext))
    expect(uint32.deserialize(data, deserializeContext)).toBe(0xfeedbeef)
  })

  it('deserializes values and keys of messages', () => {
    const context = {
      slots: { topic: () => 't', partition: () => 0 },
      keyDeserializer: uint32,
      valueDeserializer: bytes(),
    }
    const message = new Message(blockOf([row({ key: Buffer.from([0, 0, 1, 0]) })]), 0, context)
    expect(message.key).toBe(256)
    const bad = new Message(blockOf([row({ key: Buffer.from([1]) })]), 0, context)
    expect(() => bad.key).toThrow(new TypeError('expected 4 bytes, got 1'))
  })
})
