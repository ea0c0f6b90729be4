import { ArgumentError } from '../../../lib/errors'
import { bytes } from '../../../lib/serde'
import { deserializeContext, serializeContext } from './contexts'

describe('bytes()', () => {
  it('gives the very bytes, not a copy', () => {
    const data = Buffer.from([0, 255, 128])
    expect(bytes().deserialize(data, deserializeContext)).toBe(data)
  })

  it('says that it never throws', () => {
    expect(bytes().infallible).toBe(true)
  })

  it.each([new Uint8Array([1, 2]), Buffer.from('x'), new Uint8Array(0)])('serializes %p as it is', (value) => {
    expect(bytes().serialize(value as Buffer, serializeContext)).toBe(value)
  })

  it.each([
    ['text', 'string'],
    [1, 'number'],
    [undefined, 'undefined'],
    [null, 'object'],
    [[1], 'object'],
  ])('refuses to serialize %p', (value, type) => {
    expect(() => bytes().serialize(value as never, serializeContext)).toThrow(
      new ArgumentError(`bytes: expected a Uint8Array, got ${type}`),
    )
  })
})
