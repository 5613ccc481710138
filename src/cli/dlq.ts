/** `tracefold dlq list|show|replay|purge`: records that could not be processed, beside whatever process runs the branches. */
import { Option, type Command } from 'commander'
import { bodyOf, inFull, reportOf, rowOf } from '../api/letter-rows.ts'
import type { Settings } from '../config/schema.ts'
import { isEverything } from '../dlq/filter.ts'
import { filterOf, type FilterWords } from '../dlq/filter-words.ts'
import { EXPLANATIONS } from '../dlq/words.ts'
import { TracefoldError } from '../errors.ts'
import { DEAD_REASONS } from '../event.ts'
import { NEVER } from '../lib/never.ts'
import { branchesOf, STAGES, type DeadLetter, type DeadLetterDesk, type LetterFilter, type ReplayReport } from '../store/dead-letter.ts'
import { BRANCHES } from '../store/position.ts'
import { closing, json, settingsFor, type Io } from './io.ts'
import { NO_NAMES, withName, type Named } from './log-names.ts'
import { wholeNumber } from './options.ts'
import { renderTable, type Column } from './table.ts'

const MAX_LIST = 1_000
/** Letters of one session; the next one goes on where it ended. */
const REPLAY_STEP = 10_000

interface Options extends FilterWords {
  readonly limit?: number
  readonly all?: true
  readonly json?: true
}

export type OpenDesk = (settings: Settings, now: () => number) => (DeadLetterDesk & Named) | Promise<DeadLetterDesk & Named>

export function registerDlq(program: Command, io: Io, open: OpenDesk = openLazily): void {
  const dlq = program.command('dlq').description('dead letters: records that could not be processed')
  const act =
    (work: (desk: DeadLetterDesk & Named, options: Options, args: readonly string[]) => Promise<string>) =>
    async (...args: unknown[]) => {
      const command = args.at(-1) as Command // commander calls with arguments, options, command
      const desk = await open(settingsFor(command, io), io.nowMs)
      await closing(desk, async () => void io.stdout.write(await work(desk, args.at(-2) as Options, command.args)))
    }
  const filter = (options: Options): LetterFilter => filterOf(filterWords(options), io.nowMs())

  filtered(dlq.command('list').description('list them, newest first'))
    .option('--limit <n>', `how many, at most ${MAX_LIST}`, wholeNumber(1, MAX_LIST), 50)
    .option('--json', 'print a JSON array')
    .action(
      act(async (desk, options) => {
        const limit = options.limit ?? 50
        const newest = await desk.letters({ ...filter(options), limit: limit + 1 })
        if (newest.length > limit) io.stderr.write(`Only the newest ${letters(limit)} of more: see --limit, at most ${MAX_LIST}.\n`)
        return rendered(newest.slice(0, limit), options, io.columns)
      }),
    )

  dlq
    .command('show')
    .description('show one, with what its reason means and the record itself')
    .argument('<id>', 'its id, as list shows it')
    .option('--json', 'print a JSON object')
    .action(act(async (desk, options, [id = '']) => shown(await found(desk, id), options, (await desk.logNames?.()) ?? NO_NAMES)))

  filtered(dlq.command('replay').description('after a fix: send them through their branches again, each exactly once'))
    .option('--id <id>', 'only this one')
    .option('--json', 'print a JSON object')
    .action(act(async (desk, options) => told(await replayAll(desk, await named(desk, filter(options))), options)))

  filtered(dlq.command('purge').description('throw them away; their events stay dead in the ledger'))
    .option('--id <id>', 'only this one')
    .option('--all', 'all of them')
    .option('--json', 'print a JSON object')
    .action(
      act(async (desk, options) => {
        const asked = await named(desk, filter(options))
        if (isEverything(asked) && options.all === undefined) throw new TracefoldError('usage', 'say which letters to throw away, or --all')
        const purged = await desk.purge(asked, NEVER)
        return options.json === true ? json({ purged }) : `${letters(purged)} thrown away\n`
      }),
    )
}

async function openLazily(settings: Settings, now: () => number): Promise<DeadLetterDesk & Named> {
  const { openDesk } = await import('../cluster/letter-boxes.ts') // loaded when needed: other commands start without it
  return openDesk(settings, now)
}

function filtered(command: Command): Command {
  return command
    .addOption(new Option('--reason <reason>', 'only with this reason').choices(DEAD_REASONS))
    .addOption(new Option('--stage <stage>', 'only of this stage').choices(STAGES))
    .addOption(new Option('--branch <branch>', 'only what concerns this branch').choices(BRANCHES))
    .option('--from <time>', 'only of records written at this time or later: ISO 8601, or relative such as -24h')
    .option('--to <time>', 'only of records written before this time')
    .option('--job <job>', 'only of this job, where it is known')
    .option('--topic <topic>', 'only of this source topic, or file')
    .option('--partition <n>', 'only of this source partition', wholeNumber())
    .option('--offset <offsets>', 'only of this source offset, or of a range: 4711, 4711-4800, 4711-')
}

function filterWords({ id, reason, stage, branch, job, topic, partition, offset, from, to }: Options): FilterWords {
  return { id, reason, stage, branch, job, topic, partition, offset, from, to }
}

