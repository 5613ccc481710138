/**
 * How long a branch's group commits nothing. In: a bed whose log is being written to all the while. Out: for each branch the longest time between two
 * looks at its committed offsets that found them grown. What a look takes is part of it, so it is never too short.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { BranchName } from '../../src/store/position.ts'
import type { Bed } from './bed.ts'
import { BRANCHES } from './expected.ts'

const LOOK_MS = 50

export interface GapWatch {
  /** Ends the watch. Longest times, in ms. */
  stop(): Promise<Record<BranchName, number>>
}

export function watchGaps({ installation: { neighbours: { admin, names }, topic } }: Bed): GapWatch {
  const groups: Record<BranchName, string> = { detail: names.detailGroup, rollup: names.rollupGroup }
  const stopping = new AbortController()
  const committed = async (branch: BranchName): Promise<number> => {
    const [found] = await admin.fetchOffsets({ groupId: groups[branch], topics: [topic] })
    return (found?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0)
  }
  const longestOf = async (branch: BranchName): Promise<number> => {
    let [grownAtMs, longestMs] = [Date.now(), 0]
    for (let last = await committed(branch); !stopping.signal.aborted; await delay(LOOK_MS)) {
      const now = await committed(branch)
      longestMs = Math.max(longestMs, Date.now() - grownAtMs)
      if (now > last) grownAtMs = Date.now()
      last = now
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
