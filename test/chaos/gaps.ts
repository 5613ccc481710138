/**
 * How long a branch commits nothing of a partition. In: a bed whose log is being written to all the while, every partition of it. Out: for each branch the
 * longest time, over all partitions, between two looks at the committed offset that found it grown. What a look takes is part of it, so it is never too short.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { BRANCHES, type BranchName } from '../../src/store/position.ts'
import type { Bed } from './bed.ts'

const LOOK_MS = 50

export interface GapWatch {
  /** Ends the watch. Longest times, in ms. */
  stop(): Promise<Record<BranchName, number>>
}

export function watchGaps({
  installation: {
    neighbours: { admin, names },
    topic,
  },
}: Bed): GapWatch {
  const groups: Record<BranchName, string> = { detail: names.detailGroup, rollup: names.rollupGroup }
  const stopping = new AbortController()
  const longestOf = async (branch: BranchName): Promise<number> => {
    const grown = new Map<number, { offset: number; atMs: number }>()
    let longestMs = 0
    for (; !stopping.signal.aborted; await delay(LOOK_MS)) {
      const [found] = await admin.fetchOffsets({ groupId: groups[branch], topics: [topic] })
      const atMs = Date.now()
      for (const { partition, offset: text } of found?.partitions ?? []) {
        const [offset, last] = [Number(text), grown.get(partition)]
        if (last !== undefined) longestMs = Math.max(longestMs, atMs - last.atMs)
        if (last === undefined || offset > last.offset) grown.set(partition, { offset, atMs })
      }
    }
    return longestMs
  }
  const watches = Promise.all(BRANCHES.map(longestOf))
  watches.catch(() => {}) // told by `stop`
  return {
    stop: async () => {
      stopping.abort()
      const [detail, rollup] = await watches
      return { detail: detail ?? 0, rollup: rollup ?? 0 }
    },
  }
}
