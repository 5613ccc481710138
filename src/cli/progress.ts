/**
 * How far reading files has come, for people: one line that is written over on a terminal, elsewhere a line every few seconds as long as it changes.
 *
 *   app.log  43 %  12,300 events/s  8 s left
 *
 * The rate is that of the last moments; what has caught up has none.
 */
import type { FileProgress } from '../source/file.ts'
import type { Screen } from './screen.ts'

const TERMINAL_MS = 200
const LOG_MS = 5_000
/** Before this a rate says nothing. */
const SETTLED_MS = 500
/** What a rate is taken over: at least one look back, also off a terminal. */
const RECENT_MS = 10_000

/** What a rate is taken from. */
type Amount = Pick<FileProgress, 'bytesRead' | 'records'>

const NOTHING: Amount = { bytesRead: 0, records: 0 }

export interface ProgressOptions {
  readonly progress: () => FileProgress
  readonly screen: Screen
  readonly now: () => number
  /** Called at each look. */
  readonly onLook?: (progress: FileProgress) => void
}

export interface ProgressDisplay {
  /** Shows how far it is now. The timer calls it. */
  show(): void
  /** Shows the end and every file that could not be read whole. */
  stop(): void
}

export function displayProgress({ progress, screen, now, onLook }: ProgressOptions): ProgressDisplay {
  const looks: (Amount & { atMs: number })[] = [{ ...NOTHING, atMs: now() }]
  const show = (): void => {
    const current = progress()
    const atMs = now()
    while (looks[1] !== undefined && looks[1].atMs <= atMs - RECENT_MS) looks.shift()
    const [before = { ...NOTHING, atMs }] = looks
    screen.status(progressLine(current, before, atMs - before.atMs))
    looks.push({ bytesRead: current.bytesRead, records: current.records, atMs })
    onLook?.(current)
  }
  const timer = setInterval(show, screen.isTerminal ? TERMINAL_MS : LOG_MS)
  timer.unref()
  return {
    show,
    stop() {
      clearInterval(timer)
      show()
      screen.release()
      for (const problem of progress().problems) screen.write(`${problem}\n`)
    },
  }
}

/** `before`: what it was `elapsedMs` ago. Pure. */
export function progressLine({ name, bytesRead, bytesTotal, records }: FileProgress, before: Amount, elapsedMs: number): string {
  if (bytesTotal === 0) return `${name}  nothing to read`
  const share = Math.min(1, bytesRead / bytesTotal)
  const parts = [name, `${Math.floor(share * 100)} %`]
  if (elapsedMs < SETTLED_MS || share === 1) return parts.join('  ')
  parts.push(`${grouped((Math.max(0, records - before.records) * 1_000) / elapsedMs)} events/s`)
  const bytes = bytesRead - before.bytesRead
  if (bytes > 0) parts.push(`${duration((elapsedMs * (bytesTotal - bytesRead)) / bytes)} left`)
  return parts.join('  ')
}

function grouped(n: number): string {
  return Math.round(n).toLocaleString('en-US')
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
