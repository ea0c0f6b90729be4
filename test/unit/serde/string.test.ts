import fc from 'fast-check'
import { ArgumentError } from '../../../lib/errors'
import { string } from '../../../lib/serde'
import { deserializeContext, serializeContext } from './contexts'

const serde = string()

function deserialize(data: Uint8Array | readonly number[]): string {
  return serde.deserialize(Buffer.from(data), deserializeContext)
}

describe('string()', () => {
  it('gives back any text of whole characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(deserialize(serde.serialize(text, serializeContext))).toBe(text)
      }),
    )
  })

  it.each([
    ['no text', ''],
    ['a character of each length', 'aé€😀'],
    ['NUL', 'a\0b'],
    ['the last character there is', '\u{10ffff}'],
    ['what lies around the surrogates', '\ud7ff\ue000'],
    ['a byte order mark', '\ufeffx'],
  ])('accepts %s', (_, text) => {
    expect(deserialize(Buffer.from(text))).toBe(text)
  })

  it('accepts a replacement character that was sent', () => {
    expect(deserialize([0xef, 0xbf, 0xbd])).toBe('\ufffd')
    expect(deserialize(Buffer.from('before \ufffd after'))).toBe('before \ufffd after')
  })

  it.each([
    ['a byte that begins nothing', [0x80]],
    ['two such bytes', [0xbf, 0xbf]],
    ['a byte that UTF-8 has not', [0xff]],
    ['a character of two bytes cut short', [0xc3]],
    ['one of three', [0xe2, 0x82]],
    ['one of four', [0xf0, 0x9f, 0x98]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['an overlong character of three bytes', [0xe0, 0x80, 0xaf]],
    ['an overlong character of four bytes', [0xf0, 0x80, 0x80, 0xaf]],
    ['an overlong NUL', [0xc0, 0x80]],
    ['a high surrogate alone', [0xed, 0xa0, 0x80]],
    ['a low surrogate alone', [0xed, 0xbf, 0xbf]],
    ['a pair of surrogates, three bytes each', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
    ['more than the last character there is', [0xf4, 0x90, 0x80, 0x80]],
    ['five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80]],
    ['a bad byte beside a real replacement character', [0xef, 0xbf, 0xbd, 0x80]],
    ['a bad byte after good ones', [0x61, 0xc3, 0xa9, 0xc3]],
    ['Latin 1', [...Buffer.from('Grüße', 'latin1')]],
  ])('refuses %s', (_, data) => {
    expect(() => deserialize(data)).toThrow(new TypeError('not valid UTF-8'))
  })

  it('refuses exactly what no strict decoder accepts', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6 }), (data) => {
        let expected: string | undefined
        try {
          expected = decoder.decode(data)
        } catch {
          expected = undefined
        }
        if (expected === undefined) expect(() => deserialize(data)).toThrow('not valid UTF-8')
        else expect(deserialize(data)).toBe(expected)
      }),
    )
  })

  it('reads a range of a buffer, and judges nothing outside of it', () => {
    const buffer = Buffer.from([0xff, 0x61, 0x62, 0xff])
    expect(serde.deserializeRange?.(buffer, 1, 3)).toBe('ab')
    expect(() => serde.deserializeRange?.(buffer, 1, 4)).toThrow('not valid UTF-8')
  })

  it.each([
    [1, 'number'],
    [undefined, 'undefined'],
    [null, 'object'],
    [Buffer.from('x'), 'object'],
  ])('refuses to serialize %p', (value, type) => {
    expect(() => serde.serialize(value as never, serializeContext)).toThrow(
      new ArgumentError(`string: expected a string, got ${type}`),
    )
  })
})

describe('serialize()', () => {
  it.each(['a\ud800', '\udc00b', '\ud800\ud800'])('refuses text with a lone surrogate, which has no UTF-8', (text) => {
    expect(() => string().serialize(text, { topic: 't', isKey: false })).toThrow(
      'string: expected text without lone surrogates',
    )
  })

  it('takes a pair of surrogates, which is one character', () => {
    expect(string().serialize('\ud83d\ude00', { topic: 't', isKey: false })).toEqual(Buffer.from('😀'))
  })
})
