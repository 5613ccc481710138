/** Which letters are asked for, and in which order they are shown. Pure. */
import { branchesOf, type LetterFilter, type LetterHead } from '../store/dead-letter.ts'

export function matches(filter: LetterFilter, letter: Omit<LetterHead, 'detail'>): boolean {
  const { id, reason, stage, branch, job, topic, partition, fromOffset, toOffset, fromMs, toMs } = filter
  return (
    (id === undefined || letter.id === id) &&
    (reason === undefined || letter.reason === reason) &&
    (stage === undefined || letter.stage === stage) &&
    (branch === undefined || branchesOf(letter).includes(branch)) &&
    (job === undefined || letter.job === job) &&
    (topic === undefined || letter.partition.topic === topic) &&
    (partition === undefined || letter.partition.partition === partition) &&
    (fromOffset === undefined || letter.offset >= fromOffset) &&
    (toOffset === undefined || letter.offset <= toOffset) &&
    (fromMs === undefined || letter.timeMs >= fromMs) &&
    (toMs === undefined || letter.timeMs < toMs)
  )
}

type Place = Pick<LetterHead, 'timeMs' | 'id'>

/** Newest first; of the same time, by id. */
export function compare(a: Place, b: Place): number {
  if (a.timeMs !== b.timeMs) return b.timeMs - a.timeMs
  return a.id === b.id ? 0 : a.id < b.id ? 1 : -1
}

/** Whether nothing is asked for by name: all letters are meant. */
export function isEverything(filter: LetterFilter): boolean {
  return Object.values(filter).every((value) => value === undefined)
}
