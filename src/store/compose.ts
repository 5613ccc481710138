/**
 * The three ways in which a stream's store is put together: the detail store alone, the rollup store alone, or both over one source.
 *
 * Together, the detail is written first (a repeat of it is harmless); then, for each partition, one transaction holds the rollup rows and
 * moves the positions of both groups. Both groups and the transactional ids are those of the branches apart, so one way can follow the other.
 */
import type { ClusterDetailStore } from './cluster-detail.ts'
import type { DetailStore } from './detail-store.ts'
import type { RollupStore } from './rollup-store.ts'
import type { RollupTopicStore } from './rollup-topic.ts'
import type { CommitReport, Store } from './store.ts'

const NOTHING: CommitReport = { lost: [], refusedEvents: 0 }

export function detailOnly(detail: DetailStore): Store {
  return {
    open: async (p, signal) => ({ detail: await detail.open(p, signal), rollup: null }),
    commit: ({ detail: part }, signal) => (part === null ? Promise.resolve(NOTHING) : detail.commit(part, signal)),
    close: () => detail.close(),
  }
}

export function rollupOnly(rollup: RollupStore): Store {
  return {
    open: async (p, signal) => ({ detail: null, rollup: await rollup.open(p, signal) }),
    commit: ({ rollup: parts }, signal) => rollup.commit(parts, signal),
    close: () => rollup.close(),
  }
}

export function together(detail: ClusterDetailStore, rollup: RollupTopicStore): Store {
  return {
    // The rollup store first: it fences a predecessor, whose transactions also move the detail branch's position.
    open: async (p, signal) => {
      const rollupResume = await rollup.open(p)
      return { rollup: rollupResume, detail: await detail.open(p, signal) }
    },
    commit: async (unit, signal) => {
      const written = unit.detail === null ? null : await detail.write(unit.detail, signal)
      const report = await rollup.commit(unit.rollup, signal, written?.settlement.progress ?? [])
      return { ...(written?.report ?? NOTHING), lost: report.lost }
    },
    close: async () => {
      await rollup.close()
      await detail.close()
    },
  }
}
