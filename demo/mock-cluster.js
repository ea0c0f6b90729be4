'use strict'
// A process with a mock cluster, filled: its brokers' CPU and memory are not counted as a consumer's.
const { MockCluster } = require('rdkafka-tiers/testing')
const { asChild, sayingProgress } = require('./child')
const { contentOf } = require('./content')
const { plan } = require('./mock-plan')

const TOPIC = 'demo'
const FILL_TIMEOUT_MS = 300_000
const PROGRESS_EVERY = 20_000

asChild(async (/** @type {{ messages: number, size: number }} */ { messages, size }, say, end) => {
  const cluster = await MockCluster.start()
  const { partitions } = plan(messages, size)
  cluster.createTopic(TOPIC, { partitions })
  const content = contentOf({ messages, size, partitions })
  const sayProgress = sayingProgress(say)
  await cluster.produce(toMock(), { timeoutMs: FILL_TIMEOUT_MS })
  await sayProgress(messages)
  const { bootstrapServers: bootstrap } = cluster
  await say({ type: 'ready', topic: { bootstrap, name: TOPIC, partitions: content.tally.result() } })
  await end.wanted
  await cluster.close()

  function* toMock() {
    let count = 0
    for (const { partition, value } of content.messages) {
      yield { topic: TOPIC, partition, value }
      if (++count % PROGRESS_EVERY === 0) void sayProgress(count)
    }
  }
})
