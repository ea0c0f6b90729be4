// Takes a member out of a classic group without its knowing: the group's coordinator is told that it leaves.
import { describeGroup } from '../helpers/groups'
import { describeCluster } from '../helpers/topics'
import { ask, text } from '../helpers/wire'

const LEAVE_GROUP = 13

/** LeaveGroup, version 0. Until its next heartbeat the member believes that it has its partitions. */
export async function leaveGroup(group: string): Promise<void> {
  const { members, coordinator } = await describeGroup(group)
  const { nodes } = await describeCluster()
  for (const { memberId } of members) {
    const body = Buffer.concat([text(group), text(memberId)])
    const response = await ask(nodes[coordinator] ?? '', LEAVE_GROUP, 0, body)
    const error = response.readInt16BE(0)
    if (error !== 0) throw new Error(`LeaveGroup: error ${error}`)
  }
}
