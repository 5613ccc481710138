/**
 * The dead letters of several Kafka clusters as one letter box: each cluster's letters lie in its own topic, and are replayed there.
 *
 * A cluster that is away keeps nobody from the letters of the others: its own are left out of a list, and are letters still after a replay or a purge. Where
 * none answers, the first one's error is told. A replay takes one cluster after the other; `next` says which, and where. Where all that are left to take are away
 * it ends there, for its report must not be lost.
 */
import { isTracefoldError, TracefoldError } from '../errors.ts'
import type { DeadLetter, LetterFilter, LetterQuery } from '../store/dead-letter.ts'
import { compare } from './filter.ts'
import type { LetterBox, ReplaySession, SessionQuery } from './letter-box.ts'

/** Offsets of a letters topic stay below this, and so many clusters below 2^53. */
const PLACES = 2 ** 44

export class UnitedLetterBox implements LetterBox {
  readonly #boxes: readonly LetterBox[]

  constructor(boxes: readonly LetterBox[]) {
    this.#boxes = boxes
  }

  async letters(query: LetterQuery): Promise<DeadLetter[]> {
    const lists = await this.#ofAll((box) => box.letters(query))
    return lists.flat().toSorted(compare).slice(0, query.limit)
  }

  async letter(id: string): Promise<DeadLetter | null> {
    const found = await this.#ofAll((box) => box.letter(id))
    return found.find((letter) => letter !== null) ?? null
  }

  async purge(filter: LetterFilter, signal: AbortSignal): Promise<number> {
    const purged = await this.#ofAll((box) => box.purge(filter, signal))
    return purged.reduce((sum, n) => sum + n, 0)
  }

  async open({ filter, limit, after }: SessionQuery, signal: AbortSignal): Promise<ReplaySession> {
    const first = after === null ? 0 : Math.floor(after / PLACES)
    if (first >= this.#boxes.length)
      throw new TracefoldError('bad_request', `a replay cannot go on at ${after}: expected the \`next\` of the replay before`)
    let away: unknown = null
    for (let i = first; i < this.#boxes.length; i++) {
      try {
        const session = await (this.#boxes[i] as LetterBox).open(
          { filter, limit, after: i === first && after !== null ? after % PLACES : null },
          signal,
        ) // i is below the length
        return withNext(session, i, this.#boxes.length)
      } catch (error) {
        if (!isAway(error)) throw error
        away ??= error
      }
    }
    if (after !== null) return NOTHING_LEFT
    throw away
  }

  async close(): Promise<void> {
    await Promise.all(this.#boxes.map((box) => box.close()))
  }

  /** What those say that are not away; with none of them, the first one's error. */
  async #ofAll<T>(ask: (box: LetterBox) => Promise<T>): Promise<T[]> {
    const answers = await Promise.allSettled(this.#boxes.map(ask))
    const failed = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []))
    const worst = failed.find((error) => !isAway(error)) ?? (failed.length === answers.length ? failed[0] : undefined)
    if (worst !== undefined) throw worst
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  }
}

/** A session without letters: nothing but `letters`, `next` and `close` is asked of it. */
const NOTHING_LEFT: ReplaySession = {
  letters: [],
  next: null,
  contributor: { cluster: '', topic: '', partition: 0 },
  isSettled: async () => false,
  record: async () => null,
  body: async () => null,
  nextSeq: () => 0,
  commit: async () => ({ refused: 0, expired: 0 }),
  close: async () => {},
}

/** The session as it is, but for `next`: behind a cluster's last letter comes the next cluster. */
function withNext(session: ReplaySession, index: number, clusters: number): ReplaySession {
  const own = session.next
  const next = own !== null ? index * PLACES + own : index + 1 < clusters ? (index + 1) * PLACES : null
  return {
    letters: session.letters,
    next,
    contributor: session.contributor,
    isSettled: (letter) => session.isSettled(letter),
    record: (letter) => session.record(letter),
    body: (letter) => session.body(letter),
    nextSeq: () => session.nextSeq(),
    commit: (chunk) => session.commit(chunk),
    close: () => session.close(),
  }
}

function isAway(error: unknown): boolean {
  return isTracefoldError(error, 'neighbour_away') || isTracefoldError(error, 'not_available')
}
