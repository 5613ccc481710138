/** What a process says of its streams, as zod schemas (see schemas.ts). */
import { z } from 'zod'
import { BRANCHES } from '../store/position.ts'
import { flag, number, numberOrNull, text, time, timeOrNull } from './schema-parts.ts'

const branch = z.enum(BRANCHES).meta({ description: 'The branch.', examples: ['detail'] })

const partition = z.object({
  cluster: text('Kafka cluster, or what the input is.', 'kafka'),
  topic: text('Source topic, or file.', 'error-logs'),
  partition: number('Source partition.', 3),
  position: number('Offset after the last record that was folded.', 5_000),
  committed: number('Offset up to which the store has acknowledged everything.', 4_711),
  end: numberOrNull("The log's end when it was last seen; null where it has none, or none was seen yet.", 5_911),
  has_more: flag('Whether more is there to be read, though nobody knows how many records (a file).'),
  lag_records: numberOrNull(
    'Records from `committed` to the end: also what was read and waits for the store; null where nobody knows the end.',
    1_200,
  ),
  lag_seconds: numberOrNull(
    'Age of the oldest record that is not committed, as far as known; 0 where all is; null where nobody knows. While `has_more`, the age of the last event that was read.',
    42.5,
  ),
})

const spent = (description: string) =>
  z
    .object({
      seconds: number('In all, since the start.', 812.4),
      entries: number(
        'How often the loop turned to it. It decodes what arrives while a commit is under way, and turns back: a commit may be several entries.',
        340,
      ),
    })
    .meta({ description })

const stream = z
  .object({
    branches: z.array(branch).meta({ description: 'The branches that it carries.' }),
    partitions: z.array(partition).meta({ description: 'Those that are its own at the moment.' }),
    records_per_second: number('Records read, a second, over the last minute.', 1_480),
    latency_seconds: z
      .object({
        samples: number('How many commits the quantiles are of.', 1_000),
        p50: numberOrNull('Median.', 1.2),
        p90: numberOrNull('Nine in ten are below it.', 2.4),
        p99: numberOrNull('All but one in a hundred.', 4.1),
        max: numberOrNull('The longest.', 6.3),
      })
      .meta({
        description:
          "From a record's timestamp, or its coming where it has none, to its commit; of each of the newest thousand commits of a partition, the oldest record.",
      }),
    last_commit: timeOrNull('When it last committed; null before the first.'),
    spent: z
      .object({
        waiting: spent('Nothing to do.'),
        decoding: spent('From bytes to what is folded.'),
        writing: spent('A commit is under way, and nothing to decode.'),
        backpressure: spent(
          'The source is paused: the store is behind, or other rules or a skip wait for what is in hand to be committed.',
        ),
      })
      .meta({ description: 'All the time of its loop.' }),
  })
  .meta({ id: 'Stream' })

const counts = {
  consumed: number('Events that were read, and offsets that were lost. Counted apart from what became of them.', 10_000),
  counted: number('Events counted in the store.', 9_000),
  filtered: number('Events filtered, by any rule.', 990),
  dead: number('Events that became dead letters.', 10),
  expired: number('Offsets that the log did not have any more, and events past retention.', 0),
  skipped: number('Offsets that were skipped.', 0),
}

export const pipelineAnswer = z.object({
  now: time('When this was so.'),
  streams: z.array(stream).meta({ description: 'Of this process.' }),
  counts: z
    .object({
      ...counts,
      branches: z
        .array(z.object({ branch, ...counts }))
        .meta({ description: 'Each branch by itself: consumed = counted + filtered + dead + expired + skipped.' }),
    })
    .meta({
      description:
        "What this process has committed since its start. Outside `branches` each event is counted once, though both branches carry it: as the rollup branch knows it (the detail branch, where that is alone), but dead where the detail branch's store refused it. The account over all processes is /api/v1/ledger.",
    }),
  troubles: z
    .array(
      z.object({
        at: time('When it was first said in these words.'),
        name: text('The part.', 'druid'),
        detail: text('What was away, or wrong.', 'No answer.'),
      }),
    )
    .meta({ description: 'The newest, whether they are over or not; newest first.' }),
})
