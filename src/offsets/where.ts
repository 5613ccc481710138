/** Where a branch is in a partition of a Kafka topic, as its next opening would find it. In: what is committed, what the log and the store's ledger say. Pure. */
import type { ReadPosition } from '../kafka/positions.ts'
import type { Bounds } from '../source/source.ts'
import type { Evidence } from '../store/resume.ts'
import type { PositionState } from './desk.ts'

export interface Where {
  readonly state: PositionState
  readonly incarnation: number
  readonly next: number
  readonly openBlock: number | null
}

export function whereIs(position: ReadPosition, evidence: Evidence | null, bounds: Bounds): Where {
  if (position.kind === 'at') {
    const { incarnation, next, from } = position.committed
    return bounds.end < next ? anew(incarnation, bounds) : { state: 'committed', incarnation, next, openBlock: from }
  }
  if (evidence !== null && bounds.end < evidence.next) return anew(evidence.incarnation, bounds)
  const isUsable = position.kind === 'foreign' && position.offset <= bounds.end && (evidence === null || position.offset >= evidence.next)
  if (isUsable) return { state: 'by_hand', incarnation: evidence?.incarnation ?? 0, next: position.offset, openBlock: null }
  if (evidence === null) return { state: 'none', incarnation: 0, next: bounds.begin, openBlock: null }
  return {
    state: position.kind === 'reset' ? 'committed' : 'lost',
    incarnation: evidence.incarnation,
    next: evidence.next,
    openBlock: null,
  }
}

/** The topic was deleted and created again. */
function anew(incarnation: number, { begin }: Bounds): Where {
  return { state: 'none', incarnation: incarnation + 1, next: begin, openBlock: null }
}
