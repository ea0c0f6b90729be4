import { ArgumentError } from '../errors'
import type { Serde } from './serde'
import { decode } from './string'

/**
 * A schema of any library that follows Standard Schema (zod, valibot, arktype, …): the part of it that is used here.
 *
 * @see https://standardschema.dev
 */
export interface StandardSchema<T> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<T> | Promise<StandardResult<T>>
    readonly types?: { readonly input: unknown; readonly output: T } | undefined
  }
}

/** What a Standard Schema says of a value. */
export type StandardResult<T> =
  { readonly value: T; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] }

/** Why a Standard Schema refuses a value. */
export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

const MAX_ISSUES = 3

/**
 * JSON in UTF-8. With a schema each value is validated, and is what the schema makes of it; without one the type is
 * the caller's word.
 *
 * A schema that validates asynchronously is refused at the first value: messages are delivered in order, at once.
 *
 * ```ts
 * json<Order>()
 * json(z.object({ id: z.string(), amount: z.number() }))
 * ```
 *
 * @param schema of any library that follows Standard Schema
 */
export function json<T = unknown>(schema?: StandardSchema<T>): Serde<T> {
  if (
    schema !== undefined &&
    typeof (schema as Partial<StandardSchema<T>> | null)?.['~standard']?.validate !== 'function'
  ) {
    throw new ArgumentError('schema: expected a Standard Schema, that is an object with a `~standard` property')
  }
  const deserializeRange = (buffer: Buffer, start: number, end: number): T => {
    const value: unknown = JSON.parse(decode(buffer, start, end))
    return schema === undefined ? (value as T) : validated(schema, value)
  }
  return {
    deserialize: (data) => deserializeRange(data, 0, data.length),
    deserializeRange,
    serialize(value) {
      const text = JSON.stringify(value) as string | undefined
      if (text === undefined) throw new ArgumentError(`json: expected a value that JSON can hold, got ${typeof value}`)
      return Buffer.from(text, 'utf8')
    },
  }
}

function validated<T>(schema: StandardSchema<T>, value: unknown): T {
  const result = schema['~standard'].validate(value)
  if ('then' in result) {
    // Of any library or realm.
    result.then(undefined, () => undefined)
    throw new ArgumentError('schema: expected one that validates synchronously, got a promise')
  }
  if (result.issues === undefined) return result.value
  const shown = result.issues.slice(0, MAX_ISSUES).map(({ message, path }) => {
    const at = (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
    return at === '' ? message : `${at}: ${message}`
  })
  const more = result.issues.length - shown.length
  throw new TypeError(`${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`)
}
