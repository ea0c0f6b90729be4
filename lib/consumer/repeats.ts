import type { KafkaError } from '../errors'

const ERR_ALL_BROKERS_DOWN = -187
/** The same trouble is told again when it still lasts after this time. */
const REPEAT_MS = 60_000
const MAX_KNOWN = 1000

interface Told {
  at: number
  progress: number
}

/**
 * Tells what is new from what is being repeated.
 *
 * librdkafka tells of a broker that is down once for each connection it had to it (by its bootstrap address, by its id,
 * as the coordinator), twice, and then every 30 seconds; that all are down, every 10 seconds. Once is enough for a program.
 */
export class Repeats {
  readonly #told = new Map<string, Told>()

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** @param progress Grows with every message that came: that all brokers are down is news again after one did. */
  isNews(error: KafkaError, progress: number): boolean {
    const key = subject(error)
    const told = this.#told.get(key)
    const now = this.now()
    if (told !== undefined && now - told.at < REPEAT_MS) {
      if (error.errno !== ERR_ALL_BROKERS_DOWN || told.progress === progress) return false
    }
    if (this.#told.size >= MAX_KNOWN) this.#told.clear()
    this.#told.set(key, { at: now, progress })
    return true
  }
}

/** What it is about: the same broker under librdkafka's other names for it is the same, and times and counts do not matter. */
function subject({ code, message, topic, partition }: KafkaError): string {
  const about = message
    .replace(/^GroupCoordinator: /, '')
    .replace(/\/(?:bootstrap|\d+): /, ': ')
    .replace(/\(after \d+ms.*$/, '')
    .replaceAll(/\d+\/\d+ brokers/g, '')
  return [code, topic, partition, about].join(' ')
}
