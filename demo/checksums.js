'use strict'
// A deserializer of the demo's own: it makes a checksum of a value straight from the batch, without a Buffer for each message.
const { checksum } = require('./tally')

/** @returns {import('rdkafka-tiers').Deserializer<number>} */
function checksums() {
  /** @type {ArrayBufferLike | undefined} */
  let viewed
  /** @type {DataView<ArrayBufferLike>} */
  let view = new DataView(new ArrayBuffer(0))
  return {
    infallible: true,
    deserialize: (data) => checksum(new DataView(data.buffer, data.byteOffset), 0, data.length),
    deserializeRange(buffer, start, end) {
      // One view for all messages of a batch, which lie in one buffer.
      if (buffer.buffer !== viewed) {
        viewed = buffer.buffer
        view = new DataView(viewed)
      }
      return checksum(view, buffer.byteOffset + start, buffer.byteOffset + end)
    },
  }
}

module.exports = { checksums }
