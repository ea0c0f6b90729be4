// Values as they stand in a trace: classes, key order and types are kept, what differs from run to run is not.

/** What differs from run to run, and what stands in its place. */
export type Names = readonly (readonly [pattern: string | RegExp, name: string])[]

interface Metadata {
  orig_broker_id: number
  orig_broker_name: string
  topics: { name: string }[]
}

const FIRST_TIME = 1_600_000_000_000
/** Times that a test gives to messages lie before this; the clock's are later. */
const FIRST_CLOCK_TIME = 1_750_000_000_000

export class Shaper {
  constructor(
    private readonly names: Names,
    private readonly known: ReadonlyMap<object, string> = new Map(),
  ) {}

  /** As JSON would have it, with what JSON drops: key order is that of the object. */
  of(value: unknown, depth = 0): unknown {
    if (typeof value === 'string') return this.text(value)
    if (typeof value === 'number') return this.#number(value)
    if (value === undefined) return '<undefined>'
    if (value === null || typeof value === 'boolean') return value
    if (typeof value === 'function') return '<function>'
    if (typeof value !== 'object') return `<${typeof value}>`
    const known = this.known.get(value)
    if (known !== undefined) return known
    if (Buffer.isBuffer(value)) return `<Buffer ${JSON.stringify(value.toString('latin1'))}>`
    if (depth > 8) return '<deep>'
    if (Array.isArray(value)) return value.map((each) => this.of(each, depth + 1))
    if (value instanceof Error) return this.#error(value, depth)
    return this.#object(value, depth)
  }

  text(value: string): string {
    let text = value
    for (const [pattern, name] of this.names) text = text.replaceAll(pattern, name)
    return text
  }

  #number(value: number): number | string {
    if (value > FIRST_CLOCK_TIME && value < 2 * FIRST_TIME) return '<time>'
    return Number.isFinite(value) ? value : `<${value}>`
  }

  #object(value: object, depth: number): unknown {
    if ('orig_broker_id' in value && 'topics' in value) return this.#metadata(value as Metadata, depth)
    const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null
    const isPlain = prototype === Object.prototype || prototype === null
    const entries = Object.entries(value).map(([key, each]) => [this.text(key), this.of(each, depth + 1)])
    const shape = Object.fromEntries(entries) as Record<string, unknown>
    return isPlain ? shape : { '<class>': prototype.constructor?.name, ...shape }
  }

  /** Other tests have topics too. */
  #metadata(metadata: Metadata, depth: number): unknown {
    const known = metadata.topics.filter(({ name }) => this.text(name) !== name)
    const topics = known.sort((a, b) => (this.text(a.name) < this.text(b.name) ? -1 : 1))
    // Which connection has answered is chance.
    const origin = {
      orig_broker_id: typeof metadata.orig_broker_id,
      orig_broker_name: typeof metadata.orig_broker_name,
    }
    const entries = Object.entries({ ...metadata, ...origin, topics })
    return Object.fromEntries(entries.map(([key, value]) => [key, this.of(value, depth + 1)]))
  }

  /** Everything that a handler can look at, but for the stack, of which only the beginning is told. */
  #error(error: Error, depth: number): unknown {
    const own = Object.fromEntries(
      Object.entries(error).map(([key, value]) => [
        key,
        key === 'stack' ? this.text(String(value).split('\n')[0] as string) : this.of(value, depth + 1),
      ]),
    )
    return {
      '<error>': error.constructor.name,
      name: error.name,
      message: this.text(error.message),
      string: this.text(String(error)),
      hasStack: typeof error.stack === 'string',
      own,
    }
  }
}
