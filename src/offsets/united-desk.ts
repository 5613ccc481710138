/**
 * The positions in several Kafka clusters as one desk: each cluster's branches have groups, a ledger and a control topic of their own.
 *
 * A cluster that is away keeps nobody from the others: its rows are left out, and a skip reaches the others. Where none answers, the first one's error is told.
 */
import { isTracefoldError } from '../errors.ts'
import type { OffsetsDesk } from './desk.ts'

/** Closing it closes them. */
export function uniteDesks(desks: readonly OffsetsDesk[]): OffsetsDesk {
  const [only] = desks
  if (desks.length === 1 && only !== undefined) return only
  return {
    show: async () => {
      const reports = await ofAll(desks, (desk) => desk.show())
      return { offsets: reports.flatMap(({ offsets }) => offsets), skipped: reports.flatMap(({ skipped }) => skipped) }
    },
    skip: async (query) => (await ofAll(desks, (desk) => desk.skip(query))).flat(),
    close: async () => void (await Promise.all(desks.map((desk) => desk.close()))),
  }
}

/** What those say that answer. One that does not have the partition asked for is no trouble where another has. */
async function ofAll<T>(desks: readonly OffsetsDesk[], ask: (desk: OffsetsDesk) => Promise<T>): Promise<T[]> {
  const answers = await Promise.allSettled(desks.map(ask))
  const failed = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []))
  const fault = failed.find((error) => !isTracefoldError(error, 'not_available') && !isTracefoldError(error, 'bad_request'))
  if (fault !== undefined) throw fault
  if (failed.length === answers.length) throw failed.find((error) => isTracefoldError(error, 'bad_request')) ?? failed[0]
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
}
