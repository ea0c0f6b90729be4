// Where a consumer with a tier may differ from node-rdkafka, and why. One that does not occur any more fails the test.
import type { Mode } from './kit'

export interface AllowedDifference {
  file: string
  scenario: string
  /** What is traced there, as `differences()` names it. */
  where: string
  reason: string
  /** Default: every tier. Legacy is node-rdkafka's own class and differs nowhere. */
  modes?: readonly Mode[]
}

const UNASKED =
  'Rebalances are told and answered also while nobody asks for messages and none waits: a member that does not answer ' +
  'holds up its whole group. node-rdkafka tells of them when it disconnects, and then cannot answer any more.'

export const ALLOWED_DIFFERENCES: readonly AllowedDifference[] = [
  {
    file: 'construction',
    scenario: 'its native client',
    where: 'getClient',
    reason: "There is none that node-rdkafka's producer could take, and with any other object it ends the process.",
  },
  { file: 'group', scenario: 'nobody asks for messages', where: 'partitions', reason: UNASKED },
  { file: 'group', scenario: 'nobody asks for messages', where: 'event rebalance', reason: UNASKED },
  { file: 'group', scenario: 'nobody asks for messages', where: 'event rebalance.error', reason: UNASKED },
  {
    file: 'flow',
    scenario: 'promises of a listener settle',
    where: 'settled',
    reason: 'Messages that have arrived are delivered in one go, without a turn of microtasks after each of them.',
  },
  {
    file: 'flow',
    scenario: 'seek, refused',
    where: 'no such topic: callback',
    reason: 'ERR__STATE, as for any partition that is not assigned: the call that fences says no more.',
  },
]
