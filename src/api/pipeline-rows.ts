/** What a process says of its streams, as answers show it (see pipeline-schemas.ts). Pure. */
import type { z } from 'zod'
import type { Trouble } from '../health.ts'
import type { StreamReport } from '../stream.ts'
import type { PartitionProgress } from '../stream/lag.ts'
import type { Spent } from '../stream/loop-clock.ts'
import type { Tallies, Tally } from '../stream/tally.ts'
import type { pipelineAnswer } from './pipeline-schemas.ts'
import { iso, isoOrNull } from './range.ts'

type Answer = z.output<typeof pipelineAnswer>

export function streamOf({ branches, partitions, recordsPerSecond, latencySeconds, lastCommitMs, spent }: StreamReport) {
  return {
    branches: [...branches],
    partitions: partitions.map(partitionOf),
    records_per_second: recordsPerSecond,
    latency_seconds: { ...latencySeconds },
    last_commit: isoOrNull(lastCommitMs),
    spent: {
      waiting: spentOf(spent.waiting),
      decoding: spentOf(spent.decoding),
      writing: spentOf(spent.writing),
      backpressure: spentOf(spent.backpressure),
    },
  } satisfies Answer['streams'][number]
}

export function countsOf(tallies: Pick<Tallies, 'tally' | 'byBranch'>): Answer['counts'] {
  return {
    ...termsOf(tallies.tally()),
    branches: tallies.byBranch().map(({ branch, ...tally }) => ({ branch, ...termsOf(tally) })),
  }
}

export function troubleOf({ atMs, name, detail }: Trouble): Answer['troubles'][number] {
  return { at: iso(atMs), name, detail }
}

function partitionOf({ cluster, topic, partition, position, committed, end, hasMore, lagRecords, lagSeconds }: PartitionProgress) {
  return {
    cluster,
    topic,
    partition,
    position,
    committed,
    end,
    has_more: hasMore,
    lag_records: end === null ? null : lagRecords,
    lag_seconds: lagSeconds,
  }
}

function spentOf({ seconds, times }: Spent) {
  return { seconds, entries: times }
}

function termsOf({ consumed, counted, filtered, dead, expired, skipped }: Tally) {
  return { consumed, counted, filtered, dead, expired, skipped }
}
