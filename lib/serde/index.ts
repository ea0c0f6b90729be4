export { bytes } from './bytes'
export { json, type StandardIssue, type StandardResult, type StandardSchema } from './json'
export type { DeserializeContext, Deserializer, Serde, SerializeContext, Serializer } from './serde'
export { string } from './string'
