import type { DeserializeContext, SerializeContext } from '../../../lib/serde'

export const deserializeContext: DeserializeContext = { topic: 't', partition: 0, offset: 0, isKey: false, headers: [] }
export const serializeContext: SerializeContext = { topic: 't', isKey: false }
