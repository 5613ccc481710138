/**
 * The state of alerting as a table, in a database of its own beside the embedded store. All shards are ours, for only one process holds the embedded store.
 *
 *   record  (shard, key) -> value as JSON          epoch  shard -> who opened it last
 *
 * Delivery: a save is one transaction, on disk when it resolves. Each opening raises the shard's epoch, and a save under an older one is refused.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { TracefoldError } from '../../errors.ts'
import { translated } from '../../store/embedded/failures.ts'
import { openSideDatabase } from '../../store/embedded/side-database.ts'
import type { Database } from '../../store/sqlite.ts'
import type { OpenShard, SavedRecord, StateHandler, StateLog, StateValue } from './state-log.ts'

const FORMAT = {
  number: 1,
  tables: `
CREATE TABLE record (shard INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (shard, key)) WITHOUT ROWID;
CREATE TABLE epoch (shard INTEGER PRIMARY KEY, epoch INTEGER NOT NULL);
`,
}

export interface EmbeddedStateOptions {
  /** The embedded store's folder. It is made where it is missing. */
  readonly path: string
  readonly shards?: number
}

export class EmbeddedState implements StateLog {
  readonly #db: Database
  readonly #shards: number
  #handler: StateHandler | null = null
  #isClosed = false

  constructor({ path, shards = 1 }: EmbeddedStateOptions) {
    mkdirSync(path, { recursive: true })
    this.#db = openSideDatabase(join(path, 'alerts.db'), FORMAT)
    this.#shards = shards
  }

  async start(handler: StateHandler): Promise<number> {
    this.#handler = handler
    const shards = Array.from({ length: this.#shards }, (_, shard) => shard)
    for (const shard of shards) for (const [key, value] of this.#read(shard)) handler.onRecord(shard, { key, value })
    handler.onOwned(shards)
    return this.#shards
  }

  async open(shard: number): Promise<OpenShard> {
    this.#checkOpen()
    const epoch = translated(this.#db.path, () => this.#db.transaction(() => this.#raise(shard)))
    return { restored: this.#read(shard), save: async (records) => this.#save(shard, epoch, records), close: async () => {} }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#handler = null
    this.#db.close()
  }

  #raise(shard: number): number {
    this.#db.prepare('INSERT INTO epoch (shard, epoch) VALUES (?, 1) ON CONFLICT (shard) DO UPDATE SET epoch = epoch + 1').run(shard)
    return this.#epochOf(shard)
  }

  #epochOf(shard: number): number {
    return this.#db.prepare('SELECT epoch FROM epoch WHERE shard = ?').get<{ epoch: number }>(shard)?.epoch ?? 0
  }

  #save(shard: number, epoch: number, records: readonly SavedRecord[]): void {
    this.#checkOpen()
    translated(this.#db.path, () =>
      this.#db.transaction(() => {
        if (this.#epochOf(shard) !== epoch)
          throw new TracefoldError('partition_lost', `another process has taken over shard ${shard} of the alerts`)
        for (const { key, value } of records) {
          if (value === null) this.#db.prepare('DELETE FROM record WHERE shard = ? AND key = ?').run(shard, key)
          else this.#db.prepare('INSERT OR REPLACE INTO record (shard, key, value) VALUES (?, ?, ?)').run(shard, key, JSON.stringify(value))
        }
      }),
    )
    for (const record of records) this.#handler?.onRecord(shard, record)
  }

  #read(shard: number): Map<string, StateValue> {
    const rows = translated(this.#db.path, () =>
      this.#db.prepare('SELECT key, value FROM record WHERE shard = ?').all<{ key: string; value: string }>(shard),
    )
    return new Map(rows.map(({ key, value }) => [key, JSON.parse(value) as StateValue])) // as it was written above
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new TracefoldError('partition_lost', 'the state of alerting is closed')
  }
}
