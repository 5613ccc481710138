/**
 * The bound on what one block may open. A job may have so many different groups of one minute in a block; past that its new ones fall
 * into the job's `overflow` group, so that one job whose every message differs neither floods the stores nor harms the others. All
 * jobs together may have so many; past that, too, and past twice that into the job `overflow`.
 *
 * Decided from the block's own events in order, so that a replay of the block decides alike. Events are never dropped here, only
 * counted under a coarser key.
 */
import type { GroupedEvent, Grouping, Job } from '../event.ts'
import { OVERFLOW_FP } from '../fingerprint/key.ts'

const OVERFLOW_JOB = 'overflow' as Job // the design's word for it

const OVERFLOW_GROUPING: Grouping = {
  fp: OVERFLOW_FP,
  fpSite: OVERFLOW_FP,
  fpStack: OVERFLOW_FP,
  previous: null,
  title: 'More different errors than are told apart at once',
  culprit: null,
  exceptionClass: null,
  rootCauseClass: null,
  why: 'more different groups at once than maxGroupsPerJob or maxGroupsPerBlock allow: counted exactly, not told apart',
}

export interface BlockLimits {
  readonly maxGroupsPerJob: number
  readonly maxGroupsPerBlock: number
}

export class BlockLimiter {
  readonly #limits: BlockLimits
  readonly #keys = new Set<string>()
  /** Groups of a job in one window. */
  readonly #groupsOf = new Map<string, number>()

  constructor(limits: BlockLimits) {
    this.#limits = limits
  }

  clear(): void {
    this.#keys.clear()
    this.#groupsOf.clear()
  }

  /** The event under the key that it is counted by. */
  place(event: GroupedEvent): { readonly event: GroupedEvent; readonly isOverflow: boolean } {
    const key = keyOf(event.job, event.grouping.fp, event.window)
    if (this.#keys.has(key) || this.#takes(key, event)) return { event: { ...event, key }, isOverflow: false }
    const job = this.#takesOverflow(keyOf(event.job, OVERFLOW_FP, event.window)) ? event.job : OVERFLOW_JOB
    const overflow = { ...event, job, grouping: OVERFLOW_GROUPING, classification: null, key: keyOf(job, OVERFLOW_FP, event.window) }
    return { event: overflow, isOverflow: true }
  }

  #takes(key: string, { job, window }: GroupedEvent): boolean {
    const { maxGroupsPerJob, maxGroupsPerBlock } = this.#limits
    const jobWindow = `${job}\0${window}`
    const groups = this.#groupsOf.get(jobWindow) ?? 0
    if (groups >= maxGroupsPerJob || this.#keys.size >= maxGroupsPerBlock) return false
    this.#groupsOf.set(jobWindow, groups + 1)
    this.#keys.add(key)
    return true
  }

  #takesOverflow(key: string): boolean {
    if (this.#keys.has(key)) return true
    if (this.#keys.size >= this.#limits.maxGroupsPerBlock * 2) return false
    this.#keys.add(key)
    return true
  }
}

function keyOf(job: string, fp: string, window: number): string {
  return `${job}\0${fp}\0${window}`
}
