/**
 * Port: where dead letters lie (a compacted topic | a table), as looking, purging and replaying need it.
 *
 *   open(query) -> a session: fences every earlier one, finishes what such a one has left half done
 *   commit      -> documents, rows, ledger and letters of a chunk: durable, all of it, once; or the promise rejects, and it is a letter still
 */
import type { Partition, SourceRecord } from '../source/source.ts'
import type { DeadLetter, DeadLetterReader, LetterFilter, LetterHead } from '../store/dead-letter.ts'
import type { Chunk } from './chunk.ts'

export interface SessionQuery {
  readonly filter: LetterFilter
  /** Letters at most. */
  readonly limit: number
  /** `next` of the session before, or null. */
  readonly after: number | null
}

export interface LetterBox extends DeadLetterReader {
  letter(id: string): Promise<DeadLetter | null>
  /** Letters that are there at the call. Resolves with how many were thrown away. */
  purge(filter: LetterFilter, signal: AbortSignal): Promise<number>
  open(query: SessionQuery, signal: AbortSignal): Promise<ReplaySession>
  close(): Promise<void>
}

/** One at a time: the calls of one that another has fenced reject with `partition_lost`. */
export interface ReplaySession {
  /** Those that were there when it was opened, partition by partition, in order of their records. */
  readonly letters: readonly LetterHead[]
  /** Where a later session goes on, or null where these are all. */
  readonly next: number | null
  /** Whether every branch that counted it dead has committed that, and will not read its record again by itself. */
  isSettled(letter: LetterHead): Promise<boolean>
  /** What the source has where the letter's record was; whether that is the same record is for the caller to find out. Null: nothing any more. */
  record(letter: LetterHead): Promise<SourceRecord | null>
  /** Null where it has been thrown away meanwhile. */
  body(letter: LetterHead): Promise<Buffer | null>
  /** What the chunks contribute as. */
  readonly contributor: Partition
  /** Larger than that of any chunk before, of any session with this contributor. */
  nextSeq(): number
  /** Resolves with the events that the detail store would not take, and those that are too old for it. */
  commit(chunk: Chunk): Promise<{ readonly refused: number; readonly expired: number }>
  close(): Promise<void>
}
