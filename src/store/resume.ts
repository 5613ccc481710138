/**
 * Where a branch goes on in a partition, from what is committed, what the log still has, and which rules are in force. Pure, but for asking the store's own data.
 *
 *   committed offset within the log, same rules     -> read again from the open block's start, count from there absolutely
 *   other rules                                     -> a new block opens at the committed offset
 *   the log begins behind the committed offset      -> the range in between has expired; a new block opens at the log's beginning, unless the policy is another
 *   the log ends before the committed offset        -> the topic was deleted and created again: a new incarnation from its beginning
 *   nothing committed                               -> the log's beginning, unless the store holds our data: then an operator chooses
 *   somebody set an offset with other tools         -> ahead: there, and the range in between is skipped; back: an operator chooses, as without one
 *   an operator skipped                             -> a new block opens there; the range in between is skipped
 *
 * Where a block opens in a log that was read before, by other rules or behind a gap, an epoch begins (position.ts).
 */
import { TracefoldError } from '../errors.ts'
import type { ReadPosition } from '../kafka/positions.ts'
import type { Bounds, Partition } from '../source/source.ts'
import { partitionKey } from '../source/source.ts'
import { epochAt, type LostRange, type Resume } from './position.ts'

export interface Committed {
  readonly incarnation: number
  readonly next: number
  readonly from: number
  readonly rules: string
  /** As in Progress. */
  readonly epoch?: string
}

/** How far the store's own data says that we were. */
export interface Evidence {
  readonly incarnation: number
  readonly next: number
}

/** Where the log begins behind the committed offset. */
export type ExpiredPositionPolicy = 'earliest' | 'latest' | 'stop'
export type LostPositionPolicy = 'stop' | 'recover' | 'earliest' | 'latest'

export interface ResumeOptions {
  /** Those in force now. */
  readonly rules: { readonly digest: string }
  readonly lostPosition: LostPositionPolicy
  readonly expiredPosition?: ExpiredPositionPolicy
}

/**
 * From what is committed for the group. `before`: what says where we were. `evidence`: asked only where no offset of ours is committed. Throws
 * `position_lost` where an operator must choose.
 */
export async function resumeFrom(
  p: Partition,
  position: ReadPosition,
  bounds: Bounds,
  { rules, lostPosition, expiredPosition }: ResumeOptions,
  evidence: (p: Partition) => Promise<Evidence | null>,
): Promise<{ resume: Resume; before: Committed | Evidence | null }> {
  if (position.kind === 'at')
    return { resume: resumeAt(position.committed, bounds, rules.digest, expiredPosition), before: position.committed }
  const before = await evidence(p)
  if (position.kind === 'foreign') return { resume: resumeByHand(p, position.offset, before, bounds, lostPosition), before }
  return { resume: resumeWithout(p, before, bounds, position.kind === 'reset' ? 'recover' : lostPosition), before }
}

/** Throws `position_lost` where the log has not got the offset any more and the policy is to stop. */
export function resumeAt(committed: Committed, bounds: Bounds, rules: string, expired: ExpiredPositionPolicy = 'earliest'): Resume {
  if (bounds.end < committed.next) return freshBlock(committed.incarnation + 1, bounds.begin, null)
  if (bounds.begin > committed.next) return resumeExpired(committed, bounds, expired)
  const canRebuild = committed.rules === rules && committed.from >= bounds.begin && committed.from <= committed.next
  const from = canRebuild ? committed.from : committed.next
  return { incarnation: committed.incarnation, from, next: committed.next, lost: null }
}

function resumeExpired({ incarnation, next }: Committed, { begin, end }: Bounds, policy: ExpiredPositionPolicy): Resume {
  if (policy === 'earliest') return freshBlock(incarnation, begin, lost(next, begin, 'expired'))
  if (policy === 'latest') return freshBlock(incarnation, end, lost(next, end, 'skipped'))
  throw new TracefoldError(
    'position_lost',
    `the log begins at offset ${begin}, and the next one to be read is ${next}: Kafka has deleted what lies between. Nothing is read. ` +
      'Choose with kafka.expiredPosition: earliest (go on with what is left), or latest (skip that, too); the ledger says what is lost.',
  )
}

