/**
 * What a replay writes into the letters topic beside letters, so that a chunk is finished by whoever comes next. Two kinds of records:
 *
 *   ~replay        the number of the last chunk, whether its detail is still to be written, and the moves in the detail branch's ledger
 *   ~replay/<i>    one document of that chunk
 *
 * A chunk's records come in the transaction that holds its rollup rows and takes its letters away. From then on the chunk is counted: its documents are as
 * they were when it was decided, whatever rules whoever finishes it has. Pure.
 */
import type { Message } from 'kafkajs'
import { z } from 'zod'
import type { Sample } from '../store/detail-store.ts'
import { BRANCHES } from '../store/position.ts'
import type { DocumentOf, LedgerMove } from './chunk.ts'

const STATE = '~replay'
/** A broker takes about a million bytes in one record. */
const MAX_PART_BYTES = 900_000

export interface ReplayState {
  readonly seq: number
  /** The number of documents that are still to be written, and what is to be said in the ledger; null where all is done. */
  readonly open: { readonly documents: number; readonly moves: readonly LedgerMove[] } | null
}

const moveSchema = z.object({
  branch: z.enum(BRANCHES),
  contributor: z.string(),
  day: z.string(),
  counts: z.record(z.string(), z.number()),
})
const stateSchema = z.object({
  v: z.literal(1),
  seq: z.number(),
  open: z.object({ documents: z.number(), moves: z.array(moveSchema) }).nullable(),
})

/** The records of a state, and of the documents that belong to it. `before`: how many there were of the state that it follows, which go. */
export function stateMessages(state: ReplayState, documents: readonly DocumentOf[], before: number): Message[] {
  const gone = Array.from({ length: Math.max(0, before - documents.length) }, (_, i): Message => ({
    key: partKey(documents.length + i),
    value: null,
  }))
  return [
    ...documents.map((document, i): Message => ({ key: partKey(i), value: encodePart(state.seq, document) })),
    ...gone,
    { key: STATE, value: JSON.stringify({ v: 1, ...state }) },
  ]
}

/** What is read of them: in order of the log, the last state and its documents. */
export class ReplayLog {
  readonly #values = new Map<string, string>()

  take(key: string, value: Buffer | null): void {
    if (value === null) this.#values.delete(key)
    else this.#values.set(key, value.toString())
  }

  clear(): void {
    this.#values.clear()
  }

  /** Throws where it is of a version that this program cannot finish. */
  state(): ReplayState {
    const value = this.#values.get(STATE)
    return value === undefined ? { seq: 0, open: null } : parseState(value)
  }

  isOpen(): boolean {
    try {
      return this.state().open !== null
    } catch {
      return false // not ours to finish
    }
  }

  /** Of the chunk that is open. */
  documents(): DocumentOf[] {
    const { seq, open } = this.state()
    return Array.from({ length: open?.documents ?? 0 }, (_, i) => {
      const part = this.#values.get(partKey(i))
      const decoded = part === undefined ? null : decodePart(part)
      if (decoded?.seq !== seq) throw new Error(`document ${i} of the replay ${seq} is not in the letters topic`)
      return decoded.document
    })
  }
}

function partKey(i: number): string {
  return `${STATE}/${i}`
}

function parseState(text: string): ReplayState {
  const parsed = stateSchema.safeParse(JSON.parse(text))
  if (!parsed.success) throw new Error('a replay of another version of Tracefold is not finished: finish it with that version')
  const { seq, open } = parsed.data
  return { seq, open }
}

/** A document whose event is too large for a record goes without the trace. */
function encodePart(seq: number, { update, shares }: DocumentOf): string {
  const { sample } = update
  const whole = JSON.stringify({ seq, shares, update: { ...update, sample: sample === null ? null : encodeSample(sample) } })
  if (sample === null || Buffer.byteLength(whole) <= MAX_PART_BYTES) return whole
  return JSON.stringify({ seq, shares, update: { ...update, sample: encodeSample({ ...sample, throwable: null, truncated: true }) } })
}

function encodeSample({ context, ...event }: Sample) {
  return { ...event, context: [...context] }
}

function decodePart(text: string): { seq: number; document: DocumentOf } {
  type Encoded = {
    seq: number
    shares: DocumentOf['shares']
    update: Omit<DocumentOf['update'], 'sample'> & { sample: ReturnType<typeof encodeSample> | null }
  }
  const { seq, shares, update } = JSON.parse(text) as Encoded // written by encodePart only
  const { sample } = update
  return {
    seq,
    document: { shares, update: { ...update, sample: sample === null ? null : { ...sample, context: new Map(sample.context) } } },
  }
}
