/**
 * Where the log of each partition of a topic begins and ends. In: a topic. Out: all its partitions, or a `neighbour_away` error; never some
 * of them, for whoever reads up to these ends would take what is missing for nothing.
 *
 * kafkajs (2.2.4) asks the leaders that it knows at that moment: while one is being chosen, or its metadata is being read anew, it leaves partitions
 * out or stumbles over their absence (a TypeError). Both pass by themselves, so it is asked a few times.
 */
import type { Admin } from 'kafkajs'
import { TracefoldError } from '../errors.ts'
import { NEVER } from '../lib/never.ts'
import { pause, backoffMs } from '../lib/retry.ts'
import type { Bounds } from '../source/source.ts'
import { kafkaError } from './client.ts'

/** Six tries, about 1.6 s in the mean: a leader is chosen in less. */
const TRIES = 6

/** By partition number. */
export async function topicOffsets(admin: Admin, topic: string): Promise<Map<number, Bounds>> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await allOffsets(admin, topic)
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof TracefoldError) || attempt + 1 === TRIES)
        throw kafkaError(error, `reading the bounds of ${topic}`)
      await pause(backoffMs(attempt), NEVER)
    }
  }
}

async function allOffsets(admin: Admin, topic: string): Promise<Map<number, Bounds>> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  const expected = topics[0]?.partitions.length ?? 0
  const found = await admin.fetchTopicOffsets(topic)
  if (found.length !== expected)
    throw new TracefoldError('neighbour_away', `${expected - found.length} of ${expected} partitions have no leader at the moment`)
  return new Map(found.map(({ partition, low, high }) => [partition, { begin: Number(low), end: Number(high) }]))
}
