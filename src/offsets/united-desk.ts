/**
 * The positions in several Kafka clusters as one desk: each cluster's branches have groups, a ledger and a control topic of their own. Each row and answer
 * says which cluster it is about.
 *
 * A cluster that is away keeps nobody from the others: its rows are left out, a skip reaches the others, and the report says so. Where none answers, the first
 * one's error is told.
 */
import { isTracefoldError, TracefoldError } from '../errors.ts'
import type { InCluster, OffsetsDesk, OffsetsReport, ResetAnswer, ResetQuery, SkipQuery, SkipReport } from './desk.ts'

export interface NamedDesk {
  /** As `--cluster` takes it. */
  readonly name: string
  readonly desk: OffsetsDesk
}

/** Closing it closes them. */
export function uniteDesks(clusters: readonly NamedDesk[]): OffsetsDesk {
  const close = async (): Promise<void> => void (await Promise.all(clusters.map(({ desk }) => desk.close())))
  return {
    show: () => show(clusters),
    skip: async (query) => skip(chosen(clusters, query.cluster), query),
    reset: async (query) => reset(chosen(clusters, query.cluster), query),
    close,
  }
}

/** The rows of one of several clusters, named. */
export function inCluster<Row extends object>(clusterName: string, rows: readonly Row[]): (Row & InCluster)[] {
  return rows.map((row) => ({ ...row, clusterName }))
}

/** Of several clusters each says its name; the only one there is needs none. */
export function namedDesks(clusters: readonly NamedDesk[]): readonly NamedDesk[] {
  return clusters.length === 1 ? clusters : clusters.map(({ name, desk }) => ({ name, desk: namedDesk(name, desk) }))
}

export function namedDesk(name: string, desk: OffsetsDesk): OffsetsDesk {
  return {
    show: async () => {
      const { offsets, skipped, ...rest } = await desk.show()
      return { offsets: inCluster(name, offsets), skipped: inCluster(name, skipped), ...rest }
    },
    skip: async (query) => {
      const { skips, ...rest } = await desk.skip(query)
      return { skips: inCluster(name, skips), ...rest }
    },
    reset: async (query) => inCluster(name, await desk.reset(query)),
    close: () => desk.close(),
  }
}

/** For what can be done in one cluster only. */
export function toName(clusters: readonly NamedDesk[]): TracefoldError {
  return new TracefoldError('bad_request', `there are several Kafka clusters: name one of ${namesOf(clusters)}`)
}

async function show(clusters: readonly NamedDesk[]): Promise<OffsetsReport> {
  const { answers, away } = await ofAll(clusters, (desk) => desk.show())
  return { offsets: answers.flatMap(({ offsets }) => offsets), skipped: answers.flatMap(({ skipped }) => skipped), away }
}

async function skip(clusters: readonly NamedDesk[], query: SkipQuery): Promise<SkipReport> {
  if (clusters.length > 1 && query.to.kind === 'offset')
    throw new TracefoldError('bad_request', `an offset means something in one cluster only: name one of ${namesOf(clusters)}`)
  const { answers, away } = await ofAll(clusters, (desk) => desk.skip(query))
  return { skips: answers.flatMap(({ skips }) => skips), away }
}

/** A branch is stopped in one cluster or in another. */
async function reset(clusters: readonly NamedDesk[], query: ResetQuery): Promise<ResetAnswer[]> {
  const [one, ...more] = clusters
  if (one === undefined || more.length > 0) throw toName(clusters)
  return one.desk.reset(query)
}

function chosen(clusters: readonly NamedDesk[], name: string | undefined): readonly NamedDesk[] {
  const found = name === undefined ? clusters : clusters.filter((one) => one.name === name)
  if (found.length === 0) throw new TracefoldError('bad_request', `there is no cluster ${name}; there are: ${namesOf(clusters)}`)
  return found
}

function namesOf(clusters: readonly NamedDesk[]): string {
  return clusters.map(({ name }) => name).join(', ')
}

/** What those say that answer, and who is away. One that does not have the partition asked for is no trouble where another has. */
async function ofAll<T>(clusters: readonly NamedDesk[], ask: (desk: OffsetsDesk) => Promise<T>): Promise<{ answers: T[]; away: string[] }> {
  const settled = await Promise.allSettled(clusters.map(({ desk }) => ask(desk)))
  const failed = settled.flatMap((one, i) =>
    one.status === 'rejected' ? [{ name: clusters[i]?.name ?? '', error: one.reason as unknown }] : [],
  )
  const errors = failed.map(({ error }) => error)
  const fault = errors.find((error) => !isTracefoldError(error, 'not_available') && !isTracefoldError(error, 'bad_request'))
  if (fault !== undefined) throw fault
  if (failed.length === settled.length) throw errors.find((error) => isTracefoldError(error, 'bad_request')) ?? errors[0]
  return {
    answers: settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
    away: failed.filter(({ error }) => isTracefoldError(error, 'not_available')).map(({ name }) => name),
  }
}
