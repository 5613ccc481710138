/**
 * Follows the folders of rules while the program runs.
 *
 * In: folders. Out: a whole new set of rules each time that files have changed and can all be used; else the reason, and the last good
 * set stays in force, because the caller hears nothing of the wrong one.
 *
 *   same ──files differ──> settling ──as at the last look──> read ──good──> onChange, same
 *    ^                        │ differ again: settling          └──wrong──> onError, same (until the files differ again)
 *
 * It looks at names, sizes and times of the files every few seconds: that works on network disks, in containers and where a
 * mounted ConfigMap is swapped by a link, where notifications of the system do not. A set is read once two looks agree, so not in
 * the middle of a copy. The first look is always read, since files may have changed between the start and it.
 * No record passes through here. A throw of a callback ends the watch, and `ended` rejects with it.
 */
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { isTracefoldError, type TracefoldError } from '../errors.ts'
import { readRuleSet, ruleFilesIn, type RuleSet } from './load.ts'

export interface PatternWatch {
  readonly folders: readonly string[]
  /** The set that is in force now. */
  readonly inForce: RuleSet
  readonly everyMs: number
  /** A good set: it differs from the one in force, or follows an error. */
  readonly onChange: (rules: RuleSet) => void
  /** Once for each wrong state: file, line, field and why, of every fault. */
  readonly onError: (error: TracefoldError) => void
  /** Resolves after so long; may reject when the signal aborts. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>
}

export interface RunningWatch {
  /** Resolves when no callback will come any more. */
  stop(): Promise<void>
  readonly ended: Promise<void>
}

export function watchPatterns(options: PatternWatch): RunningWatch {
  const stopping = new AbortController()
  const ended = follow(options, stopping.signal)
  return {
    ended,
    stop: () => {
      stopping.abort()
      return ended
    },
  }
}

async function follow({ folders, inForce, everyMs, onChange, onError, wait = waited }: PatternWatch, signal: AbortSignal): Promise<void> {
  let current = { digest: inForce.digest, isGood: true }
  let read: string | null = null
  let seen: string | null = null
  while (!signal.aborted) {
    await wait(everyMs, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
    if (signal.aborted) return
    const look = stateOf(folders)
    const isSettled = look === seen || read === null
    seen = look
    if (look === read || !isSettled) continue
    read = look
    current = reread(folders, current, onChange, onError)
  }
}

function reread(folders: readonly string[], current: { digest: string; isGood: boolean }, onChange: PatternWatch['onChange'], onError: PatternWatch['onError']): typeof current {
  const result = tryToRead(folders)
  if ('error' in result) {
    onError(result.error)
    return { ...current, isGood: false }
  }
  if (result.rules.digest !== current.digest || !current.isGood) onChange(result.rules)
  return { digest: result.rules.digest, isGood: true }
}

function tryToRead(folders: readonly string[]): { rules: RuleSet } | { error: TracefoldError } {
  try {
    return { rules: readRuleSet(folders) }
  } catch (error) {
    if (isTracefoldError(error, 'config_invalid')) return { error }
    throw error
  }
}

/** Changes whenever a file comes, goes or is written; a folder that cannot be read is a state, too. */
function stateOf(folders: readonly string[]): string {
  const hash = createHash('sha256')
  for (const folder of folders) {
    try {
      for (const file of ruleFilesIn(folder)) hash.update(`${file}\0${fileState(file)}\0`)
    } catch (error) {
      hash.update(`${folder}\0${error instanceof Error ? error.message : String(error)}\0`)
    }
  }
  return hash.digest('hex')
}

function fileState(file: string): string {
  const { size, mtimeMs, ctimeMs, ino } = statSync(file)
  return `${size} ${mtimeMs} ${ctimeMs} ${ino}`
}

function waited(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal, ref: false })
}
