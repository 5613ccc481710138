/**
 * Follows files while the program runs: rules of any kind that may change without a restart.
 *
 * In: paths, and how to read them whole. Out: a new set each time that files have changed and can be used; else the reason, and the last good
 * set stays in force, because the caller hears nothing of the wrong one.
 *
 *   same ──files differ──> settling ──as at the last look──> read ──good──> onChange, same
 *    ^                        │ differ again: settling          └──wrong──> onError, same (until the files differ again)
 *
 * It looks at names, sizes and times of the files every few seconds: that works on network disks, in containers and where a
 * mounted ConfigMap is swapped by a link, where notifications of the system do not. A set is read once two looks agree, so not in
 * the middle of a copy. The first look is always read, since files may have changed between the start and it. A file may go away and come
 * back; whether it must be there is for `read` to say.
 * No record passes through here. A throw of a callback, or of `read` for another reason than a wrong file, ends the watch, and `ended` rejects with it.
 */
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { isTracefoldError, messageOf, type TracefoldError } from '../errors.ts'

export interface Watch<T> {
  /** Files; or whatever `filesOf` knows the files of. */
  readonly paths: readonly string[]
  /** The files of a path, in order; without it the path itself. May throw: that it cannot be looked at is a state, too. */
  readonly filesOf?: (path: string) => readonly string[]
  /** The whole set. Throws `config_invalid` where the files are wrong. */
  readonly read: () => T
  /** Equal for sets that are the same. */
  readonly digestOf: (set: T) => string
  /** The set that is in force now. */
  readonly inForce: T
  readonly everyMs: number
  /** A good set: it differs from the one in force, or follows an error. */
  readonly onChange: (set: T) => void
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

interface Current {
  readonly digest: string
  readonly isGood: boolean
}

export function watchFiles<T>(watch: Watch<T>): RunningWatch {
  const stopping = new AbortController()
  const ended = follow(watch, stopping.signal)
  return {
    ended,
    stop: () => {
      stopping.abort()
      return ended
    },
  }
}

async function follow<T>(watch: Watch<T>, signal: AbortSignal): Promise<void> {
  const { paths, filesOf = (path: string) => [path], everyMs, wait = waited } = watch
  let current: Current = { digest: watch.digestOf(watch.inForce), isGood: true }
  let read: string | null = null
  let seen: string | null = null
  while (!signal.aborted) {
    await wait(everyMs, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
    if (signal.aborted) return
    const look = stateOf(paths, filesOf)
    const isSettled = look === seen || read === null
    seen = look
    if (look === read || !isSettled) continue
    read = look
    current = reread(watch, current)
  }
}

function reread<T>(watch: Watch<T>, current: Current): Current {
  const result = tryToRead(watch.read)
  if ('error' in result) {
    watch.onError(result.error)
    return { ...current, isGood: false }
  }
  const digest = watch.digestOf(result.set)
  if (digest !== current.digest || !current.isGood) watch.onChange(result.set)
  return { digest, isGood: true }
}

function tryToRead<T>(read: () => T): { readonly set: T } | { readonly error: TracefoldError } {
  try {
    return { set: read() }
  } catch (error) {
    if (isTracefoldError(error, 'config_invalid')) return { error }
    throw error
  }
}

/** Changes whenever a file comes, goes or is written; what cannot be looked at is a state, too. */
function stateOf(paths: readonly string[], filesOf: (path: string) => readonly string[]): string {
  const hash = createHash('sha256')
  for (const path of paths) {
    try {
      for (const file of filesOf(path)) hash.update(`${file}\0${fileState(file)}\0`)
    } catch (error) {
      hash.update(`${path}\0${messageOf(error)}\0`)
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
