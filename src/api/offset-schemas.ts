/** Requests about positions, and their answers, as zod schemas (see schemas.ts). */
import { z } from 'zod'
import { BRANCHES } from '../store/position.ts'
import { countText, flag, MAX_TIME_CHARS, name, number, numberOrNull } from './schema-parts.ts'

const branch = z.enum(BRANCHES).meta({ description: 'The branch.', examples: ['detail'] })
const clusterName = {
  cluster_name: z
    .string()
    .optional()
    .meta({ description: 'Where there are several Kafka clusters: as the settings name it.', examples: ['first'] }),
}
const away = z.array(z.string()).meta({ description: 'Names of the Kafka clusters that are left out, for they are away.' })
const place = {
  branch,
  cluster: z.string(),
  ...clusterName,
  topic: z.string(),
  partition: z.number(),
  incarnation: number('How often the topic was made anew.', 0),
}

export const skipQuery = z.strictObject({
  branch: z.enum([...BRANCHES, 'both']).meta({ description: 'Whose position moves.', examples: ['detail'] }),
  cluster: name('Of several Kafka clusters only this one; to skip to an offset needs it.', 'first').optional(),
  topic: name('Only in this source topic.', 'error-logs').optional(),
  partition: countText('Only in this partition.', 3).optional(),
  to: z
    .string()
    .min(1)
    .max(MAX_TIME_CHARS)
    .default('end')
    .meta({
      description: '`end` (of the log, at this moment), an offset, or a time: ISO 8601, or relative to now (`-15m`).',
      examples: ['end'],
    }),
})

export const resetQuery = z.strictObject({
  ...skipQuery.shape,
  cluster: name('Of several Kafka clusters this one.', 'first').optional(),
  to: z
    .string()
    .min(1)
    .max(MAX_TIME_CHARS)
    .meta({
      description:
        "`recorded` (where the branch's store says that it was), `earliest`, `latest`, or an offset. Never before what was counted.",
      examples: ['recorded'],
    }),
})

export const resetAnswer = z.object({
  resets: z.array(
    z.object({
      branch,
      ...clusterName,
      topic: z.string(),
      partition: z.number(),
      from: numberOrNull('The position before; null where nothing was committed.', 4_711),
      to: number('Where the branch goes on.', 5_911),
      lost: z
        .object({ from: z.number(), to: z.number(), reason: z.enum(['expired', 'skipped']) })
        .nullable()
        .meta({ description: 'What nobody will count.' }),
    }),
  ),
})

const lag = {
  lag_records: numberOrNull('Records between the position and the end; null where nobody knows the end.', 1_200),
  lag_seconds: numberOrNull('Age of the record at the position; 0 at the end, null where records have no time.', 42.5),
}

export const offsetsAnswer = z.object({
  offsets: z.array(
    z.object({
      ...place,
      state: z.enum(['committed', 'none', 'lost', 'by_hand', 'unknown']).meta({
        description:
          "lost: no offset is committed although the store holds our data (see `tracefold offsets reset`). Also where somebody set it back. by_hand: set ahead with Kafka's own tools. unknown: nothing is committed, and the store cannot be asked.",
      }),
      committed: number('Where the branch goes on.', 4_711),
      open_block: numberOrNull('First offset of the open block, which a restart reads again.', 4_000),
      end: numberOrNull("The log's end.", 5_911),
      ...lag,
      skip_to: numberOrNull('What a skip asked for and nobody has applied yet.', 5_911),
    }),
  ),
  totals: z
    .array(z.object({ branch, partitions: z.number(), ...lag }))
    .meta({ description: 'For each branch; seconds of the partition that is furthest behind.' }),
  skipped: z
    .array(
      z.object({
        id: z.string(),
        ...place,
        from: z.number(),
        to: z.number(),
        day: z.string(),
        backfilled: number('Offsets of it that are counted since.', 0),
      }),
    )
    .meta({ description: 'Ranges that were skipped; `tracefold backfill --skipped <id>` counts them.' }),
  away,
})

export const skipAnswer = z.object({
  skips: z.array(
    z.object({
      branch,
      ...clusterName,
      topic: z.string(),
      partition: z.number(),
      from: number('The position at this moment; what is in hand is counted still.', 4_711),
      to: number('Where the branch goes on.', 5_911),
      asked: flag('False where the position is there already: nothing is done.'),
    }),
  ),
  away,
})
