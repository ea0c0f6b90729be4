import { optionOf } from './options'
import { librdkafkaProperty } from './properties'

/** `'true'` and `'false'` as booleans where the property is one; any other text as it is. */
export function booleanOf(name: string, text: string): boolean | string {
  if (librdkafkaProperty(name)?.kind !== 'boolean') return text
  if (text === 'true') return true
  return text === 'false' ? false : text
}

/** The value of a property from text that knows no types. What is none of the property's stays text, to be refused. */
export function valueOf(name: string, text: string): boolean | number | string {
  const isInteger = librdkafkaProperty(name)?.kind === 'integer' || typeof optionOf(name)?.default === 'number'
  return isInteger && /^-?\d{1,15}$/.test(text) ? Number(text) : booleanOf(name, text)
}
