/** `tracefold top [job]`: the errors that happened most in a range of time, of one job or over all, from the rollups, and of what kind they are. */
import { Option, type Command } from 'commander'
import type { RuleBook } from '../api/deps.ts'
import { changeOf, topBody } from '../api/exception-rows.ts'
import { iso, rangeOf } from '../api/range.ts'
import { nearest } from '../config/nearest.ts'
import type { Settings } from '../config/schema.ts'
import { isTracefoldError } from '../errors.ts'
import { SEVERITIES } from '../event.ts'
import { DAY_MS } from '../lib/durations.ts'
import {
  NO_VALUE,
  TOP_BY,
  type Only,
  type RollupReader,
  type TopBy,
  type TopQuery,
  type TopResult,
  type TopRow,
} from '../store/rollup-store.ts'
import { closing, json, settingsFor, type Io } from './io.ts'
import { wholeNumber } from './options.ts'
import { renderLine, renderTable, type Column } from './table.ts'

const MAX_LIMIT = 1_000
/** A job that has had errors in this time is known; so many are named. */
const KNOWN_MS = 30 * DAY_MS
const NAMED = 20

interface TopOptions {
  readonly from: string
  readonly to: string
  readonly limit: number
  readonly by: TopBy
  readonly category?: string
  readonly severity?: string
  readonly json?: boolean
}

export function registerTop(program: Command, io: Io, open: (settings: Settings) => Promise<RollupReader> = openLazily): void {
  program
    .command('top')
    .description('show the top exceptions of a job, or of all jobs')
    .argument('[job]', 'the job; without it, all jobs')
    .option('--from <time>', 'start: ISO 8601, or relative such as -24h', '-24h')
    .option('--to <time>', 'end', 'now')
    .option('--limit <n>', `how many, at most ${MAX_LIMIT}`, wholeNumber(1, MAX_LIMIT), 10)
    .addOption(new Option('--by <dimension>', 'what to count by').choices(TOP_BY).default('fingerprint'))
    .option('--category <category>', `only errors of this category; ${NO_VALUE} for those without`)
    .addOption(new Option('--severity <severity>', 'only errors of this severity').choices([...SEVERITIES, NO_VALUE]))
    .option('--json', 'print a JSON object, with what the pattern rules advise')
    .action(async (job: string | undefined, options: TopOptions, command: Command) => {
      const query = { ...rangeOf(options, io.nowMs()), job: job ?? null, by: options.by, limit: options.limit, only: onlyOf(options) }
      const settings = settingsFor(command, io)
      const reader = await open(settings)
      await closing(reader, async () => {
        const result = await reader.top(query)
        io.stdout.write(
          options.json === true ? json(topBody(query, result, await rulesOf(settings))) : renderTop(query, result, io.columns),
        )
        if (result.rows.length === 0 && query.job !== null) io.stderr.write(unknownJob(query.job, await jobsBefore(reader, query.toMs)))
      })
    })
}

/** The adapters are loaded when they are needed: the other commands start without them. */
async function openLazily(settings: Settings): Promise<RollupReader> {
  const { openReader } = await import('../app.ts')
  return openReader(settings)
}

function onlyOf({ category, severity }: TopOptions): Only {
  return { ...(category === undefined ? {} : { category }), ...(severity === undefined ? {} : { severity }) }
}

async function jobsBefore(reader: RollupReader, toMs: number): Promise<string[]> {
  const jobs = await reader.jobs({ fromMs: toMs - KNOWN_MS, toMs, limit: MAX_LIMIT })
  return jobs.map(({ job }) => job)
}

/** Empty where it is a job that has had errors, or where there are none. */
function unknownJob(job: string, known: readonly string[]): string {
  if (known.length === 0 || known.includes(job)) return ''
  const near = nearest(job, known)
  const named = known.slice(0, NAMED).join(', ')
  const more = known.length - NAMED
  return (
    renderLine(
      `No job ${job} has had errors${near === null ? '' : `; perhaps ${near}`}. Known are: ${named}${more > 0 ? ` and ${more} more` : ''}`,
      Infinity,
    ) + '\n'
  )
}

