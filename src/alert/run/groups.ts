/**
 * The group book of a process, and who keeps it: the owner of shard 0 stores what is observed and decided, all others follow what it stores. Every process
 * observes what it reads, so that none waits for another to learn that an error is new.
 *
 *   rows ── observe ──┐
 *   decisions (control log, all processes) ── apply ──> records ── takeChanges (keeper) ──> shard 0 ── followed by the others
 *
 * A decision is applied once to a record, known by its time and who made it, whichever process gets to it first; one that comes before its group waits for it.
 * Which is the newest is for the log to say, not for the clocks of those who wrote it. Where it does not go (resolved already), it is dropped.
 */
import type { CountRow } from '../alert-reader.ts'
import { changeGroup, groupKeyOf, LAST_SEEN_STEP_MS, type By, type GroupAction, type GroupBook, type GroupRecord } from '../group-book.ts'
import { GroupMemory } from '../group-memory.ts'
import { groupRecordKey, savedBook, savedGroup } from './saved.ts'
import type { SavedRecord } from './state-log.ts'

/** In one transaction, a few megabytes: at a first start every group is one. */
const MAX_CHANGES = 5_000

export interface GroupDecision {
  readonly job: string
  readonly fingerprint: string
  readonly action: GroupAction
  readonly by: By
}

export class Groups implements GroupBook {
  readonly #memory = new GroupMemory()
  /** The newest of each group. */
  readonly #decisions = new Map<string, GroupDecision>()
  readonly #changed = new Map<string, GroupRecord>()
  readonly #gone = new Set<string>()
  #isKeeper = false
  #sinceMs: number | null = null
  #bookIsDue = false

  get(job: string, fingerprint: string): GroupRecord | null {
    return this.#memory.get(job, fingerprint)
  }

  muted(): Iterable<GroupRecord> {
    return this.#memory.muted()
  }

  get size(): number {
    return this.#memory.size
  }

  /** As the keeper stored it. The keeper knows better. */
  followed(record: GroupRecord): void {
    if (this.#isKeeper) return
    this.#memory.set(record)
    this.#decide(record.job, record.fingerprint)
  }

  followedBook(sinceMs: number): void {
    this.#sinceMs = sinceMs
  }

  /** This process keeps the book from now on: what it knows beyond what was stored is to be stored. */
  keep(stored: Iterable<GroupRecord>, sinceMs: number | null, nowMs: number): void {
    const known = new Map(this.#memory.records().map((record) => [groupKeyOf(record.job, record.fingerprint), record]))
    this.#isKeeper = true
    for (const record of stored) {
      known.delete(groupKeyOf(record.job, record.fingerprint))
      this.#memory.set(record)
      this.#decide(record.job, record.fingerprint)
    }
    for (const record of known.values()) this.#note(record)
    this.#sinceMs = sinceMs ?? this.#sinceMs ?? nowMs
    this.#bookIsDue = sinceMs === null
  }

  /** Another process keeps it. */
  yield(): void {
    this.#isKeeper = false
    this.#changed.clear()
    this.#gone.clear()
  }

  /** Nobody evaluated these minutes of a shard. The keeper goes by its own shard; the others believe the worst until it tells. */
  missed(shard: number, fromMs: number, toMs: number): void {
    if (toMs - fromMs < LAST_SEEN_STEP_MS || (this.#isKeeper && shard !== 0)) return
    this.#sinceMs = toMs
    this.#bookIsDue = this.#isKeeper
  }

  observe(rows: readonly CountRow[], completeUntilMs: number, nowMs: number): void {
    this.#sinceMs ??= nowMs
    for (const record of this.#memory.observe(rows, { sinceMs: this.#sinceMs, completeUntilMs })) {
      this.#note(record)
      this.#decide(record.job, record.fingerprint)
    }
  }

  /** Null: it is taken back. */
  decided(key: string, decision: GroupDecision | null): void {
    if (decision === null) {
      this.#decisions.delete(key)
      return
    }
    this.#decisions.set(groupRecordKey(decision), decision)
    this.#decide(decision.job, decision.fingerprint)
  }

  /** What was not seen for so long is forgotten; the keys of decisions on it, which mean nothing any more. */
  forget(nowMs: number, keepMs: number): readonly string[] {
    const keys = this.#memory.forget(nowMs, keepMs).map(groupRecordKey)
    for (const key of keys) {
      this.#gone.add(key)
      this.#changed.delete(key)
    }
    return keys.filter((key) => this.#decisions.delete(key))
  }

  /** The keeper's, to be stored; what is left comes at the next call. */
  takeChanges(): SavedRecord[] {
    if (!this.#isKeeper) return []
    const records: SavedRecord[] = []
    for (const [key, record] of this.#changed) {
      if (records.length >= MAX_CHANGES) break
      records.push(savedGroup(record))
      this.#changed.delete(key)
    }
    for (const key of this.#gone) records.push({ key, value: null })
    if (this.#bookIsDue && this.#sinceMs !== null) records.push(savedBook(this.#sinceMs))
    this.#bookIsDue = false
    this.#gone.clear()
    return records
  }

  #decide(job: string, fingerprint: string): void {
    const record = this.#memory.get(job, fingerprint)
    const decision = record === null ? undefined : this.#decisions.get(groupRecordKey(record))
    if (record === null || decision === undefined || isApplied(record, decision)) return
    try {
      const next = changeGroup(record, decision.action, decision.by)
      this.#memory.set(next)
      this.#note(next)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
    }
  }

  #note(record: GroupRecord): void {
    if (!this.#isKeeper) return
    const key = groupRecordKey(record)
    this.#changed.set(key, record)
    this.#gone.delete(key)
  }
}

function isApplied({ changes }: GroupRecord, { by }: GroupDecision): boolean {
  return changes.some(({ who, atMs }) => atMs === by.atMs && who === by.who)
}
