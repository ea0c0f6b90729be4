// Takes a member out of a classic group without its knowing: the group's coordinator is told that it leaves.
import { once } from 'node:events'
import { connect } from 'node:net'
import { describeGroup } from '../helpers/groups'
import { describeCluster } from '../helpers/topics'

const LEAVE_GROUP = 13
const CORRELATION_ID = 1

/** LeaveGroup, version 0. Until its next heartbeat the member believes that it has its partitions. */
export async function leaveGroup(group: string): Promise<void> {
  const { members, coordinator } = await describeGroup(group)
  const { nodes } = await describeCluster()
  const [host = '', port] = nodes[coordinator]?.split(':') ?? []
  for (const { memberId } of members) await exchange(host, Number(port), request(group, memberId))
}

function request(group: string, memberId: string): Buffer {
  const body = Buffer.concat([
    ...[LEAVE_GROUP, 0].map(int16),
    int32(CORRELATION_ID),
    int16(-1), // no client id
    text(group),
    text(memberId),
  ])
  return Buffer.concat([int32(body.length), body])
}

async function exchange(host: string, port: number, bytes: Buffer): Promise<void> {
  const socket = connect({ host, port })
  try {
    await once(socket, 'connect')
    socket.write(bytes)
    const [response] = (await once(socket, 'data')) as [Buffer]
    // Length, correlation id, error code.
    const error = response.readInt16BE(8)
    if (error !== 0) throw new Error(`LeaveGroup: error ${error}`)
  } finally {
    socket.destroy()
  }
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([int16(bytes.length), bytes])
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
