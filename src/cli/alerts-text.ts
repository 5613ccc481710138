/** What `tracefold alerts` prints for people. Answers of the API in, text out. Pure. */
import type { z } from 'zod'
import { counted, duration, number } from '../alert/deliver/words.ts'
import type { alertRow, alertsAnswer, testAnswer } from '../api/alert-schemas.ts'
import { renderTable, type Column } from './table.ts'

type Alerts = z.output<typeof alertsAnswer>
type Tested = z.output<typeof testAnswer>
type Subject = Pick<z.output<typeof alertRow>, 'job' | 'environment' | 'fingerprint' | 'category'>

const NOTHING = '-'

const EPISODES: readonly Column[] = [
  { heading: 'FROM', align: 'left' },
  { heading: 'LASTED', align: 'left' },
  { heading: 'SUBJECT', align: 'left', flexible: true },
  { heading: 'COUNT', align: 'right' },
  { heading: 'USUAL', align: 'right' },
  { heading: 'WHAT', align: 'left', flexible: true },
  { heading: 'WHY', align: 'left', flexible: true },
]

/** `width` null where the output is no terminal: nothing is cut. */
export function testText({ rule, from, to, past_from: pastFrom, rows, episodes }: Tested, width: number | null): string {
  const read = `${counted(rows, 'row')} read from ${minute(pastFrom)} on`
  const range = `from ${minute(from)} to ${minute(to)}`
  if (episodes.length === 0) return `${rule} would not have fired ${range} (${read}).\n`
  const table = renderTable(
    EPISODES,
    episodes.map((one) => [
      minute(one.starts_at),
      lasted(one),
      subjectOf(one),
      orNothing(one.count),
      orNothing(one.usual),
      one.what ?? NOTHING,
      one.why ?? NOTHING,
    ]),
    width,
  )
  return `${rule} would have fired ${counted(episodes.length, 'time')} ${range} (${read}).\n\n${table}`
}

const RULES: readonly Column[] = [
  { heading: 'ID', align: 'left' },
  { heading: 'LEVEL', align: 'left' },
  { heading: 'SEVERITY', align: 'left' },
  { heading: 'PER', align: 'left' },
  { heading: 'TITLE', align: 'left', flexible: true },
]

export function rulesTable(
  rules: readonly { id: string; level: string; severity: string; per: string; title: string }[],
  width: number | null,
): string {
  const table = renderTable(
    RULES,
    rules.map(({ id, level, severity, per, title }) => [id, level, severity, per, title]),
    width,
  )
  return `${table}\n${counted(rules.length, 'rule')} in force, no faults\n`
}

const ALERTS: readonly Column[] = [
  { heading: 'STATE', align: 'left' },
  { heading: 'SEVERITY', align: 'left' },
  { heading: 'SINCE', align: 'left' },
  { heading: 'RULE', align: 'left' },
  { heading: 'SUBJECT', align: 'left', flexible: true },
  { heading: 'COUNT', align: 'right' },
  { heading: 'WHAT', align: 'left', flexible: true },
  { heading: 'WHO', align: 'left' },
]

export function alertsTable({ blind, firing, total, alerts }: Alerts, nowMs: number, width: number | null): string {
  const warning = blind === null ? '' : `The rules are blind: ${blind}\n`
  if (total === 0) return `${warning}Nothing fires.\n`
  const rows = alerts.map((one) => [
    one.state,
    one.severity,
    `${duration(nowMs - Date.parse(one.since))} ago`,
    one.rule.id,
    subjectOf(one),
    orNothing(one.count),
    one.what ?? NOTHING,
    toldTo(one),
  ])
  const rest = alerts.length < total ? `\n${total - alerts.length} more\n` : ''
  return `${warning}${counted(firing, 'alert')} firing, of ${total}\n\n${renderTable(ALERTS, rows, width)}${rest}`
}

function toldTo({ acknowledged, hushed }: z.output<typeof alertRow>): string {
  return acknowledged?.who ?? (hushed === null ? NOTHING : `(${hushed})`)
}

function subjectOf({ job, environment, fingerprint, category }: Subject): string {
  const parts = [job === null ? null : environment === null ? job : `${job} (${environment})`, category, fingerprint].filter(
    (part) => part !== null,
  )
  return parts.length === 0 ? 'all jobs' : parts.join(' ')
}

function lasted({ starts_at: starts, ends_at: ends }: { starts_at: string | null; ends_at: string | null }): string {
  if (starts === null) return NOTHING
  return ends === null ? 'still' : duration(Date.parse(ends) - Date.parse(starts))
}

function orNothing(value: number | null): string {
  return value === null ? NOTHING : number(value)
}

function minute(time: string | null): string {
  return time === null ? NOTHING : `${time.slice(0, 16)}Z`
}
