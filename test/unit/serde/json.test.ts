import fc from 'fast-check'
import { z } from 'zod'
import { ArgumentError } from '../../../lib/errors'
import { json, type StandardResult, type StandardSchema } from '../../../lib/serde'
import { rejectionOf } from '../consumer/support/errors'
import { deserializeContext, serializeContext } from './contexts'

function read<T>(serde: { deserialize(data: Buffer, context: typeof deserializeContext): T }, text: string): T {
  return serde.deserialize(Buffer.from(text), deserializeContext)
}

/** A schema that gives this result for every value. */
function schemaOf<T>(validate: (value: unknown) => StandardResult<T> | Promise<StandardResult<T>>): StandardSchema<T> {
  return { '~standard': { version: 1, vendor: 'test', validate } }
}

describe('json() without a schema', () => {
  it('gives back whatever JSON can hold', () => {
    const serde = json()
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const data = Buffer.from(serde.serialize(value, serializeContext))
        expect(serde.deserialize(data, deserializeContext)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it.each(['', '{', '{"a":}', 'undefined', "{'a':1}", '\ufeff{}'])('refuses %j, which is no JSON', (text) => {
    expect(() => read(json(), text)).toThrow(SyntaxError)
  })

  it('refuses what is no UTF-8', () => {
    const data = Buffer.from([0x22, 0xff, 0x22])
    expect(() => json().deserialize(data, deserializeContext)).toThrow('not valid UTF-8')
  })

  it('reads a range of a buffer', () => {
    expect(json().deserializeRange?.(Buffer.from('[[1]]'), 1, 4)).toEqual([1])
  })

  it.each([
    [undefined, 'undefined'],
    [() => 1, 'function'],
    [Symbol('s'), 'symbol'],
  ])('refuses to serialize %p, which JSON cannot hold', (value, type) => {
    expect(() => json().serialize(value, serializeContext)).toThrow(
      new ArgumentError(`json: expected a value that JSON can hold, got ${type}`),
    )
  })

  it('serializes null, which JSON can hold', () => {
    expect(Buffer.from(json().serialize(null, serializeContext)).toString()).toBe('null')
  })
})

describe('json() with a schema', () => {
  const order = z.object({
    id: z.string(),
    amount: z.coerce.number(),
    lines: z.array(z.object({ product: z.string() })).default([]),
  })

  it('gives what the schema makes of a value', () => {
    expect(read(json(order), '{"id":"a","amount":"12","more":true}')).toEqual({ id: 'a', amount: 12, lines: [] })
  })

  it('refuses a value with the path of each issue', () => {
    const text = '{"id":1,"amount":2,"lines":[{"product":"x"},{"product":5}]}'
    expect(() => read(json(order), text)).toThrow(TypeError)
    expect(() => read(json(order), text)).toThrow(/^id: .*string.*; lines\.1\.product: .*string/)
  })

  it('takes issues with paths of every kind', () => {
    const symbol = Symbol('s')
    const issues = [
      { message: 'whole' },
      { message: 'keyed', path: [{ key: 'a' }, 0, symbol] },
      { message: 'x', path: [] },
    ]
    expect(() => read(json(schemaOf(() => ({ issues }))), '1')).toThrow(new TypeError('whole; a.0.Symbol(s): keyed; x'))
  })

  it('shows three issues and counts the others', () => {
    const issuesOf = (count: number) =>
      schemaOf(() => ({ issues: Array.from({ length: count }, (_, index) => ({ message: `issue ${index}` })) }))
    expect(() => read(json(issuesOf(3)), '1')).toThrow(new TypeError('issue 0; issue 1; issue 2'))
    expect(() => read(json(issuesOf(5)), '1')).toThrow(new TypeError('issue 0; issue 1; issue 2; and 2 more'))
  })

  it('accepts a schema that is a function, as some libraries make them', () => {
    const schema = Object.assign(
      () => undefined,
      schemaOf((value) => ({ value: [value] })),
    )
    expect(read(json(schema), '1')).toEqual([1])
  })

  it('does not validate what it serializes', () => {
    expect(String(json(order).serialize({ id: 1 } as never, serializeContext))).toBe('{"id":1}')
  })

  it('refuses a schema that validates asynchronously, at the first value', () => {
    const slow = z.string().refine((text) => Promise.resolve(text !== ''))
    const serde = json(slow as unknown as StandardSchema<string>)
    expect(() => read(serde, '"x"')).toThrow(
      new ArgumentError('schema: expected one that validates synchronously, got a promise'),
    )
  })

  it('leaves no rejection of such a schema unheard', async () => {
    const reason = new Error('later')
    const rejected = Promise.reject(reason)
    expect(() => read(json(schemaOf(() => rejected)), '1')).toThrow('synchronously')
    expect(await rejectionOf(rejected)).toBe(reason)
  })

  it.each([[{}], [null], [5], ['text'], [{ '~standard': {} }], [{ parse: () => 1 }]])(
    'refuses %p, which is no schema',
    (schema) => {
      expect(() => json(schema as never)).toThrow(
        new ArgumentError('schema: expected a Standard Schema, that is an object with a `~standard` property'),
      )
    },
  )
})
