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

export interface PositionReader {
  positions(): Promise<EmbeddedPosition[]>
}

export function positionReader(db: Database): PositionReader {
  const sql =
    'SELECT branch, cluster, topic, partition, incarnation, next, block FROM position WHERE cluster <> ? ORDER BY written_ms DESC, topic, branch LIMIT ?'
  return { positions: async () => db.snapshot(() => [...db.prepare(sql).all<EmbeddedPosition>('http', MAX_ROWS)]) }
}
