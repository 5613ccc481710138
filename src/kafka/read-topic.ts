/**
 * Reads a small compacted topic from its beginning to its present end: newest value for each key. kafkajs reads only as a group, so a group of
 * its own is made and deleted again; nothing is committed.
 */
import { randomUUID } from 'node:crypto'
import type { Admin } from 'kafkajs'
import { kafkaError, type KafkaClient } from './client.ts'
import { topicOffsets } from './topic-offsets.ts'

export async function readTopic(kafka: KafkaClient, admin: Admin, topic: string): Promise<Map<string, Buffer>> {
  const newest = new Map<string, Buffer>()
  try {
    const open = await nonEmptyEnds(admin, topic)
    if (open.size === 0) return newest
    await readUntil(kafka, admin, topic, open, (key, value) => {
      if (value === null) newest.delete(key)
      else newest.set(key, value)
    })
    return newest
  } catch (error) {
    throw kafkaError(error, `reading topic ${topic}`)
  }
}

async function nonEmptyEnds(admin: Admin, topic: string): Promise<Map<number, number>> {
  const bounds = await topicOffsets(admin, topic)
  return new Map([...bounds].filter(([, { begin, end }]) => end > begin).map(([partition, { end }]) => [partition, end]))
}

async function readUntil(kafka: KafkaClient, admin: Admin, topic: string, open: Map<number, number>, keep: (key: string, value: Buffer | null) => void): Promise<void> {
  const groupId = `${topic}-reader-${randomUUID()}`
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, allowAutoTopicCreation: false })
  const reached = (partition: number, next: number): void => {
    if (next >= (open.get(partition) ?? 0)) open.delete(partition)
  }
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const check = (): void => void (open.size === 0 && resolve())
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
      consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
        reached(payload.partition, Number(payload.lastOffset) + 1)
        check()
      })
      void consumer
        .run({
          autoCommit: false,
          eachBatch: ({ batch }) => {
            for (const { key, value } of batch.messages) if (key !== null) keep(key.toString(), value)
            return Promise.resolve()
          },
        })
        .catch(reject)
    })
  } finally {
    await consumer.disconnect()
    await admin.deleteGroups([groupId]).catch(() => {}) // it expires by itself otherwise
  }
}