/** No offset is committed. Throws `position_lost` where the store holds our data and the policy is to stop. */
export function resumeWithout(p: Partition, evidence: Evidence | null, bounds: Bounds, policy: LostPositionPolicy): Resume {
  if (evidence === null) return freshBlock(0, bounds.begin, null)
  return resumeBy(policy, evidence, bounds, `no committed offset for ${partitionKey(p)} (offsets expire after a week of standstill)`)
}

function resumeBy(policy: LostPositionPolicy, evidence: Evidence, bounds: Bounds, why: string): Resume {
  if (bounds.end < evidence.next || policy === 'earliest') return freshBlock(evidence.incarnation + 1, bounds.begin, null)
  const reached = Math.max(evidence.next, bounds.begin)
  const expired = evidence.next < bounds.begin ? lost(evidence.next, bounds.begin, 'expired') : null
  if (policy === 'recover') return freshBlock(evidence.incarnation, reached, expired)
  if (policy === 'latest') return freshBlock(evidence.incarnation, bounds.end, lost(evidence.next, bounds.end, 'skipped'))
  throw new TracefoldError(
    'position_lost',
    `${why}, although the store holds our data up to offset ${evidence.next}. ` +
      'Nothing is read, since starting over could count twice. Choose with kafka.lostPosition: recover (go on at that offset, as `tracefold offsets reset --to recorded` does once), ' +
      'earliest (the topic is a new one: count it from its beginning), or latest (skip what came since).',
  )
}

/**
 * Somebody set the offset with other tools. Ahead of what the store knows, a new block opens there, of the incarnation that the store knows: without that, marks
 * of an earlier topic would forbid counting; what was jumped over is skipped. An offset before it would count twice, and where the topic was made anew to go on
 * behind it would lose: so it says no more than none, and the policy chooses. The same holds past the log's end. Throws `position_lost` as `resumeWithout` does.
 */
export function resumeByHand(p: Partition, offset: number, evidence: Evidence | null, bounds: Bounds, policy: LostPositionPolicy): Resume {
  const at = Math.max(bounds.begin, offset > bounds.end ? bounds.begin : offset)
  if (evidence === null) return freshBlock(0, at, null)
  const { incarnation, next } = evidence
  if (bounds.end < next) return freshBlock(incarnation + 1, at, null)
  if (offset < next || offset > bounds.end)
    return resumeBy(policy, evidence, bounds, `the offset of ${partitionKey(p)} was set to ${offset} with other tools`)
  return freshBlock(incarnation, at, lost(next, at, 'skipped'))
}

/**
 * An operator wants the position to be at least `to`. `accounted`: how far the store's ledger goes, where that may lie past the position: a process that
 * was killed before it committed has counted up to there, so the skipped range begins behind it.
 */
export function skippedTo(resume: Resume, to: number, accounted: Evidence | null): Resume {
  const { incarnation, next } = resume
  if (to <= next) return resume
  const reached = accounted?.incarnation === incarnation ? Math.max(next, accounted.next) : next
  if (to <= reached) return freshBlock(incarnation, reached, resume.lost)
  return freshBlock(incarnation, to, lost(resume.lost?.from ?? reached, to, 'skipped'))
}

/**
 * `accounted`: as above. A lost range begins behind it, and where the ledger is past the whole of it, so is the position: else what was counted there would be in the
 * ledger once more, as lost. So does a lost range that was written and not committed before the log's beginning moved on.
 */
export function lostBehind(resume: Resume, accounted: Evidence | null): Resume {
  const { incarnation, next, lost: range } = resume
  if (range === null || accounted?.incarnation !== incarnation) return resume
  return freshBlock(incarnation, Math.max(next, accounted.next), lost(Math.max(range.from, accounted.next), range.to, range.reason))
}

/**
 * The epoch in which a branch goes on: the same only in the block that was open. `before`: what was committed, or what the store's own data say; null where this
 * is the partition's first reading. Metadata from before there were epochs is of the epoch ''.
 */
export function epochOf(resume: Resume, before: Committed | Evidence | null, rules: string): string {
  if (before === null || before.incarnation !== resume.incarnation) return ''
  const goesOn = 'rules' in before && before.rules === rules && before.from === resume.from && resume.lost === null
  return goesOn ? (before.epoch ?? '') : epochAt(resume.from, rules)
}

function freshBlock(incarnation: number, at: number, range: LostRange | null): Resume {
  return { incarnation, from: at, next: at, lost: range }
}

function lost(from: number, to: number, reason: LostRange['reason']): LostRange | null {
  return to > from ? { from, to, reason } : null
}
