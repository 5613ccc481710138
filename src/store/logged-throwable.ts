/** What a logged throwable is to people, in whatever form it came: its own message, and its trace as text. Pure. */
import type { LoggedThrowable, Throwable } from '../event.ts'

export function exceptionMessageOf(throwable: LoggedThrowable): string | null {
  return throwable.form === 'text' ? throwable.message : throwable.chain.message
}

export function traceOf(throwable: LoggedThrowable): string {
  return throwable.form === 'text' ? throwable.text : printTrace(throwable.chain)
}

/** A structured throwable as Java prints it. */
export function printTrace(throwable: Throwable): string {
  const lines: string[] = []
  let label = ''
  for (let at: Throwable | null = throwable; at !== null; at = at.cause) {
    lines.push(`${label}${at.type}${at.message === null ? '' : `: ${at.message}`}`)
    for (const frame of at.frames) lines.push(`\tat ${frame.className}.${frame.method}(${placeOf(frame.file, frame.line)})`)
    label = 'Caused by: '
  }
  return lines.join('\n')
}

function placeOf(file: string | null, line: number | null): string {
  if (file === null) return line === -2 ? 'Native Method' : 'Unknown Source'
  return line === null ? file : `${file}:${line}`
}
