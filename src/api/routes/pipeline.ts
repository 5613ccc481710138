/** How the streams of this process are: lag, rates, latency, where their time goes, the terms of the account, and the last troubles. Reads only. */
import { z } from 'zod'
import { BRANCHES } from '../../store/position.ts'
import { NOTHING, type Tally } from '../../stream/tally.ts'
import type { ApiDeps, ZodApp } from '../deps.ts'

const number = (description: string) => z.number().meta({ description })
const numberOrNull = (description: string) => z.number().nullable().meta({ description })
const spent = z.object({ seconds: number('In all, since the start.'), times: number('How often.') })

const stream = z
  .object({
    branches: z.array(z.enum(BRANCHES)).meta({ description: 'The branches that it carries.' }),
    partitions: z
      .array(
        z.object({
          cluster: z.string(),
          topic: z.string(),
          partition: z.number(),
          position: number('Offset after the last record that was folded.'),
          committed: number('Offset up to which the store has acknowledged everything.'),
          end: numberOrNull("The log's end when it was last seen; null where it has none."),
          hasMore: z.boolean().meta({ description: 'More is there to be read, though nobody knows how many records (a file).' }),
          lagRecords: number('Records from `committed` to the end: also what was read and waits for the store.'),
          lagSeconds: numberOrNull(
            'Age of the oldest record that is not committed, as far as known; 0 where all is; null where nobody knows. While `hasMore`, the age of the last event that was read.',
          ),
        }),
      )
      .meta({ description: 'Those that are its own at the moment.' }),
    recordsPerSecond: number('Records read, a second, over the last minute.'),
    latencySeconds: z
      .object({
        samples: z.number(),
        p50: z.number().nullable(),
        p90: z.number().nullable(),
        p99: z.number().nullable(),
        max: z.number().nullable(),
      })
      .meta({
        description:
          "From a record's timestamp, or its coming where it has none, to its commit; of each of the newest thousand commits of a partition, the oldest record.",
      }),
    lastCommitMs: numberOrNull('When it last committed, in ms since the epoch.'),
    spent: z.object({ waiting: spent, decoding: spent, writing: spent, backpressure: spent }).meta({
      description:
        'All the time of its loop. Back-pressure: the source was paused, for the store was behind, or other rules or a skip waited for what was in hand to be committed.',
    }),
  })
  .meta({ id: 'Stream' })

const counts = z.object({
  consumed: number('Events that were read, and offsets that were lost. Counted apart from what became of them.'),
  counted: z.number(),
  filtered: z.number(),
  dead: z.number(),
  expired: number('Offsets that the log did not have any more, and events past retention.'),
  skipped: number('Offsets that were skipped.'),
})

const pipelineAnswer = z.object({
  now: z.iso.datetime(),
  streams: z.array(stream).meta({ description: 'Of this process.' }),
  counts: counts.extend({ branches: z.array(counts.extend({ branch: z.enum(BRANCHES) })) }).meta({
    description:
      "Since the start: what is committed. Each event once, as the rollup branch knows it (the detail branch, where that is alone), and what the detail branch's store refused; then each branch by itself, where consumed = counted + filtered + dead + expired + skipped. The account over all processes is /api/v1/ledger.",
  }),
  troubles: z
    .array(z.object({ at: z.iso.datetime(), name: z.string(), detail: z.string() }))
    .meta({ description: 'The newest, whether they are over or not; newest first.' }),
})

export function pipelineRoutes(app: ZodApp, deps: ApiDeps): void {
  const schema = { tags: ['operations'], summary: 'How the streams of this process are', response: { 200: pipelineAnswer } }
  app.get('/pipeline', { schema }, async () => {
    const { streams, tallies } = deps.pipeline?.() ?? { streams: [], tallies: NO_TALLIES }
    return {
      now: new Date(deps.now()).toISOString(),
      streams: streams.map(({ branches, partitions, ...rest }) => ({ ...rest, branches: [...branches], partitions: [...partitions] })),
      counts: {
        ...countsOf(tallies.tally()),
        branches: tallies.byBranch().map(({ branch, ...tally }) => ({ branch, ...countsOf(tally) })),
      },
      troubles: deps.health.troubles().map(({ atMs, name, detail }) => ({ at: new Date(atMs).toISOString(), name, detail })),
    }
  })
}

const NO_TALLIES = { tally: () => NOTHING, byBranch: () => [] }

function countsOf({ consumed, counted, filtered, dead, expired, skipped }: Tally) {
  return { consumed, counted, filtered, dead, expired, skipped }
}