/** For what was counted, rules that are wrong at the moment are no reason not to show it. */
async function rulesOf({ patterns }: Settings): Promise<RuleBook> {
  const [{ ruleBookOf }, { loadPatterns }] = await Promise.all([import('../api/rule-book.ts'), import('../classify/load.ts')])
  try {
    const rules = loadPatterns(patterns.folder)
    return ruleBookOf(() => rules)
  } catch (error) {
    if (isTracefoldError(error, 'config_invalid')) return ruleBookOf(() => null)
    throw error
  }
}

/** Below this the words go on a line of their own, under the numbers, which fit 80 characters. */
const ONE_LINE_FROM = 150
const INDENT = '      '
const NOTHING = '-'

interface TopColumn extends Column {
  readonly cell: (row: TopRow) => string
}

/** `width` null where the output is no terminal: nothing is cut. */
export function renderTop(query: TopQuery, { rows, total }: TopResult, width: number | null): string {
  const whose = query.job === null ? 'all jobs' : query.job
  const range = `${iso(query.fromMs)} to ${iso(query.toMs)}`
  if (rows.length === 0) return `No errors of ${whose} from ${range}. Older ones are found with --from, such as --from -30d.\n`
  const heading = `${total} ${total === 1 ? 'error' : 'errors'} of ${whose} from ${range}\n\n`
  const numbers = numberColumns(query, total)
  const words = wordColumns(query.by)
  return (
    heading + (width === null || width >= ONE_LINE_FROM ? table([...numbers, ...words], rows, width) : stacked(numbers, words, rows, width))
  )
}

function numberColumns({ job }: TopQuery, total: number): TopColumn[] {
  return [
    { heading: 'COUNT', align: 'right', cell: (row) => String(row.count) },
    { heading: 'SHARE', align: 'right', cell: (row) => `${((row.count / Math.max(total, 1)) * 100).toFixed(1)}%` },
    { heading: 'CHANGE', align: 'right', cell: changeWords },
    { heading: 'HOSTS', align: 'right', cell: (row) => String(row.hosts) },
    ...(job === null ? [{ heading: 'JOBS', align: 'right', cell: (row: TopRow) => String(row.jobs) } as const] : []),
    { heading: 'FIRST SEEN', align: 'left', cell: (row) => toMinute(row.firstMs) },
    { heading: 'LAST SEEN', align: 'left', cell: (row) => toMinute(row.lastMs) },
  ]
}

/** A kind of errors has no place of its own: that of the newest would look like the place of all. */
function wordColumns(by: TopBy): TopColumn[] {
  const isKind = by === 'category' || by === 'severity'
  return [
    ...(isKind ? [] : [{ heading: 'CATEGORY', align: 'left', flexible: true, cell: kindWords } as const]),
    by === 'fingerprint'
      ? { heading: 'TITLE', align: 'left', flexible: true, cell: (row) => row.title }
      : { heading: by.toUpperCase().replaceAll('_', ' '), align: 'left', flexible: true, cell: (row) => row.key },
    ...(isKind ? [] : [{ heading: 'CULPRIT', align: 'left', flexible: true, cell: (row: TopRow) => row.culprit ?? NOTHING } as const]),
  ]
}

function table(columns: readonly TopColumn[], rows: readonly TopRow[], width: number | null): string {
  return renderTable(
    columns,
    rows.map((row) => columns.map(({ cell }) => cell(row))),
    width,
  )
}

function stacked(numbers: readonly TopColumn[], words: readonly TopColumn[], rows: readonly TopRow[], width: number): string {
  const [heading = '', ...lines] = table(numbers, rows, null).trimEnd().split('\n')
  const under = rows.flatMap((row, i) => {
    const said = words.map(({ cell }) => cell(row)).filter((text) => text !== NOTHING)
    return [lines[i] ?? '', ...said.map((text) => INDENT + renderLine(text, width - INDENT.length))]
  })
  return `${[heading, ...under].join('\n')}\n`
}

function kindWords({ category, severity }: TopRow): string {
  if (category === null) return NOTHING
  return severity === null ? category : `${category} (${severity})`
}

/** Against the period of the same length just before. How much there was of what the rules have taken apart since, nobody knows. */
function changeWords(row: TopRow): string {
  const change = changeOf(row)
  if (change === null) return row.isNew ? 'new' : NOTHING
  const percent = Math.round(change * 100)
  return `${percent > 0 ? '+' : ''}${percent}%`
}

function toMinute(timeMs: number): string {
  return `${iso(timeMs).slice(0, 16)}Z`
}
