/**
 * How far reading files has come, for people: one line that is written over on a terminal, a line every few seconds elsewhere.
 *
 *   app.log  43 %  12,300 events/s  8 s left
 */
import type { FileProgress } from '../source/file.ts'

const TERMINAL_MS = 200
const LOG_MS = 5_000
/** Before this a rate says nothing. */
const SETTLED_MS = 500
const CLEAR_TO_END_OF_LINE = '\u001b[K'

export interface ProgressOutput {
  readonly isTTY?: boolean
  write(text: string): unknown
}

export interface ProgressOptions {
  readonly progress: () => FileProgress
  /** Standard error, so that it never mixes with what a command prints. */
  readonly output: ProgressOutput
  readonly now: () => number
}

export interface ProgressDisplay {
  /** Shows how far it is now. The timer calls it. */
  show(): void
  /** Shows the end and every file that could not be read whole. */
  stop(): void
}

export function displayProgress({ progress, output, now }: ProgressOptions): ProgressDisplay {
  const startedMs = now()
  const isTerminal = output.isTTY === true
  const write = (end: string): unknown => {
    const line = progressLine(progress(), now() - startedMs)
    return output.write(isTerminal ? `\r${line}${CLEAR_TO_END_OF_LINE}${end}` : `${line}\n`)
  }
  const show = (): void => void write('')
  const timer = setInterval(show, isTerminal ? TERMINAL_MS : LOG_MS)
  timer.unref()
  return {
    show,
    stop() {
      clearInterval(timer)
      write('\n')
      for (const problem of progress().problems) output.write(`${problem}\n`)
    },
  }
}

/** Pure. */
export function progressLine({ name, bytesRead, bytesTotal, records }: FileProgress, elapsedMs: number): string {
  const share = bytesTotal === 0 ? 1 : Math.min(1, bytesRead / bytesTotal)
  const parts = [name, `${Math.floor(share * 100)} %`]
  if (elapsedMs < SETTLED_MS) return parts.join('  ')
  parts.push(`${grouped((records * 1_000) / elapsedMs)} events/s`)
  if (share > 0 && share < 1) parts.push(`${duration((elapsedMs * (1 - share)) / share)} left`)
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
