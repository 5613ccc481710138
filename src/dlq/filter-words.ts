/** What people write to name letters, on the command line and in the API, as a filter. Throws `bad_request`. Pure: the clock comes in. */
import { TracefoldError } from '../errors.ts'
import type { DeadReason } from '../event.ts'
import { parseTime } from '../lib/time-range.ts'
import type { LetterFilter, Stage } from '../store/dead-letter.ts'
import type { BranchName } from '../store/position.ts'

export interface FilterWords {
  readonly id?: string | undefined
  readonly reason?: DeadReason | undefined
  readonly stage?: Stage | undefined
  readonly branch?: BranchName | undefined
  readonly job?: string | undefined
  readonly topic?: string | undefined
  readonly partition?: number | undefined
  /** `4711`, `4711-4800`, `4711-` */
  readonly offset?: string | undefined
  /** ISO 8601, or relative to now. */
  readonly from?: string | undefined
  readonly to?: string | undefined
}

export function filterOf({ offset, from, to, ...words }: FilterWords, nowMs: number): LetterFilter {
  const times = {
    ...(from === undefined ? {} : { fromMs: parseTime(from, nowMs) }),
    ...(to === undefined ? {} : { toMs: parseTime(to, nowMs) }),
  }
  if (times.fromMs !== undefined && times.toMs !== undefined && times.fromMs >= times.toMs)
    throw new TracefoldError('bad_request', `from must lie before to; got from=${from}, to=${to}`)
  return { ...said(words), ...times, ...(offset === undefined ? {} : offsetsOf(offset)) }
}

function offsetsOf(text: string): Pick<LetterFilter, 'fromOffset' | 'toOffset'> {
  const match = /^(\d{1,15})(-(\d{1,15})?)?$/.exec(text.trim())
  if (match === null)
    throw new TracefoldError(
      'bad_request',
      `expected an offset such as 4711, or a range such as 4711-4800 or 4711-; got ${JSON.stringify(text.slice(0, 60))}`,
    )
  const fromOffset = Number(match[1])
  if (match[2] === undefined) return { fromOffset, toOffset: fromOffset }
  if (match[3] === undefined) return { fromOffset }
  const toOffset = Number(match[3])
  if (toOffset < fromOffset) throw new TracefoldError('bad_request', `expected a range of offsets that goes up; got ${text.trim()}`)
  return { fromOffset, toOffset }
}

type Said<T> = { [name in keyof T]?: Exclude<T[name], undefined> }

function said<T extends object>(words: T): Said<T> {
  return Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined)) as Said<T> // the same names, without what is undefined
}
