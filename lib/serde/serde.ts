import type { MessageHeader } from '../message/block'

/** Where the bytes that are being deserialized come from. */
export interface DeserializeContext {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** True for a message's key, false for its value. */
  readonly isKey: boolean
  /** In the producer's order, repeated names included. */
  readonly headers: readonly MessageHeader[]
}

/** Where the bytes that are being made are going. */
export interface SerializeContext {
  readonly topic: string
  /** True for a message's key, false for its value. */
  readonly isKey: boolean
}

/**
 * Makes a value of a key's or a value's bytes.
 *
 * It is called synchronously, for key and value of each message before that is handed out, so that what it refuses is
 * found in order; an `infallible` one when they are asked for. A null key or value is not given to it. What it throws
 * becomes a `DeserializationError` that carries the record.
 *
 * @see Java `Deserializer`
 */
export interface Deserializer<T> {
  /** `bytes` is a view into the batch: copy what is kept. */
  deserialize(bytes: Buffer, context: DeserializeContext): T
  /**
   * The same for the bytes of `buffer` from `start` to `end`. Where it is there it is used instead, for it needs
   * neither a view nor a context for each message.
   */
  deserializeRange?(buffer: Buffer, start: number, end: number): T
  /** It never throws, so a message is not deserialized before it is asked for. Of ours: `bytes()`. */
  readonly infallible?: true
}

/**
 * Makes bytes of a value.
 *
 * @see Java `Serializer`
 */
export interface Serializer<T> {
  serialize(value: T, context: SerializeContext): Uint8Array
}

/** Both ways. Write one of these to add a format. */
export interface Serde<T> extends Deserializer<T>, Serializer<T> {}
