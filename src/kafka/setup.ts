/** Makes the topics that Tracefold needs, and checks that they are there. Repeatable; a topic that exists is left as it is. */
import type { Admin, ITopicConfig } from 'kafkajs'
import type { Settings } from '../config/schema.ts'
import type { Names } from '../config/names.ts'
import { DAY_MS } from '../lib/durations.ts'
import { NEVER } from '../lib/never.ts'
import { backoffMs, pause } from '../lib/retry.ts'
import { kafkaError } from './client.ts'

/** A segment must hold the largest batch; Kafka's default is 1 GiB. */
const MIN_SEGMENT_BYTES = 2_097_152
const MAX_SEGMENT_BYTES = 1_073_741_824
/** Small, since only whole segments are compacted, and whoever takes over reads all that is left. */
const ALERT_SEGMENT_BYTES = 16_777_216
/** About 1.6 s in the mean. */
const TRIES = 6

function topicsOf(names: Names, settings: Settings): ITopicConfig[] {
  const { kafka, rollup, deadLetters, alerts } = settings
  const topic = (name: string, numPartitions: number, configs: Record<string, string>): ITopicConfig => ({
    topic: name,
    numPartitions,
    replicationFactor: kafka.replicationFactor,
    configEntries: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
  })
  return [
    ...kafka.topics.map((name) => topic(name, kafka.partitions, { 'message.timestamp.type': 'LogAppendTime' })),
    topic(names.rollupTopic, rollup.topicPartitions, {
      'retention.ms': String(rollup.topicRetentionDays * DAY_MS),
      'cleanup.policy': 'delete',
    }),
    topic(names.letterTopic, 1, letterConfig(deadLetters)),
    topic(names.ledgerTopic, 1, { 'cleanup.policy': 'compact' }),
    topic(names.controlTopic, 1, { 'cleanup.policy': 'compact' }),
    ...(alerts.enabled && names.cluster === null
      ? [
          topic(names.alertTopic, alerts.shards, {
            'cleanup.policy': 'compact',
            'segment.bytes': String(ALERT_SEGMENT_BYTES),
            'min.cleanable.dirty.ratio': '0.1',
          }),
        ]
      : []),
  ]
}

/** Only whole segments are deleted or compacted, and not the one that is written to: so it is a tenth of all, and at most a day old. */
function letterConfig({ retentionDays, maxBytes }: Settings['deadLetters']): Record<string, string> {
  const segmentBytes = Math.max(MIN_SEGMENT_BYTES, Math.min(MAX_SEGMENT_BYTES, Math.ceil(maxBytes / 10)))
  return {
    'cleanup.policy': 'compact,delete',
    'retention.ms': String(retentionDays * DAY_MS),
    'retention.bytes': String(maxBytes),
    'segment.bytes': String(segmentBytes),
    'segment.ms': String(DAY_MS),
  }
}

/** Resolves with one line for each topic. */
export async function setUpTopics(admin: Admin, names: Names, settings: Settings): Promise<string[]> {
  try {
    const existing = new Set(await admin.listTopics())
    const wanted = topicsOf(names, settings)
    const missing = wanted.filter(({ topic }) => !existing.has(topic))
    if (missing.length > 0) await createTopics(admin, missing)
    return wanted.map(({ topic }) => `topic ${topic}${existing.has(topic) ? ' (exists)' : ''}`)
  } catch (error) {
    throw kafkaError(error, 'creating topics')
  }
}

/** A broker may not know yet what another has just made: then kafkajs's wait for the leaders fails, although the topics are there, and it is asked again. */
async function createTopics(admin: Admin, topics: ITopicConfig[]): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await admin.createTopics({ topics, waitForLeaders: true })
      return
    } catch (error) {
      if (attempt + 1 === TRIES) throw error
      await pause(backoffMs(attempt), NEVER)
    }
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
