/**
 * What all shards have kept, as every process follows it: for people, who ask any process. In: records as they come. Out: alerts, history, what did not get
 * through, and how far each shard is. A moment behind the shard's owner. Bounded by what the owners keep.
 */
import { isTracefoldError } from '../../errors.ts'
import type { Alert } from '../alert.ts'
import type { Undelivered } from '../deliver/status.ts'
import { readRecord } from '../deliver/records.ts'
import type { AlertState } from '../episode.ts'
import type { GroupRecord } from '../group-book.ts'
import { DELIVER, readSaved, type At, type Saved } from './saved.ts'
import type { SavedRecord } from './state-log.ts'

interface Shown {
  at: At | null
  readonly states: Map<string, AlertState>
  readonly past: Map<string, Alert>
  readonly troubles: Map<string, Undelivered>
}

export interface ViewEvents {
  onGroup(record: GroupRecord): void
  onBook(sinceMs: number): void
  /** A record that this program cannot read: whoever owns the shard says so, too. */
  onUnreadable(why: string): void
}

export class View {
  readonly #events: ViewEvents
  readonly #shards = new Map<number, Shown>()

  constructor(events: ViewEvents) {
    this.#events = events
  }

  take(shard: number, { key, value }: SavedRecord): void {
    const shown = this.#shown(shard)
    if (value === null) return forget(shown, key)
    try {
      this.#keep(shown, key, readSaved(key, value))
    } catch (error) {
      if (!isTracefoldError(error, 'store_corrupt')) throw error
      this.#events.onUnreadable(error.message)
    }
  }

  reset(shard: number): void {
    this.#shards.delete(shard)
  }

  at(shard: number): At | null {
    return this.#shards.get(shard)?.at ?? null
  }

  states(): AlertState[] {
    return [...this.#shards.values()].flatMap(({ states }) => [...states.values()])
  }

  /** Ended episodes. */
  past(): Alert[] {
    return [...this.#shards.values()].flatMap(({ past }) => [...past.values()])
  }

  troubles(): Undelivered[] {
    return [...this.#shards.values()].flatMap(({ troubles }) => [...troubles.values()])
  }

  #keep(shown: Shown, key: string, saved: Saved): void {
    switch (saved.kind) {
      case 'at':
        shown.at = saved.at
        return
      case 'alert':
        shown.states.set(key, saved.state)
        return
      case 'past':
        shown.past.set(key, saved.alert)
        return
      case 'group':
        return this.#events.onGroup(saved.group)
      case 'book':
        return this.#events.onBook(saved.sinceMs)
      case 'deliver':
        return noteTrouble(shown, key, saved.value)
    }
  }

  #shown(shard: number): Shown {
    const shown = this.#shards.get(shard) ?? { at: null, states: new Map(), past: new Map(), troubles: new Map() }
    this.#shards.set(shard, shown)
    return shown
  }
}

/** Groups of alerts only: they know what did not get through. */
function noteTrouble(shown: Shown, key: string, value: NonNullable<SavedRecord['value']>): void {
  if (value['kind'] !== 'group') return
  const record = readRecord(key.slice(DELIVER.length), value)
  if (record.kind !== 'group' || record.trouble === null) {
    shown.troubles.delete(key)
    return
  }
  const { reason, error, tries, alerts, atMs } = record.trouble
  shown.troubles.set(key, { id: null, receiver: record.receiver, group: record.label, reason, lastError: error, tries, alerts, atMs })
}

function forget(shown: Shown, key: string): void {
  for (const map of [shown.states, shown.past, shown.troubles]) map.delete(key)
}
