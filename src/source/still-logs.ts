/**
 * A look at the logs beside reading them: where a log was emptied or made anew and nothing has come since, kafkajs says nothing, and no batch tells where a
 * log ends. In: readings of partitions. Out: those that stand where the last look found them, each with its log's bounds now. A topic is asked for once,
 * whatever number of its partitions that is.
 *
 * Delivery: nothing is read or moved. Rejects where the broker does; what was told before holds.
 */
import type { Admin } from 'kafkajs'
import { topicOffsets } from '../kafka/topic-offsets.ts'
import type { Bounds, Partition } from './source.ts'

export interface Looked {
  readonly partition: Partition
  /** Where the next batch must begin; null while nothing is read. */
  readonly expected: number | null
  /** Where the last look found it. */
  lookedAt: number | null
}

export async function* boundsOfStill<R extends Looked>(admin: Admin, readings: Iterable<R>): AsyncGenerator<readonly [R, Bounds]> {
  const still = [...readings].filter((reading) => {
    const { expected, lookedAt } = reading
    reading.lookedAt = expected
    return expected !== null && expected === lookedAt
  })
  for (const topic of new Set(still.map(({ partition }) => partition.topic))) {
    const bounds = await topicOffsets(admin, topic)
    for (const reading of still) {
      const found = reading.partition.topic === topic ? bounds.get(reading.partition.partition) : undefined
      if (found !== undefined) yield [reading, found]
    }
  }
}
