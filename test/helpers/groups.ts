// Consumer groups as the broker sees them.
import { ask, type OracleOptions } from './kafka/oracle'
import { waitFor } from './wait'

export interface GroupMember {
  memberId: string
  clientId: string
  groupInstanceId: string | null
  /** Topic to partitions, ascending. */
  assignment: Record<string, number[]>
}

export interface GroupDescription {
  /** `Stable`, `Empty`, `PreparingRebalance`, …; `Dead` for a group that does not exist. */
  state: string
  /** `Classic` or `Consumer` (KIP-848). */
  type: string
  assignor: string
  coordinator: number
  members: GroupMember[]
}

export interface CommittedOffset {
  offset: number
  metadata: string
  leaderEpoch: number | null
}

export function describeGroup(group: string, options: OracleOptions = {}): Promise<GroupDescription> {
  return ask('describeGroup', { group }, options)
}

/** Resolves when the group is stable with this many members. */
export async function waitForGroup(
  group: string,
  members: number,
  options: OracleOptions & { deadlineMs?: number } = {},
): Promise<GroupDescription> {
  let seen: GroupDescription | undefined
  return waitFor(
    async () => {
      seen = await describeGroup(group, options)
      return seen.state === (members === 0 ? 'Empty' : 'Stable') && seen.members.length === members && seen
    },
    {
      deadlineMs: options.deadlineMs ?? 30_000,
      intervalMs: 50,
      describe: () => `group ${group} with ${members} members; it is ${JSON.stringify(seen)}`,
    },
  )
}

/** Committed offsets: `(await groupOffsets(g))[topic][partition].offset`. */
export function groupOffsets(
  group: string,
  options: OracleOptions = {},
): Promise<Record<string, Record<number, CommittedOffset>>> {
  return ask('groupOffsets', { group }, options)
}

/** Commits offsets for a group that has no active members. */
export async function alterGroupOffsets(
  group: string,
  offsets: readonly { topic: string; partition: number; offset: number; metadata?: string }[],
  options: OracleOptions = {},
): Promise<void> {
  await ask('alterGroupOffsets', { group, offsets }, options)
}

export async function deleteGroup(group: string, options: OracleOptions = {}): Promise<void> {
  await ask('deleteGroup', { group }, options)
}

/** Of `__consumer_offsets`: its leader is the group's coordinator. Kafka's `GroupMetadataManager.partitionFor`. */
export function offsetsPartition(group: string, count: number): number {
  let hash = 0
  for (let at = 0; at < group.length; at++) hash = (Math.imul(31, hash) + group.charCodeAt(at)) | 0
  return (hash & 0x7fffffff) % count
}
