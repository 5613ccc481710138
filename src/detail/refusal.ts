/**
 * What becomes of documents that the store refused: their events move in the ledger from counted to dead (or expired, where the window is older
 * than what is kept), and a letter stands for all of a document's events in one block, at the place of the first. Pure.
 */
import type { AccountSnapshot, Move } from '../stream/account.ts'
import type { GroupedEvent } from '../event.ts'
import type { Partition } from '../source/source.ts'
import { letterId, type DeadLetter } from '../store/dead-letter.ts'
import type { Settlement } from '../store/detail-store.ts'
import { incarnationOf, type Progress } from '../store/position.ts'

/** In place of a store's words: no letter is written. */
export const EXPIRED = 'expired'

export interface RefusedShare {
  readonly partition: Partition
  readonly contributor: string
  readonly block: number
  readonly day: string
  readonly offset: number
  readonly index: number
  readonly n: number
}

export interface RefusedDocument {
  readonly document: { readonly first: GroupedEvent; readonly refusal: string | null }
  readonly shares: readonly RefusedShare[]
}

/** Shares of a partition that has not moved (it is read again below its position) are settled when it has. */
export function settlementOf(
  accounts: readonly AccountSnapshot[],
  refused: readonly RefusedDocument[],
  progress: readonly Progress[],
  maxLetterBytes: number,
): Settlement {
  const letters = accounts.flatMap((account) => account.letters)
  const ledger = accounts.flatMap((account) => {
    const moves: Move[] = []
    for (const { document, shares } of refused) {
      const isExpired = document.refusal === EXPIRED
      for (const share of shares) {
        if (share.contributor !== account.contributor) continue
        moves.push({ block: share.block, n: share.n, to: isExpired ? 'expired' : 'dead.refused_by_store' })
        if (!isExpired) letters.push(refusalLetter(document.first, share, document.refusal ?? '', maxLetterBytes))
      }
    }
    return account.entries(moves)
  })
  return { ledger, letters, progress }
}

function refusalLetter(first: GroupedEvent, share: RefusedShare, detail: string, maxBytes: number): DeadLetter {
  const { partition, offset, index, n } = share
  const incarnation = incarnationOf(share.contributor)
  const body = Buffer.from(JSON.stringify({ ...first.event, context: Object.fromEntries(first.event.context) }))
  return {
    id: letterId(partition, incarnation, offset, index, 'store', 'detail'),
    stage: 'store',
    branch: 'detail',
    reason: 'refused_by_store',
    detail,
    partition,
    incarnation,
    offset,
    index,
    events: n,
    timeMs: first.timeMs,
    job: first.job,
    body: body.subarray(0, maxBytes),
    bodyTruncated: body.length > maxBytes,
    day: share.day,
  }
}
