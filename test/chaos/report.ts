/** The table at the end: a line for each fault. */
import { verdictOf, type Outcome } from './fault.ts'

const HEADINGS = ['fault', 'events', 'lost', 'doubled', 'expired', 'lag zero', 'peak', 'verdict'] as const

export interface Line {
  readonly name: string
  readonly outcome: Outcome
}

export function report(lines: readonly Line[]): string {
  const rows = [HEADINGS, ...lines.map(rowOf)]
  const widths = HEADINGS.map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)))
  const printed = rows.map((row) =>
    row
      .map((cell, i) => (i === 0 || i === row.length - 1 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
  const notes = lines.flatMap(({ name, outcome: { note, notRun, problems, differences } }) => [
    ...[note, notRun].flatMap((one) => (one === undefined ? [] : [`${name}: ${one}`])),
    ...[...differences, ...problems].map((problem) => `${name}: ${problem}`),
  ])
  return [...printed, ...(notes.length === 0 ? [] : ['', ...notes])].join('\n')
}

function rowOf({ name, outcome }: Line): string[] {
  const { events, lost, doubled, expired, lagZeroMs, peakMiB, bound } = outcome
  const doubledText = bound === undefined ? String(doubled) : `${doubled} (bound ${bound})`
  return [
    name,
    String(events),
    String(lost),
    doubledText,
    String(expired),
    `${(lagZeroMs / 1_000).toFixed(1)} s`,
    `${peakMiB} MiB`,
    verdictOf(outcome),
  ]
}
