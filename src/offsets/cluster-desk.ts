/** The desk of cluster mode. Requests go through the control log, for nobody but its members may set the offsets of a running group. */
import type { ControlLog } from '../control/control-log.ts'
import { availably, TracefoldError } from '../errors.ts'
import { readTopic } from '../kafka/read-topic.ts'
import { partitionKey } from '../source/source.ts'
import { idOf, marksOf, placeOf, type Backfill, type SkippedRange } from '../store/skipped.ts'
import { findPositions, lookAtPositions, offsetsAt, recordTimes, type FoundPosition, type PositionsOptions } from './cluster-positions.ts'
import type {
  OffsetRow,
  OffsetsDesk,
  OffsetsReport,
  ResetAnswer,
  ResetQuery,
  SkipAnswer,
  SkipQuery,
  SkipReport,
  SkippedRow,
} from './desk.ts'
import { putSkip, type SkipBook } from './skip-book.ts'

export interface ClusterDeskOptions extends PositionsOptions {
  readonly control: ControlLog
  readonly book: SkipBook
  readonly now: () => number
  readonly reset: (query: ResetQuery) => Promise<ResetAnswer[]>
}

export function createClusterDesk(options: ClusterDeskOptions): OffsetsDesk {
  return {
    show: () => availably(() => show(options)),
    skip: (query) => availably(() => skip(options, query)),
    reset: (query) => availably(() => options.reset(query)),
    close: async () => {},
  }
}

async function show(options: ClusterDeskOptions): Promise<OffsetsReport> {
  const { kafka, admin, names } = options.neighbours
  const found = await lookAtPositions(options)
  const times = await recordTimes(
    kafka,
    found.map(({ partition, where, bounds }) => ({ partition, offset: where.next, bounds })),
  )
  const { skipped, backfills } = marksOf((await readTopic(kafka, admin, names.ledgerTopic)).values())
  return {
    offsets: found.map((one, i) => rowOf(one, times[i] ?? null, options)),
    skipped: skipped.map((range) => skippedRowOf(range, backfills)),
  }
}

function rowOf({ branch, partition, where, bounds }: FoundPosition, timeMs: number | null, { book, now }: ClusterDeskOptions): OffsetRow {
  const { state, incarnation, next, openBlock } = where
  const lagRecords = Math.max(0, bounds.end - next)
  const asked = book.toOf(branch, partition, incarnation)
  return {
    branch,
    ...partition,
    state,
    incarnation,
    committed: next,
    openBlock,
    end: bounds.end,
    lagRecords,
    lagSeconds: lagRecords === 0 ? 0 : timeMs === null ? null : Math.max(0, now() - timeMs) / 1_000,
    skipTo: asked !== null && asked > next ? asked : null,
  }
}

function skippedRowOf(range: SkippedRange, backfills: readonly Backfill[]): SkippedRow {
  const { branch, contributor, from, to, day } = range
  const { partition, incarnation } = placeOf(contributor)
  const own = backfills.filter((one) => one.branch === branch && one.contributor === contributor && one.from >= from && one.from < to)
  return {
    id: idOf(range),
    branch,
    ...partition,
    incarnation,
    from,
    to,
    day,
    backfilled: own.reduce((sum, one) => sum + one.next - one.from, 0),
  }
}

async function skip(options: ClusterDeskOptions, query: SkipQuery): Promise<SkipReport> {
  const found = (await findPositions(options, query.branches, query.topic)).filter(
    ({ partition: p }) => query.partition === undefined || p.partition === query.partition,
  )
  if (found.length === 0)
    throw new TracefoldError(
      'bad_request',
      `there is no partition ${query.partition} in ${query.topic ?? options.settings.kafka.topics.join(', ')}`,
    )
  const targets = await targetsOf(options, found, query)
  const answers: SkipAnswer[] = []
  for (const [i, { branch, partition, where }] of found.entries()) {
    const to = targets[i] as number // one for each
    const at = Math.max(where.next, options.book.toOf(branch, partition, where.incarnation) ?? 0)
    const isAsked = to > at
    if (isAsked)
      await putSkip(options.control, { branch, ...partition, incarnation: where.incarnation, to, atMs: options.now(), by: 'operator' })
    answers.push({ branch, topic: partition.topic, partition: partition.partition, from: where.next, to: Math.max(to, at), isAsked })
  }
  return { skips: answers }
}

async function targetsOf(
  { neighbours: { admin }, now }: ClusterDeskOptions,
  found: readonly FoundPosition[],
  { to }: SkipQuery,
): Promise<number[]> {
  if (to.kind === 'time') {
    if (to.timeMs > now())
      throw new TracefoldError(
        'bad_request',
        `${new Date(to.timeMs).toISOString()} is still to come. To skip all that is there, say \`end\``,
      )
    const byTopic = new Map<string, Map<number, number>>()
    for (const topic of new Set(found.map(({ partition }) => partition.topic))) byTopic.set(topic, await offsetsAt(admin, topic, to.timeMs))
    return found.map(({ partition: p, bounds }) => byTopic.get(p.topic)?.get(p.partition) ?? bounds.end)
  }
  return found.map(({ partition, bounds }) => {
    if (to.kind === 'end') return bounds.end
    if (to.offset > bounds.end)
      throw new TracefoldError(
        'bad_request',
        `${partitionKey(partition)} ends at ${bounds.end}; expected an offset of at most that, got ${to.offset}`,
      )
    return to.offset
  })
}
