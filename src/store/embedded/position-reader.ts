/** Reads how far the branches are in each file and pipe, on a read connection of its own. Positions of HTTP requests are left out: each is read whole. */
import type { BranchName } from '../position.ts'
import type { Database } from '../sqlite.ts'

/** Newest first; older ones are of files that nobody has written to for long. */
const MAX_ROWS = 1_000

export interface EmbeddedPosition {
  readonly branch: BranchName
  readonly cluster: string
  readonly topic: string
  readonly partition: number
  readonly incarnation: number
  readonly next: number
  readonly block: number
}

/** Paths of files, by their partition's topic. */
export type LogNames = ReadonlyMap<string, string>

export interface PositionReader {
  logNames(): Promise<LogNames>
  positions(): Promise<EmbeddedPosition[]>
}

export function positionReader(db: Database): PositionReader {
  const sql =
    'SELECT branch, cluster, topic, partition, incarnation, next, block FROM position WHERE cluster <> ? ORDER BY written_ms DESC, topic, branch LIMIT ?'
  return {
    positions: async () => db.snapshot(() => [...db.prepare(sql).all<EmbeddedPosition>('http', MAX_ROWS)]),
    logNames: async () =>
      db.snapshot(() => {
        const rows = db.prepare('SELECT topic, path FROM log_name').all<{ topic: string; path: string }>()
        return new Map([...rows].map(({ topic, path }) => [topic, path]))
      }),
  }
}
