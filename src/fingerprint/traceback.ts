/**
 * Tracebacks of Python within messages, as they come from the Python of a Spark, Beam or Flink job. In: a message. Out: what it says, and where. Pure; never throws.
 *
 *   `harness failed: Traceback (most recent call last):\n  File "/app/job.py", line 12, in f\n    return 1 / x\nZeroDivisionError: division by zero`
 *   ->  `harness failed: ZeroDivisionError: division by zero`, at `f` of `/app/job.py`
 */
import type { Frame } from '../event.ts'

/** Of frames, from the innermost on; a real traceback has fewer. */
const MAX_CHARS = 65_536
const TRACEBACK = 'Traceback (most recent call last):'
/** What was raised is named behind its frames, which are indented. */
const RAISED = /^[A-Za-z_][\w.]*(?:: .*)?$/m
const FRAME = /^ {2,8}File "([^"\n]{1,512})", line (\d{1,9}), in ([^\n]{1,256})$/gm

/** Itself where its first line announces no traceback, or what was raised is cut off. */
export function raisedIn(message: string): string {
  const announced = announcedAt(message)
  const raised = announced < 0 ? undefined : RAISED.exec(lastOf(message).slice(TRACEBACK.length))?.[0]
  return raised === undefined ? message : message.slice(0, announced) + raised
}

/** The innermost first, as Java prints them. */
export function pythonFrames(message: string | null): Frame[] {
  if (message === null || announcedAt(message) < 0) return []
  return [...lastOf(message).slice(-MAX_CHARS).matchAll(FRAME)]
    .map(([, file = '', line, method = '']) => ({ className: file, method, file, line: Number(line) }))
    .reverse()
}

/** Where the first line announces one, or -1. */
function announcedAt(message: string): number {
  const at = message.indexOf(TRACEBACK)
  return at >= 0 && !/[\r\n]/.test(message.slice(0, at).trimStart()) ? at : -1
}

/** Where one was raised while another was handled, the last is what nobody handled. */
function lastOf(message: string): string {
  return message.slice(message.lastIndexOf(TRACEBACK))
}
