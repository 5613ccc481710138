/**
 * Document updates in, merged documents in the database out; always inside the caller's transaction. A repeat changes nothing (the merge
 * law). A stack trace, a title and a message are stored and indexed once each, however many documents have them.
 */
import type { LoggedThrowable } from '../../event.ts'
import type { DocumentUpdate, Hashed, Refusal, Sample } from '../detail-store.ts'
import type { Database } from '../sqlite.ts'
import { Interner } from './interner.ts'
import { gain, mergeKept, NOTHING_KEPT, parseKept, type Mark } from './merge.ts'
import { startOf } from './retention.ts'

interface DocumentRow {
  readonly seq: number
  readonly count: number
  readonly first_ms: number
  readonly last_ms: number
  readonly kept: string
  readonly message: number | null
}

/** What an update does to the count and the marks. */
interface Change {
  readonly added: number
  readonly marks: ReadonlyMap<number, Mark>
}

export class Documents {
  readonly #db: Database
  readonly #contributors: Interner
  readonly #identities: Interner
  readonly #texts: Interner

  constructor(db: Database) {
    this.#db = db
    this.#contributors = new Interner(db, 'contributor', 1_000)
    this.#identities = new Interner(db, 'identity', 10_000)
    const index = (seq: number, body: string) => db.prepare('INSERT INTO text_index (rowid, body) VALUES (?, ?)').run(seq, body)
    this.#texts = new Interner(db, 'text', 10_000, index)
  }

  /** Refuses only what is older than the store keeps. */
  merge(updates: readonly DocumentUpdate[], detailDays: number, nowMs: number): Refusal[] {
    const oldest = startOf(detailDays, nowMs)
    const refusals: Refusal[] = []
    for (const update of updates) {
      if (update.identity.window < oldest)
        refusals.push({ id: update.id, detail: `its window is older than the ${detailDays} days that detail is kept`, expired: true })
      else this.#mergeOne(update)
    }
    return refusals
  }

  forget(): void {
    for (const interner of [this.#contributors, this.#identities, this.#texts]) interner.forget()
  }

  #mergeOne(update: DocumentUpdate): void {
    const row = this.#db
      .prepare('SELECT seq, count, first_ms, last_ms, kept, message FROM document WHERE window_ms = ? AND id = ?')
      .get<DocumentRow>(update.identity.window, update.id)
    const change = this.#changeOf(update, row?.seq ?? null)
    if (change === null) return
    const seq = row === undefined ? this.#insert(update, change.added) : this.#update(update, row, change.added)
    for (const [contributor, mark] of change.marks) {
      this.#db
        .prepare('INSERT INTO mark VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET block = excluded.block, n = excluded.n')
        .run(seq, contributor, mark.block, mark.n)
    }
    if (update.sample !== null && (row === undefined || row.message === null)) this.#keepSample(seq, update.sample, update.identity.window)
  }

  #changeOf(update: DocumentUpdate, seq: number | null): Change | null {
    const marks = new Map<number, Mark>()
    let added = 0
    for (const part of update.contributions) {
      const contributor = this.#contributors.seqOf(part.contributor, update.identity.window)
      const gained = gain(marks.get(contributor) ?? this.#markOf(seq, contributor), part)
      if (gained === null) continue
      added += gained
      marks.set(contributor, { block: part.block, n: part.n })
    }
    return marks.size === 0 ? null : { added, marks }
  }

  #markOf(seq: number | null, contributor: number): Mark | undefined {
    if (seq === null) return undefined
    return this.#db.prepare('SELECT block, n FROM mark WHERE document = ? AND contributor = ?').get<Mark>(seq, contributor)
  }

  #insert(update: DocumentUpdate, count: number): number {
    const { window, job, fp, title, ...rest } = update.identity
    const kept = mergeKept(NOTHING_KEPT, update)
    const identity = this.#identities.seqOf(JSON.stringify({ job, fp, title, ...rest }), window)
    const row = this.#db
      .prepare(
        'INSERT INTO document (window_ms, id, job, fingerprint, identity, title, count, first_ms, last_ms, kept) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq',
      )
      .get<{ seq: number }>(
        window,
        update.id,
        job,
        fp,
        identity,
        this.#texts.seqOf(title, window),
        count,
        update.firstMs,
        update.lastMs,
        JSON.stringify(kept),
      )
    if (row === undefined) throw new Error(`no number for the new document ${update.id}`)
    this.#link(row.seq, NOTHING_KEPT.previous, kept.previous)
    return row.seq
  }

  #update(update: DocumentUpdate, row: DocumentRow, added: number): number {
    const before = parseKept(row.kept)
    const kept = mergeKept(before, update)
    this.#db
      .prepare('UPDATE document SET count = count + ?, first_ms = min(first_ms, ?), last_ms = max(last_ms, ?), kept = ? WHERE seq = ?')
      .run(added, update.firstMs, update.lastMs, JSON.stringify(kept), row.seq)
    this.#link(row.seq, before.previous, kept.previous)
    return row.seq
  }

  /** The document's previous keys, so that it is found by them. */
  #link(seq: number, before: readonly Hashed[], now: readonly Hashed[]): void {
    if (now === before) return
    this.#db.prepare('DELETE FROM document_previous WHERE document = ?').run(seq)
    for (const { value } of now) this.#db.prepare('INSERT INTO document_previous VALUES (?, ?)').run(value, seq)
  }

  #keepSample(seq: number, event: Sample, window: number): void {
    const message = this.#texts.seqOf(event.message, window)
    const trace = event.throwable === null ? null : this.#texts.seqOf(traceText(event.throwable), window)
    this.#db.prepare('UPDATE document SET message = ?, trace = ? WHERE seq = ?').run(message, trace, seq)
    this.#db.prepare('INSERT INTO sample VALUES (?, ?)').run(seq, JSON.stringify(variableParts(event)))
  }
}

/** A sample without its message and its trace, which are stored as texts. */
export type VariableParts = Omit<Sample, 'message' | 'context' | 'throwable'> & {
  readonly context: readonly (readonly [string, string])[]
  readonly throwable: Omit<Extract<LoggedThrowable, { form: 'text' }>, 'text'> | { readonly form: 'chain' } | null
}

function variableParts({ message: _message, context, throwable, ...event }: Sample): VariableParts {
  return { ...event, context: [...context], throwable: throwable === null ? null : withoutTrace(throwable) }
}

function withoutTrace(throwable: LoggedThrowable): VariableParts['throwable'] {
  return throwable.form === 'chain' ? { form: 'chain' } : { form: 'text', type: throwable.type, message: throwable.message }
}

function traceText(throwable: LoggedThrowable): string {
  return throwable.form === 'text' ? throwable.text : JSON.stringify(throwable.chain)
}