async function found(desk: DeadLetterDesk, id: string): Promise<DeadLetter> {
  const letter = await desk.letter(id)
  if (letter === null)
    throw new TracefoldError('not_found', `there is no dead letter ${id}: it was replayed, purged, or is older than what is kept`)
  return letter
}

/** One that is asked for by its id must be there. */
async function named(desk: DeadLetterDesk, filter: LetterFilter): Promise<LetterFilter> {
  if (filter.id !== undefined) await found(desk, filter.id)
  return filter
}

async function replayAll(desk: DeadLetterDesk, filter: LetterFilter): Promise<ReplayReport> {
  let total: ReplayReport | null = null
  do {
    const report: ReplayReport = await desk.replay(filter, { limit: REPLAY_STEP, after: total?.next ?? null, signal: NEVER })
    total = total === null ? report : sum(total, report)
  } while (total.next !== null)
  return total
}

function sum(a: ReplayReport, b: ReplayReport): ReplayReport {
  const names = Object.keys(a) as (keyof ReplayReport)[] // the keys of a ReplayReport
  return { ...a, ...Object.fromEntries(names.filter((name) => name !== 'next').map((name) => [name, a[name] + b[name]])), next: b.next }
}

const COLUMNS: readonly Column[] = [
  { heading: 'TIME', align: 'left' },
  { heading: 'REASON', align: 'left' },
  { heading: 'EVENTS', align: 'right' },
  { heading: 'JOB', align: 'left', flexible: true },
  { heading: 'ID', align: 'left' },
  { heading: 'DETAIL', align: 'left', flexible: true },
]

export function rendered(list: readonly DeadLetter[], { json: asJson }: Options, width: number | null): string {
  if (asJson === true) return json(list.map(rowOf))
  if (list.length === 0) return 'No dead letters.\n'
  return renderTable(
    COLUMNS,
    list.map(({ timeMs, reason, events, job, id, detail }) => [
      new Date(timeMs).toISOString(),
      reason,
      String(events),
      job ?? '-',
      id,
      detail,
    ]),
    width,
  )
}

export function shown(letter: DeadLetter, { json: asJson }: Options, names = NO_NAMES): string {
  if (asJson === true) return json(inFull(letter))
  const { meaning, help } = EXPLANATIONS[letter.reason]
  const { partition: at, offset, index, events } = letter
  const { body, body_encoding: encoding } = bodyOf(letter.body, letter.bodyTruncated)
  const rows: readonly (readonly [string, string])[] = [
    ['id', letter.id],
    ['reason', letter.reason],
    ['meaning', meaning],
    ['detail', letter.detail],
    ['what helps', help],
    [
      'position',
      `${withName(at.topic, at.topic, names)}, partition ${at.partition}, offset ${offset}${index === 0 ? '' : `, event ${index} of the record`} (cluster ${at.cluster}, incarnation ${letter.incarnation})`,
    ],
    ['time', new Date(letter.timeMs).toISOString()],
    ['job', letter.job ?? 'not known'],
    ['stands for', events === 1 ? 'one event' : `${events} events`],
    ['concerns', branchesOf(letter).join(' and ')],
    [
      'body',
      `${encoding === 'utf8' ? 'text' : 'base64 of bytes that are not UTF-8'}, redacted${letter.bodyTruncated ? ', only the beginning of the record' : ''}`,
    ],
  ]
  // What comes from logs may hold anything; a terminal is not to be steered by it.
  return `${renderTable(
    [
      { heading: '', align: 'left' },
      { heading: '', align: 'left' },
    ],
    rows,
    null,
  ).trimStart()}\n${body.replace(/[^\P{Cc}\n\t]/gu, '\u00b7')}\n`
}

export function told(report: ReplayReport, { json: asJson }: Options): string {
  if (asJson === true) return json(reportOf(report))
  const { replayed, events, failedAgain, waiting, unclear, fromCopy, fromCutCopy, refusedEvents, expiredEvents } = report
  const lines = [
    `${letters(report.letters)} looked at, ${replayed} replayed: ${counted(events)} counted now.`,
    fromCopy > 0
      ? `${letters(fromCopy)} of them from the redacted copy, since the source has the record no more${fromCutCopy > 0 ? `; of ${fromCutCopy} only the beginning was kept` : ''}.`
      : '',
    failedAgain > 0 ? `${letters(failedAgain)} cannot be processed still.` : '',
    waiting > 0
      ? `${letters(waiting)} must wait: a branch has not committed its account of them yet, or may read them again by itself. Ask again later.`
      : '',
    unclear > 0 ? `${letters(unclear)} cannot be replayed: what is kept of them does not say which events are meant.` : '',
    refusedEvents > 0 ? `Refused again, with letters of their own: ${refusedEvents} of the events.` : '',
    expiredEvents > 0 ? `Of a time that the detail store does not keep any more: ${expiredEvents} of the events.` : '',
  ]
  return lines
    .filter((line) => line !== '')
    .map((line) => `${line}\n`)
    .join('')
}

function counted(n: number): string {
  return n === 1 ? '1 event is' : `${n} events are`
}

function letters(n: number): string {
  return n === 1 ? '1 letter' : `${n} letters`
}
