/** Makes the topics that Tracefold needs, and checks that they are there. Repeatable; a topic that exists is left as it is. */
import type { Admin, ITopicConfig } from 'kafkajs'
import type { Names, Settings } from '../config/schema.ts'
import { kafkaError } from './client.ts'

const DAY_MS = 86_400_000

function topicsOf(names: Names, settings: Settings): ITopicConfig[] {
  const { kafka, rollup, deadLetters } = settings
  const topic = (name: string, numPartitions: number, configs: Record<string, string>): ITopicConfig => ({
    topic: name,
    numPartitions,
    replicationFactor: kafka.replicationFactor,
    configEntries: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
  })
  return [
    ...kafka.topics.map((name) => topic(name, kafka.partitions, { 'message.timestamp.type': 'LogAppendTime' })),
    topic(names.rollupTopic, rollup.topicPartitions, { 'retention.ms': String(rollup.topicRetentionDays * DAY_MS), 'cleanup.policy': 'delete' }),
    topic(names.letterTopic, 1, { 'cleanup.policy': 'compact,delete', 'retention.ms': String(deadLetters.retentionDays * DAY_MS) }),
    topic(names.ledgerTopic, 1, { 'cleanup.policy': 'compact' }),
    topic(names.controlTopic, 1, { 'cleanup.policy': 'compact' }),
  ]
}

/** Resolves with one line for each topic. */
export async function setUpTopics(admin: Admin, names: Names, settings: Settings): Promise<string[]> {
  try {
    const existing = new Set(await admin.listTopics())
    const wanted = topicsOf(names, settings)
    const missing = wanted.filter(({ topic }) => !existing.has(topic))
    if (missing.length > 0) await admin.createTopics({ topics: missing, waitForLeaders: true })
    return wanted.map(({ topic }) => `topic ${topic}${existing.has(topic) ? ' (exists)' : ''}`)
  } catch (error) {
    throw kafkaError(error, 'creating topics')
  }
}

/** What `setup` has still to make. Rejects with `neighbour_away` where Kafka is away. */
export async function missingTopics(admin: Admin, names: Names, settings: Settings): Promise<string[]> {
  try {
    const existing = new Set(await admin.listTopics())
    return topicsOf(names, settings).flatMap(({ topic }) => (existing.has(topic) ? [] : [`topic ${topic}`]))
  } catch (error) {
    throw kafkaError(error, 'listing topics')
  }
}
