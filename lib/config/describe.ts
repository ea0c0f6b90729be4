const LONGEST = 80

/**
 * A refused value in a message. Objects are not written out: what stands in them may be anything, a password included.
 */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value)
    case 'bigint':
      return `${value}n`
    case 'function':
      return 'a function'
    case 'symbol':
      return 'a symbol'
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? 'an array' : 'an object'
    case 'boolean':
    case 'number':
    case 'undefined':
      return String(value)
  }
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  // Any realm's Object.prototype: objects come from workers, vm contexts and test environments too.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
