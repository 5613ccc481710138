/**
 * Sends dead letters through their branches again. The picture:
 *
 *   letters -> (settled?) -> record from the source, else the letter's copy -> judge -> chunk -> commit: events counted and letters gone, at once
 *
 * A letter is settled when every branch that counted it dead has committed that for good: nobody will read its record again by himself.
 *
 * Delivery: a chunk is committed whole, once. What has not been committed are letters still, so a replay that ends in the middle is asked for again.
 */
import { TracefoldError } from '../errors.ts'
import { charsOf } from '../event.ts'
import type { DeadLetter, LetterHead, ReplayReport } from '../store/dead-letter.ts'
import { foldChunk, isUnchanged, type Judged } from './chunk.ts'
import type { Judge, Verdict } from './judge.ts'
import type { ReplaySession } from './letter-box.ts'

/** A chunk is small, so that a transaction is short. */
const CHUNK_LETTERS = 200
/** Events of a chunk, in characters of messages and traces. */
const CHUNK_CHARS = 4_000_000

type Counts = Omit<ReplayReport, 'next'>
type Counted = keyof Counts

/** Counts letters, each once, though each branch may have a copy of its own: the copies of one come one after the other. */
class ReplayTally {
  readonly counts: { -readonly [name in Counted]: number } = {
    letters: 0,
    replayed: 0,
    events: 0,
    failedAgain: 0,
    waiting: 0,
    unclear: 0,
    fromCopy: 0,
    fromCutCopy: 0,
    refusedEvents: 0,
    expiredEvents: 0,
  }
  #id = ''
  readonly #said = new Set<Counted>()

  begin(id: string): void {
    if (id !== this.#id) this.#said.clear()
    this.#id = id
    this.say('letters')
  }

  say(name: Counted, n = 1): void {
    if (!this.#said.has(name)) this.counts[name] += n
    this.#said.add(name)
  }
}

export interface ReplayParts {
  readonly session: ReplaySession
  readonly judge: Judge
  readonly now: () => number
  readonly maxLetterBytes: number
  readonly signal: AbortSignal
}

/** Closes the session. Rejects with `aborted` after an abort: what is committed is done. */
export async function replay(parts: ReplayParts): Promise<ReplayReport> {
  const { session, signal } = parts
  const tally = new ReplayTally()
  let chunk: Judged[] = []
  let chars = 0
  const flush = async (): Promise<void> => {
    if (chunk.length > 0) await commit(chunk, parts, tally)
    chunk = []
    chars = 0
  }
  try {
    for (const letter of session.letters) {
      if (signal.aborted) throw new TracefoldError('aborted', 'a stop ended the replay; what it has done is done')
      tally.begin(letter.id)
      const judged = await judge(letter, parts, tally)
      if (judged === null) continue
      chunk.push(judged)
      chars += textOf(judged)
      if (chunk.length >= CHUNK_LETTERS || chars >= CHUNK_CHARS) await flush()
    }
    await flush()
    return { ...tally.counts, next: session.next }
  } finally {
    await session.close()
  }
}

/** Null where the letter stays as it is. */
async function judge(letter: LetterHead, parts: ReplayParts, tally: ReplayTally): Promise<Judged | null> {
  const { session } = parts
  if (!(await session.isSettled(letter))) {
    tally.say('waiting')
    return null
  }
  const record = await session.record(letter)
  const bySource = record === null ? null : parts.judge.bySource({ ...letter, body: NO_BYTES }, record)
  if (bySource !== null) return keep(letter, bySource, false, tally)
  const body = await session.body(letter)
  return body === null ? null : keep(letter, parts.judge.byCopy({ ...letter, body }), true, tally)
}

const NO_BYTES: DeadLetter['body'] = Buffer.alloc(0)

function keep(letter: LetterHead, verdict: Verdict, isCopy: boolean, tally: ReplayTally): Judged | null {
  if (verdict.kind === 'unclear') {
    tally.say('unclear')
    return null
  }
  const judged: Judged = { letter, items: verdict.items, n: verdict.n, outOf: verdict.outOf }
  if (verdict.items.every(({ kind }) => kind === 'dead')) {
    tally.say('failedAgain')
    // Where only the beginning is left, what is wrong with that is not what is wrong with the record.
    return isUnchanged(judged) || (isCopy && letter.bodyTruncated) ? null : judged
  }
  tally.say('replayed')
  tally.say('events', verdict.n * verdict.items.filter(({ kind }) => kind === 'ok').length)
  if (isCopy) tally.say('fromCopy')
  if (isCopy && letter.bodyTruncated) tally.say('fromCutCopy')
  return judged
}

/** What the detail store would not take is not counted there, whatever the rollups say. */
async function commit(judged: readonly Judged[], { session, now, maxLetterBytes }: ReplayParts, { counts }: ReplayTally): Promise<void> {
  const { refused, expired } = await session.commit(
    foldChunk(judged, { contributor: session.contributor, seq: session.nextSeq(), now, maxLetterBytes }),
  )
  counts.refusedEvents += refused
  counts.expiredEvents += expired
  counts.events -= refused + expired
}

function textOf({ items }: Judged): number {
  return items.reduce((sum, item) => sum + (item.kind === 'ok' ? charsOf(item.value.event) : 0), 0)
}
