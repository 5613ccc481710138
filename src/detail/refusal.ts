/**
 * What becomes of documents that the store refused: their events move in the ledger from counted to dead (or expired, where the window is older
 * than what is kept), and a letter stands for all of a document's events in one block, at the place of the first. Pure.
 */
import type { AccountSnapshot, Move } from '../stream/account.ts'
import type { GroupedEvent } from '../event.ts'
import { refusalLetter, type Share, type StandIn } from '../store/dead-letter.ts'
import type { Settlement } from '../store/detail-store.ts'
import type { Progress } from '../store/position.ts'

/** In place of a store's words: no letter is written. */
export const EXPIRED = 'expired'

/** A document's share of one block. */
export interface BlockShare extends Share {
  readonly contributor: string
  readonly block: number
}

export interface RefusedDocument {
  readonly document: { readonly first: GroupedEvent; readonly refusal: string | null }
  readonly shares: readonly BlockShare[]
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
        if (!isExpired) letters.push(refusalLetter(share, standInOf(document.first), document.refusal ?? '', maxLetterBytes))
      }
    }
    return account.entries(moves)
  })
  return { ledger, letters, progress }
}

function standInOf({ event, timeMs, job }: GroupedEvent): StandIn {
  return { timeMs, job, event: { ...event, context: Object.fromEntries(event.context) } }
}
