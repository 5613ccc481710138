/**
 * The replay's lines in the rollup branch's ledger: sums over all replays, so that the compacted ledger topic has one for each contributor and day. They
 * change in the transaction that they speak of; only one session at a time can commit one, so that no sum is built on an old one.
 */
import type { Message } from 'kafkajs'
import { addCounts, type LedgerCounts } from '../store/ledger.ts'
import { totalsOf } from '../store/rollup-ledger.ts'
import type { LedgerMove } from './chunk.ts'
import { isReplayLine, replayLine } from './ledger.ts'

export class ReplayLedger {
  readonly #lines: Map<string, LedgerCounts>

  /** From the newest values of the ledger topic. */
  constructor(values: Iterable<Buffer>) {
    const lines = totalsOf(values).filter(({ contributor }) => isReplayLine(contributor))
    this.#lines = new Map(lines.map(({ contributor, day, counts }) => [lineKey(contributor, day), counts]))
  }

  /** Adds a chunk's moves; returns what to write. */
  add(moves: readonly LedgerMove[]): Message[] {
    return moves
      .filter(({ branch }) => branch === 'rollup')
      .map(({ contributor, day, counts }) => {
        const line = replayLine(contributor)
        const key = lineKey(line, day)
        const total = addCounts([this.#lines.get(key) ?? {}, counts])
        this.#lines.set(key, total)
        return { key, value: JSON.stringify({ branch: 'rollup', contributor: line, day, next: 0, counts: total }) }
      })
  }
}

/** As the stream's own keys (store/rollup-ledger.ts); a replay counts up since ever. */
function lineKey(contributor: string, day: string): string {
  return `rollup|${contributor}|${day}|0`
}
