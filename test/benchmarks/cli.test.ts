// `npx rdkafka-tiers bench` on a real topic.
import { runNode } from '../helpers/child'
import { repositoryRoot, REGISTER } from '../helpers/deps'
import { join } from 'node:path'
import { describeGroup, groupOffsets } from '../helpers/groups'
import { kafkaBootstrap } from '../helpers/kafka/oracle'
import { seed } from '../helpers/produce'
import { listOffsets, uniqueName, useTopics } from '../helpers/topics'

const topics = useTopics()

function cli(...args: string[]) {
  return runNode(join(repositoryRoot, 'lib', 'cli', 'bin.ts'), {
    nodeFlags: REGISTER,
    args: ['bench', ...args],
    // It would put one tier in the place of all: bench must not care.
    env: { RDKAFKA_TIERS_TIER: 'standard' },
    deadlineMs: 60_000,
  })
}

it('measures every tier, recommends one, and leaves topic and group as they were', async () => {
  const topic = await topics.create({ partitions: 2, prefix: 'cli' })
  await seed(topic, { count: 20_000, size: 100, partitions: 2 })
  const before = await listOffsets(topic, 'latest')
  const group = uniqueName('cli')

  const tiers = 'legacy,standard,buffered:16,dedicated'
  const result = await cli(
    '--bootstrap',
    kafkaBootstrap(),
    '--topic',
    topic,
    '--group',
    group,
    '--tiers',
    tiers,
    '--rounds',
    '1',
  )

  expect(result.stderr).toBe('')
  expect(result.code).toBe(0)
  for (const tier of tiers.split(',')) expect(result.stdout).toMatch(new RegExp(`^${tier} +[\\d,]+ `, 'm'))
  expect(result.stdout).toMatch(/Recommended here: 'performance\.tier': '(standard|buffered:16|dedicated)'/)
  expect(await listOffsets(topic, 'latest')).toEqual(before)
  expect(await groupOffsets(group)).toEqual({})
  expect((await describeGroup(group)).members).toEqual([])
})

it('says that a topic is empty, and ends with exit code 1', async () => {
  const topic = await topics.create({ prefix: 'cli-empty' })
  const result = await cli('--bootstrap', kafkaBootstrap(), '--topic', topic, '--tiers', 'dedicated', '--batches')
  expect(result.stdout).toContain(`dedicated FAILED: topic ${topic} is empty`)
  expect(result.code).toBe(1)
})

it('refuses a command line without a topic with exit code 2', async () => {
  const result = await cli('--bootstrap', kafkaBootstrap())
  expect(result).toMatchObject({ code: 2, stderr: '--topic: expected the name of a topic, got nothing' })
})
