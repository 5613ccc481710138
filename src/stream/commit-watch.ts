/**
 * A store as it is, and since when it has a commit in hand. In: a store. Out: the same store, watched.
 *
 * What must hold: nothing is said to be under way once a commit has ended, however it ended: a stream that was stopped, or has nothing to commit, has none.
 */
import type { Store } from '../store/store.ts'

export interface WatchedStore {
  readonly store: Store
  /** Null where no commit is under way. */
  committingSinceMs(): number | null
}

export function watchCommits(store: Store, now: () => number): WatchedStore {
  let sinceMs: number | null = null
  return {
    committingSinceMs: () => sinceMs,
    store: {
      open: (p, signal) => store.open(p, signal),
      commit: async (unit, signal) => {
        sinceMs = now() // one at a time, by the port's contract
        try {
          return await store.commit(unit, signal)
        } finally {
          sinceMs = null
        }
      },
      close: () => store.close(),
    },
  }
}
