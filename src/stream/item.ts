/** What the intake makes of records, and both branches fold: one event with everything that decides where it is counted, or why it is not counted. */
import type { GroupedEvent, Outcome } from '../event.ts'
import type { DeadLetter } from '../store/dead-letter.ts'

export interface Place {
  readonly offset: number
  readonly index: number
  readonly block: number
  /** Day (UTC) of the block's first record: the ledger's day. */
  readonly day: string
}

export type Dropped = Extract<Outcome<never>, { kind: 'drop' }>

export type Item = Place &
  ({ readonly kind: 'ok'; readonly value: GroupedEvent } | Dropped | { readonly kind: 'dead'; readonly letter: DeadLetter })
