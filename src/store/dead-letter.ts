/**
 * A record that could not be processed, kept with the reason, the position and its bytes. The id is a function of the position,
 * so both branches and every replay write the same letter: a repeat is harmless.
 */
import type { DeadReason } from '../event.ts'
import type { Partition } from '../source/source.ts'
import { contributorKey, type BranchName } from './position.ts'

export type Stage = 'decode' | 'store'

export interface DeadLetter {
  readonly id: string
  readonly stage: Stage
  /** Null for the stage `decode`, which both branches share. */
  readonly branch: BranchName | null
  readonly reason: DeadReason
  /** What a person needs to know: the parser's or the store's own words. */
  readonly detail: string
  readonly partition: Partition
  readonly incarnation: number
  readonly offset: number
  /** Index within the record, for a record that holds several events. */
  readonly index: number
  /** How many events the letter stands for (a refused document stands for many). */
  readonly events: number
  /** When the record was written (its timestamp), or when it was read. */
  readonly timeMs: number
  /** For what could not be decoded: as far as the record's key, headers or topic say. */
  readonly job: string | null
  /** The record's bytes, redacted, cut at `maxLetterBytes`. Base64 in storage where they are not UTF-8. */
  readonly body: Buffer
  readonly bodyTruncated: boolean
}

/** `<contributor>@<offset>#<index>:<stage>[:<branch>]` */
export function letterId(p: Partition, incarnation: number, offset: number, index: number, stage: Stage, branch: BranchName | null): string {
  return `${contributorKey(p, incarnation)}@${offset}#${index}:${stage}${branch === null ? '' : `:${branch}`}`
}

export interface DeadLetterReader {
  /** Newest first. */
  letters(query: { limit: number; reason?: string }): Promise<DeadLetter[]>
}
