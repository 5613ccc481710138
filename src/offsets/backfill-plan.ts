/**
 * What of the skipped ranges is still to be backfilled. In: the ranges, the backfills so far, what is asked for. Out: pieces, each to be processed whole. Pure.
 *
 *   skipped    |==================================|
 *   backfills     |done|      |begun, next ->  |
 *   left       |gap|    |gap  |the rest of it  |gap|
 *
 * What must hold: nothing is ever a piece that was counted, by the live groups or by a backfill. Whatever lies in no recorded range was counted, or will be.
 */
import { TracefoldError } from '../errors.ts'
import type { BranchName } from '../store/position.ts'
import { idOf, type Backfill, type SkippedRange } from '../store/skipped.ts'

export interface Piece {
  readonly skipped: SkippedRange
  readonly from: number
  readonly to: number
  /** How far it is; null where it has not been begun. */
  readonly begun: Backfill | null
}

export interface Marks {
  readonly skipped: readonly SkippedRange[]
  readonly backfills: readonly Backfill[]
}

/** Of one branch and contributor, the offsets [from, to); or one recorded range; or all. */
export type BackfillQuery =
  | { readonly kind: 'range'; readonly branch: BranchName; readonly contributor: string; readonly from: number; readonly to: number }
  | { readonly kind: 'skipped'; readonly id: string }
  | { readonly kind: 'all'; readonly branches: readonly BranchName[] }

/** Throws `bad_request` where something of what is asked for was counted, or is not known to have been skipped. */
export function planBackfill(marks: Marks, query: BackfillQuery): Piece[] {
  if (query.kind === 'range') return piecesIn(marks, query)
  if (query.kind === 'all')
    return marks.skipped.filter(({ branch }) => query.branches.includes(branch)).flatMap((range) => leftOf(range, marks.backfills))
  const range = marks.skipped.find((one) => idOf(one) === query.id)
  if (range === undefined)
    throw new TracefoldError('bad_request', `no range ${query.id} was skipped. Expected an id as \`offsets show\` lists it`)
  const left = leftOf(range, marks.backfills)
  if (left.length === 0)
    throw new TracefoldError('bad_request', `${query.id} has been backfilled: its offsets ${range.from} to ${range.to} are counted`)
  return left
}

export function leftOf(skipped: SkippedRange, backfills: readonly Backfill[]): Piece[] {
  const own = backfills.filter(
    (one) => one.branch === skipped.branch && one.contributor === skipped.contributor && one.from >= skipped.from && one.from < skipped.to,
  )
  const left: Piece[] = []
  let at = skipped.from
  const gap = (to: number): void => void (to > at && left.push({ skipped, from: at, to, begun: null }))
  for (const begun of own.toSorted((a, b) => a.from - b.from)) {
    gap(begun.from)
    if (begun.next < begun.to) left.push({ skipped, from: begun.from, to: begun.to, begun })
    at = Math.max(at, begun.to)
  }
  gap(skipped.to)
  return left
}

function piecesIn(marks: Marks, { branch, contributor, from, to }: Extract<BackfillQuery, { kind: 'range' }>): Piece[] {
  if (from >= to) throw new TracefoldError('bad_request', `expected a range of offsets, got ${from} to ${to}`)
  const pieces: Piece[] = []
  let at = from
  for (const piece of marks.skipped
    .filter((one) => one.branch === branch && one.contributor === contributor)
    .flatMap((range) => leftOf(range, marks.backfills))) {
    if (piece.to <= from || piece.from >= to) continue
    if (piece.begun !== null && (piece.from < from || piece.to > to))
      throw new TracefoldError('bad_request', `a backfill of offsets ${piece.from} to ${piece.to} is not finished: ask for all of it`)
    const clipped = { ...piece, from: Math.max(from, piece.from), to: Math.min(to, piece.to) }
    if (clipped.from > at) throw counted(marks, branch, contributor, at, clipped.from)
    pieces.push(clipped)
    at = clipped.to
  }
  if (at < to) throw counted(marks, branch, contributor, at, to)
  return pieces
}

function counted({ skipped }: Marks, branch: BranchName, contributor: string, from: number, to: number): TracefoldError {
  const other = skipped.find((one) => one.branch !== branch && one.contributor === contributor && one.from < to && one.to > from)
  const hint = other === undefined ? '' : `. It was the ${other.branch} branch that skipped there: say --branch ${other.branch}`
  return new TracefoldError(
    'bad_request',
    `offsets ${from} to ${to} of ${contributor} were counted by the ${branch} branch, or will be: the ledger has no skipped range there that is still to be backfilled. Nothing was done${hint}`,
  )
}
